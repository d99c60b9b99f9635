"""The pages that a browser is shown: plain HTML that loads nothing, runs nothing and cannot be framed."""

import base64
import hashlib
from dataclasses import asdict, dataclass, field
from functools import cache
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from outreach_mcp.callers.pages.site import Site
from outreach_tools.client import JsonObject
from outreach_tools.engine.text import clean

_STYLE = """\
:root{color-scheme:light dark;--text:#1c1b22;--soft:#55535f;--back:#f6f5f8;--card:#fff;--line:#d9d7df;--main:#4338a8;
--on-main:#fff}
@media(prefers-color-scheme:dark){:root{--text:#f1f0f5;--soft:#b9b6c4;--back:#17161c;--card:#222029;--line:#45424f;
--main:#b3aaff;--on-main:#17161c}}
*{box-sizing:border-box}
body{margin:0;padding:2rem 1rem;font:1.0625rem/1.55 system-ui,sans-serif;color:var(--text);background:var(--back)}
main{max-width:36rem;margin:4vh auto;padding:2rem;background:var(--card);border:1px solid var(--line);
border-radius:.75rem;overflow-wrap:anywhere}
h1{margin:0 0 1rem;font-size:1.6rem;line-height:1.25}
p{margin:0 0 1rem}
footer{margin-top:1.5rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.9375rem;color:var(--soft)}
a{color:var(--main)}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.5rem;color:var(--on-main);
background:var(--main);border:2px solid transparent;border-radius:.5rem;cursor:pointer}
button:hover{text-decoration:underline}
:focus-visible{outline:3px solid var(--main);outline-offset:3px}
"""


@dataclass(frozen=True, slots=True)
class Form:
    """The one button of a page: what it says, the route that it posts to, and the ticket that goes along."""

    button: str
    route: str
    ticket: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """The contents of a page; text from others is shown as text.

    With `onward` it is only passed through: the browser goes there by itself, or by a link where it does not.
    """

    title: str
    paragraphs: tuple[str, ...]
    status: int = 200
    form: Form | None = None
    onward: str = ""


class StoppedError(Exception):
    """The end of what a browser asked for; `page` says why."""

    def __init__(self, page: Page) -> None:
        super().__init__(page.title)
        self.page = page


def shown(page: Page, site: Site) -> HTMLResponse:
    """Return a page as an answer."""
    title = escape(clean(page.title))
    text = "".join(f"<p>{escape(clean(paragraph))}</p>" for paragraph in page.paragraphs)
    refresh, action = "", ""
    if page.onward:
        # A page of its own between two forms: Chromium holds each redirect after a form against `form-action`, and
        # where an identity provider sends people is nobody's to know.
        refresh = f'<meta http-equiv="refresh" content="0; url={escape(page.onward)}">'
        action = f'<p><a href="{escape(page.onward)}" rel="noreferrer">Go on</a></p>'
    elif page.form is not None:
        hidden = f'<input type="hidden" name="ticket" value="{escape(page.form.ticket)}">' if page.form.ticket else ""
        action = (
            f'<form method="post" action="{escape(site.address(page.form.route))}">{hidden}'
            f'<button type="submit">{escape(page.form.button)}</button></form>'
        )
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{refresh}<title>{title} – {escape(site.host)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{text}{action}"
        f"<footer>This page belongs to the MCP server at {escape(site.host)}.</footer></main></body></html>",
        page.status,
        headers_of(site),
    )


def headers_of(site: Site) -> dict[str, str]:
    """Return the headers of every answer to a browser: it is not kept, and nothing gets in or out of it."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"default-src 'none'; style-src '{_style_hash()}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
        "Cross-Origin-Opener-Policy": "same-origin",
        # Nothing to others. With `no-referrer` a browser would not say either which page a form of ours comes from.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }
    return {**headers, "Strict-Transport-Security": "max-age=31536000"} if site.secure else headers


def written(page: Page) -> JsonObject:
    """Return a page as an object that `read` makes the page of."""
    return asdict(page)


def read(entry: Any) -> Page:
    """Return the page that was `written`."""
    form = entry["form"] and Form(**entry["form"])
    return Page(entry["title"], tuple(entry["paragraphs"]), entry["status"], form, entry["onward"])


@cache
def _style_hash() -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}"
