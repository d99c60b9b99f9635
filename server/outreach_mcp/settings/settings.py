"""The settings: read from the environment and the command line, checked once, never changed.

A field of a section declares all of its setting: type, default, variable, flag and what is said of it. The flags, their
help, the errors and the tables in README.md and docs/settings.md (`scripts/generate_docs`) are made of that.
"""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from outreach_mcp.settings.complaints import given_by, of_a_fault, of_empty_flags, of_unknown_variables
from outreach_mcp.settings.credentials import needed_by_ways, nothing_given, way_in
from outreach_mcp.settings.declaration import Setting, Way, declared_in
from outreach_mcp.settings.sections.accounts import OtherCredentials
from outreach_mcp.settings.sections.demo_data import DemoData
from outreach_mcp.settings.sections.everyday import Everyday
from outreach_mcp.settings.sections.many_callers import ManyCallers
from outreach_mcp.settings.sections.over_http import OverHttp


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one line saying which, why and what is allowed."""


# Pydantic takes the fields of the last one first: this is the order of the documents.
class Settings(ManyCallers, OverHttp, DemoData, OtherCredentials, Everyday, BaseModel):
    """All settings of the server, of every section."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], **overrides: object) -> "Settings":
        """Return the settings that `environ` holds, `overrides` (by field name, `None` for not given) before them.

        A variable that is empty counts as not set; an override that is empty is wrong. Without credentials the
        sandbox has to be asked for.

        Raises `SettingsError` for the first thing that is wrong, unknown `OUTREACH_MCP_*` variables included: a
        misspelt safeguard must not be ignored.
        """
        if wrong := of_unknown_variables(environ, SETTINGS) or of_empty_flags(overrides, SETTINGS):
            raise SettingsError(wrong)
        given = {field: environ.get(setting.variable, "").strip() for field, setting in SETTINGS.items()}
        values: dict[str, object] = {field: value for field, value in given.items() if value}
        values |= {field: value for field, value in overrides.items() if value is not None}
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            field = str(fault["loc"][0])
            if field not in SETTINGS:
                raise TypeError(f"Settings has no field {field!r}") from None
            # Not chained: pydantic's error keeps what was given, which may be the token.
            raise SettingsError(of_a_fault(fault, SETTINGS[field], values, overrides)) from None
        if not settings.sandbox:
            if settings.sandbox_today is not None:
                name = given_by(SETTINGS["sandbox_today"], overrides.get("sandbox_today"))
                raise SettingsError(f"{name} means nothing without --sandbox: set both, or neither.")
            try:
                settings.way_in()
            except ValueError as error:
                raise SettingsError(str(error)) from None
        return settings

    def way_in(self) -> Way:
        """Return the credentials to use; raises `ValueError` as `outreach_mcp.settings.credentials.way_in` does."""
        given = {setting.variable for field, setting in SETTINGS.items() if getattr(self, field) is not None}
        return way_in(given, SETTINGS)

    @property
    def api_origin(self) -> str:
        """Scheme, host and port of the API."""
        parts = urlsplit(self.api_url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    @property
    def token_endpoint(self) -> str:
        """The address that gives out and renews tokens: documented as /oauth/token on the API's host."""
        return self.token_url or f"{self.api_origin}/oauth/token"

    @property
    def redis_url(self) -> str | None:
        """The Redis that shared state lies in, None where a file keeps it."""
        return self.store if self.store and self.store.startswith(("redis://", "rediss://")) else None


SETTINGS: Mapping[str, Setting] = MappingProxyType(declared_in(Settings))
"""The declaration of each setting, by the name of its field."""

NEEDED = needed_by_ways(SETTINGS)
"""The variables that each way to an account needs, what opens it first; none for a login."""

NOTHING_GIVEN = nothing_given(SETTINGS)
"""The message for a user without credentials in the environment or a login."""


def variable_of(field: str) -> str:
    """Return the environment variable of a setting, by the name of its field."""
    return SETTINGS[field].variable


def is_secret(field: str) -> bool:
    """Return whether a setting's value must not be shown."""
    return SETTINGS[field].hidden
