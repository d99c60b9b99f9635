"""The wording of the pages."""

from collections.abc import Collection

from outreach_mcp.callers.pages.html import Form, Page
from outreach_mcp.callers.state.accounts import OutreachUser
from outreach_tools.engine.matching import listed

_AGAIN = "Go back to your assistant and let it try again: it gives you a new link."
_NOTHING = "Nothing was connected."
_ENDS = (
    "Outreach has no way to withdraw what you allowed. This server has kept nothing of it, so it ends by itself: "
    "the access within two hours, its renewal within 14 days."
)


def invitation(name: str, host: str, email: str | None, form: Form) -> Page:
    """Return the page that a link leads to; `email` is the only account that may be connected, where there is one."""
    if email is None:
        how = "First you sign in as you did for your assistant, then Outreach asks what you want to allow."
    else:
        how = f"Outreach asks what you want to allow. It has to be the Outreach account of {email}, and no other."
    return Page(
        "Connect your Outreach account",
        (
            f"This link was made for {name}. Whatever their assistant does through {host} is then done in Outreach as "
            "you, with your rights.",
            how,
            f"You are not {name}, or did not ask for this? Close this page: nothing has happened.",
        ),
        form=form,
    )


def to_sign_in(address: str) -> Page:
    """Return the page between here and the identity provider."""
    return Page("Taking you to the sign-in", ("If nothing happens, follow the link.",), onward=address)


def to_outreach(address: str) -> Page:
    """Return the page between here and Outreach."""
    return Page("Taking you to Outreach", ("If nothing happens, follow the link.",), onward=address)


def connected(user: OutreachUser) -> Page:
    """Return the page for an account that was connected."""
    who = f"{user.name} <{user.email}>" if user.email else user.name or f"user {user.id}"
    return Page(
        "Your Outreach account is connected",
        (
            f"You are connected as {who}.",
            "Go back to your assistant and let it try again. You can close this page.",
        ),
    )


def link_over() -> Page:
    """Return the page for a link to /connect that is not valid."""
    return Page(
        "This link is no longer valid",
        ("A link to connect an account works once, within ten minutes.", _AGAIN),
        410,
    )


def step_over() -> Page:
    """Return the page for what comes too late or again."""
    return Page("This step was taken before, or took too long", (f"Each step works once. {_NOTHING}", _AGAIN), 410)


def other_browser() -> Page:
    """Return the page for what was begun in another browser."""
    return Page(
        "This was begun in another browser",
        (f"Continue where you began, or start again in this browser. {_NOTHING}", _AGAIN),
        403,
    )


def not_understood() -> Page:
    """Return the page for an answer that does not fit the request."""
    return Page("This answer does not match the request", (_NOTHING, _AGAIN), 400)


def not_signed_in(done: str) -> Page:
    """Return the page for a person who did not sign in; `done` says what has not happened because of that."""
    return Page("You did not sign in", (f"The sign-in ended without saying who you are. {done}", _AGAIN), 403)


def sign_in_failed(reason: str) -> Page:
    """Return the page for a sign-in that cannot be trusted."""
    return Page("The sign-in failed", (f"{reason} Nothing was changed.", "Ask whoever runs this server."), 502)


def somebody_else(name: str) -> Page:
    """Return the page for a person who was sent a link that was made for somebody else."""
    return Page(
        "This link was made for somebody else",
        (
            f"You signed in as {name}, and the link is not yours: somebody else would have used your "
            f"Outreach account. {_NOTHING}",
            "If somebody sent it to you, do not try again, and tell whoever runs this server.",
        ),
        403,
    )


def not_allowed() -> Page:
    """Return the page for a person who did not consent."""
    return Page("Access to Outreach was not allowed", (f"You, or Outreach, did not agree. {_NOTHING}", _AGAIN), 403)


def too_few_scopes(missing: Collection[str]) -> Page:
    """Return the page for an app that was given less than was asked for."""
    return Page(
        "Outreach allowed less than was asked for",
        (
            f"These scopes are missing: {listed(missing)}. {_NOTHING} {_ENDS}",
            "Whoever runs this server has to add them to the app in Outreach, or to offer fewer tools.",
        ),
        403,
    )


def wrong_account(user: OutreachUser, email: str) -> Page:
    """Return the page for a person who consented as another user than the key is for."""
    return Page(
        "This is not the account that your key is for",
        (
            f"In Outreach you are {user.email or 'a user without an e-mail'}, and the key is for {email}. {_NOTHING}",
            _ENDS,
            "Log in to Outreach as the right user. Then go back to your assistant and let it try again.",
        ),
        403,
    )


def wait_a_minute() -> Page:
    """Return the page for a person who comes twice within the minute that Outreach leaves between two tokens."""
    return Page(
        "Try again in a minute",
        (f"Outreach gives out one token a minute, and you have just got one. {_NOTHING}", _AGAIN),
        503,
    )


def outreach_failed() -> Page:
    """Return the page for a fault between here and Outreach."""
    return Page(
        "Outreach did not answer as it should",
        (f"{_NOTHING} {_AGAIN}", "If that does not help, ask whoever runs this server: its log says what went wrong."),
        502,
    )


def unavailable(reason: str) -> Page:
    """Return the page for a step that cannot be taken at the moment."""
    return Page("This does not work at the moment", (f"{reason} Nothing was changed.", "Try again in a minute."), 503)


def nothing_here() -> Page:
    """Return the page for a person who came to the last page without having taken a step."""
    return Page("There is nothing to show", ("Whatever was here has expired.",), 404)


def leaving(command: str, form: Form | None) -> Page:
    """Return the page that /disconnect begins with; without a `form` nobody can sign in here."""
    programs = f"With a key you can disconnect without a browser: {command}"
    if form is None:
        return Page("Disconnect your Outreach account", (programs,))
    return Page(
        "Disconnect your Outreach account",
        ("Sign in as you did for your assistant. Then you see which account is connected.", programs),
        form=form,
    )


def confirm_leaving(name: str, user: OutreachUser, form: Form) -> Page:
    """Return the page that asks whether to disconnect."""
    return Page(
        "Disconnect this account?",
        (
            f"You signed in as {name}. Your assistant works in Outreach as {user.name or user.id} <{user.email}>.",
            "Once it is disconnected it can do nothing in Outreach until you connect an account again.",
        ),
        form=form,
    )


def not_connected(name: str) -> Page:
    """Return the page for a person who has no connection."""
    return Page("No account is connected", (f"You signed in as {name}, and nothing is connected to that.",))


def disconnected() -> Page:
    """Return the page at the end of a connection."""
    return Page(
        "Your Outreach account is disconnected",
        (
            "This server has forgotten what it was allowed. What your assistant is doing right now may still finish.",
            "To take the permission back at Outreach as well, ask an administrator of your organisation there.",
        ),
    )
