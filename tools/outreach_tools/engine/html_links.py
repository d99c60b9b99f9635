"""Finds the hosts that the links, pictures and forms of an HTML body lead to, however they are spelled.

What a mail program follows is more than what its reader sees: `https:\\\\evil.example`, `//evil.example`, an address in
a style. Found is every address in an attribute that takes one, and whatever else has the form of one; in time that
grows with the length and not faster.
"""

import re

from outreach_tools.engine.html_text import MOST_HTML, unescaped

_IN_ATTRIBUTE = re.compile(
    r"(?:href|src|srcset|action|background|poster|data|cite|ping|longdesc)\s*+=\s*+"
    r"(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>]*+))",
    re.IGNORECASE,
)
_ANYWHERE = re.compile(r"[/\\]{2}([^\s/\\\"'<>()?#,;]++)")
_IN_ADDRESS = re.compile(r"(?:(?:https?|ftp):)?[/\\]*+([^/\\?#]*+)", re.IGNORECASE)
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]{0,20}):")
_HOSTED = frozenset({"http", "https", "ftp"})
_INNER = ("#", "cid:")
"""The schemes that lead nowhere but to the mail itself."""

_LONGEST = 100


def targets_of(html: str) -> tuple[str, ...]:
    """Return the hosts that an HTML body's links lead to, each once and in order; of other addresses their beginning.

    Of no more than `MOST_HTML` characters.
    """
    html = html[:MOST_HTML]
    found = [_target(unescaped(each[1] or each[2] or each[3] or "")) for each in _IN_ATTRIBUTE.finditer(html)]
    found += [_host(each[1]) for each in _ANYWHERE.finditer(unescaped(html))]
    return tuple(dict.fromkeys(each for each in found if each))


def _target(address: str) -> str:
    # A browser leaves out line breaks and tabs within an address, and reads \ as / (URL Standard, 4.4).
    address = "".join(address.split())
    if address.casefold().startswith(_INNER):
        return ""
    scheme = _SCHEME.match(address)
    if scheme and scheme[1].casefold() not in _HOSTED:
        return address.removeprefix("mailto:")[:_LONGEST]
    if not scheme and not address.startswith(("//", "\\\\", "/\\", "\\/")):
        return address[:_LONGEST]
    host = _IN_ADDRESS.match(address)
    return _host(host[1] if host else address)


def _host(text: str) -> str:
    return text.rpartition("@")[2].casefold().rstrip(".")[:_LONGEST]
