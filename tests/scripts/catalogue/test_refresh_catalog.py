"""`scripts/refresh_catalog`, run as it is run by hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from catalogue.official import build
from tests.scripts.catalogue.synthetic import Files
from tests.tools.catalog.test_loader import committed

ROOT = Path(__file__).resolve().parents[3]
CATALOG = ROOT / "tools/outreach_tools/catalog/resources.json"


def refresh(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts/refresh_catalog", *arguments]
    return subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False)


@pytest.fixture
def other_files(tmp_path: Path) -> tuple[Path, Path]:
    """Two readable files that do not give the committed catalogue."""
    files = Files()
    openapi, hyper_schema = tmp_path / "openapi.json", tmp_path / "hyper-schema.json"
    openapi.write_text(json.dumps(files.openapi), encoding="utf-8")
    hyper_schema.write_text(json.dumps(files.hyper_schema), encoding="utf-8")
    return openapi, hyper_schema


@pytest.fixture
def official_files(openapi_file: Path, hyper_schema_file: Path) -> tuple[Path, Path]:
    return openapi_file, hyper_schema_file


def test_the_committed_data_is_what_the_official_files_give(official_files: tuple[Path, Path]) -> None:
    openapi, hyper_schema = (json.loads(path.read_text(encoding="utf-8")) for path in official_files)
    assert build(openapi, hyper_schema) == committed()


def test_the_check_passes_on_the_official_files(official_files: tuple[Path, Path]) -> None:
    done = refresh(*official_files, "--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "the catalogue is what the official files give\n", "")


def test_the_check_fails_on_other_files_and_says_what_to_do(other_files: tuple[Path, Path]) -> None:
    done = refresh(*other_files, "--check")
    assert (done.returncode, done.stderr) == (
        1,
        "the catalogue is not what the official files give: run scripts/refresh_catalog\n",
    )


def test_the_check_shows_the_lines_that_differ(other_files: tuple[Path, Path]) -> None:
    assert '\n- "task": {\n' in refresh(*other_files, "--check").stdout


def test_the_check_writes_nothing(other_files: tuple[Path, Path]) -> None:
    before = CATALOG.read_bytes()
    refresh(*other_files, "--check")
    assert CATALOG.read_bytes() == before


def test_a_file_that_is_not_there_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    absent = tmp_path / "openapi.json"
    done = refresh(absent, absent, "--check")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f"refresh_catalog: [Errno 2] No such file or directory: {str(absent)!r}\n",
    )


def test_files_that_contradict_each_other_are_one_line_and_no_traceback(tmp_path: Path) -> None:
    files = Files().add("widget", "widgets")
    del files.openapi["paths"]["/widgets"]
    openapi, hyper_schema = tmp_path / "openapi.json", tmp_path / "hyper-schema.json"
    openapi.write_text(json.dumps(files.openapi), encoding="utf-8")
    hyper_schema.write_text(json.dumps(files.hyper_schema), encoding="utf-8")
    done = refresh(openapi, hyper_schema, "--check")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "refresh_catalog: no route answers with 'widget'\n",
    )
