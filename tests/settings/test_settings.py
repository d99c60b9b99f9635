"""The settings: what the environment may say, and what is said about the rest."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from outreach_mcp.settings.settings import SETTINGS, Settings, SettingsError
from outreach_mcp.settings.values import DEFAULT_API_URL

TOKEN = "eyJhbGciOi.not-a-real-token.c2lnbmF0dXJl"
WITH_TOKEN = {"OUTREACH_ACCESS_TOKEN": TOKEN}
SANDBOX = {"OUTREACH_MCP_SANDBOX": "1"}

URL_ADVICE = f"Allowed: an https address such as {DEFAULT_API_URL}; http only on this machine."
KNOWN = ", ".join(each.variable for each in SETTINGS.values() if each.variable.startswith("OUTREACH_MCP_"))


def complaint(environ: dict[str, str], **overrides: object) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environ, **overrides)
    return str(caught.value)


def test_a_token_is_enough() -> None:
    assert Settings.from_environment(WITH_TOKEN) == Settings(
        access_token=SecretStr(TOKEN),
        api_url="https://api.outreach.io/api/v2",
        sandbox=False,
        sandbox_number=1,
        sandbox_scale=1,
        max_result_tokens=6000,
        transport="stdio",
    )


def test_the_sandbox_is_enough() -> None:
    assert Settings.from_environment(SANDBOX) == Settings(sandbox=True)


def test_every_setting_can_come_from_the_environment() -> None:
    environ = {
        "OUTREACH_ACCESS_TOKEN": f" {TOKEN}\n",
        "OUTREACH_API_URL": "http://127.0.0.1:8123/api/v2/",
        "OUTREACH_MCP_SANDBOX": "yes",
        "OUTREACH_MCP_SANDBOX_NUMBER": "7",
        "OUTREACH_MCP_SANDBOX_SCALE": "10",
        "OUTREACH_MCP_SANDBOX_TODAY": " 2024-02-29 ",
        "OUTREACH_MCP_MAX_RESULT_TOKENS": "20000",
        "OUTREACH_MCP_TRANSPORT": "stdio",
        "PATH": "/usr/bin",
    }
    assert Settings.from_environment(environ) == Settings(
        access_token=SecretStr(TOKEN),
        api_url="http://127.0.0.1:8123/api/v2",
        sandbox=True,
        sandbox_number=7,
        sandbox_scale=10,
        sandbox_today=date(2024, 2, 29),
        max_result_tokens=20_000,
        transport="stdio",
    )


def test_what_is_given_on_the_command_line_goes_before_the_environment() -> None:
    environ = {**WITH_TOKEN, "OUTREACH_MCP_MAX_RESULT_TOKENS": "20000"}
    settings = Settings.from_environment(environ, max_result_tokens=900, sandbox=None)
    assert (settings.max_result_tokens, settings.sandbox) == (900, False)


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_variable_counts_as_not_set(empty: str) -> None:
    environ = {**WITH_TOKEN, "OUTREACH_MCP_MAX_RESULT_TOKENS": empty, "OUTREACH_API_URL": empty}
    assert Settings.from_environment(environ) == Settings.from_environment(WITH_TOKEN)


@pytest.mark.parametrize("field", Settings.model_fields)
@pytest.mark.parametrize("empty", ["", " ", "\t"])
def test_an_empty_flag_is_refused_whichever_it_is(field: str, empty: str) -> None:
    said = complaint(SANDBOX, **{field: empty})
    assert said.endswith(f"={empty!r} is wrong: it is empty. Allowed: {SETTINGS[field].allowed}.")


LISTS = [name for name, field in Settings.model_fields.items() if field.default == ()]


@pytest.mark.parametrize("field", LISTS)
@pytest.mark.parametrize("nothing", [",", " , ,"])
def test_a_list_that_names_nothing_is_refused_and_never_means_everything(field: str, nothing: str) -> None:
    given = {**SANDBOX, f"OUTREACH_MCP_{field.upper()}": nothing}
    assert "it names nothing. Allowed: " in complaint(given)
    assert "it names nothing. Allowed: " in complaint(SANDBOX, **{field: nothing})


def test_every_list_is_among_those_tried() -> None:
    assert LISTS == ["toolsets", "tools", "exclude_tools", "allowed_hosts", "allowed_origins"]


@pytest.mark.parametrize("environ", [{}, {"OUTREACH_ACCESS_TOKEN": ""}, {"OUTREACH_MCP_SANDBOX": "0"}])
def test_without_a_token_and_without_the_sandbox_a_login_is_looked_for(environ: dict[str, str]) -> None:
    settings = Settings.from_environment(environ)
    assert (settings.sandbox, settings.way_in()) == (False, "login")


@pytest.mark.parametrize(
    "day",
    [
        "2026-02-29",
        "2026-13-01",
        "2026-3-2",
        "20260302",
        "2026-W10-1",
        "2026-03-02T00:00:00",
        "٢٠٢٦-٠٣-٠٢",
        "1772409600",
        "today",
        "0000-01-01",
    ],
)
def test_what_is_no_day_is_refused(day: str) -> None:
    allowed = "Allowed: a day from 2002-01-01 to 2199-12-31, such as 2026-03-02."
    assert complaint({**SANDBOX, "OUTREACH_MCP_SANDBOX_TODAY": day}) == (
        f"OUTREACH_MCP_SANDBOX_TODAY={day!r} is wrong: there is no such day. {allowed}"
    )
    assert complaint(SANDBOX, sandbox_today=day) == f"--today={day!r} is wrong: there is no such day. {allowed}"


@pytest.mark.parametrize("day", ["0001-01-01", "2001-12-31", "2200-01-01", "9999-12-31"])
def test_a_day_too_far_away_is_refused(day: str) -> None:
    assert complaint(SANDBOX, sandbox_today=day) == (
        f"--today={day!r} is wrong: it is too far away. "
        "Allowed: a day from 2002-01-01 to 2199-12-31, such as 2026-03-02."
    )


@pytest.mark.parametrize("environ", [{}, WITH_TOKEN, {"OUTREACH_MCP_SANDBOX": "0"}])
def test_a_day_without_the_sandbox_is_refused(environ: dict[str, str]) -> None:
    given = {**environ, "OUTREACH_MCP_SANDBOX_TODAY": "2026-03-02"}
    assert complaint(given) == "OUTREACH_MCP_SANDBOX_TODAY means nothing without --sandbox: set both, or neither."
    assert complaint(environ, sandbox_today="2026-03-02") == (
        "--today means nothing without --sandbox: set both, or neither."
    )


def test_the_token_is_in_no_representation() -> None:
    settings = Settings.from_environment(WITH_TOKEN)
    assert TOKEN not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.parametrize("token", ["Bearer abc", "${OUTREACH_TOKEN}", "a\r\nX-Evil: 1", "tökén", "a,b", "=="])
def test_what_cannot_be_a_token_is_refused_without_repeating_it(token: str) -> None:
    assert complaint({"OUTREACH_ACCESS_TOKEN": token}) == (
        "OUTREACH_ACCESS_TOKEN is wrong: it holds characters that an access token cannot hold. "
        "Allowed: an Outreach access token as it was issued, without 'Bearer'."
    )


def test_a_wrong_token_is_not_repeated_by_the_model_either() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"access_token": "Bearer secret"})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("word", ["1", "true", "True", "yes", "on", "ON"])
def test_the_sandbox_is_switched_on_by_any_usual_word(word: str) -> None:
    assert Settings.from_environment({"OUTREACH_MCP_SANDBOX": word}).sandbox


@pytest.mark.parametrize("word", ["0", "false", "False", "no", "off"])
def test_the_sandbox_is_switched_off_by_any_usual_word(word: str) -> None:
    assert not Settings.from_environment({**WITH_TOKEN, "OUTREACH_MCP_SANDBOX": word}).sandbox


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("OUTREACH_MCP_SANDBOX", "maybe", "1, true, yes, on or 0, false, no, off"),
        ("OUTREACH_MCP_SANDBOX", "2", "1, true, yes, on or 0, false, no, off"),
        ("OUTREACH_MCP_SANDBOX_NUMBER", "-1", "a whole number from 0 to 2147483647"),
        ("OUTREACH_MCP_SANDBOX_SCALE", "0", "a whole number from 1 to 1000"),
        ("OUTREACH_MCP_SANDBOX_SCALE", "1001", "a whole number from 1 to 1000"),
        ("OUTREACH_MCP_MAX_RESULT_TOKENS", "many", "a whole number from 500 to 100000"),
        ("OUTREACH_MCP_MAX_RESULT_TOKENS", "499", "a whole number from 500 to 100000"),
        ("OUTREACH_MCP_MAX_RESULT_TOKENS", "100001", "a whole number from 500 to 100000"),
        ("OUTREACH_MCP_MAX_RESULT_TOKENS", "600.5", "a whole number from 500 to 100000"),
        ("OUTREACH_MCP_TRANSPORT", "pigeon", "'stdio', 'http', 'sse', or 'http+sse' for both on one port"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(variable: str, value: str, allowed: str) -> None:
    assert complaint({**SANDBOX, variable: value}) == f"{variable}={value!r} is wrong. Allowed: {allowed}."


def test_a_wrong_value_from_the_command_line_is_named_as_its_flag() -> None:
    assert complaint(SANDBOX, max_result_tokens=3) == (
        "--max-result-tokens='3' is wrong. Allowed: a whole number from 500 to 100000."
    )


def test_a_setting_that_does_not_exist_is_a_fault_of_the_caller() -> None:
    with pytest.raises(TypeError, match="Settings has no field 'colour'"):
        Settings.from_environment(SANDBOX, colour="red")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.outreach.io/api/v2/", "https://api.outreach.io/api/v2"),
        ("https://proxy.acme.io:8443/outreach/api-v2", "https://proxy.acme.io:8443/outreach/api-v2"),
        ("http://localhost:8123/api/v2", "http://localhost:8123/api/v2"),
        ("http://127.0.0.1/api/v2", "http://127.0.0.1/api/v2"),
        ("http://127.8.9.1/api/v2", "http://127.8.9.1/api/v2"),
        ("http://[::1]:8123/api/v2", "http://[::1]:8123/api/v2"),
    ],
)
def test_the_api_may_be_at_another_https_address_or_on_this_machine(url: str, kept: str) -> None:
    assert Settings.from_environment({**WITH_TOKEN, "OUTREACH_API_URL": url}).api_url == kept


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://api.outreach.io/api/v2", "plain http would show the token to everyone on the way"),
        ("http://localhost.evil.example/api/v2", "plain http would show the token to everyone on the way"),
        ("http://128.0.0.1/api/v2", "plain http would show the token to everyone on the way"),
        ("http://0.0.0.0/api/v2", "plain http would show the token to everyone on the way"),
        ("https://api.outreach.io/api/v2?x=1", "it holds a user name, a query or a fragment"),
        ("https://api.outreach.io/api/v2#x", "it holds a user name, a query or a fragment"),
        ("https://api.outreach.io", "it lacks the API's path"),
        ("https://api.outreach.io/", "it lacks the API's path"),
        ("api.outreach.io/api/v2", "it is not a plain web address"),
        ("ftp://api.outreach.io/api/v2", "it is not a plain web address"),
        ("https:///api/v2", "it is not a plain web address"),
        ("https://api..io/api/v2", "it is not a plain web address"),
        ("https://[::1/api/v2", "it is not a plain web address"),
        ("https://api.outreach.io:99999/api/v2", "it is not a plain web address"),
        ("https://api.outreach.io/api/../v2", "it is not a plain web address"),
        ("https://api.outreach.io/api//v2", "it is not a plain web address"),
        ("https://api.outreach.io/%61pi/v2", "it is not a plain web address"),
        ("https://api.outreach.io/api v2", "it is not a plain web address"),
    ],
)
def test_an_address_that_would_not_be_safe_or_work_is_refused(url: str, reason: str) -> None:
    assert complaint({**WITH_TOKEN, "OUTREACH_API_URL": url}) == (
        f"OUTREACH_API_URL={url!r} is wrong: {reason}. {URL_ADVICE}"
    )


def test_a_password_in_the_address_is_refused_without_repeating_it() -> None:
    assert complaint({**WITH_TOKEN, "OUTREACH_API_URL": "https://user:secret@api.outreach.io/api/v2"}) == (
        "OUTREACH_API_URL='https://…@api.outreach.io/api/v2' is wrong: it holds a user name, a query or a fragment. "
        + URL_ADVICE
    )


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("OUTREACH_MCP_SANBOX", "did you mean OUTREACH_MCP_SANDBOX?"),
        ("OUTREACH_MCP_MAX_TOKENS", "did you mean OUTREACH_MCP_MAX_RESULT_TOKENS?"),
        ("outreach_mcp_sandbox", "did you mean OUTREACH_MCP_SANDBOX?"),
        ("OUTREACH_MCP_LANGUAGE_OF_ANSWERS", f"known are {KNOWN}."),
    ],
)
def test_an_unknown_variable_of_ours_is_not_ignored(variable: str, hint: str) -> None:
    assert complaint({**SANDBOX, variable: "1"}) == f"{variable!r} is not a setting of this version: {hint}"


def test_variables_of_others_are_ignored() -> None:
    assert Settings.from_environment({**SANDBOX, "OUTREACH_TEAM": "blue"}) == Settings(sandbox=True)


def test_settings_never_change() -> None:
    with pytest.raises(ValidationError):
        Settings(sandbox=True).sandbox = False  # pyright: ignore[reportAttributeAccessIssue] - that it cannot be set is the claim


NAMES = st.sampled_from(
    [
        *("CLIENT_ID", "REDIRECT_URI", "TOKEN_URL", "MCP_TOKEN_FILE", "S2S_GUID", "S2S_KEY_FILE", "INSTALL_ID"),
        *("API_URL", "MCP_SANDBOX", "MCP_SANDBOX_SCALE", "MCP_MAX_RESULT_TOKENS", "MCP_TRANSPORT", "MCP_NEW"),
    ]
).map(lambda name: f"OUTREACH_{name}")
VALUES = st.text() | st.text(string.printable) | st.sampled_from(["1", "yes", "stdio", DEFAULT_API_URL])


@given(st.dictionaries(NAMES, VALUES), st.just(TOKEN) | VALUES)
def test_any_environment_gives_settings_or_one_line_without_the_token(environ: dict[str, str], token: str) -> None:
    try:
        line = repr(Settings.from_environment({**environ, "OUTREACH_ACCESS_TOKEN": token}))
    except SettingsError as error:
        line = str(error)
    assert line.isprintable()
    assert TOKEN not in line
