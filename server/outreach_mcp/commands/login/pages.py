"""The pages that a browser shows while a user logs in: plain, with nothing loaded and nothing secret in them."""

from html import escape

from starlette.responses import HTMLResponse

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}"
)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The headers of every answer: it is not kept, nothing may frame it, and no other site learns its address."""


def done_page() -> HTMLResponse:
    """Return the page that the login ends on."""
    return _page("Outreach has answered", "The terminal says how the login went. You can close this page.", 200)


def refusal_page(reason: str, status: int = 400) -> HTMLResponse:
    """Return the page for a request that is not what the login waits for, which goes on waiting."""
    return _page("This is not the answer to your login", f"{reason} The login in the terminal is not affected.", status)


def _page(title: str, text: str, status: int) -> HTMLResponse:
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} – outreach-mcp</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1><p>{escape(text)}</p></main></body></html>",
        status,
        HEADERS,
    )
