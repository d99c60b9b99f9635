"""No request leaves for anywhere but the API, whatever its target looks like."""

import string
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach_mcp.api.errors.tree import UnsafeLinkError
from outreach_mcp.api.links import ApiRoot
from outreach_tools.client import Query, Request
from tests.api.recording import BASE_URL, answering, client_on

ALLOWED: list[tuple[str, Query, str]] = [
    ("/", (), BASE_URL),
    ("/prospects", (), f"{BASE_URL}/prospects"),
    ("/prospects/7", (), f"{BASE_URL}/prospects/7"),
    ("/prospects/", (), f"{BASE_URL}/prospects"),
    ("/schema/openapi.json", (), f"{BASE_URL}/schema/openapi.json"),
    ("/customObjects/my_object-1~x", (), f"{BASE_URL}/customObjects/my_object-1~x"),
    ("/api/v2/prospects", (), f"{BASE_URL}/prospects"),
    ("/api/v2", (), BASE_URL),
    (BASE_URL, (), BASE_URL),
    (f"{BASE_URL}/", (), BASE_URL),
    (f"{BASE_URL}/prospects/7", (), f"{BASE_URL}/prospects/7"),
    ("HTTPS://API.Outreach.IO:443/api/v2/prospects", (), f"{BASE_URL}/prospects"),
    (
        f"{BASE_URL}/calls?filter%5Btask%5D%5Bid%5D=31&page%5Bafter%5D=eyJ%2B%3D",
        (),
        f"{BASE_URL}/calls?filter%5Btask%5D%5Bid%5D=31&page%5Bafter%5D=eyJ%2B%3D",
    ),
    ("/calls?filter[task][id]=31", (), f"{BASE_URL}/calls?filter%5Btask%5D%5Bid%5D=31"),
    ("/calls?", (), f"{BASE_URL}/calls"),
    ("/calls?q=50%", (), f"{BASE_URL}/calls?q=50%25"),
    ("/calls?q=Zoë/../%2e%2e//x?", (), f"{BASE_URL}/calls?q=Zo%C3%AB/../%2e%2e//x?"),
    ("/calls", (("filter[q]", "a b&c=d%20+#/é"),), f"{BASE_URL}/calls?filter%5Bq%5D=a%20b%26c%3Dd%2520%2B%23%2F%C3%A9"),
    ("/calls?sort=id", (("page[size]", "2"), ("x", "")), f"{BASE_URL}/calls?sort=id&page%5Bsize%5D=2&x="),
]

