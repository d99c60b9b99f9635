"""The small web server of a login on this machine: sends the browser to Outreach, and takes what it brings back.

The browser is opened at `/start/…`, not at Outreach: its command line, which everybody on the machine can read, then
holds an address that is spent when the browser has come, and not the state of the login. Who opens that address first
gets a cookie, and only with it does an answer count: nobody else can answer for them, nor have them log in as another.
"""

import hmac
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

import anyio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from outreach_mcp.api.errors.tree import ConsentRefusedError
from outreach_mcp.api.tokens.authorization import ConsentRequest, UnrelatedAnswerError
from outreach_mcp.commands.login.pages import HEADERS, done_page, refusal_page

_DONE = "/done"
_COOKIE = "outreach_mcp_login"
_COOKIE_SECONDS = 600


class Callback:
    """The ASGI application of one login, which takes one answer.

    `answered` is set when that has come, `shown` when the browser has got the last page, whose address holds nothing.
    """

    def __init__(
        self, request: ConsentRequest, *, random_text: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    ) -> None:
        """Wait for the answer to a request whose redirect URI leads here."""
        self.answered = anyio.Event()
        self.shown = anyio.Event()
        self._request = request
        parts = urlsplit(request.app.redirect_uri)
        self._host = parts.netloc.lower()
        self._path = parts.path or "/"
        self._start = f"/start/{random_text()}"
        self._cookie = random_text()
        self._begun = False
        self._answer: str | ConsentRefusedError | None = None

    @property
    def start_url(self) -> str:
        """The address at which to open the browser."""
        return f"http://{self._host}{self._start}"

    def code(self) -> str:
        """Return the code of the answer that has come; raises `ConsentRefusedError` for one that says no."""
        if isinstance(self._answer, str):
            return self._answer
        raise self._answer or RuntimeError("no answer has come yet")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        await self._respond(request)(scope, receive, send)
        if request.url.path == _DONE and self._answer is not None:
            self.shown.set()

    def _respond(self, request: Request) -> Response:
        # A page elsewhere may let a name of its own point here (DNS rebinding); its browser then says that name.
        if request.headers.get("host", "").lower() != self._host:
            return refusal_page("The address names another machine.", 421)
        if request.method != "GET":
            return refusal_page("It was not sent the way browsers follow a redirect.", 405)
        path = request.url.path
        if path == self._path:
            return self._take(request)
        if path == _DONE:
            return done_page() if self._answer is not None else refusal_page("No answer has come yet.", 404)
        if hmac.compare_digest(path.encode(), self._start.encode()):
            return self._send_to_outreach(request)
        return refusal_page("There is nothing at this address.", 404)

    def _send_to_outreach(self, request: Request) -> Response:
        if self._answer is not None:
            return refusal_page("The login of this address has ended.", 410)
        if self._begun and not self._is_same_browser(request):
            return refusal_page("The address works in one browser, and was opened in another before.", 403)
        self._begun = True
        response = RedirectResponse(self._request.url, 303, HEADERS)
        # Lax: it comes along when Outreach sends the browser back, and with nothing that another page embeds.
        response.set_cookie(_COOKIE, self._cookie, max_age=_COOKIE_SECONDS, httponly=True, samesite="lax")
        return response

    def _take(self, request: Request) -> Response:
        if self._answer is not None:
            return refusal_page("The answer has come already, and is accepted once.", 410)
        # Browsers say how they came: a redirect of the whole page is a navigation, an image or a frame is not.
        if request.headers.get("sec-fetch-dest", "document") != "document" or "sec-purpose" in request.headers:
            return refusal_page("It was not opened as a page of its own.", 403)
        if not self._begun or not self._is_same_browser(request):
            return refusal_page("The login was not begun in this browser.", 403)
        try:
            self._answer = self._request.code_in(request.url.query)
        except UnrelatedAnswerError as error:
            return refusal_page(f"{str(error).capitalize()}.")
        except ConsentRefusedError as error:
            self._answer = error
        self.answered.set()
        # The code stands in no address that the browser shows or goes back to.
        response = RedirectResponse(_DONE, 303, HEADERS)
        response.delete_cookie(_COOKIE, httponly=True, samesite="lax")
        return response

    def _is_same_browser(self, request: Request) -> bool:
        return hmac.compare_digest(request.cookies.get(_COOKIE, "").encode(), self._cookie.encode())
