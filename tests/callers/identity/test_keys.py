"""Keys that the operator gives out: the file that holds them, and the command that changes it."""

import hashlib
import json
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from outreach_mcp.caller import Caller
from outreach_mcp.callers.identity.errors import CredentialError, IdentityUnavailableError, KeysFileError
from outreach_mcp.callers.identity.key_giving import add_key, remove_key
from outreach_mcp.callers.identity.keys import KeyRing, read_keys
from outreach_mcp.cli import main

BOTH = frozenset({"outreach:read", "outreach:write"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keys.json"


async def test_a_key_stands_for_its_holder(path: Path) -> None:
    key = add_key(path, "alice", "Alice@example.com")
    assert await KeyRing(path).caller_of(key) == Caller(
        "key:alice alice@example.com", "alice", BOTH, "Alice@example.com"
    )


async def test_a_key_that_only_reads_may_not_write(path: Path) -> None:
    key = add_key(path, "alice", "alice@example.com", read_only=True)
    assert (await KeyRing(path).caller_of(key)).scopes == {"outreach:read"}


async def test_a_name_given_to_somebody_else_is_another_caller(path: Path) -> None:
    key = add_key(path, "sales", "alice@example.com")
    before = await KeyRing(path).caller_of(key)
    remove_key(path, "sales")
    key = add_key(path, "sales", "bob@example.com")
    after = await KeyRing(path).caller_of(key)
    assert before.subject != after.subject


def test_the_file_holds_no_key_and_is_for_its_user_alone(path: Path) -> None:
    key = add_key(path, "alice", "alice@example.com", until=date(2027, 1, 31))
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "version": 1,
        "keys": [
            {
                "name": "alice",
                "sha256": hashlib.sha256(key.encode()).hexdigest(),
                "scopes": ["outreach:read", "outreach:write"],
                "email": "alice@example.com",
                "until": "2027-01-31",
            }
        ],
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_is_32_random_bytes_behind_its_mark(path: Path) -> None:
    asked: list[int] = []

    def random(count: int) -> str:
        asked.append(count)
        return "x" * 43

    assert add_key(path, "alice", "alice@example.com", random=random) == "omcp_" + "x" * 43
    assert asked == [32]


def entry(**changed: object) -> str:
    whole: dict[str, object] = {"name": "a", "email": "a@b", "sha256": "0" * 64, "scopes": [], "until": None}
    return json.dumps({"version": 1, "keys": [whole | changed]})


DAMAGED = ["", "{", "[]", "{}", "[" * 100_000, '{"version": 2, "keys": []}', '{"version": 1, "keys": {}}']


@pytest.mark.parametrize(
    "contents", [*DAMAGED, *(entry(**wrong) for wrong in ({"sha256": "short"}, {"until": "soon"}, {"name": ""}))]
)
def test_a_damaged_file_is_named_and_not_replaced(path: Path, contents: str) -> None:
    path.parent.mkdir()
    path.write_text(contents, encoding="utf-8")
    path.chmod(0o600)
    for act in (lambda: read_keys(path), lambda: add_key(path, "bob", "bob@example.com")):
        with pytest.raises(KeysFileError, match=r"the file of keys '.*keys\.json' is damaged \("):
            act()
    assert path.read_text(encoding="utf-8") == contents


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_lets_nobody_in(path: Path, mode: int) -> None:
    add_key(path, "alice", "alice@example.com")
    path.chmod(mode)
    with pytest.raises(KeysFileError, match="can be written by others"):
        read_keys(path)


def gone(path: Path) -> Callable[[], object]:
    """Move a file away; returns what moves it back."""
    away = path.rename(path.with_name("away"))
    return lambda: away.rename(path)


async def test_a_file_that_is_gone_lets_nobody_in_until_it_is_back(path: Path) -> None:
    key = add_key(path, "alice", "alice@example.com")
    ring = KeyRing(path)
    back = gone(path)
    with pytest.raises(IdentityUnavailableError):
        await ring.caller_of(key)
    back()
    assert (await ring.caller_of(key)).name == "alice"


async def test_the_digest_of_a_key_is_no_key(path: Path) -> None:
    key = add_key(path, "alice", "alice@example.com")
    for wrong in (hashlib.sha256(key.encode()).hexdigest(), key[:-1], key.upper(), f"{key}="):
        with pytest.raises(CredentialError):
            await KeyRing(path).caller_of(wrong)


def run(capsys: pytest.CaptureFixture[str], path: Path, *arguments: str) -> tuple[int, str, str]:
    code = main(["keys", *arguments], {"OUTREACH_MCP_KEYS_FILE": str(path)})
    captured = capsys.readouterr()
    return code, captured.out, captured.err


async def test_the_command_gives_a_key_out_lists_it_and_takes_it_back(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, key, err = run(capsys, path, "add", "alice", "--email", "alice@example.com", "--until", "2999-12-31")
    assert (code, err) == (
        0,
        "alice may read and write as alice@example.com until 2999-12-31, sending 'Authorization: Bearer <key>'. "
        "The key is not shown again.\n",
    )
    assert (await KeyRing(path).caller_of(key.strip())).name == "alice"
    listed = "alice  alice@example.com  reads, writes  until 2999-12-31\n"
    assert run(capsys, path, "list") == (0, listed, "")
    assert run(capsys, path, "remove", "alice") == (0, "", "The key 'alice' is no longer accepted.\n")
    assert run(capsys, path, "list") == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", "two words", "--email", "a@b"), "'two words' is not a valid name for a key"),
        (("add", "bob", "--email", "bob"), "'bob' is not an e-mail address"),
        (("add", "bob", "--email", "b@c", "--until", "tomorrow"), "--until 'tomorrow' is not a day"),
        (("add", "bob", "--email", "b@c", "--until", "2020-01-01"), "--until 2020-01-01 has passed"),
        (("add", "alice", "--email", "b@c"), "there is a key 'alice' already"),
        (("remove", "bob"), "there is no key 'bob'; there is alice"),
    ],
)
def test_what_the_command_cannot_do_is_one_line(
    path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], why: str
) -> None:
    add_key(path, "alice", "alice@example.com")
    code, out, err = run(capsys, path, *arguments)
    assert (code, out, err.count("\n"), err.startswith(f"outreach-mcp: {why}")) == (2, "", 1, True)