REFUSED: list[tuple[str, str]] = [
    ("", "it is empty"),
    ("prospects", "it is neither a path that starts with '/' nor an absolute link"),
    ("?filter=1", "it is neither a path"),
    ("javascript:alert(1)", "it is neither"),
    ("mailto:a@b.io", "it is neither"),
    ("https:/api.outreach.io/api/v2/x", "it is neither"),
    ("api.outreach.io/api/v2/x", "it is neither"),
    ("http://api.outreach.io/api/v2/x", "its scheme is 'http', not 'https'"),
    ("ftp://api.outreach.io/api/v2/x", "its scheme is 'ftp', not 'https'"),
    ("https://evil.example/api/v2/x", "its host is 'evil.example', not 'api.outreach.io'"),
    ("https://api.outreach.io.evil.example/api/v2/x", "its host is"),
    ("https://api.outreach.io./api/v2/x", "its host is"),
    ("https://outreach.io/api/v2/x", "its host is"),
    ("https://127.0.0.1/api/v2/x", "its host is"),
    ("https://[::1]/api/v2/x", "its host is"),
    ("https:///api/v2/x", "its host is ''"),
    ("https://%61pi.outreach.io/api/v2/x", "its host is"),
    ("https://api.outreach.io%2eevil.example/api/v2/x", "its host is"),
    ("https://ａpi.outreach.io/api/v2/x", "its host is"),
    ("https://api.outreach.io:444/api/v2/x", "its port is 444, not 443"),
    ("https://api.outreach.io:80/api/v2/x", "its port is 80, not 443"),
    ("https://api.outreach.io:x/api/v2/x", "its host is not valid"),
    ("https://[::1/api/v2/x", "its host is"),
    ("https://user:secret@api.outreach.io/api/v2/x", "it carries a user name or a password"),
    ("https://@api.outreach.io/api/v2/x", "it carries a user name or a password"),
    ("https://api.outreach.io@evil.example/api/v2/x", "it carries a user name or a password"),
    ("https://api.outreach.io\\@evil.example/api/v2/x", "it holds a backslash"),
    ("https://api.outreach.io", "its path is not below '/api/v2'"),
    ("https://api.outreach.io/", "its path is not below '/api/v2'"),
    ("https://api.outreach.io?x=/api/v2/", "its path is not below '/api/v2'"),
    ("https://api.outreach.io/oauth/token", "its path is not below '/api/v2'"),
    ("https://api.outreach.io/api/v20/x", "its path is not below '/api/v2'"),
    ("https://api.outreach.io/api/v2x", "its path is not below '/api/v2'"),
    ("https://api.outreach.io/API/V2/x", "its path is not below '/api/v2'"),
    ("https://api.outreach.io/api/v2/../../oauth/token", "a part of its path starts with a dot"),
    ("https://api.outreach.io/api/v2/x/../y", "a part of its path starts with a dot"),
    ("//evil.example/x", "its path holds '//'"),
    ("///evil.example/x", "its path holds '//'"),
    ("/prospects//7", "its path holds '//'"),
    ("/prospects/7//", "its path holds"),
    ("/..", "a part of its path starts with a dot"),
    ("/.", "a part of its path starts with a dot"),
    ("/../../oauth/token", "a part of its path starts with a dot"),
    ("/prospects/..;/x", "a part of its path starts with a dot"),
    ("/prospects/;x=1", "its path holds a character that no path of the API holds"),
    ("/prospects/%2e%2e/x", "its path is percent-encoded"),
    ("/prospects/%2E./x", "its path is percent-encoded"),
    ("/prospects%2f..%2fx", "its path is percent-encoded"),
    ("/prospects%5c..%5cx", "its path is percent-encoded"),
    ("/prospects/%252e%252e/x", "its path is percent-encoded"),
    ("/prospects/%00", "its path is percent-encoded"),
    ("/prospects/%c0%ae%c0%ae/x", "its path is percent-encoded"),
    ("/%", "its path is percent-encoded"),
    ("/prospects\\..\\x", "it holds a backslash"),
    ("\\\\evil.example\\x", "it holds a backslash"),
    ("/prospects#x", "it holds a fragment"),
    ("https://api.outreach.io/api/v2/x#@evil.example", "it holds a fragment"),
    ("/prospects?x#y", "it holds a fragment"),
    ("/prospects /7", "it holds a space or a control character"),
    (" /prospects", "it holds a space or a control character"),
    ("/prospects?q=a b", "it holds a space or a control character"),
    ("/prospects\t", "it holds a space or a control character"),
    ("/prospects\r\nX-Evil: 1", "it holds a space or a control character"),
    ("/prospects\x00", "it holds a space or a control character"),
    ("/prospects\u00a0", "it holds a space or a control character"),
    ("/prospects\u2028", "it holds a space or a control character"),
    ("/prospects\ud800", "it holds a space or a control character"),
    ("https://api.outreach.io\t.evil.example/api/v2/x", "it holds a space or a control character"),
    ("/prøspects", "its path holds a character that no path of the API holds"),
    ("/．．/x", "its path holds a character that no path of the API holds"),
    ("/prospects:7", "its path holds a character that no path of the API holds"),
    ("/https://evil.example", "its path holds"),
    ("/" + "x" * 20_000, "it is longer than 16384 characters"),
]


@pytest.mark.parametrize(("target", "query", "url"), ALLOWED)
async def test_a_target_within_the_api_is_sent_to_the_address_it_means(target: str, query: Query, url: str) -> None:
    transport = answering(200, {"data": []})
    await client_on(transport).send(Request("GET", target, query))
    assert transport.urls == [url]


@pytest.mark.parametrize(("target", "reason"), REFUSED)
async def test_a_target_that_leads_or_seems_to_lead_elsewhere_is_never_sent(target: str, reason: str) -> None:
    transport = answering(200, {"data": []})
    with pytest.raises(UnsafeLinkError) as caught:
        await client_on(transport).send(Request("GET", target))
    assert reason in str(caught.value)
    assert transport.requests == []


