"""The caller: the person or program behind the request that is being answered, where a server has many of them.

It is passed one way, as the context of the request (`current_caller`), and never as an argument beside it. A server for
one user has none, so most of the code between the transport and the client knows nothing of callers; what is counted,
logged or looked up for each of them asks here, and cannot be given somebody else. The transport sets it (`acting_for`),
and every task that a request starts inherits it.
"""

from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass

from outreach_tools.json_values import is_array

READ = "outreach:read"
"""The scope of callers who may read."""

WRITE = "outreach:write"
"""The scope of callers who may change things, and so read them too."""

SCOPES = (READ, WRITE)
"""Every scope that this server knows."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls.

    `subject` is theirs alone and stays the same; `name` is for people to read. `email`, where there is one, is that of
    the only Outreach account that they may connect, in the spelling that the operator gave.
    """

    subject: str
    name: str
    scopes: frozenset[str]
    email: str | None = None

    @property
    def may_write(self) -> bool:
        """Whether they may change things."""
        return WRITE in self.scopes


_current: ContextVar[Caller | None] = ContextVar("caller", default=None)


def current_caller() -> Caller | None:
    """Return who sent the request that is being answered; None for the one user of a server that has only one."""
    return _current.get()


def acting_for(caller: Caller) -> AbstractContextManager[None]:
    """Act for `caller` in this block, and in every task that it starts."""
    return _Acting(caller)


class _Acting:
    """One block in which a caller's requests are answered; every request passes it, so that it is not a generator."""

    __slots__ = ("_caller", "_token")

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def __enter__(self) -> None:
        self._token = _current.set(self._caller)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def known_scopes(granted: object) -> frozenset[str]:
    """Return the scopes in `granted` (a list, or text with spaces) that this server knows; writing is reading too.

    Anything else that claims may hold grants nothing.
    """
    # At spaces alone (RFC 6749, section 3.3): what a provider takes for one scope must not be two here.
    names = set[str](granted.split(" ")) if isinstance(granted, str) else _texts(granted)
    found = names.intersection(SCOPES)
    return frozenset({*found, READ} if WRITE in found else found)


def _texts(value: object) -> set[str]:
    return {each for each in value if isinstance(each, str)} if is_array(value) else set()
