"""The page on which a user of the sandbox allows an app to act for them, or does not."""

from collections.abc import Mapping, Sequence
from html import escape

from starlette.responses import HTMLResponse

from outreach_sandbox.oauth import App

_KEPT = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method")
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}button,select{font:inherit;padding:.5rem 1rem;margin:.5rem .5rem 0 0}label{display:block}"
)
# Nothing is loaded and nothing may frame the page; the form's own target may redirect anywhere the app is.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def consent_page(app: App, scopes: Sequence[str], users: Mapping[int, str], asked: Mapping[str, str]) -> HTMLResponse:
    """Return the page: who asks, for what, as whom, and two buttons."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in _KEPT if name in asked
    )
    options = "".join(f'<option value="{number}">{escape(str(name))}</option>' for number, name in users.items())
    wanted = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in scopes)
    return _page(
        f"Allow {escape(app.name)}?",
        f"<p><strong>{escape(app.name)}</strong> asks to work in this sandbox with these scopes:</p>"
        f"<ul>{wanted}</ul>"
        '<form method="post" action="/oauth/authorize">'
        f"{hidden}"
        f'<label for="user">Act as</label><select id="user" name="user">{options}</select>'
        '<div><button type="submit" name="decision" value="allow">Allow</button>'
        '<button type="submit" name="decision" value="deny">Deny</button></div>'
        "</form>",
    )


def refusal_page(reason: str) -> HTMLResponse:
    """Return the page for a request that leads nowhere."""
    return _page("This link does not work", f'<p role="alert">{escape(reason)}</p>', status=400)


def _page(title: str, content: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} – Outreach sandbox</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{content}</main></body></html>",
        status,
        _HEADERS,
    )
