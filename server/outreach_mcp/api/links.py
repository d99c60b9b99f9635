"""Decides where a request may go: the API's own scheme, host, port and base path, and nowhere else.

The address that is sent is built from the API's root and never from the target's own host, and what was built is
judged once more as the `httpx.URL` that goes out. Whoever sends a link that a record or a model supplied relies on it.

Behind a gateway the links in Outreach's answers still name Outreach's own address. They mean the same record or page
below the root, so they are read, and what they name is asked of the root; no other host is understood.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

import httpx

from outreach_mcp.api.errors.quoting import quoted
from outreach_mcp.api.errors.tree import UnsafeLinkError
from outreach_mcp.settings.values import DEFAULT_API_URL
from outreach_tools.client import Query

# Every path of the contract is made of such segments. Nothing encoded, no dot in front: `..`, `%2e`, `%2f`, `%5c`,
# their double encodings, `;` and `//` all fail to match, so no server can read another path than the one judged here.
_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*", re.ASCII)
_TARGET = re.compile(r"(?P<origin>[A-Za-z][A-Za-z0-9+.-]*://[^/?]*)?(?P<path>(?:/[^?]*)?)(?:\?(?P<query>.*))?")

_OUTREACH = httpx.URL(DEFAULT_API_URL)
"""The beginning of Outreach's own links, wherever the answer that holds them was fetched from."""

_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_QUERY_SAFE = "%!$&'()*+,=:@/?"
"""The characters that RFC 3986 allows in a query, and the sign of what is encoded already.

Not the semicolon: some servers end a parameter at it, others do not, and what is judged must be what is read.
"""

_LONGEST_TARGET = 16_384
"""Longer than any link Outreach makes; servers commonly refuse a request line past 8 or 16 kB."""

_Origin: TypeAlias = tuple[str, bytes, int | None]
"""Scheme, host and port of an address."""


