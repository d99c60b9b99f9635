"""Every file that this server keeps: what others can put into its place is neither used nor waited for."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach_mcp.api.errors.tree import AuthenticationError, TokenStoreError
from outreach_mcp.api.tokens.server_to_server import AppInstall, InstallTokens
from outreach_mcp.api.tokens.store import StoredTokens, TokenStore
from outreach_mcp.callers.identity.errors import KeysFileError
from outreach_mcp.callers.identity.key_giving import add_key
from outreach_mcp.callers.identity.keys import read_keys
from outreach_mcp.callers.state.errors import StateStoreError
from outreach_mcp.callers.state.sqlite_store import SqliteStore
from outreach_mcp.guard.journal import Journal, JournalPlaceError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a user's folders are closed to others there")

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ANOTHER = 4711
REFUSED = (TokenStoreError, StateStoreError, KeysFileError, JournalPlaceError, AuthenticationError)


def write_tokens(path: Path) -> None:
    store = TokenStore(path, "mine")
    with store.locked(1):
        store.write(StoredTokens("refresh-1"), NOW)


def read_tokens(path: Path) -> None:
    TokenStore(path, "mine").read()


def use_store(path: Path) -> None:
    store = SqliteStore(path)
    try:
        store.set("name", b"value")
    finally:
        store.close()


def give_key(path: Path) -> None:
    add_key(path, "alice", "alice@example.com")


def let_in(path: Path) -> None:
    read_keys(path)


def keep_journal(path: Path) -> None:
    Journal(path).start()


WRITING: list[Callable[[Path], None]] = [write_tokens, use_store, give_key, keep_journal]
READING: list[Callable[[Path], None]] = [read_tokens, let_in]
BESIDE = {
    write_tokens: [".lock", ".new"],
    use_store: [".lock", "-wal", "-shm", "-journal"],
    give_key: [".lock"],
    keep_journal: [".lock"],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir(mode=0o700)
    return folder / "file"


@pytest.mark.parametrize("use", [*WRITING, *READING], ids=lambda use: use.__name__)
def test_a_folder_that_everybody_may_replace_is_refused_however_far_above_it_is(
    use: Callable[[Path], None], tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    folder = shared / "in" / "own"
    folder.mkdir(parents=True, mode=0o700)
    made_by: dict[Callable[[Path], None], Callable[[Path], None]] = {read_tokens: write_tokens, let_in: give_key}
    if use in made_by:
        made_by[use](folder / "file")
    shared.chmod(0o777)
    assert f"others can write to {str(shared)!r}, above its folder" in refuse(use, folder / "file")
    shared.chmod(0o1777)  # as /tmp: everybody may replace but their own
    use(folder / "file")


def refuse(use: Callable[[Path], None], path: Path) -> str:
    with pytest.raises(REFUSED) as caught:
        use(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("use", [*WRITING, *READING])
def test_a_fifo_in_the_place_of_a_file_is_refused_at_once(path: Path, use: Callable[[Path], None]) -> None:
    os.mkfifo(path)
    refuse(use, path)


async def test_a_fifo_in_the_place_of_the_apps_key_is_refused_at_once(path: Path) -> None:
    os.mkfifo(path)
    tokens = InstallTokens(AppInstall("guid", path, "https://api.outreach.io/api/app/installs/1/actions/accessToken"))
    with pytest.raises(AuthenticationError, match="it is not a file"):
        await tokens.access_token()


@pytest.mark.parametrize("use", WRITING)
@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o703, 0o702])
def test_a_folder_that_others_can_write_to_is_refused_with_its_name(
    path: Path, mode: int, use: Callable[[Path], None]
) -> None:
    path.parent.chmod(mode)
    assert f"others can write to its folder {str(path.parent)!r}" in refuse(use, path)
    assert os.listdir(path.parent) == []


@pytest.mark.parametrize("use", [write_tokens, use_store, give_key])
def test_a_link_in_a_folder_that_others_can_write_to_is_not_followed(
    path: Path, tmp_path: Path, use: Callable[[Path], None]
) -> None:
    use(path)
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    (open_to_all / "file").symlink_to(path)
    open_to_all.chmod(0o777)
    if use is not give_key:  # which reads the link's target, and says so of a folder where it reads
        assert f"others can write to its folder {str(open_to_all)!r}" in refuse(use, open_to_all / "file")
    else:
        assert f"others can write to its folder {str(open_to_all)!r}" in refuse(let_in, open_to_all / "file")


@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() != 0, reason="only root gives folders away")
@pytest.mark.parametrize("use", WRITING)
def test_a_folder_of_another_user_is_refused(path: Path, use: Callable[[Path], None]) -> None:
    os.chown(path.parent, ANOTHER, -1)
    assert "belongs to another user" in refuse(use, path)


@pytest.mark.parametrize(("use", "end"), [(use, end) for use, ends in BESIDE.items() for end in ends])
@pytest.mark.parametrize("planted", ["a FIFO", "a link"])
def test_what_is_planted_beside_a_file_is_refused_and_not_written_to(
    path: Path, tmp_path: Path, use: Callable[[Path], None], end: str, planted: str
) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"untouched")
    beside = path.with_name(f"{path.name}{end}")
    if planted == "a FIFO":
        os.mkfifo(beside)
    else:
        beside.symlink_to(target)
    refuse(use, path)
    assert target.read_bytes() == b"untouched"


def test_a_new_file_of_keys_takes_the_place_of_what_was_planted_in_its_own(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"untouched")
    path.with_name("file.new").symlink_to(target)
    give_key(path)
    assert (target.read_bytes(), [key.name for key in read_keys(path)]) == (b"untouched", ["alice"])


def test_an_older_file_in_the_place_of_new_tokens_is_thrown_away(path: Path) -> None:
    write_tokens(path)
    planted = path.with_name("file.new")
    planted.write_bytes(path.read_bytes().replace(b"refresh-1", b"refresh-0"))
    planted.chmod(0o600)
    os.utime(planted, ns=(0, path.stat().st_mtime_ns - 1))
    store = TokenStore(path, "mine")
    with store.locked(1):
        assert store.read() == StoredTokens("refresh-1")
    assert not planted.exists()


def test_a_folder_of_secrets_that_is_mounted_for_all_to_read_lets_a_file_of_keys_be_read(path: Path) -> None:
    give_key(path)
    path.parent.chmod(0o1777)
    assert [key.name for key in read_keys(path)] == ["alice"]
