"""The workflows: nothing from elsewhere that can change, no permission that a job does not ask for."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.processes import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))


def each_job(path: Path) -> list[str]:
    """The text of each job of a workflow."""
    return re.split(r"(?m)^  (?=[a-z]+:$)", path.read_text(encoding="utf-8").partition("\njobs:\n")[2])[1:]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_fixed_to_a_commit_and_says_of_which_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_may_do_what_it_says_and_nothing_else(path: Path) -> None:
    assert "\npermissions: {}\n" in path.read_text(encoding="utf-8")
    jobs = each_job(path)
    assert len(jobs) > 1
    assert [job for job in jobs if "\n    permissions:\n" not in job or "\n    timeout-minutes: " not in job] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_clone_keeps_the_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("uses: actions/checkout@") == text.count("persist-credentials: false")


def test_an_action_has_one_version_everywhere() -> None:
    used = {each for path in WORKFLOWS for each in re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))}
    assert len(used) == len({each.partition("@")[0] for each in used})


def test_every_workflow_runs_the_one_script() -> None:
    assert [path.name for path in WORKFLOWS if "bash .ci/run" not in path.read_text(encoding="utf-8")] == []


def test_every_script_that_a_workflow_runs_takes_the_versions_of_the_lock() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    installs = re.findall(r"pip install (.*)", text)
    assert installs
    assert set(installs) == {"--require-hashes --requirement requirements-uv.txt"}


def test_the_lock_names_the_public_index_alone() -> None:
    others = [each for each in LOCK["package"] if each["source"] != {"registry": "https://pypi.org/simple"}]
    assert [each["name"] for each in others] == ["outreach-mcp"]


def test_every_file_in_the_lock_has_a_hash_and_comes_from_the_public_index() -> None:
    files = [file for each in LOCK["package"] for file in (*each.get("wheels", []), each.get("sdist")) if file]
    assert len(files) > 1000
    assert [each["url"] for each in files if not each["url"].startswith("https://files.pythonhosted.org/")] == []
    assert [each["url"] for each in files if not re.fullmatch(r"sha256:[0-9a-f]{64}", each["hash"])] == []
