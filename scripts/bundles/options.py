"""The settings that a client offers in its own form: which they are, and the kind of value that each takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args, get_origin

from annotated_types import Ge, Le

from outreach_mcp.settings.settings import Settings, is_secret, variable_of

Kind: TypeAlias = Literal["string", "number", "boolean"]

_WORDS: dict[str, tuple[str, str]] = {
    "sandbox": ("Sandbox", "Work in an embedded Outreach with demo data. Needs no account."),
    "read_only": ("Read only", "Change nothing in Outreach."),
    "toolsets": (
        "Toolsets",
        "Offer these groups of tools, separated by commas, such as sales or prospects,tasks. All of them if empty.",
    ),
    "confirm": ("Ask first", "When a person is asked before a change: never, destructive or writes."),
    "time_zone": ("Time zone", "Where today and -7d are reckoned, such as Europe/Berlin."),
    "max_result_tokens": ("Tokens in an answer", "The most tokens that one answer may have."),
    "client_id": ("Client id", "The Outreach app's client id. Empty after a login in the terminal."),
    "client_secret": ("Client secret", "The Outreach app's client secret. Empty after a login in the terminal."),
    "redirect_uri": ("Redirect URI", "The Outreach app's redirect URI. Empty after a login in the terminal."),
    "refresh_token": ("Refresh token", "An Outreach refresh token of that app. Empty after a login in the terminal."),
    "access_token": ("Access token", "An Outreach access token, good for two hours. For a trial only."),
}
"""The title and the description of each setting in a form."""


@dataclass(frozen=True, slots=True)
class Option:
    """A setting in a client's form; the key is the name of the field in `Settings`.

    An empty text means "not set", to the form as to the server.
    """

    key: str
    title: str
    description: str
    kind: Kind
    default: str | int | bool
    secret: bool
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None

    @property
    def variable(self) -> str:
        """The environment variable that gives it to the server."""
        return variable_of(self.key)


def options() -> tuple[Option, ...]:
    """Return all of them, in the order in which a form shows them."""
    return tuple(_option(key, *words) for key, words in _WORDS.items())


def _option(key: str, title: str, description: str) -> Option:
    field = Settings.model_fields[key]
    bounds = [bound for bound in field.metadata if isinstance(bound, Ge | Le)]
    default = field.default if isinstance(field.default, str | int) else ""
    return Option(
        key=key,
        title=title,
        description=description,
        kind=_kind(field.annotation),
        default=default,
        secret=is_secret(key),
        choices=tuple(get_args(field.annotation)) if get_origin(field.annotation) is Literal else (),
        least=next(_whole(bound.ge for bound in bounds if isinstance(bound, Ge)), None),
        most=next(_whole(bound.le for bound in bounds if isinstance(bound, Le)), None),
    )


def _kind(annotation: object) -> Kind:
    if annotation is bool:
        return "boolean"
    return "number" if annotation is int else "string"


def _whole(values: Iterator[object]) -> Iterator[int]:
    return (value for value in values if isinstance(value, int))
