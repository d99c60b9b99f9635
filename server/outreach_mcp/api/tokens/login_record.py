"""The record that `outreach-mcp login` leaves beside its tokens, so that a server can use them without any setting."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from outreach_tools.client import JsonObject
from outreach_tools.json_values import member


@dataclass(frozen=True, slots=True)
class Login:
    """The app that a user logged in with, where they did it, and when (aware)."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    api_url: str
    token_url: str
    at: datetime

    @property
    def api_origin(self) -> str:
        """Scheme, host and port of the API."""
        parts = urlsplit(self.api_url)
        return f"{parts.scheme}://{parts.netloc}".lower()


_TEXTS = ("client_id", "client_secret", "redirect_uri", "api_url", "token_url")


def login_of(entry: Any) -> Login | None:
    """Return the login that `entry_of` made an object of, None for none; raises `ValueError`, which repeats nothing."""
    if entry is None:
        return None
    texts = {name: text for name in _TEXTS if isinstance(text := member(entry, name), str) and text}
    if len(texts) < len(_TEXTS):
        raise ValueError("a login lacks what it needs")
    try:
        at = datetime.fromisoformat(member(entry, "at"))
    except (TypeError, ValueError):
        raise ValueError("a login holds a time that is not valid") from None
    if at.tzinfo is None:
        raise ValueError("a login holds a time without a zone")
    return Login(**texts, at=at)


def entry_of(login: Login) -> JsonObject:
    """Return a login as an object for a file."""
    return {**{name: getattr(login, name) for name in _TEXTS}, "at": login.at.isoformat()}
