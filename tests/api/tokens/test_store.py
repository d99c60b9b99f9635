"""The store of tokens: whole or not at all, for one user only, and never overwritten when it is not understood."""

import json
import os
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.api.errors.tree import TokenStoreError
from outreach_mcp.api.tokens.store import StoredTokens, TokenStore, default_token_file, token_key

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
TOKENS = StoredTokens("refresh-1", "access-1", NOW + timedelta(hours=2), NOW, None)
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tokens.json"


def written(path: Path, tokens: StoredTokens = TOKENS, key: str = "mine", now: datetime = NOW) -> TokenStore:
    store = TokenStore(path, key)
    with store.locked(1):
        store.write(tokens, now)
    return store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def complaint(path: Path) -> str:
    with pytest.raises(TokenStoreError) as caught:
        TokenStore(path, "mine").read()
    return str(caught.value).replace(str(path), "FILE")


def test_a_store_that_is_not_there_holds_nothing(path: Path) -> None:
    assert TokenStore(path, "mine").read() is None


@given(
    st.builds(
        StoredTokens,
        st.text(min_size=1),
        st.text(),
        *[st.none() | st.datetimes(timezones=st.just(UTC))] * 3,
    )
)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, tokens: StoredTokens) -> None:
    path = tmp_path_factory.getbasetemp() / "written.json"
    assert written(path, tokens).read() == tokens


def test_tokens_of_other_keys_stay(path: Path) -> None:
    others = written(path, StoredTokens("refresh-2", minted_at=NOW), key="others")
    written(path, now=NOW + timedelta(days=14) - timedelta(seconds=1))
    assert others.read() == StoredTokens("refresh-2", minted_at=NOW)


def test_tokens_of_other_keys_go_when_they_must_be_dead(path: Path) -> None:
    others = written(path, StoredTokens("refresh-2", minted_at=NOW), key="others")
    written(path, now=NOW + timedelta(days=14))
    assert others.read() is None


def test_one_s_own_tokens_stay_however_old(path: Path) -> None:
    assert written(path, now=NOW + timedelta(days=100)).read() == TOKENS


@posix
def test_only_the_user_can_read_the_file_its_lock_and_its_folder(path: Path) -> None:
    old = os.umask(0)
    try:
        written(path)
    finally:
        os.umask(old)
    modes = [mode(path), mode(path.with_name("tokens.json.lock")), mode(path.parent)]
    assert modes == [0o600, 0o600, 0o700]


@posix
def test_a_folder_that_was_there_keeps_its_mode(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o755)
    written(path)
    assert mode(path.parent) == 0o755


@posix
def test_a_file_that_others_can_read_is_closed_to_them_and_used(path: Path) -> None:
    store = written(path)
    path.chmod(0o644)
    assert (store.read(), mode(path)) == (TOKENS, 0o600)


@posix
def test_a_file_that_others_can_write_is_not_used(path: Path) -> None:
    written(path)
    path.chmod(0o620)
    assert complaint(path) == (
        "'FILE' can be written by others than the user this server runs as, so its tokens are not used: make it a "
        "file of this user with the mode 0600, or name another in OUTREACH_MCP_TOKEN_FILE."
    )


@posix
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_is_not_used(path: Path) -> None:
    written(path)
    os.chown(path, 12345, -1)
    assert "can be written by others" in complaint(path)


@posix
def test_a_link_to_the_file_stays_a_link(path: Path) -> None:
    written(path)
    link = path.with_name("link.json")
    link.symlink_to(path)
    written(link, StoredTokens("refresh-2"))
    assert (link.is_symlink(), TokenStore(path, "mine").read()) == (True, StoredTokens("refresh-2"))


