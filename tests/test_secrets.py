"""No secret is in what a value shows of itself, in logs and messages included, whichever value holds it."""

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

import outreach_mcp
import outreach_sandbox
import outreach_tools
from outreach_mcp.settings.settings import Settings, SettingsError

_SECRET_NAME = re.compile(
    r"(.*_)?(access_token|refresh_token|token|secret|key|password|verifier|state|nonce|code|ticket|credential|cookie)",
)

_NOT_SECRET = {
    "outreach_mcp.api.writes.create_record.Create.key",  # what a create is known by again
    "outreach_mcp.api.errors.tree.ErrorDetail.code",
    "outreach_mcp.api.tokens.renewal.Renewal._token",  # which hides its value itself
    "outreach_tools.engine.figures.fields.Field.key",  # its name at Outreach, as those of custom fields
    "outreach_tools.engine.labels.fields.CustomField.key",
    "outreach_tools.engine.labels.fields.CustomFields.by_key",
    "outreach_mcp.jobs.records.Job.state",
    "outreach_tools.engine.bulk.acts.Act.state",
    "outreach_tools.engine.bulk.checking.Enrolled.state",
    "outreach_tools.engine.bulk.service.Outcome.code",
    "outreach_tools.engine.bulk.service.Report.state",
    "outreach_tools.engine.files.mapping.Columns.key",
    "outreach_tools.reports.funnel.Mail.state",
    "outreach_tools.engine.cursor.Position.key",  # where a row stands in the order of its list
    "outreach_mcp.protocol.envelopes.Unreadable.code",
    "outreach_mcp.http.bodies.Held.key",  # whose body it is
    "outreach_mcp.guard.ledger.Entry.state",  # whether it has begun
    "outreach_mcp.commands.login.registration.Person.ask_secret",  # a function
    "outreach_sandbox.organisation.enrolments.Enrolment.state",
    "outreach_sandbox.organisation.words.Place.state",  # of the United States
    "outreach_sandbox.organisation.words.Place.code",
}


def classes() -> Iterator[type]:
    """Every class of ours."""
    for package in (outreach_mcp, outreach_sandbox, outreach_tools):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("__main__"):
                continue
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, type) and value.__module__ == module.name:
                    yield value


def shown() -> Iterator[str]:
    """Every field with the name of a secret that a value shows."""
    for each in classes():
        if dataclasses.is_dataclass(each):
            for field in dataclasses.fields(each):
                if field.repr and _SECRET_NAME.fullmatch(field.name) and "SecretStr" not in str(field.type):
                    yield f"{each.__module__}.{each.__name__}.{field.name}"
        elif issubclass(each, BaseModel):
            for name, info in each.model_fields.items():
                if info.repr and _SECRET_NAME.fullmatch(name) and "SecretStr" not in str(info.annotation):
                    yield f"{each.__module__}.{each.__name__}.{name}"


def test_no_value_shows_a_secret_that_it_holds() -> None:
    assert set(shown()) == _NOT_SECRET


KEY = "9f2c71d0b8a64e53" * 4
GIVEN = {
    "OUTREACH_ACCESS_TOKEN": "of-mine-access-token",
    "OUTREACH_CLIENT_SECRET": "of-mine-client-secret",
    "OUTREACH_REFRESH_TOKEN": "of-mine-refresh-token",
    "OUTREACH_MCP_KEY": f"of-mine-{KEY}",
    "OUTREACH_MCP_AUTH_CLIENT_SECRET": "of-mine-other-secret",
    "OUTREACH_MCP_ENCRYPTION_KEY": KEY,
    "OUTREACH_MCP_STORE": "rediss://me:of-mine-password@localhost:6379/0",
}


def test_the_settings_show_none_of_theirs() -> None:
    settings = Settings.from_environment({"OUTREACH_MCP_SANDBOX": "1", **GIVEN})
    assert settings.redis_url == GIVEN["OUTREACH_MCP_STORE"]
    for text in (repr(settings), str(settings), f"{settings}", f"{settings!r:>5}", f"{[settings]}"):
        assert "of-mine" not in text
        assert KEY not in text


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("changed", ["{} {}", "{}\n", "\x00{}", "{}\ud800", "http://{}:{}@[", "{}#é"])
def test_a_wrong_secret_is_not_repeated(name: str, changed: str) -> None:
    try:
        Settings.from_environment({"OUTREACH_MCP_SANDBOX": "1", name: changed.format(GIVEN[name], "x")})
    except SettingsError as error:
        context = None if error.__suppress_context__ else error.__context__
        shown_text = f"{error} {error!r} {error.__cause__!r} {context!r}"
        assert "of-mine" not in shown_text
        assert KEY not in shown_text
