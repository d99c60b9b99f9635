"""Finds the user that the token acts for."""

import re
from dataclasses import dataclass
from typing import Any

from outreach_mcp.api.errors.quoting import quoted
from outreach_mcp.api.errors.tree import CurrentUserUnknownError
from outreach_tools.client import Client, JsonObject, Request
from outreach_tools.json_values import is_array, is_object, member


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """The user that the token acts for, by id; the rest is what the root says, each empty where it does not."""

    user_id: int
    name: str = ""
    email: str = ""
    organisation: str = ""


async def find_current_user(client: Client) -> CurrentUser:
    """Return the user that the token acts for.

    `GET` of the API's root says it, but the shape of that answer is not published; clients have seen
    `meta.user.email` in it (omniauth-outreach). An id is taken wherever a user has one, and failing that the user
    with the e-mail address given there is looked up.

    Raises `CurrentUserUnknownError` when neither leads to exactly one user.
    """
    body = (await client.send(Request("GET", "/"))).body
    users = _users_in(body)
    organisation = _organisation_in(body)
    for user in users:
        user_id = _id_of(user)
        if user_id is not None:
            return CurrentUser(user_id, _name_of(user), _email_of(user), organisation)
    for user in users:
        email = _email_of(user)
        if email:
            return CurrentUser(await _find_by_email(client, email), _name_of(user), email, organisation)
    raise CurrentUserUnknownError(
        "Outreach's answer to GET / names no user, so 'me' has no meaning: give the user's id instead (list the users)."
    )


async def _find_by_email(client: Client, email: str) -> int:
    request = Request("GET", "/users", (("filter[email]", email), ("fields[user]", "email")))
    body = (await client.send(request)).body
    rows = member(body, "data")
    # A server that ignores a filter answers with everyone: the addresses are compared again.
    matching = [row for row in rows if _email_of(row).casefold() == email.casefold()] if is_array(rows) else []
    found = {user_id for row in matching if (user_id := _id_of(row)) is not None}
    if len(found) != 1:
        raise CurrentUserUnknownError(
            f"Outreach says that the token acts for {quoted(email)}, but GET /users finds {len(found)} users with that "
            "address, so 'me' has no meaning: give the user's id instead (list the users)."
        )
    return found.pop()


def _users_in(body: Any) -> list[JsonObject]:
    """Return what may describe the user, the likeliest first."""
    places = [
        found
        for path in (("meta", "user"), ("data", "user"), ("user",), ("data", "relationships", "user"))
        for found in (member(body, *path, "data"), member(body, *path))
    ]
    if member(body, "data", "type") == "user":
        places.append(member(body, "data"))
    return [place for place in places if is_object(place)]


def _id_of(user: Any) -> int | None:
    value = member(user, "id")
    if isinstance(value, str) and re.fullmatch(r"\d{1,18}", value, re.ASCII):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _email_of(user: Any) -> str:
    value = member(user, "email") or member(user, "attributes", "email")
    return value if isinstance(value, str) else ""


def _name_of(user: Any) -> str:
    given = [
        text
        for name in ("firstName", "lastName")
        if isinstance(text := member(user, name) or member(user, "attributes", name), str)
    ]
    whole = member(user, "name") or member(user, "attributes", "name")
    return whole if isinstance(whole, str) else " ".join(given)


def _organisation_in(body: Any) -> str:
    # `meta.org` stood in the root of API 1.0; nobody has published what it is called now.
    places = (member(body, "meta", "org"), member(body, "data", "org"), member(body, "org"))
    names = (member(place, name) for place in places for name in ("name", "shortname"))
    return next((name for name in names if isinstance(name, str) and name), "")
