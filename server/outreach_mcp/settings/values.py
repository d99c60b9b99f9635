"""The kinds of values that settings take, each checked once when the settings are read."""

import ipaddress
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from outreach_mcp.io.private_files import fault_of_folder

DEFAULT_API_URL = "https://api.outreach.io/api/v2"
"""The address of Outreach's API (the contract's server)."""

_NAME = r"(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])"
_HOST = re.compile(rf"{_NAME}(?::\d{{1,5}})?", re.ASCII | re.IGNORECASE)
# A moment before September 2001 is taken for a delay where headers tell it in seconds (`retry_time`). The demo
# data reach back some years, and dates end with the year 9999.
FIRST_DAY, LAST_DAY = date(2002, 1, 1), date(2199, 12, 31)
"""The first and the last day on which a sandbox may stand."""

_ORIGIN = re.compile(rf"https?://{_NAME}(?::\d{{1,5}})?", re.ASCII | re.IGNORECASE)
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?"
    r"(?P<path>(?:/[a-z0-9_-][a-z0-9._-]*)*)",
    re.ASCII | re.IGNORECASE,
)


def checked_key(key: SecretStr) -> SecretStr:
    """Return a bearer key that is long enough to be one; raises `ValueError`."""
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]{16,}=*", key.get_secret_value(), re.ASCII):
        raise ValueError("it is too short, or holds characters that no bearer token holds")
    _refuse_guessable(key.get_secret_value())
    return key


def listed(given: object) -> object:
    """Take a comma-separated text apart; anything else stays as it is. Raises `ValueError` for a text without names."""
    if not isinstance(given, str):
        return given
    names = tuple(part.strip() for part in given.split(",") if part.strip())
    if not names:
        raise ValueError("it names nothing")
    return names


def checked_hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    """Return names of machines, each with or without a port; raises `ValueError`."""
    if not all(map(_HOST.fullmatch, hosts)):
        raise ValueError("it holds more than names of machines")
    return hosts


def checked_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Return origins of web pages; raises `ValueError`."""
    if not all(map(_ORIGIN.fullmatch, origins)):
        raise ValueError("it holds more than origins of web pages")
    return origins


def checked_file(path: Path) -> Path:
    """Return the absolute path of a file that is or may be; raises `ValueError`."""
    # `~` comes unexpanded from a client's configuration, where no shell has seen it.
    try:
        expanded = path.expanduser().absolute()
    except RuntimeError:
        raise ValueError("there is no such home folder") from None
    try:
        is_folder = expanded.is_dir()
    except OSError as error:
        raise ValueError(f"it cannot be looked at ({error.strerror})") from None
    if is_folder:
        raise ValueError("it is a folder")
    return expanded


def checked_folder(path: Path) -> Path:
    """Return the absolute path of a folder that there is; raises `ValueError`."""
    try:
        expanded = path.expanduser().absolute()
    except RuntimeError:
        raise ValueError("there is no such home folder") from None
    if fault := fault_of_folder(expanded):
        raise ValueError(fault)
    return expanded


def checked_api_url(url: str) -> str:
    """Return the address of the API without a trailing slash; raises `ValueError`."""
    return checked_url(url, "it lacks the API's path")


def checked_token_url(url: str) -> str:
    """Return the address of a token endpoint; raises `ValueError`."""
    return checked_url(url, "it lacks the path of the token endpoint")


def checked_issuer(url: str) -> str:
    """Return the address of an identity provider, exactly as it was given, as tokens repeat it exactly."""
    checked_url(url, "")
    return url


def checked_web_url(url: str) -> str:
    """Return the address of Outreach's web application without a trailing slash; raises `ValueError`."""
    return checked_url(url, "")


def checked_public_url(url: str) -> str:
    """Return the address that browsers and clients reach this server by, without a trailing slash."""
    return checked_url(url, "")


def checked_audience(audience: str) -> str:
    """Return the audience that tokens for this server name, a URI (RFC 8707). Raises `ValueError`."""
    if "#" in audience or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+", audience):
        raise ValueError("it is not a URI, or has a fragment")
    return audience


def checked_store(store: str) -> str:
    """Return the place of shared state: a redis address as it was given, or the absolute path of a file.

    Raises `ValueError`.
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", store):
        try:
            parts = urlsplit(store)
            is_address = bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:  # whose message may quote the password
            raise ValueError("it is not a Redis address") from None
        if parts.scheme not in {"redis", "rediss"} or not is_address or not re.fullmatch(r"[!-~]+", store):
            raise ValueError("it is not a Redis address")
        return store
    return str(checked_file(Path(store)))


def checked_encryption_key(key: SecretStr) -> SecretStr:
    """Return the key that stored tokens are encrypted with: 32 bytes as 64 hexadecimal digits or more.

    Raises `ValueError`.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{64,}", key.get_secret_value()):
        raise ValueError("it is not 64 hexadecimal digits")
    _refuse_guessable(key.get_secret_value().lower())
    return key


