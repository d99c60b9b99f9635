"""The checks before every request to the API: token, limit, media type, work that is due; and the answer's form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from outreach_sandbox import errors, identity
from outreach_sandbox.access import Access, RateLimits, acting_user, bearer_token
from outreach_sandbox.behaviour.webhooks import CLEANUP_PATH, clean_up
from outreach_sandbox.bulk.running import run_due_batches
from outreach_sandbox.deliveries import Outbox
from outreach_sandbox.errors import JSON_API, ApiError
from outreach_sandbox.labels import CustomFields
from outreach_sandbox.oauth import OAuth
from outreach_sandbox.parameters import Parameters
from outreach_sandbox.routes import Answer, serve
from outreach_sandbox.session import Session
from outreach_sandbox.store import Store
from outreach_sandbox.switches import Switches
from outreach_sandbox.uploads import Uploads
from outreach_sandbox.validation import read_document


@dataclass(slots=True)
class Gateway:
    """Serves the API over a store; `base_url` is what links begin with, and its path is where the API is."""

    store: Store
    tokens: Mapping[str, Access]
    oauth: OAuth
    clock: Callable[[], datetime]
    switches: Switches
    base_url: str
    custom_fields: CustomFields = field(default_factory=CustomFields)
    limits: RateLimits = field(init=False)
    uploads: Uploads = field(default_factory=Uploads)
    outbox: Outbox = field(default_factory=Outbox)

    def __post_init__(self) -> None:  # noqa: D105 - as an __init__, it tells nothing of its own
        self.limits = RateLimits(self.clock, self.switches)

    @property
    def base_path(self) -> str:
        """The path of the API's base: `/api/v2`."""
        return urlsplit(self.base_url).path

    @property
    def profile_path(self) -> str:
        """The path of the user's profile, which lies beside the base: `/api/userprofile`."""
        return f"{self.base_path.rpartition('/')[0]}/userprofile"

    def respond(self, request: Request, body: bytes) -> Response:
        """Answer a request below the base, or one for the user's profile beside it."""
        headers: dict[str, str] = {}
        try:
            answer = self._answer(request, body, headers)
        except ApiError as error:
            return error_response(error, headers)
        content = b"" if answer.body is None else json_bytes(answer.body)
        return Response(content, answer.status, headers, None if answer.body is None else JSON_API)

    def _answer(self, request: Request, body: bytes, headers: dict[str, str]) -> Answer:
        path = request.url.path.removeprefix(self.base_path)
        if path == CLEANUP_PATH and request.method == "POST":
            clean_up(self.store, self.base_url, request.headers, body)
            return Answer(204)
        token = bearer_token(request.headers.get("authorization", ""))
        access = self.tokens.get(token) or self.oauth.access(token)
        if access is None:
            raise errors.invalid_token(plain_text=self.switches.plain_text_401)
        spent, within = self.limits.spend(access.user)
        headers.update(spent)
        if not within:
            raise errors.rate_limit_exceeded(self.switches.hourly_limit, int(spent["X-RateLimit-Reset"]))
        if path.strip("/").partition("/")[0] in self.switches.forbidden:
            raise errors.unauthorized_request()
        session = Session(
            store=self.store,
            moment=self.clock(),
            access=access,
            user=acting_user(access, self.store),
            parameters=Parameters(tuple(request.query_params.multi_items())),
            switches=self.switches,
            base_url=self.base_url,
            uploads=self.uploads,
            custom_fields=self.custom_fields,
        )
        if request.url.path == self.profile_path and request.method == "GET":
            return Answer(200, identity.user_profile(session))
        self._demand_media_type(request, body)
        if body and request.method != "GET":
            read_document(body)  # also where nothing in it matters, as for most actions
        run_due_batches(session)
        answer = serve(session, request.method, path, body)
        self.outbox.add(self.store, session.events, session.now)
        return answer

    def _demand_media_type(self, request: Request, body: bytes) -> None:
        policy = self.switches.content_type
        given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if (policy == "always" or (policy == "bodies" and body)) and given != JSON_API:
            raise errors.unsupported_media_type()


def error_response(error: ApiError, headers: Mapping[str, str] | None = None) -> Response:
    """Return a refusal as it is sent; `headers` are those that every answer has."""
    content = error.body if isinstance(error.body, str) else json_bytes(error.body)
    return Response(content, error.status, {**(headers or {}), **error.headers}, error.media_type)


def json_bytes(body: object) -> bytes:
    """Write a document as it is sent; pydantic does it in less than half the time that the standard library takes."""
    return to_json(body)
