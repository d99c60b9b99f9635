"""Renewal with rotation: once for all who wait, on the disk before it is used, and no refresh token sent twice."""

import itertools
import json
import traceback
from datetime import timedelta
from pathlib import Path
from threading import Event

import anyio
import anyio.from_thread
import httpx
import pytest

from outreach_mcp.api.errors.tree import (
    AuthenticationError,
    NetworkError,
    OutreachError,
    RateLimitError,
    RedirectError,
    ServerError,
    TokenStoreError,
    UnreadableAnswerError,
)
from outreach_mcp.api.tokens.store import StoredTokens, TokenStore
from tests.api.tokens.issuer import CLIENT_SECRET, KEY, SEED, Fault, Issuer, Time, answering, at_once, tokens_of

LOG_IN = "Log in to Outreach again, set the new refresh token as OUTREACH_REFRESH_TOKEN and start the server again."


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(Time())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tokens.json"


def stored(path: Path) -> StoredTokens | None:
    return TokenStore(path, KEY).read()


async def complaint(issuer: Issuer, path: Path, kind: type[OutreachError]) -> str:
    with pytest.raises(kind) as caught:
        await tokens_of(issuer, path).access_token()
    return str(caught.value)


async def test_the_given_refresh_token_brings_an_access_token(issuer: Issuer, path: Path) -> None:
    assert await tokens_of(issuer, path).access_token() == "access-token-number-0001"


async def test_the_new_pair_is_stored_before_the_access_token_is_returned(issuer: Issuer, path: Path) -> None:
    begun = issuer.clock.now()
    await tokens_of(issuer, path).access_token()
    assert stored(path) == StoredTokens(
        "refresh-token-number-0001", "access-token-number-0001", begun + timedelta(hours=2), begun, None
    )


async def test_a_token_is_used_until_two_minutes_before_its_end(issuer: Issuer, path: Path) -> None:
    tokens = tokens_of(issuer, path)
    found = [await tokens.access_token()]
    issuer.clock.sleep(7200 - 121)
    found.append(await tokens.access_token())
    issuer.clock.sleep(1)
    found.append(await tokens.access_token())
    assert found == ["access-token-number-0001", "access-token-number-0001", "access-token-number-0002"]


async def test_a_remaining_life_is_taken_as_what_it_is(issuer: Issuer, path: Path) -> None:
    issuer.life = 600
    tokens = tokens_of(issuer, path)
    await tokens.access_token()
    issuer.clock.sleep(545)
    assert await tokens.access_token() == "access-token-number-0002"


@pytest.mark.parametrize("life", [None, "soon", -5, 1e300, [], True])
async def test_a_life_that_makes_no_sense_is_survived(issuer: Issuer, path: Path, life: object) -> None:
    pair = {"access_token": "access-token-of-odd-life", "refresh_token": "r", "expires_in": life}
    issuer.faults.append(lambda _: httpx.Response(200, json=pair))
    assert await tokens_of(issuer, path).access_token() == "access-token-of-odd-life"


async def test_an_answer_without_a_refresh_token_leaves_the_old_one_good(issuer: Issuer, path: Path) -> None:
    issuer.faults.append(lambda _: httpx.Response(200, json={"access_token": "a", "expires_in": 7200}))
    await tokens_of(issuer, path).access_token()
    found = stored(path)
    assert found is not None
    assert found.refresh_token == SEED


async def test_fifty_calls_at_once_mint_one_token(issuer: Issuer, path: Path) -> None:
    found = await at_once(tokens_of(issuer, path).access_token, 50)
    assert (found, issuer.received) == (["access-token-number-0001"] * 50, [SEED])


async def test_fifty_refused_calls_at_once_mint_one_token(issuer: Issuer, path: Path) -> None:
    tokens = tokens_of(issuer, path)
    refused = await tokens.access_token()
    issuer.clock.sleep(60)
    found = await at_once(lambda: tokens.renewed(refused), 50)
    assert (found, issuer.minted) == (["access-token-number-0002"] * 50, 2)


async def test_two_sources_on_one_file_share_one_renewal(issuer: Issuer, path: Path) -> None:
    sources = itertools.cycle([tokens_of(issuer, path), tokens_of(issuer, path)])
    found = await at_once(lambda: next(sources).access_token(), 50)
    assert (found, issuer.minted) == (["access-token-number-0001"] * 50, 1)


