"""Takes a consent at Outreach: the tokens, whose they are, and whether they may be kept for the caller."""

import logging
import secrets
from dataclasses import dataclass, replace

from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.tree import ConsentRefusedError, OutreachError, RateLimitError, TokenStoreError
from outreach_mcp.api.tokens.authorization import ConsentRequest, UnrelatedAnswerError, exchange
from outreach_mcp.api.tokens.rotating import OAuthApp
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.caller import WRITE, Caller
from outreach_mcp.callers.pages import wording
from outreach_mcp.callers.pages.html import Page, StoppedError
from outreach_mcp.callers.state.accounts import CallerConnection, Connections, OutreachUser
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.guard.policy import Policy
from outreach_mcp.guard.scopes import expanded, scopes_for
from outreach_mcp.io.threads import CONSENTS, STORE
from outreach_tools.client import Request
from outreach_tools.engine.text import clean
from outreach_tools.json_values import member

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outreach:
    """The operator's app at Outreach, what the server's tools need of a caller's account, and who is connected."""

    app: OAuthApp
    api_url: str
    policy: Policy
    connections: Connections
    clock: Clock = MACHINE

    def request(self, caller: Caller, state: str, verifier: str) -> ConsentRequest:
        """Return the request for consent that suits a caller: a reader is asked for no scope that writes."""
        policy = self.policy if WRITE in caller.scopes else replace(self.policy, read_only=True)
        return ConsentRequest(self.app, scopes_for(policy.offered()), state, verifier)

    async def connect(self, caller: Caller, request: ConsentRequest, query: str) -> Page:
        """Take Outreach's answer to a request and connect the caller; returns the page that says how it went.

        Raises `StoppedError` when nothing was connected, `StateStoreError` while the store cannot be used.
        """
        try:
            code = request.code_in(query)
            tokens = await CONSENTS.run(exchange, request, code)
            granted = tokens.scopes or frozenset[str]()
            if missing := sorted(set(request.scopes) - expanded(granted)):
                raise StoppedError(wording.too_few_scopes(missing))
            user, email = await self._user(SecretStr(tokens.access_token))
        except ConsentRefusedError as error:
            # Whoever runs the server may have to mend it: a scope that the app lacks ends like this, too.
            _log.warning("%s is not connected: %s", caller.name, error)
            raise StoppedError(wording.not_allowed()) from None
        except UnrelatedAnswerError:
            raise StoppedError(wording.not_understood()) from None
        except TokenStoreError:
            raise
        except RateLimitError as error:
            _log.warning("%s is not connected: %s", caller.name, error)
            raise StoppedError(wording.wait_a_minute()) from None
        except OutreachError as error:
            _log.error("%s is not connected: %s", caller.name, error)
            raise StoppedError(wording.outreach_failed()) from None
        if caller.email is not None and not _same(email, caller.email):
            _log.warning("%s is not connected: the key is for another Outreach account", caller.name)
            raise StoppedError(wording.wrong_account(user, caller.email))
        connection = CallerConnection(
            secrets.token_hex(16), caller.subject, caller.name, user, granted, self.clock.now(), tokens
        )
        await STORE.run(self.connections.connect, connection)
        _log.info("connected %s", caller.name, extra={"facts": {"event": "connected", "caller": caller.name}})
        return wording.connected(user)

    async def _user(self, token: SecretStr) -> tuple[OutreachUser, str]:
        """Return the user a token acts for, as far as Outreach says, and their exact e-mail."""
        client = OutreachClient(self.api_url, BearerToken(token), clock=self.clock)
        try:
            user = await client.current_user()
            # The root may leave out either, and its shape is not published: the record is the user's own.
            profile = Request("GET", f"/users/{user.user_id}", (("fields[user]", "name,email"),))
            body = (await client.send(profile)).body
        finally:
            await client.aclose()
        name, email = (member(body, "data", "attributes", field) for field in ("name", "email"))
        given = email if isinstance(email, str) and email else user.email
        return OutreachUser(user.user_id, _line(name) or _line(user.name), _line(given)), given


def _same(email: str, other: str) -> bool:
    """Return whether two e-mail addresses are the same, regardless of case.

    Beyond ASCII, different letters can have the same lower case: U+017F is a long s, and U+212A the unit Kelvin.
    """
    return email == other or (email.isascii() and other.isascii() and email.lower() == other.lower())


def _line(text: object) -> str:
    """Return a text of Outreach as one line that hides nothing: it is shown on pages, in terminals and logs."""
    return " ".join(clean(text).split()) if isinstance(text, str) else ""
