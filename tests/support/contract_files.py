"""Files about Outreach that the tests compare with and that are not part of the repository.

`scripts/fetch_contract` fetches those that are published into `.contract/`; a folder `shared/outreach` beside the
repository may hold them, and more. A test that wants what is in neither is skipped, unless CONTRACT_FILES is
`required`: then those that can be fetched have to be there.
"""

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
FETCHED = _ROOT / ".contract"
BESIDE = _ROOT.parent / "shared"
_FOLDERS = (FETCHED, BESIDE / "outreach")

OPENAPI = "openapi.json"
HYPER_SCHEMA = "hyper-schema.json"
RECORDED_ANSWERS = "recorded/hull/api-responses"
RECORDED_ERRORS = "recorded/errors"
PUBLISHED = (OPENAPI, HYPER_SCHEMA, RECORDED_ANSWERS)


def place(name: str) -> Path:
    """Return where a file or folder is, or where `scripts/fetch_contract` would put it."""
    return next((folder / name for folder in _FOLDERS if (folder / name).exists()), FETCHED / name)


def wanted(name: str) -> Path:
    """Return where a file or folder is; where it is not, skip the test and say how to get it."""
    path = place(name)
    if path.exists():
        return path
    if not any(name == each or name.startswith(f"{each}/") for each in PUBLISHED):
        pytest.skip(f"needs {name}, which is not published as a file")
    if os.environ.get("CONTRACT_FILES") == "required":
        pytest.fail(f"needs {name}, and CONTRACT_FILES=required: run scripts/fetch_contract", pytrace=False)
    pytest.skip(f"needs {name}: run scripts/fetch_contract")