async def test_a_refused_token_is_replaced_by_one_that_another_process_stored(issuer: Issuer, path: Path) -> None:
    first, second = tokens_of(issuer, path), tokens_of(issuer, path)
    old = [await tokens.access_token() for tokens in (first, second)]
    issuer.clock.sleep(60)
    new = [await tokens.renewed(old[0]) for tokens in (first, second)]
    assert (new, issuer.minted) == (["access-token-number-0002"] * 2, 2)


async def test_a_token_that_was_refused_late_is_not_renewed_again(issuer: Issuer, path: Path) -> None:
    tokens = tokens_of(issuer, path)
    old = await tokens.access_token()
    issuer.clock.sleep(60)
    await tokens.renewed(old)
    assert (await tokens.renewed(old), issuer.minted) == ("access-token-number-0002", 2)


async def test_a_restart_goes_on_with_the_stored_token(issuer: Issuer, path: Path) -> None:
    await tokens_of(issuer, path).access_token()
    assert (await tokens_of(issuer, path).access_token(), issuer.minted) == ("access-token-number-0001", 1)


async def test_a_restart_much_later_goes_on_with_a_token_that_is_still_good(issuer: Issuer, path: Path) -> None:
    await tokens_of(issuer, path).access_token()
    issuer.clock.sleep(7200 - 121)
    assert (await tokens_of(issuer, path).access_token(), issuer.minted) == ("access-token-number-0001", 1)


async def test_an_unchanged_seed_does_not_replace_what_came_of_it(issuer: Issuer, path: Path) -> None:
    await tokens_of(issuer, path).access_token()
    issuer.clock.sleep(7200)
    await tokens_of(issuer, path).access_token()
    assert issuer.received == [SEED, "refresh-token-number-0001"]


async def test_a_new_seed_goes_before_a_dead_token_in_the_store(issuer: Issuer, path: Path) -> None:
    await tokens_of(issuer, path).access_token()
    issuer.clock.sleep(7200)
    issuer.good_refresh_token = "refresh-token-of-a-new-login"
    found = await tokens_of(issuer, path, seed="refresh-token-of-a-new-login").access_token()
    assert found == "access-token-number-0002"


async def test_a_process_with_the_old_seed_does_not_touch_what_came_of_the_new_one(issuer: Issuer, path: Path) -> None:
    new = "refresh-token-of-a-new-login"
    old_process = tokens_of(issuer, path)
    await old_process.access_token()
    issuer.clock.sleep(7200)
    issuer.good_refresh_token = new
    await tokens_of(issuer, path, seed=new).access_token()
    with pytest.raises(AuthenticationError):
        await old_process.access_token()
    issuer.clock.sleep(7200)
    assert await tokens_of(issuer, path, seed=new).access_token() == "access-token-number-0003"


async def test_a_token_refused_within_its_first_minute_is_waited_for_when_it_is_near(
    issuer: Issuer, path: Path
) -> None:
    tokens = tokens_of(issuer, path)
    refused = await tokens.access_token()
    issuer.clock.sleep(51)
    begun = issuer.clock.now()
    assert await tokens.renewed(refused) == "access-token-number-0002"
    assert issuer.clock.now() - begun == timedelta(seconds=9)


async def test_a_token_refused_within_its_first_minute_says_when_the_next_may_come(issuer: Issuer, path: Path) -> None:
    tokens = tokens_of(issuer, path)
    refused = await tokens.access_token()
    issuer.clock.sleep(10)
    with pytest.raises(RateLimitError) as caught:
        await tokens.renewed(refused)
    assert (str(caught.value), caught.value.retry_at, issuer.minted) == (
        "Outreach gives out one access token a minute, and the one of this minute is refused or expired. Nothing was "
        "sent. Try again after 2026-11-21T09:31:00Z.",
        issuer.clock.now() + timedelta(seconds=50),
        1,
    )


async def test_a_short_lived_token_that_is_due_within_its_first_minute_is_used_without_waiting(
    issuer: Issuer, path: Path
) -> None:
    issuer.life = 62
    tokens = tokens_of(issuer, path)
    await tokens.access_token()
    issuer.clock.sleep(56)
    begun = issuer.clock.now()
    assert (await tokens.access_token(), issuer.clock.now()) == ("access-token-number-0001", begun)


