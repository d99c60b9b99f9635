"""The settings of the server over HTTP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from outreach_mcp.settings.settings import Settings, SettingsError

SANDBOX = {"OUTREACH_MCP_SANDBOX": "1"}
KEY = "correct-horse-battery-staple"
KEY_ADVICE = "Allowed: at least 16 letters, digits or -._~+/, hard to guess, such as `openssl rand -hex 32` prints."


def complaint(environ: dict[str, str], **overrides: object) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({**SANDBOX, **environ}, **overrides)
    return str(caught.value)


def test_without_any_it_listens_on_this_machine_only() -> None:
    settings = Settings.from_environment(SANDBOX)
    assert (settings.host, settings.port, settings.key) == ("127.0.0.1", 8000, None)


def test_every_setting_of_http_can_come_from_the_environment() -> None:
    environ = {
        "OUTREACH_MCP_TRANSPORT": "http+sse",
        "OUTREACH_MCP_HOST": "0.0.0.0",
        "OUTREACH_MCP_PORT": "0",
        "OUTREACH_MCP_KEY": KEY,
        "OUTREACH_MCP_ALLOWED_HOSTS": "mcp.example.com, 10.0.0.7:8443,[2001:db8::5]:80,",
        "OUTREACH_MCP_ALLOWED_ORIGINS": "https://app.example.com,http://localhost:6274",
        "OUTREACH_MCP_MAX_BODY_BYTES": "65536",
    }
    assert Settings.from_environment({**SANDBOX, **environ}) == Settings(
        sandbox=True,
        transport="http+sse",
        host="0.0.0.0",
        port=0,
        key=SecretStr(KEY),
        allowed_hosts=("mcp.example.com", "10.0.0.7:8443", "[2001:db8::5]:80"),
        allowed_origins=("https://app.example.com", "http://localhost:6274"),
        max_body_bytes=65_536,
    )


@pytest.mark.parametrize("transport", ["stdio", "http", "sse", "http+sse"])
def test_every_transport_can_be_asked_for(transport: str) -> None:
    assert Settings.from_environment({**SANDBOX, "OUTREACH_MCP_TRANSPORT": transport}).transport == transport


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("OUTREACH_MCP_HOST", "my host", "a name or an address of this machine"),
        ("OUTREACH_MCP_HOST", "http://localhost", "a name or an address of this machine"),
        ("OUTREACH_MCP_PORT", "65536", "a whole number from 0 (a free port) to 65535"),
        ("OUTREACH_MCP_PORT", "-1", "a whole number from 0 (a free port) to 65535"),
        ("OUTREACH_MCP_MAX_BODY_BYTES", "1023", "a whole number from 1024 to 1073741824"),
        ("OUTREACH_MCP_MAX_BODY_BYTES", "1073741825", "a whole number from 1024 to 1073741824"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(variable: str, value: str, allowed: str) -> None:
    assert complaint({variable: value}) == f"{variable}={value!r} is wrong. Allowed: {allowed}."


def test_a_wrong_port_from_the_command_line_is_named_as_its_flag() -> None:
    assert complaint({}, port="many") == (
        "--port='many' is wrong. Allowed: a whole number from 0 (a free port) to 65535."
    )


ROWS = ["abcdefghijklmnopq", "zyxwvutsrqponmlk"]
GUESSABLE = ["a" * 16, "ab" * 20, "abc" * 7, "1234" * 8, "secret12" * 4, "aabbccdd" * 3, *ROWS]


@pytest.mark.parametrize("key", GUESSABLE)
def test_a_key_that_is_easy_to_guess_is_refused_and_not_repeated(key: str) -> None:
    said = complaint({"OUTREACH_MCP_KEY": key})
    assert said.startswith("OUTREACH_MCP_KEY is wrong: it is too easy to guess")
    assert key not in said


@pytest.mark.parametrize("key", ["0" * 64, "f" * 64, "fF" * 32, "01" * 32, "0123" * 16, "deadbeef" * 8, "aabb" * 20])
def test_an_encryption_key_that_is_easy_to_guess_is_refused_and_not_repeated(key: str) -> None:
    said = complaint({"OUTREACH_MCP_ENCRYPTION_KEY": key})
    assert said.startswith("OUTREACH_MCP_ENCRYPTION_KEY is wrong: it is too easy to guess")
    assert key not in said


@given(st.lists(st.integers(0, 255), min_size=32, max_size=32, unique=True))
def test_what_openssl_draws_is_taken(drawn: list[int]) -> None:
    key = bytes(drawn).hex()
    given_key = {"OUTREACH_MCP_KEY": key, "OUTREACH_MCP_ENCRYPTION_KEY": key}
    assert Settings.from_environment({**SANDBOX, **given_key}).key is not None


@pytest.mark.parametrize(
    "key", ["short", "a" * 15, f"Bearer {KEY}", "${OUTREACH_MCP_KEY}", "naïve-naïve-naïve", "=" * 16]
)
def test_a_key_that_protects_nothing_is_refused_without_repeating_it(key: str) -> None:
    assert complaint({"OUTREACH_MCP_KEY": key}) == (
        f"OUTREACH_MCP_KEY is wrong: it is too short, or holds characters that no bearer token holds. {KEY_ADVICE}"
    )


def test_a_wrong_key_is_not_repeated_by_the_model_either() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"key": "Bearer secret"})
    assert "secret" not in str(caught.value)


def test_the_key_is_in_no_representation() -> None:
    settings = Settings.from_environment({**SANDBOX, "OUTREACH_MCP_KEY": KEY})
    assert KEY not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    "hosts", ["*", "*.example.com", "https://mcp.example.com", "mcp.example.com/mcp", "a b", "a,*"]
)
def test_hosts_are_plain_names(hosts: str) -> None:
    assert complaint({"OUTREACH_MCP_ALLOWED_HOSTS": hosts}) == (
        f"OUTREACH_MCP_ALLOWED_HOSTS={hosts!r} is wrong: it holds more than names of machines. "
        "Allowed: names with or without a port, separated by commas, such as mcp.example.com."
    )


@pytest.mark.parametrize(
    "origins", ["*", "null", "app.example.com", "https://app.example.com/", "https://u:p@app.example"]
)
def test_origins_are_addresses_without_a_path(origins: str) -> None:
    line = complaint({"OUTREACH_MCP_ALLOWED_ORIGINS": origins})
    assert (line.startswith("OUTREACH_MCP_ALLOWED_ORIGINS="), "u:p" in line) == (True, False)


VARIABLES = st.sampled_from(["HOST", "PORT", "KEY", "ALLOWED_HOSTS", "ALLOWED_ORIGINS", "MAX_BODY_BYTES"]).map(
    lambda name: f"OUTREACH_MCP_{name}"
)


@given(st.dictionaries(VARIABLES, st.text()), st.text(min_size=8))
def test_any_environment_gives_settings_or_one_line_without_the_key(environ: dict[str, str], key: str) -> None:
    try:
        line = repr(Settings.from_environment({**SANDBOX, **environ, "OUTREACH_MCP_KEY": f"secret{key}"}))
    except SettingsError as error:
        line = str(error)
    assert (line.isprintable(), f"secret{key}" in line) == (True, False)
