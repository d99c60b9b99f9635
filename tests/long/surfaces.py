"""The places where input from outside comes in: for each, an input by chance, and what must not come of it.

A surface takes a source of chance and returns the breach that its input has made, as a sentence, or None.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeAlias

from mcp_types import JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from outreach_mcp.api.errors.bodies import describe, read_details
from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.api.links import ApiRoot
from outreach_mcp.api.tokens.token_answer import pair_in
from outreach_mcp.protocol.envelopes import Unreadable, read_message
from outreach_tools.catalog import Attribute, resource_types
from outreach_tools.engine.criteria import parse, query
from outreach_tools.engine.cursor import decode, fingerprint
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.html_text import html_to_text
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.values import check_value
from outreach_tools.json_values import is_object
from tests.long.oddities import changed, encoded, mutated, one_of, text, value

Surface: TypeAlias = Callable[[Random], str | None]

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
ROOT = ApiRoot.parse("https://api.outreach.io/api/v2")
ATTRIBUTES: tuple[Attribute, ...] = tuple(
    attribute for resource in resource_types().values() for attribute in resource.attributes.values()
)
CALL = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "get_user", "arguments": {"user_id": 1}}}
MARK = fingerprint("any list")
PLACE = f"{MARK}.0_17.eyJhIjoxfQ"
LINK = "https://api.outreach.io/api/v2/prospects/7?include=account&filter[id]=5"
TOKENS = {"access_token": "abc.def", "refresh_token": "ghi", "token_type": "Bearer", "expires_in": 7200, "scope": "a b"}
ERRORS = {"errors": [{"id": "validationError", "title": "Validation Error", "detail": "Name can't be blank."}]}
PAGE = '<html><head><title>Mail</title></head><body><p style="font-size:12px">Hello <b>you</b></p></body></html>'
_LONGEST_DESCRIPTION = 4000
_SHORTEST, _LONGEST = 60, 86_400  # seconds of a token's life
_GUESSABLE = 8  # characters that may be in a text by chance


def message(random: Random) -> str | None:
    """A line over stdio, or a body over HTTP."""
    read = read_message(encoded(random, changed(random, CALL)))
    if isinstance(read, Unreadable):
        answer = json.loads(read.answer())
        return None if answer["error"]["code"] in (-32700, -32600) else f"answered {answer}"
    known = JSONRPCRequest | JSONRPCNotification | JSONRPCResponse | JSONRPCError | None
    return None if isinstance(read, known) else f"read as {read!r}"


def link(random: Random) -> str | None:
    """An address that a model gives."""
    target = text(random) if random.random() < 0.2 else mutated(random, one_of(random, (LINK, LINK[30:])))
    try:
        url = ROOT.locate(target)
    except OutreachError:
        return None
    inside = url.scheme == "https" and url.host == "api.outreach.io" and url.path.startswith("/api/v2")
    return None if inside and not url.userinfo and ".." not in url.path.split("/") else f"{target!r} leads to {url}"


def criteria(random: Random) -> str | None:
    """The criteria of a filter, on any attribute of any type."""
    attribute = one_of(random, ATTRIBUTES)
    given = text(random) if random.random() < 0.7 else value(random)
    try:
        read = parse(attribute.name, given, attribute, {}, Calendar(NOW), here=random.random() < 0.5)
        sent = query(f"filter[{attribute.name}]", read, new_syntax=True)
    except ArgumentError as error:
        return None if str(error) else "a refusal without words"
    odd = [name for name, _ in sent if not name.startswith("filter[")]
    return f"{given!r} sends {odd}" if odd else None


def written(random: Random) -> str | None:
    """A value that is to be written, into any attribute of any type."""
    attribute = one_of(random, ATTRIBUTES)
    try:
        found = check_value(attribute, value(random))
        json.dumps(found, allow_nan=False)
    except ArgumentError as error:
        return None if str(error) else "a refusal without words"
    if attribute.type == "integer" and (isinstance(found, bool) or not isinstance(found, int)):
        return f"{attribute.name} becomes {found!r}"
    return None


def place(random: Random) -> str | None:
    """A place in a list to go on from."""
    try:
        found = decode(mutated(random, PLACE), MARK)
    except ArgumentError as error:
        return None if str(error) else "a refusal without words"
    return None if 0 <= found.skip < 10**12 else f"skips {found.skip}"


def stranger(random: Random) -> str | None:
    """A text that somebody wrote into a record."""
    plain = clean(text(random, 30))
    if clean(plain) != plain:
        return f"{plain!r} is not yet clean"
    line = one_line(text(random, 30))
    return f"{line!r} is not one line" if "\n" in line else None


def page(random: Random) -> str | None:
    """The HTML of a mail."""
    html = mutated(random, PAGE) if random.random() < 0.5 else text(random, 30)
    shown = html_to_text(html)
    return None if len(shown) <= 20 * len(html) + 1000 else f"{len(html)} characters became {len(shown)}"


def error_body(random: Random) -> str | None:
    """The body of an error answer, of Outreach or of something in between."""
    body = encoded(random, changed(random, ERRORS)).decode(errors="replace")
    said = describe(read_details(body if random.random() < 0.7 else mutated(random, PAGE)))
    return None if len(said) <= _LONGEST_DESCRIPTION and said.isprintable() else f"says {said[:200]!r}"


def token_answer(random: Random) -> str | None:
    """An answer of the token endpoint."""
    answer: Any = changed(random, TOKENS, 0.8)
    if not is_object(answer):
        return None
    try:
        pair = pair_in(answer, url="https://api.outreach.io/oauth/token", asked_at=NOW, now=NOW)
    except OutreachError:
        return None
    life = (pair.expires_at - NOW).total_seconds() if pair.expires_at else 0
    own = repr(replace(pair, scopes=None))  # which may be the same text by chance
    shown = len(pair.access_token) > _GUESSABLE and pair.access_token in own
    return None if _SHORTEST <= life <= _LONGEST and not shown else f"lives {life} s, or shows itself"


SURFACES: Mapping[str, tuple[int, Surface]] = {
    "messages": (20, message),
    "links": (15, link),
    "criteria": (15, criteria),
    "written values": (10, written),
    "places in lists": (10, place),
    "texts of strangers": (10, stranger),
    "mails": (2, page),
    "error bodies": (10, error_body),
    "token answers": (7, token_answer),
}
"""Each surface with its share of the inputs; tools get the rest."""