async def test_a_clock_that_was_set_back_makes_no_call_wait(issuer: Issuer, path: Path) -> None:
    issuer.interval = -7200  # by the endpoint's own clock the minute is over
    tokens = tokens_of(issuer, path)
    refused = await tokens.access_token()
    issuer.clock.sleep(-3600)
    begun = issuer.clock.now()
    assert (await tokens.renewed(refused), issuer.clock.now()) == ("access-token-number-0002", begun)


async def test_the_minute_between_tokens_can_be_lifted(issuer: Issuer, path: Path) -> None:
    issuer.interval = 0
    tokens = tokens_of(issuer, path, interval=0)
    assert await tokens.renewed(await tokens.access_token()) == "access-token-number-0002"


async def test_the_minute_of_another_program_is_told_by_outreach(issuer: Issuer, path: Path) -> None:
    issuer.faults.append(answering(429, "slow down"))
    with pytest.raises(RateLimitError) as caught:
        await tokens_of(issuer, path).access_token()
    assert (str(caught.value), caught.value.retry_at) == (
        "No access token: https://api.outreach.io/oauth/token gives out one a minute and refused with 429: "
        "'slow down'. Try again after 2026-11-21T09:31:00Z.",
        issuer.clock.now() + timedelta(minutes=1),
    )


async def test_after_a_429_the_same_refresh_token_works(issuer: Issuer, path: Path) -> None:
    issuer.faults.append(answering(429))
    tokens = tokens_of(issuer, path)
    with pytest.raises(RateLimitError):
        await tokens.access_token()
    issuer.clock.sleep(60)
    assert await tokens.access_token() == "access-token-number-0001"


async def test_a_refused_refresh_token_says_what_to_do(issuer: Issuer, path: Path) -> None:
    issuer.good_refresh_token = "another"
    assert await complaint(issuer, path, AuthenticationError) == (
        "Outreach gave out no access token: https://api.outreach.io/oauth/token refused with 400: invalid_grant "
        "'Not a good one.'. A refresh token works once, within 14 days: this one is used up, too old, withdrawn, "
        f"or of another app or redirect URI. {LOG_IN}"
    )


async def test_a_refused_refresh_token_is_sent_once_however_often_it_is_asked_for(issuer: Issuer, path: Path) -> None:
    issuer.good_refresh_token = "another"
    tokens = tokens_of(issuer, path)
    messages: set[str] = set()
    for seconds in (0, 1, 100, 100_000):
        issuer.clock.sleep(seconds)
        with pytest.raises(AuthenticationError) as caught:
            await tokens.access_token()
        messages.add(str(caught.value))
    assert (len(messages), issuer.received) == (1, [SEED])


async def test_an_app_that_outreach_does_not_know_is_not_blamed_on_the_login(issuer: Issuer, path: Path) -> None:
    issuer.faults.append(lambda _: httpx.Response(401, json={"error": "invalid_client"}))
    assert await complaint(issuer, path, AuthenticationError) == (
        "Outreach gave out no access token: https://api.outreach.io/oauth/token refused with 401: 'invalid_client'. "
        "Outreach does not know the app: check OUTREACH_CLIENT_ID and OUTREACH_CLIENT_SECRET and start the server "
        "again."
    )


@pytest.mark.parametrize("body", [b"", b"Bad Request", b'{"errors": 7}', b"[]", b"<html><title>Oops</title>", b"\xff{"])
async def test_a_refusal_of_any_shape_says_what_to_do(issuer: Issuer, path: Path, body: bytes) -> None:
    issuer.faults.append(lambda _: httpx.Response(400, content=body))
    assert (await complaint(issuer, path, AuthenticationError)).endswith(LOG_IN)


async def test_a_refused_secret_is_in_no_message(issuer: Issuer, path: Path) -> None:
    issuer.faults.append(lambda request: httpx.Response(400, content=request.content.replace(b"+", b" ")))
    tokens = tokens_of(issuer, path)
    with pytest.raises(AuthenticationError) as caught:
        await tokens.access_token()
    told = "".join(traceback.format_exception(caught.value))
    assert (SEED in told, CLIENT_SECRET in told) == (False, False)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 522])
