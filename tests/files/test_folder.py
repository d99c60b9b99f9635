"""A folder that nothing leads out of, and in which no file is written over."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from outreach_mcp.files.folder import Folder, OutsideError


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    inside = tmp_path / "exports"
    inside.mkdir(mode=0o700)
    (tmp_path / "secret.csv").write_text("secret")
    (inside / "own.csv").write_text("own")
    (inside / "deep" / "er").mkdir(parents=True)
    (inside / "deep" / "er" / "own.csv").write_text("own")
    return Folder(inside)


def linked(folder: Folder) -> str:
    (folder.path / "link.csv").symlink_to(folder.path.parent / "secret.csv")
    return "link.csv"


def linked_folder(folder: Folder) -> str:
    (folder.path / "away").symlink_to(folder.path.parent)
    return "away/secret.csv"


def linked_within(folder: Folder) -> str:
    (folder.path / "again.csv").symlink_to(folder.path / "own.csv")
    return "again.csv"


def pipe(folder: Folder) -> str:
    os.mkfifo(folder.path / "pipe.csv")
    return "pipe.csv"


OUTSIDE: dict[str, str | Callable[[Folder], str]] = {
    "above": "../secret.csv",
    "above by a way through": "deep/../../secret.csv",
    "by its whole path": lambda folder: str(folder.path.parent / "secret.csv"),
    "beside, by a name that begins so": lambda folder: f"{folder.path}s/x.csv",
    "a link": linked,
    "a folder that is a link": linked_folder,
    "a link that stays within": linked_within,
    "a pipe": pipe,
    "a folder": "deep",
    "itself": ".",
    "a zero": "own.csv\0",
}


@pytest.mark.parametrize("way", OUTSIDE)
def test_nothing_leads_out_of_a_folder(folder: Folder, way: str) -> None:
    path = OUTSIDE[way]
    with pytest.raises(OutsideError):
        folder.open(path if isinstance(path, str) else path(folder))


@pytest.mark.parametrize("path", ["own.csv", "./own.csv", "deep/er/own.csv", "{}/own.csv"])
def test_a_file_within_is_opened_by_any_path(folder: Folder, path: str) -> None:
    with folder.open(path.format(folder.path)) as file:
        assert file.read() == b"own"


def test_a_folder_that_is_reached_over_a_link_takes_paths_of_both_kinds(folder: Folder) -> None:
    by_link = folder.path.parent / "link"
    by_link.symlink_to(folder.path)
    for path in (by_link / "own.csv", folder.path / "own.csv"):
        with Folder(by_link).open(str(path)) as file:
            assert file.read() == b"own"


def test_a_new_file_takes_nobodys_place(folder: Folder) -> None:
    outside = folder.path.parent / "secret.csv"
    (folder.path / "own-2.csv").symlink_to(outside)
    part, file = folder.begin()
    file.write(b"new")
    file.close()
    published = folder.publish(part, "own.csv")
    assert published.name == "own-3.csv"
    assert published.read_bytes() == b"new"
    assert published.stat().st_mode & 0o777 == 0o600
    assert (outside.read_text(), (folder.path / "own.csv").read_text()) == ("secret", "own")
    assert not part.exists()


@pytest.mark.parametrize("mode", [0o777, 0o722])
def test_a_folder_that_others_may_write_to_is_refused(folder: Folder, mode: int) -> None:
    folder.path.chmod(mode)
    assert "others can write" in (folder.fault() or "")