async def test_a_refusal_names_the_target_the_reason_and_what_is_allowed() -> None:
    with pytest.raises(UnsafeLinkError) as caught:
        await client_on(answering(200, {"data": []})).send(Request("GET", "https://evil.example/x"))
    assert str(caught.value) == (
        "Refused to send a request to 'https://evil.example/x': its host is 'evil.example', not 'api.outreach.io'. "
        "Nothing was sent. Allowed are paths such as '/prospects/7' and links that begin with "
        "'https://api.outreach.io/api/v2/'."
    )


async def test_a_refusal_does_not_repeat_a_password() -> None:
    with pytest.raises(UnsafeLinkError) as caught:
        await client_on(answering(200, {"data": []})).send(Request("GET", "https://user:secret@evil.example/x"))
    assert "secret" not in str(caught.value)


async def test_a_parameter_that_cannot_be_written_in_utf8_is_refused() -> None:
    transport = answering(200, {"data": []})
    with pytest.raises(UnsafeLinkError, match="it does not make a valid address"):
        await client_on(transport).send(Request("GET", "/prospects", (("filter[q]", "\ud800"),)))
    assert transport.requests == []


async def test_parameters_too_long_for_an_address_are_refused() -> None:
    transport = answering(200, {"data": []})
    with pytest.raises(UnsafeLinkError, match="too long"):
        await client_on(transport).send(Request("GET", "/prospects", (("filter[id]", "1," * 50_000),)))
    assert transport.requests == []


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8123/api/v2", "http://[::1]:8123/api/v2", "https://api.outreach.io:8443/api/v2"]
)
async def test_a_root_with_a_port_is_kept_to_as_strictly(base_url: str) -> None:
    transport = answering(200, {"data": []})
    client = client_on(transport, base_url)
    await client.send(Request("GET", f"{base_url}/prospects"))
    with pytest.raises(UnsafeLinkError):
        await client.send(Request("GET", f"{base_url.replace('8', '9', 1)}/prospects"))
    assert transport.urls == [f"{base_url}/prospects"]


GATEWAYS = [
    "https://gateway.example/outreach/v2",
    "https://gateway.example/api/v2",
    "https://gateway.example",
    "https://gateway.example:8443/tenants/prospects/api/v2",
    "https://api.outreach.io:8443/api/v2",
    "http://127.0.0.1:8123/api/v2",
]


@pytest.mark.parametrize("base_url", GATEWAYS)
@given(
    path=st.lists(st.from_regex(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,9}", fullmatch=True), max_size=3),
    query=st.lists(st.tuples(st.text(min_size=1), st.text()).filter(lambda pair: _encodable("".join(pair)))),
)
def test_a_link_of_outreach_s_own_is_asked_of_the_configured_address(
    base_url: str, path: list[str], query: list[tuple[str, str]]
) -> None:
    below = "".join(f"/{segment}" for segment in path)
    link = f"{BASE_URL}{below}?{urlencode(query)}" if query else f"{BASE_URL}{below}"
    expected = f"{base_url}{below}"
    root = ApiRoot.parse(base_url)
    url = root.locate(link)
    assert (str(url.copy_with(query=None)).rstrip("/"), url.path.rstrip("/")) == (
        expected.rstrip("/"),
        httpx.URL(expected).path.rstrip("/"),
    )
    assert parse_qsl(url.query.decode("ascii"), keep_blank_values=True) == query
    assert root.path_of(url) == (below or "/")


@pytest.mark.parametrize(
    ("target", "below"),
    [
        ("https://gateway.example/outreach/v2/prospects/7", "/prospects/7"),
        ("https://gateway.example/api/v2/prospects/7", "/prospects/7"),  # the gateway put its host into the link
        ("/outreach/v2/prospects", "/prospects"),
        ("/api/v2/prospects", "/prospects"),
        ("https://api.outreach.io/api/v2", ""),
    ],
)
def test_behind_a_gateway_paths_mean_the_same_in_both_spellings(target: str, below: str) -> None:
    base_url = "https://gateway.example/outreach/v2"
    assert str(ApiRoot.parse(base_url).locate(target)) == f"{base_url}{below}"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("https://evil.example/api/v2/x", "its host is 'evil.example', not 'gateway.example'"),
        ("https://evil.example/outreach/v2/x", "its host is 'evil.example', not 'gateway.example'"),
        ("https://api.outreach.io/outreach/v2/x", "its path is not below '/api/v2'"),
        ("https://api.outreach.io/oauth/token", "its path is not below '/api/v2'"),
        ("https://gateway.example/oauth/token", "its path is not below '/outreach/v2'"),
        ("http://api.outreach.io/api/v2/x", "its scheme is 'http', not 'https'"),
        ("https://api.outreach.io:8443/api/v2/x", "its port is 8443, not 443"),
        ("https://user@api.outreach.io/api/v2/x", "it carries a user name or a password"),
        ("https://api.outreach.io/api/v2/../../outreach/v2/x", "a part of its path starts with a dot"),
    ],
)
def test_behind_a_gateway_links_to_anywhere_else_are_refused(target: str, reason: str) -> None:
    with pytest.raises(UnsafeLinkError) as caught:
        ApiRoot.parse("https://gateway.example/outreach/v2").locate(target)
    assert reason in str(caught.value)
    assert "'https://gateway.example/outreach/v2/' or 'https://api.outreach.io/api/v2/'" in str(caught.value)


