"""The scopes that the token endpoint names are kept with the tokens."""

import json
from datetime import timedelta
from pathlib import Path

import httpx

from outreach_mcp.api.tokens.store import TokenStore
from tests.api.tokens.issuer import KEY, Issuer, Time, tokens_of


def naming(scope: str | None) -> httpx.Response:
    """Return a token endpoint's answer, with a scope or without one."""
    answer = {"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 7200}
    return httpx.Response(200, content=json.dumps(answer if scope is None else {**answer, "scope": scope}))


async def kept_after(tmp_path: Path, *scopes: str | None) -> frozenset[str] | None:
    clock = Time()
    issuer = Issuer(clock)
    answers = iter(scopes)
    issuer.faults = [lambda _: naming(next(answers)) for _ in scopes]
    tokens = tokens_of(issuer, tmp_path / "tokens.json")
    for _ in scopes:
        await tokens.access_token()
        clock.moment += timedelta(hours=2)
    stored = TokenStore(tmp_path / "tokens.json", KEY).read()
    return stored.scopes if stored else None


async def test_the_scopes_of_an_answer_are_kept(tmp_path: Path) -> None:
    assert await kept_after(tmp_path, "tasks.read prospects.all") == frozenset({"tasks.read", "prospects.all"})


async def test_an_answer_without_scopes_leaves_those_that_there_were(tmp_path: Path) -> None:
    assert await kept_after(tmp_path, "tasks.read", None) == frozenset({"tasks.read"})


async def test_a_new_answer_replaces_them(tmp_path: Path) -> None:
    assert await kept_after(tmp_path, "tasks.read", "users.read") == frozenset({"users.read"})


async def test_where_no_answer_named_any_they_are_not_known(tmp_path: Path) -> None:
    assert await kept_after(tmp_path, None, "") is None
