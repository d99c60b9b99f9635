"""Takes secrets out of what others say: whoever is sent one may repeat it, in any of the spellings that text has."""

import re
from functools import lru_cache

_PASSING_SECRETS = 20
"""Ten renewals: no answer that is still to come repeats an older token."""

SHORTEST_SECRET = 8
"""A shorter one is not a secret (the sandbox's is `sandbox`), and its letters may well stand in honest text."""

_NAMED = re.compile(
    r"""((?:access_?token|refresh_?token|id_?token|client_?secret|client_?assertion|code_?verifier)"""
    r"""(?:=|%3d|\\?["']\s{0,4}:\s{0,4}\\?["']))[^\s"'&,;<>\\]{1,16384}""",
    re.ASCII | re.IGNORECASE,
)
"""A form's field or a JSON member that is a secret by its name, also one that nobody here knows."""

_BEARER = re.compile(
    r"\b(bearer(?:\s|%20|\+){1,4})[A-Za-z._~+/-]{0,64}\d[\w.~+/=%-]{0,16384}", re.ASCII | re.IGNORECASE
)
"""A digit tells a token from the next word of a sentence."""


class Secrets:
    """The secrets that an answer may repeat and a message must not; safe to use from several threads."""

    def __init__(self, *lasting: tuple[str, str]) -> None:
        """Remember secrets, each as what it is and its value."""
        self._lasting = lasting
        self._passing: tuple[tuple[str, str], ...] = ()

    def add(self, name: str, value: str) -> None:
        """Remember one more, which is forgotten when many more have come."""
        if (name, value) not in self._passing:
            self._passing = (*self._passing[1 - _PASSING_SECRETS :], (name, value))

    def redact(self, text: str) -> str:
        """Return `text` with every secret replaced by what it is, however its characters are spelled."""
        # The longest first: one may be the beginning of another.
        for name, value in sorted(self._lasting + self._passing, key=lambda each: -len(each[1])):
            if len(value) >= SHORTEST_SECRET:
                text = text.replace(value, f"[{name}]")
                if not value.isalnum():
                    text = _spelled(value).sub(f"[{name}]", text)
        return _BEARER.sub(r"\1[token]", _NAMED.sub(r"\1[hidden]", text))


@lru_cache(maxsize=64)
def _spelled(value: str) -> re.Pattern[str]:
    """Return what finds a secret whose signs are encoded as in an address, a form, JSON, HTML or a Python literal."""
    return re.compile("".join(each if each.isalnum() else _spellings(each) for each in value))


def _spellings(sign: str) -> str:
    plain, number = re.escape(sign), ord(sign)
    ways = [
        plain,
        rf"\\{{1,2}}{plain}",
        f"(?i:%(?:25)?{number:02x}|\\\\{{1,2}}u{number:04x}|&#x{number:x};)",
        f"&#{number};",
    ]
    return f"(?:{'|'.join([*ways, _NAMES.get(sign, plain), r'[+]' if sign == ' ' else plain])})"


_NAMES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