async def test_a_failing_endpoint_is_asked_again_briefly(issuer: Issuer, path: Path, status: int) -> None:
    issuer.faults += [answering(status)] * 2
    assert (await tokens_of(issuer, path).access_token(), len(issuer.received)) == ("access-token-number-0001", 3)


async def test_an_endpoint_that_goes_on_failing_is_given_up_after_three_times(issuer: Issuer, path: Path) -> None:
    issuer.faults += [answering(503, "down")] * 9
    assert await complaint(issuer, path, ServerError) == (
        "No access token: https://api.outreach.io/oauth/token failed with 503: 'down'. Try again later."
    )
    assert len(issuer.received) == 3


async def test_calls_that_wait_for_a_failure_share_it(issuer: Issuer, path: Path) -> None:
    issuer.faults += [answering(503)] * 9
    tokens = tokens_of(issuer, path)
    failures: list[str] = []

    async def use() -> str:
        try:
            return await tokens.access_token()
        except ServerError as error:
            failures.append(str(error))
            return ""

    await at_once(use, 50)
    assert (len(failures), len(set(failures)), len(issuer.received)) == (50, 1, 3)


async def test_a_failure_is_forgotten_after_five_seconds(issuer: Issuer, path: Path) -> None:
    issuer.faults += [answering(503)] * 3
    tokens = tokens_of(issuer, path)
    with pytest.raises(ServerError):
        await tokens.access_token()
    issuer.clock.sleep(5)
    assert await tokens.access_token() == "access-token-number-0001"


async def test_a_failure_is_forgotten_when_the_clock_was_set_back(issuer: Issuer, path: Path) -> None:
    issuer.faults += [answering(503)] * 3
    tokens = tokens_of(issuer, path)
    with pytest.raises(ServerError):
        await tokens.access_token()
    issuer.clock.sleep(-7200)
    assert await tokens.access_token() == "access-token-number-0001"


async def test_a_token_that_cannot_be_renewed_yet_is_used_to_its_end(issuer: Issuer, path: Path) -> None:
    tokens = tokens_of(issuer, path)
    await tokens.access_token()
    issuer.clock.sleep(7200 - 100)
    issuer.faults += [answering(503)] * 3
    assert await tokens.access_token() == "access-token-number-0001"
    issuer.clock.sleep(90)
    assert await tokens.access_token() == "access-token-number-0002"


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


def lost(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("peer closed connection", request=request)


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("timed out", request=request)


async def test_an_endpoint_out_of_reach_is_a_network_error(issuer: Issuer, path: Path) -> None:
    issuer.faults += [unreachable] * 3
    assert await complaint(issuer, path, NetworkError) == (
        "No access token: https://api.outreach.io/oauth/token cannot be reached (ConnectError: 'no route'). Check the "
        "network, the proxy and OUTREACH_TOKEN_URL, then try again."
    )


async def test_an_endpoint_that_is_silent_is_not_asked_again_at_once(issuer: Issuer, path: Path) -> None:
    issuer.faults.append(silent)
    assert await complaint(issuer, path, NetworkError) == (
        "No access token: the connection to https://api.outreach.io/oauth/token failed before the answer came "
        "(ReadTimeout: 'timed out'). Try again."
    )


async def test_a_redirect_is_not_followed(issuer: Issuer, path: Path) -> None:
    issuer.faults.append(lambda _: httpx.Response(302, headers={"Location": "https://evil.example/"}))
    assert await complaint(issuer, path, RedirectError) == (
        "No access token: https://api.outreach.io/oauth/token answered with a redirect (302) to "
        "'https://evil.example/', which is not followed: secrets stay on the address that was set. Check "
        "OUTREACH_TOKEN_URL."
    )


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"access_token": 7}', b""])
async def test_an_answer_without_a_token_is_unreadable(issuer: Issuer, path: Path, body: bytes) -> None:
    issuer.faults.append(lambda _: httpx.Response(200, content=body))
    assert (await complaint(issuer, path, UnreadableAnswerError)).startswith(("No access token", "https://api"))


async def test_after_a_failure_to_connect_no_renewal_is_marked_as_under_way(issuer: Issuer, path: Path) -> None:
    issuer.faults += [unreachable] * 3
    await complaint(issuer, path, NetworkError)
    assert stored(path) == StoredTokens(SEED)


