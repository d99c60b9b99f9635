"""Switches for what is not published about the API: the sandbox can behave either way."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Switches:
    """How the sandbox answers where the real answer is unknown, or differs between organisations.

    The defaults are the strict ones, so that a client which relies on luck is found out.
    """

    unsupported_filter: Literal["refuse", "ignore"] = "refuse"
    """A filter on an attribute that is not filterable: refused with 400, or ignored (one client's note)."""

    unknown_field: Literal["refuse", "ignore"] = "refuse"
    """A name in `fields[type]` that the type does not have."""

    oversized_page: Literal["refuse", "cap", "serve"] = "refuse"
    """A `page[size]` above 1,000; 1,000 itself works (clients), and no maximum is documented."""

    content_type: Literal["bodies", "always", "never"] = "bodies"
    """The requests that need `application/vnd.api+json`: all by the documentation, fewer by what clients send."""

    plain_text_401: bool = False
    """Answer an unknown token as in 2018, in plain text, instead of the gateway's JSON of 2026."""

    neginf: Literal["accept", "refuse"] = "accept"
    """The open lower bound of a range: documented, found refused by one client."""

    count_by_default: bool = False
    """Count without being asked, as for apps registered before 2024-10-13 until 2025-02-12."""

    two_remaining_numbers: bool = False
    """Answer `X-RateLimit-Remaining: 9999, 19988` (one client) instead of one number."""

    hourly_limit: int = 10_000
    """Requests an hour and user (documented)."""

    pending_counts_as_active: bool = True
    """Whether a pending sequence state may be paused; the documentation speaks of active ones only."""

    mint_interval: int = 60
    """Seconds that a user and app must wait between two access tokens (documented); 0 lifts the limit."""

    pkce: Literal["verify", "ignore"] = "verify"
    """Whether a code that was asked for with a challenge needs its verifier (RFC 7636); Outreach says nothing of it."""

    scopes_beyond_app: Literal["refuse", "leave_out"] = "refuse"
    """The answer to a request for scopes that the app is not registered with: refused, or granted without them."""

    refusal_of_tokens: Literal["oauth", "json_api", "text"] = "oauth"
    """The body of the token endpoint's 400, 401 and 429: as RFC 6749 has it, or as elsewhere in the API, or plain."""

    batch_seconds: int = 0
    """How long a bulk action takes; 0 means that it is done when the next request comes."""

    empty_ids: Literal["every", "none"] = "every"
    """The meaning of a bulk action with `ids: []` and no filter: every record (documented), or nothing."""

    forbidden: frozenset[str] = frozenset()
    """Collections (`opportunities`) that governance or the licence keeps from everybody: 403 (documented answer; that
    a missing licence gives the same is assumed)."""

    hindered_enrolments: Literal["wait", "refuse"] = "wait"
    """The fate of an enrolment while the sequence is off or its daily throttle is spent: it waits as pending
    (documented), or is refused (assumed wording)."""

    custom_fields: Literal["enforce", "ignore"] = "enforce"
    """Whether a write that breaks a custom field's validation in /types is refused; only that they exist is known."""

    granular_opt_out: bool = True
    """Whether a prospect opts out of e-mail and of calls apart; else each of them is opting out in general (both are
    documented, and an organisation has one or the other)."""

    calls_about_nobody: Literal["refuse", "take"] = "refuse"
    """A new call with neither a prospect nor a task: the contract requires nothing, and no client leaves out both."""