def test_an_address_of_outreach_s_own_does_not_pass_the_judgement_of_another_root() -> None:
    with pytest.raises(UnsafeLinkError, match="its origin is not the API's"):
        ApiRoot.parse("https://gateway.example/api/v2").judge(httpx.URL(f"{BASE_URL}/prospects"))


JUDGED_ELSEWHERE = [
    "https://evil.example/api/v2/x",
    "http://api.outreach.io/api/v2/x",
    "https://api.outreach.io:8443/api/v2/x",
    "https://user@api.outreach.io/api/v2/x",
    "https://api.outreach.io/oauth/token",
    "https://api.outreach.io/api/v3/prospects",
    "https://api.outreach.io/api/v2x",
    "https://api.outreach.io/api/v2/a%2fb",
    "https://api.outreach.io/api/v2/a//b",
    "https://api.outreach.io/api/v2/x#y",
]


@pytest.mark.parametrize("url", JUDGED_ELSEWHERE)
def test_an_address_outside_the_api_does_not_pass_the_judgement(url: str) -> None:
    with pytest.raises(UnsafeLinkError):
        ApiRoot.parse(BASE_URL).judge(httpx.URL(url))


def pieces() -> st.SearchStrategy[str]:
    """Text made of what addresses and their tricks are made of, and of anything."""
    bits = st.sampled_from(
        ["https://", "http:", "//", "/", "\\", "..", ".", "%2e", "%2F", "%5c", "%25", "@", ":", "#", "?", "&", "[", "]",
         ";", "api.outreach.io", "evil.example", "/api/v2", "/api/v2/", "prospects", ":443", "\t", "\r\n", " ", "é"]
    )  # fmt: skip
    return st.lists(bits | st.characters() | st.text(string.printable, max_size=3), max_size=8).map("".join)


targets = pieces() | pieces().map(lambda text: BASE_URL + text) | st.text()


@given(targets, st.lists(st.tuples(st.text(max_size=5), pieces()), max_size=2))
@example("https://api.outreach.io/api/v2/x", [])
async def test_nothing_made_of_arbitrary_text_ever_leaves_the_api(target: str, query: list[tuple[str, str]]) -> None:
    transport = answering(200, {"data": []})
    client = client_on(transport)
    refused = False
    try:
        await client.send(Request("GET", target, tuple(query)))
    except UnsafeLinkError:
        refused = True
    if refused:
        assert transport.requests == []
        return
    [sent] = transport.requests
    assert (sent.url.scheme, sent.url.raw_host, sent.url.port) == ("https", b"api.outreach.io", None)
    assert (sent.url.userinfo, sent.url.fragment) == (b"", "")
    path = sent.url.raw_path.partition(b"?")[0].decode("ascii")
    assert f"{path}/".startswith("/api/v2/")
    assert not set(path) - set(string.ascii_letters + string.digits + "/._~-")
    assert not {"", ".", ".."} & set(path.split("/")[1:])


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), min_size=1, max_size=4))
def test_parameters_arrive_as_they_were_given(query: list[tuple[str, str]]) -> None:
    encodable = tuple((name, value) for name, value in query if _encodable(name) and _encodable(value))
    url = ApiRoot.parse(BASE_URL).locate("/prospects", encodable)
    assert parse_qsl(url.query.decode("ascii"), keep_blank_values=True) == list(encodable)


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