def entry(**change: object) -> str:
    whole = {"refresh_token": "r", "access_token": "", "expires_at": None, "minted_at": None, "renewing_since": None}
    return json.dumps({"version": 1, "tokens": {"another's": {**whole, **change}}})


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ('{"version": 1, "tokens": {"mine": {"refresh_tok', "it does not hold JSON"),
        ("\x00" * 100, "it does not hold JSON"),
        ("[" * 100_000, "it does not hold JSON"),
        ("[]", "it does not hold tokens"),
        ('{"mcpServers": {}}', "it does not hold tokens"),
        ('{"version": 2, "tokens": {}}', "another version of this server wrote it"),
        ('{"version": 1, "tokens": {"mine": {}}}', "an entry lacks its tokens"),
        (entry(refresh_token=""), "an entry lacks its tokens"),
        (entry(access_token=None), "an entry lacks its tokens"),
        (entry(minted_at="?"), "an entry holds a time that is not valid"),
        (entry(expires_at=7), "an entry holds a time that is not valid"),
        (entry(renewing_since="2026-11-21T09:30:00"), "an entry holds a time without a zone"),
    ],
)
def test_a_file_that_is_no_store_is_named_and_left_as_it_is(path: Path, contents: str, reason: str) -> None:
    path.parent.mkdir()
    path.touch(0o600)
    path.write_text(contents)
    assert complaint(path) == (
        f"'FILE' is not a token store ({reason}). Move it away, or name another file in "
        "OUTREACH_MCP_TOKEN_FILE; then run `outreach-mcp login`, or set a new OUTREACH_REFRESH_TOKEN."
    )
    with pytest.raises(TokenStoreError):
        written(path)
    assert path.read_text() == contents


def test_an_empty_file_counts_as_none(path: Path) -> None:
    path.parent.mkdir()
    path.touch(0o600)
    assert written(path).read() == TOKENS


def test_a_write_that_was_cut_off_leaves_what_was_there(path: Path) -> None:
    store = written(path)
    new = path.with_name("tokens.json.new")
    new.touch(0o600)
    new.write_text('{"version": 1, "tokens": {"mine": {"refresh_tok')
    with store.locked(1):
        found = store.read()
    assert (found, new.exists()) == (TOKENS, False)


def test_a_write_that_only_lacked_its_rename_is_finished(path: Path) -> None:
    later = StoredTokens("refresh-2", "access-2", NOW, NOW)
    new = path.with_name("tokens.json.new")
    written(path, later).path.rename(new)
    store = TokenStore(path, "mine")
    with store.locked(1):
        found = store.read()
    assert (found, new.exists()) == (later, False)


def test_the_lock_keeps_others_out_and_says_who_is_in_the_way(path: Path) -> None:
    told: list[str] = []

    def knock() -> None:
        try:
            with TokenStore(path, "mine").locked(0):
                told.append("in")
        except TokenStoreError as error:
            told.append(str(error).replace(str(path), "FILE"))

    with TokenStore(path, "mine").locked(1):
        thread = Thread(target=knock)
        thread.start()
        thread.join()
    assert told == [
        "Another process has held the lock 'FILE.lock' for 0 seconds, so the access token cannot be renewed: end the "
        "one that hangs, or try again."
    ]


def test_the_lock_is_free_after_a_failure_within(path: Path) -> None:
    store = TokenStore(path, "mine")
    with pytest.raises(KeyError), store.locked(1):
        raise KeyError
    with store.locked(0):
        assert store.read() is None


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "state" / "tokens.json"
    with pytest.raises(TokenStoreError) as caught:
        written(path)
    assert str(caught.value) == (
        f"Cannot lock the token store {str(path)!r}: Not a directory. Make its folder writable for this user, or name "
        "another file in OUTREACH_MCP_TOKEN_FILE."
    )


def test_no_token_is_in_the_representation() -> None:
    assert repr(StoredTokens("refresh-1", "access-1")) == (
        "StoredTokens(expires_at=None, minted_at=None, renewing_since=None, scopes=None, login=None)"
    )


def test_a_key_differs_by_seed_client_and_host() -> None:
    keys = {token_key(*parts) for parts in (("a", "b", "c"), ("x", "b", "c"), ("a", "x", "c"), ("a", "b", "x"))}
    assert len(keys) == 4


def test_the_usual_place_is_a_file_of_ours() -> None:
    assert default_token_file().parts[-2:] == ("outreach-mcp", "tokens.json")