@dataclass(frozen=True, slots=True)
class ApiRoot:
    """The API's base address, and the judge of every address that a request is about to be sent to."""

    url: httpx.URL

    @classmethod
    def parse(cls, base_url: str) -> "ApiRoot":
        """Return the root for a base URL that the settings have checked, such as `https://api.outreach.io/api/v2`."""
        return cls(httpx.URL(base_url.rstrip("/")))

    def locate(self, target: str, query: Query = ()) -> httpx.URL:
        """Return the address of `target`, a path below the root or an absolute link under it, `query` added.

        A path that repeats the root's own, or Outreach's (`/api/v2/prospects`), means the same as without it. A link
        that begins with Outreach's own address is one under the root too. The target's own query is kept as given; the
        names and values of `query` are percent-encoded once.

        Raises `UnsafeLinkError` for a target that leads anywhere else or hides where it leads.
        """
        fault = _fault_of_text(target)
        if fault:
            raise self._refusal(target, fault)
        parts = _TARGET.fullmatch(target)
        if parts is None or not (parts["origin"] or parts["path"]):
            raise self._refusal(target, "it is neither a path that starts with '/' nor an absolute link")
        path = self._path_below(target, parts["path"], self._prefixes(target, parts["origin"]))
        try:
            text = _joined(parts["query"] or "", query)
            url = httpx.URL(f"{self.url}{path}{'?' if text else ''}{text}")
        except (UnicodeEncodeError, httpx.InvalidURL) as error:
            raise self._refusal(target, "it does not make a valid address, or makes one that is too long") from error
        self.judge(url)
        return url

    def judge(self, url: httpx.URL) -> None:
        """Raise `UnsafeLinkError` unless `url`, as it would be sent, stays under the root."""
        # Compared part by part: every request passes here, and taking the address apart anew costs most of the check.
        if url.userinfo or _origin(url) != self._own_origin:
            self._origin_of(str(url), str(url.copy_with(raw_path=b"/")))
            raise self._refusal(str(url), "its origin is not the API's")
        path = url.raw_path.partition(b"?")[0].decode("ascii")
        root = self._root_path
        below = path[len(root) :]
        # An API that is mounted at the host itself is read at `/`: an address without any path does not exist.
        if url.fragment or not path.startswith(root) or not (_PATH.fullmatch(below) or (not root and path == "/")):
            raise self._refusal(str(url), f"its path is not a plain one below {root!r}")

    def path_of(self, url: httpx.URL) -> str:
        """Return the path of a judged address below the root: `/prospects/7`, or `/` for the root itself."""
        return url.path[len(self._root_path) :] or "/"

    @property
    def _own_origin(self) -> _Origin:
        return _origin(self.url)

    @property
    def _root_path(self) -> str:
        return self.url.path.rstrip("/")

    def _prefixes(self, target: str, origin: str | None) -> tuple[str, ...]:
        """Return the beginnings of paths that lie below the root; "" where the path may be one of its own."""
        of_outreach = _OUTREACH.path
        if not origin:
            return self._root_path, of_outreach, ""
        if self._origin_of(target, origin) == self._own_origin:
            # A gateway that puts its own host into the links need not change their path.
            return self._root_path, of_outreach
        return (of_outreach,)

    def _origin_of(self, target: str, origin: str) -> _Origin:
        """Return the origin a target names: the API's own, or Outreach's. Raises `UnsafeLinkError` for any other."""
        try:
            url = httpx.URL(origin)
        except httpx.InvalidURL as error:
            raise self._refusal(target, "its host is not valid") from error
        if "@" in origin:
            raise self._refusal(target, "it carries a user name or a password")
        if _origin(url) in (self._own_origin, _origin(_OUTREACH)):
            return _origin(url)
        nearest = _OUTREACH if url.raw_host == _OUTREACH.raw_host != self.url.raw_host else self.url
        for part, given, own in (
            ("scheme", url.scheme, nearest.scheme),
            ("host", url.raw_host.decode("ascii"), nearest.raw_host.decode("ascii")),
            ("port", _port(url), _port(nearest)),
        ):
            if given != own:
                raise self._refusal(target, f"its {part} is {given!r}, not {own!r}")
        raise self._refusal(target, "its origin is not the API's")

    def _path_below(self, target: str, path: str, prefixes: tuple[str, ...]) -> str:
        below = next(
            (
                path[len(prefix) :]
                for prefix in sorted(prefixes, key=len, reverse=True)
                if path == prefix or path.startswith(f"{prefix}/")
            ),
            path if "" in prefixes else None,
        )
        if below is None:
            raise self._refusal(target, f"its path is not below {prefixes[0]!r}")
        # `/` is the root itself, and a trailing slash changes nothing; a second one is no longer trailing.
        below = below.removesuffix("/")
        if not _PATH.fullmatch(below):
            raise self._refusal(target, _fault_of_path(below))
        return below

    def _refusal(self, target: str, reason: str) -> UnsafeLinkError:
        own = dict.fromkeys((f"'{self.url}/'", f"'{_OUTREACH}/'"))
        return UnsafeLinkError(
            f"Refused to send a request to {quoted(_without_credentials(target))}: {reason}. Nothing was sent. "
            f"Allowed are paths such as '/prospects/7' and links that begin with {' or '.join(own)}."
        )


def _fault_of_text(target: str) -> str:
    if not target:
        return "it is empty"
    if len(target) > _LONGEST_TARGET:
        return f"it is longer than {_LONGEST_TARGET} characters"
    if " " in target or not target.isprintable():
        return "it holds a space or a control character (percent-encode it, or pass it as a query parameter)"
    if "\\" in target:
        return "it holds a backslash"
    if "#" in target:
        return "it holds a fragment"
    return ""


def _fault_of_path(path: str) -> str:
    if "%" in path:
        return "its path is percent-encoded, which no path of the API is"
    if "//" in path:
        return "its path holds '//'"
    if "/." in path:
        return "a part of its path starts with a dot"
    return "its path holds a character that no path of the API holds"


def _without_credentials(target: str) -> str:
    return re.sub(r"//[^/?#]*@", "//…@", target)


def _origin(url: httpx.URL) -> _Origin:
    return url.scheme, url.raw_host, _port(url)


def _port(url: httpx.URL) -> int | None:
    return url.port or {"https": 443, "http": 80}.get(url.scheme)


def _joined(own: str, query: Query) -> str:
    kept = quote(_LONE_PERCENT.sub("%25", own), safe=_QUERY_SAFE)
    added = (f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    return "&".join(part for part in (kept, *added) if part)