def checked_day(given: object) -> object:
    """Return the day on which a sandbox stands; raises `ValueError`. What is not text stays as it is."""
    if not isinstance(given, str):
        return given
    try:
        # Other forms that Python reads, such as weeks, and those that pydantic reads, are not what anybody means.
        day = date.fromisoformat(given) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", given, re.ASCII) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError("there is no such day")
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError("it is too far away")
    return day


def _refuse_guessable(key: str) -> None:
    """Raise `ValueError` for a key that was typed rather than drawn: few characters, one pattern again and again.

    Of keys with 16 random decimal digits, the poorest that pass, one in 10,000 is refused; of others hardly any.
    """
    is_pattern = any(key == (key[:length] * len(key))[: len(key)] for length in range(1, _SHORTEST_PATTERN))
    is_row = len({ord(after) - ord(before) for before, after in pairwise(key)}) == 1
    if len(set(key)) < _FEWEST_CHARACTERS or is_pattern or is_row:
        raise ValueError("it is too easy to guess: a few characters, or a pattern of them, again and again")


_FEWEST_CHARACTERS = 5

_SHORTEST_PATTERN = 9


def checked_time_zone(name: str) -> str:
    """Return the name of a time zone that is known here; raises `ValueError`."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - 8 ms that most starts need not wait for

    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError("no such time zone is known") from None
    return name


def checked_url(url: str, without_path: str) -> str:
    """Return a plain web address without a trailing slash; raises `ValueError`, for a missing path if that is a fault.

    Plain http leads to this machine only. `without_path` is what is wrong with an address that has no path.
    """
    if "@" in url or "?" in url or "#" in url:
        raise ValueError("it holds a user name, a query or a fragment")
    parts = _URL.fullmatch(url.rstrip("/"))
    if parts is None or int(parts["port"] or 0) > 65_535 or not is_address(url):
        raise ValueError("it is not a plain web address")
    if parts["scheme"].lower() == "http" and not _is_loopback(parts["host"].strip("[]")):
        raise ValueError("plain http would show the token to everyone on the way")
    if without_path and not parts["path"]:
        raise ValueError(without_path)
    return url.rstrip("/")


def is_address(url: str) -> bool:
    """Return whether the standard library can take a web address apart: in brackets it wants an IPv6 address."""
    try:
        parts = urlsplit(url)
        return parts.port is None or bool(parts.hostname)
    except ValueError:
        return False


def checked_redirect_uri(uri: str) -> str:
    """Return a redirect URI as it was given; raises `ValueError`."""
    if not is_address(uri):
        raise ValueError("it is not a web address")
    return uri


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


RedirectUri = Annotated[str, AfterValidator(checked_redirect_uri)]
"""The address that browsers are sent back to."""

Folder = Annotated[Path, AfterValidator(checked_folder)]
"""A folder, by its absolute path."""

File = Annotated[Path, AfterValidator(checked_file)]
"""A file, by its absolute path."""

Names = Annotated[tuple[str, ...], BeforeValidator(listed)]
"""Names, separated by commas."""

Hosts = Annotated[Names, AfterValidator(checked_hosts)]
"""Names of machines, separated by commas."""

Origins = Annotated[Names, AfterValidator(checked_origins)]
"""Origins of web pages, separated by commas."""

Key = Annotated[SecretStr, AfterValidator(checked_key)]
"""A bearer key."""

ApiUrl = Annotated[str, AfterValidator(checked_api_url)]
"""The address of the API."""

TokenUrl = Annotated[str, AfterValidator(checked_token_url)]
"""The address of a token endpoint."""

IssuerUrl = Annotated[str, AfterValidator(checked_issuer)]
"""The address of an identity provider."""

WebUrl = Annotated[str, AfterValidator(checked_web_url)]
PublicUrl = Annotated[str, AfterValidator(checked_public_url)]
"""The address of this server as others see it."""

Audience = Annotated[str, AfterValidator(checked_audience)]
"""The audience that tokens for this server name."""

Store = Annotated[str, AfterValidator(checked_store)]
"""A Redis or a file."""

EncryptionKey = Annotated[SecretStr, AfterValidator(checked_encryption_key)]
"""A secret that keys are derived from."""

Day = Annotated[date, BeforeValidator(checked_day)]
"""A day on which a sandbox may stand."""

TimeZone = Annotated[str, AfterValidator(checked_time_zone)]
"""An IANA time zone."""
