"""Checks whether the API can be reached, without credentials: proxy, name, connection, who answers, its clock."""

import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from outreach_mcp.api.errors.bodies import describe, read_details
from outreach_mcp.api.errors.from_answers import in_utc
from outreach_mcp.api.errors.quoting import quoted
from outreach_mcp.api.errors.retry_time import end_of_maintenance, parse_moment
from outreach_mcp.clock import Clock
from outreach_mcp.commands.doctor.report import Finding
from outreach_mcp.io.http_client import Answer, ask
from outreach_mcp.settings.settings import Settings
from outreach_mcp.settings.values import DEFAULT_API_URL

_SECONDS = 10

_LITTLE_SKEW = timedelta(minutes=1)
_MUCH_SKEW = timedelta(minutes=5)
"""From here on tokens are renewed too late (two minutes before their end), and server-to-server access is refused."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxy that requests to the API go through; its address without a password."""

    address: str
    scheme: str


def proxy_for(settings: Settings) -> Proxy | None:
    """Return the proxy that the environment names for the API, None when there is none for it."""
    parts = urlsplit(settings.api_url)
    if parts.scheme != "https" or proxy_bypass(parts.netloc):
        return None  # plain http leads to this machine only, and never through a proxy
    proxies = getproxies()
    given = proxies.get("https") or proxies.get("all")
    if not given:
        return None
    found = urlsplit(given if "://" in given else f"http://{given}")
    host = f"[{found.hostname}]" if ":" in (found.hostname or "") else found.hostname
    return Proxy(f"{found.scheme}://{host}{f':{found.port}' if found.port else ''}", found.scheme)


def check_proxy(proxy: Proxy | None) -> Finding:
    """Say which proxy is in use."""
    if proxy is None:
        return Finding("proxy", "ok", "none is used", facts={"proxy": None})
    facts = {"proxy": proxy.address}
    if proxy.scheme not in ("http", "https"):
        says = f"the environment names {proxy.address}, and only proxies that speak HTTP can be used"
        do = "Name another in HTTPS_PROXY, or keep the API out with NO_PROXY"
        return Finding("proxy", "broken", says, do, "proxy", facts)
    return Finding("proxy", "ok", f"requests go through {proxy.address}, which the environment names", facts=facts)


async def check_network(settings: Settings, proxy: Proxy | None, clock: Clock) -> tuple[Finding, Finding | None]:
    """Ask the API's root without credentials, which it refuses; return that finding, and the clock's if any."""
    url = settings.api_url
    begun = clock.monotonic()
    try:
        response = await ask("GET", url, within=_SECONDS, headers={"Accept": "application/vnd.api+json"})
    except httpx.HTTPError as error:
        return _unreachable(settings, proxy, error), None
    seconds, now = clock.monotonic() - begun, clock.now()
    return _answered(settings, response, seconds, now), _clock(response, seconds, now)


def _unreachable(settings: Settings, proxy: Proxy | None, error: httpx.HTTPError) -> Finding:
    reason = f"{type(error).__name__}{f': {quoted(str(error))}' if str(error) else ''}"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        do = "Put the certificate of whoever inspects the traffic here into the file that SSL_CERT_FILE names"
        return Finding(
            "network",
            "broken",
            f"{settings.api_origin} shows a certificate that is not trusted ({reason})",
            do,
            "certificate",
        )
    # A failure after the connection stood is not the proxy's alone, but it is where to look first.
    if proxy is not None and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        does = "refuses to connect to the API" if isinstance(error, httpx.ProxyError) else "cannot be reached"
        do = "Correct HTTPS_PROXY, or keep the API out of it with NO_PROXY"
        return Finding("network", "broken", f"the proxy {proxy.address} {does} ({reason})", do, "proxy")
    own = settings.api_url == DEFAULT_API_URL
    if not own and _is_unknown_name(error):
        do = f"Correct OUTREACH_API_URL; Outreach's own is {DEFAULT_API_URL}"
        return Finding(
            "network", "broken", f"there is no host such as that of {settings.api_url} ({reason})", do, "wrong host"
        )
    do = f"Check the network, the name server and the firewall{'' if own else ', and OUTREACH_API_URL'}"
    return Finding("network", "broken", f"{settings.api_origin} cannot be reached ({reason})", do, "no network")


def _is_unknown_name(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, socket.gaierror):
            return error.errno == socket.EAI_NONAME
        error = error.__cause__ or error.__context__
    return False


def _answered(settings: Settings, response: Answer, seconds: float, now: datetime) -> Finding:
    status = response.status
    details = read_details(response.text)
    said = describe(details)
    facts = {"url": settings.api_url, "milliseconds": round(seconds * 1000)}
    if status >= 500:
        moment = end_of_maintenance(response.headers, said, now)
        do = f"The fault is on Outreach's side: try again {f'after {in_utc(moment)}' if moment else 'later'}"
        return Finding("network", "broken", f"{settings.api_url} fails with {status}: {said}", do, "maintenance", facts)
    page = any(detail.code == "html" for detail in details)
    # Without credentials Outreach refuses; who answers at all, or knows no such path, is somebody else.
    if response.is_success or response.is_redirect or status in (404, 405, 410) or page:
        do = f"Correct OUTREACH_API_URL; Outreach's own is {DEFAULT_API_URL}"
        says = f"{settings.api_url} answers {status}, which Outreach's API does not do there"
        return Finding("network", "broken", says, do, "wrong host", facts)
    return Finding("network", "ok", f"{settings.api_url} answers in {facts['milliseconds']} ms", facts=facts)


def _clock(response: Answer, seconds: float, now: datetime) -> Finding | None:
    there = parse_moment(response.headers.get("Date", ""), now)
    if there is None:
        return None
    skew = now - timedelta(seconds=seconds / 2) - there
    facts = {"skew_seconds": round(skew.total_seconds())}
    if abs(skew) < _LITTLE_SKEW:
        return Finding("clock", "ok", "this machine's clock agrees with Outreach's", facts=facts)
    amount = f"{abs(skew).total_seconds() / 60:.0f} minutes"
    says = f"this machine's clock is {amount} {'ahead of' if skew > timedelta() else 'behind'} Outreach's"
    do = "Let the clock be set over the network (NTP): tokens are renewed by it"
    return Finding("clock", "broken" if abs(skew) >= _MUCH_SKEW else "warning", says, do, "clock", facts)
