"""The server as OAuth clients see it: its metadata (RFC 9728), and the challenge that points to it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from outreach_mcp.caller import SCOPES

_WELL_KNOWN = "/.well-known/oauth-protected-resource"
_KEPT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """This server as a resource that callers need a token for.

    `public_url` is the address that they reach it by. Without an `issuer` there is nowhere to get a token: callers have
    keys, and need no metadata.
    """

    public_url: str
    issuer: str | None = None

    def challenge(self, path: str, error: str | None = None, description: str = "", scope: str | None = None) -> str:
        """Return the `WWW-Authenticate` of an answer to a request for `path`.

        `error` is a code of RFC 6750, section 3.1, absent where no credentials came; `scope` is what to ask for.
        """
        parameters = {
            "error": error,
            "error_description": description or None,
            "resource_metadata": None if self.issuer is None else self._metadata_url(path),
            "scope": scope or " ".join(SCOPES),
        }
        return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parameters.items() if value is not None)

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the metadata: for each transport, for a path under it, and without a path."""
        if self.issuer is None:
            return []
        return [
            Route(_WELL_KNOWN, self._metadata, methods=["GET"]),
            Route(_WELL_KNOWN + "/{path:path}", self._metadata, methods=["GET"]),
        ]

    def _metadata_url(self, path: str) -> str:
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}{_WELL_KNOWN}{parts.path}{_endpoint(path)}"

    async def _metadata(self, request: Request) -> Response:
        path = "/" + request.path_params.get("path", "")
        prefix = urlsplit(self.public_url).path
        endpoint = path.removeprefix(prefix) if f"{path}/".startswith(f"{prefix}/") else path
        if endpoint.strip("/") and endpoint.split("/")[1] not in ("mcp", "sse"):
            return JSONResponse({"error": f"There is no {request.url.path!r} here."}, 404)
        return JSONResponse(
            {
                # A client compares it with the address that it connects to: SSE's is another.
                "resource": self.public_url + _endpoint(endpoint),
                "authorization_servers": [self.issuer],
                "scopes_supported": list(SCOPES),
                "bearer_methods_supported": ["header"],
                "resource_name": "Outreach",
            },
            headers={"Cache-Control": f"public, max-age={_KEPT_SECONDS}"},
        )


def _endpoint(path: str) -> str:
    """Return the endpoint that a path belongs to: what an SSE client says goes to /messages/."""
    return "/sse" if path.split("/")[1:2] in (["sse"], ["messages"]) else "/mcp"