@pytest.mark.parametrize("fault", [lost, silent, answering(502)])
async def test_after_a_lost_answer_the_refusal_says_why_to_log_in(issuer: Issuer, path: Path, fault: Fault) -> None:
    issuer.faults += [fault] * 3
    with pytest.raises(OutreachError):
        await tokens_of(issuer, path).access_token()
    issuer.faults.clear()
    issuer.good_refresh_token = "one that nobody has"
    issuer.clock.sleep(3600)
    assert await complaint(issuer, path, AuthenticationError) == (
        "Outreach gave out no access token: https://api.outreach.io/oauth/token refused with 400: invalid_grant "
        "'Not a good one.'. A refresh token works once, within 14 days: this one is used up, too old, withdrawn, "
        "or of another app or redirect URI. A renewal was under way at 2026-11-21T09:30:00Z and its answer was never "
        "stored, because the server was ended or the connection failed just then: most likely the new refresh token "
        f"was in it. {LOG_IN}"
    )


async def test_an_answer_lost_just_before_the_refusal_is_told_as_well(issuer: Issuer, path: Path) -> None:
    issuer.faults.append(lost)
    issuer.good_refresh_token = "one that nobody has"
    assert "A renewal was under way at 2026-11-21T09:30:00Z" in await complaint(issuer, path, AuthenticationError)


async def test_after_a_plain_refusal_a_restart_blames_no_lost_answer(issuer: Issuer, path: Path) -> None:
    issuer.good_refresh_token = "one that nobody has"
    first = await complaint(issuer, path, AuthenticationError)
    assert await complaint(issuer, path, AuthenticationError) == first


async def test_a_store_that_cannot_be_written_is_found_out_before_a_token_is_spent(
    issuer: Issuer, tmp_path: Path
) -> None:
    (tmp_path / "tokens.json.new").mkdir()
    with pytest.raises(TokenStoreError, match=r"tokens\.json\.new"):
        await tokens_of(issuer, tmp_path / "tokens.json").access_token()
    assert issuer.received == []


async def test_a_pair_that_cannot_be_written_is_kept_and_written_when_that_works(issuer: Issuer, path: Path) -> None:
    obstacle = path.with_name("tokens.json.new")
    issuer.losses.append(obstacle.mkdir)
    tokens = tokens_of(issuer, path)
    with pytest.raises(TokenStoreError) as caught:
        await tokens.access_token()
    assert str(caught.value).endswith(
        "Outreach has given out new tokens, which only this server's memory holds now. Do not end it before the store "
        "can be written, or you will have to log in again; every call tries it again."
    )
    obstacle.rmdir()
    issuer.clock.sleep(5)
    assert (await tokens.access_token(), issuer.minted) == ("access-token-number-0001", 1)
    found = stored(path)
    assert found is not None
    assert found.refresh_token == "refresh-token-number-0001"


async def test_a_cancelled_call_ends_at_once_and_loses_no_pair(issuer: Issuer, path: Path) -> None:
    tokens = tokens_of(issuer, path)
    scope, call_ended = anyio.CancelScope(), Event()
    answered_late: list[bool] = []

    async def use() -> None:
        with scope:
            await tokens.access_token()

    def cancel_before_the_answer() -> None:
        anyio.from_thread.run_sync(scope.cancel)
        answered_late.append(call_ended.wait(10))

    issuer.losses.append(cancel_before_the_answer)
    async with anyio.create_task_group() as group:
        group.start_soon(use)
    call_ended.set()
    assert (await tokens.access_token(), issuer.minted) == ("access-token-number-0001", 1)
    assert answered_late == [True]


async def test_no_secret_is_in_what_is_redacted(issuer: Issuer, path: Path) -> None:
    tokens = tokens_of(issuer, path)
    await tokens.access_token()
    said = f"{SEED} {CLIENT_SECRET} access-token-number-0001 refresh-token-number-0001 rest"
    assert tokens.redact(said) == "[refresh token] [client secret] [access token] [refresh token] rest"


def test_the_store_names_no_seed_and_no_client(issuer: Issuer, path: Path) -> None:
    anyio.run(tokens_of(issuer, path).access_token)
    assert list(json.loads(path.read_bytes())["tokens"]) == [KEY]
