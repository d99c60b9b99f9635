"""Finds the app that a login is for: from the environment, from an earlier login, or by asking."""

from collections.abc import Callable
from dataclasses import dataclass

from outreach_mcp.api.tokens.credentials_of_login import completed_by, find_login
from outreach_mcp.api.tokens.rotating import OAuthApp
from outreach_mcp.commands.login.errors import LoginFailedError
from outreach_mcp.settings.settings import Settings, variable_of

REDIRECT_URI = "https://localhost/outreach-mcp"
"""Offered for an app that has none yet: Outreach wants https, and from there the address is pasted back."""

_NAMED_BY = ("client_id", "client_secret", "redirect_uri")


@dataclass(frozen=True, slots=True)
class Person:
    """The person at the terminal: `tell` shows a line, `ask` and `ask_secret` return what they type at a prompt.

    `present` is False where nobody can be asked.
    """

    tell: Callable[[str], None]
    ask: Callable[[str], str]
    ask_secret: Callable[[str], str]
    present: bool


def complete(settings: Settings, person: Person) -> Settings:
    """Return settings that name an app in full; they go before an earlier login, and that before asking.

    Raises `LoginFailedError` where something is missing and nobody can be asked, `SettingsError` for a value of another
    form, and `TokenStoreError` for a store that cannot be read.
    """
    earlier = find_login(settings)
    known = settings if earlier is None else completed_by(earlier, settings)
    missing = [name for name in _NAMED_BY if getattr(known, name) is None]
    if not missing:
        return known
    if not person.present:
        raise LoginFailedError(
            f"{' and '.join(variable_of(name) for name in missing)} must be set to what Outreach shows of the app, or "
            "run this in a terminal, where it is asked for."
        )
    person.tell("Which app is it? Outreach shows these on the app's page, under API access.")
    return known.model_copy(update=_asked(missing, person))


def app_of(settings: Settings) -> OAuthApp:
    """Return the app that complete settings name. Raises `ValueError` for incomplete ones."""
    if settings.client_id is None or settings.client_secret is None or settings.redirect_uri is None:
        raise ValueError("the settings name no app")
    return OAuthApp(settings.client_id, settings.client_secret, settings.redirect_uri, settings.token_endpoint)


def _asked(missing: list[str], person: Person) -> dict[str, object]:
    answers: dict[str, str] = {}
    try:
        if "client_id" in missing:
            answers["client_id"] = person.ask("Client id: ")
        if "client_secret" in missing:
            answers["client_secret"] = person.ask_secret("Client secret (not shown): ")
        if "redirect_uri" in missing:
            given = person.ask(f"Redirect URI, one of those registered [{REDIRECT_URI}]: ")
            answers["redirect_uri"] = given.strip() or REDIRECT_URI
    except EOFError:
        raise LoginFailedError("the input ended before the app was named.") from None
    for name, answer in answers.items():
        if not answer.strip():
            raise LoginFailedError(f"the {name.replace('_', ' ')} is empty. Run `outreach-mcp login` again.")
    checked = Settings.from_environment({variable_of(name): answer for name, answer in answers.items()})
    return {name: getattr(checked, name) for name in answers}
