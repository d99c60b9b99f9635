"""`me` is found in whatever the API's root answers."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import httpx
import pytest

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.tree import AuthenticationError, CurrentUserUnknownError
from tests.api.recording import BASE_URL, Recorder, answering, client_on
from tests.api.tokens.issuer import Issuer, Time, tokens_of

BY_EMAIL = f"{BASE_URL}/users?filter%5Bemail%5D=ann%40acme.io&fields%5Buser%5D=email"


def user(user_id: Any, email: str) -> dict[str, Any]:
    return {"type": "user", "id": user_id, "attributes": {"email": email}}


def organisation(root: Any, users: list[Any]) -> Recorder:
    """Answer the root with `root` and every list of users, whatever its filter, with `users`."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": users} if request.url.path.endswith("/users") else root)

    return Recorder(answer)


@pytest.mark.parametrize(
    "root",
    [
        {"meta": {"user": {"id": 7, "email": "ann@acme.io"}}},
        {"meta": {"user": {"id": "7"}}},
        {"data": {"user": {"id": 7}}},
        {"data": {"type": "user", "id": 7, "attributes": {"email": "ann@acme.io"}}},
        {"data": {"id": 3, "type": "organization", "relationships": {"user": {"data": {"type": "user", "id": 7}}}}},
        {"user": {"id": 7}},
        {"user": {"data": {"type": "user", "id": 7}}},
        {"meta": {"user": {"id": "f0e1", "email": "x@y.z"}}, "data": {"type": "user", "id": 7}},
    ],
)
async def test_an_id_of_a_user_in_the_root_is_taken(root: Any) -> None:
    transport = organisation(root, [])
    assert await client_on(transport).current_user_id() == 7
    assert transport.urls == [BASE_URL]


@pytest.mark.parametrize(
    "root",
    [
        {"meta": {"user": {"email": "ann@acme.io"}, "org": {"guid": "1"}}},
        {"meta": {"user": {"id": True, "email": "ann@acme.io"}}},
        {"data": {"type": "user", "attributes": {"email": "ann@acme.io"}}},
    ],
)
async def test_an_email_in_the_root_is_looked_up(root: Any) -> None:
    transport = organisation(root, [user(7, "Ann@acme.io")])
    assert await client_on(transport).current_user_id() == 7
    assert transport.urls == [BASE_URL, BY_EMAIL]


async def test_users_with_another_address_are_not_taken_for_the_current_one() -> None:
    transport = organisation(
        {"meta": {"user": {"email": "ann@acme.io"}}}, [user(1, "bob@acme.io"), user(7, "ann@acme.io")]
    )
    assert await client_on(transport).current_user_id() == 7


@pytest.mark.parametrize("users", [[], [user(1, "bob@acme.io")], [user(7, "ann@acme.io"), user(8, "ann@acme.io")]])
async def test_an_address_that_is_not_exactly_one_users_tells_nobody(users: list[Any]) -> None:
    found = sum(each["attributes"]["email"] == "ann@acme.io" for each in users)
    with pytest.raises(CurrentUserUnknownError) as caught:
        await client_on(organisation({"meta": {"user": {"email": "ann@acme.io"}}}, users)).current_user_id()
    assert str(caught.value) == (
        f"Outreach says that the token acts for 'ann@acme.io', but GET /users finds {found} users with that address, "
        "so 'me' has no meaning: give the user's id instead (list the users)."
    )


@pytest.mark.parametrize("root", [{}, [], "hello", {"data": None}, {"meta": {"org": {"id": 3}}}, {"data": {"id": 3}}])
async def test_a_root_without_a_user_tells_nobody(root: Any) -> None:
    with pytest.raises(CurrentUserUnknownError) as caught:
        await client_on(organisation(root, [])).current_user_id()
    assert str(caught.value) == (
        "Outreach's answer to GET / names no user, so 'me' has no meaning: give the user's id instead (list the users)."
    )


async def test_concurrent_questions_are_asked_once() -> None:
    transport = organisation({"meta": {"user": {"id": 7}}}, [])
    client = client_on(transport)
    answers: list[int] = []

    async def ask() -> None:
        answers.append(await client.current_user_id())

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(ask)
    assert (answers, len(transport.requests)) == ([7] * 5, 1)


async def test_a_question_that_failed_is_asked_again() -> None:
    answers = iter([httpx.Response(401, text="Invalid access token"), httpx.Response(200, json={"user": {"id": 7}})])
    client = client_on(Recorder(lambda _: next(answers)))
    with pytest.raises(AuthenticationError):
        await client.current_user_id()
    assert await client.current_user_id() == 7


async def test_the_root_is_asked_for_as_the_contract_has_it() -> None:
    transport = answering(200, {"user": {"id": 7}})
    await client_on(transport).current_user_id()
    assert [(request.method, str(request.url)) for request in transport.requests] == [("GET", BASE_URL)]


async def test_another_token_may_be_another_users() -> None:
    issuer = Issuer(Time())
    ids = {"access-token-number-0001": 7, "access-token-number-0002": 8}

    def answer(request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        return httpx.Response(200, json={"meta": {"user": {"id": ids[token]}}})

    with TemporaryDirectory() as folder:
        tokens = tokens_of(issuer, Path(folder) / "tokens.json")
        client = OutreachClient(BASE_URL, tokens, transport=Recorder(answer))
        first = [await client.current_user_id(), await client.current_user_id()]
        issuer.clock.sleep(7200)
        assert (first, await client.current_user_id()) == ([7, 7], 8)
        await client.aclose()
