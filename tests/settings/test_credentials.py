"""The four ways into Outreach: what each needs, and one line for what is missing or too much."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from outreach_mcp.settings.settings import Settings, SettingsError

ACCESS = {"OUTREACH_ACCESS_TOKEN": "an-access-token-of-outreach"}
REFRESH = {
    "OUTREACH_REFRESH_TOKEN": "a-refresh-token-of-outreach",
    "OUTREACH_CLIENT_ID": "the-app",
    "OUTREACH_CLIENT_SECRET": "s3cret!%&",
    "OUTREACH_REDIRECT_URI": "https://app.example/back?x=1",
}
SERVER = {
    "OUTREACH_S2S_GUID": "9c0e6a4e-0000-4000-8000-000000000000",
    "OUTREACH_S2S_KEY_FILE": "/etc/outreach/key.pem",
    "OUTREACH_INSTALL_ID": "4711",
}


def complaint(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environ)
    return str(caught.value)


def without(environ: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in names}


@pytest.mark.parametrize(
    ("environ", "way"),
    [
        (ACCESS, "access token"),
        (REFRESH, "refresh token"),
        (SERVER, "server-to-server"),
        ({}, "login"),
        ({"OUTREACH_CLIENT_ID": "the-app"}, "login"),
    ],
)
def test_each_way_is_enough(environ: dict[str, str], way: str) -> None:
    assert Settings.from_environment(environ).way_in() == way


def test_every_credential_can_come_from_the_environment() -> None:
    places = {"OUTREACH_TOKEN_URL": "http://localhost:8765/oauth/token", "OUTREACH_MCP_TOKEN_FILE": "/var/x/t.json"}
    environ = {**REFRESH, **SERVER, **places, "OUTREACH_MCP_SANDBOX": "1"}
    assert Settings.from_environment(environ) == Settings(
        refresh_token=SecretStr("a-refresh-token-of-outreach"),
        client_id="the-app",
        client_secret=SecretStr("s3cret!%&"),
        redirect_uri="https://app.example/back?x=1",
        s2s_guid="9c0e6a4e-0000-4000-8000-000000000000",
        s2s_key_file=Path("/etc/outreach/key.pem"),
        install_id="4711",
        token_url="http://localhost:8765/oauth/token",
        token_file=Path("/var/x/t.json"),
        sandbox=True,
    )


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            without(REFRESH, "OUTREACH_CLIENT_SECRET"),
            "OUTREACH_CLIENT_SECRET is missing: OUTREACH_REFRESH_TOKEN and OUTREACH_CLIENT_ID and "
            "OUTREACH_REDIRECT_URI work only together with it.",
        ),
        (
            {"OUTREACH_INSTALL_ID": "4711"},
            "OUTREACH_S2S_GUID and OUTREACH_S2S_KEY_FILE are missing: OUTREACH_INSTALL_ID works only together with "
            "them.",
        ),
    ],
)
def test_an_incomplete_way_names_what_is_missing(environ: dict[str, str], message: str) -> None:
    assert complaint(environ) == message


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({**ACCESS, **REFRESH}, "OUTREACH_ACCESS_TOKEN and OUTREACH_REFRESH_TOKEN"),
        ({**ACCESS, "OUTREACH_INSTALL_ID": "4711"}, "OUTREACH_ACCESS_TOKEN and OUTREACH_INSTALL_ID"),
        ({**REFRESH, **SERVER}, "OUTREACH_REFRESH_TOKEN and OUTREACH_S2S_GUID"),
        (
            {**ACCESS, **REFRESH, **SERVER},
            "OUTREACH_ACCESS_TOKEN and OUTREACH_REFRESH_TOKEN and OUTREACH_S2S_GUID",
        ),
    ],
)
def test_several_ways_are_named_and_none_is_chosen(environ: dict[str, str], found: str) -> None:
    assert complaint(environ) == (
        f"{found} are set, and they may act for different users: set the one that is meant, and unset the others."
    )


def test_what_an_app_is_registered_with_may_stay_beside_another_way() -> None:
    assert (
        Settings.from_environment({**without(REFRESH, "OUTREACH_REFRESH_TOKEN"), **ACCESS}).way_in() == "access token"
    )


def test_the_sandbox_goes_before_incomplete_credentials() -> None:
    assert Settings.from_environment({"OUTREACH_CLIENT_ID": "the-app", "OUTREACH_MCP_SANDBOX": "1"}).sandbox


@pytest.mark.parametrize("name", ["OUTREACH_REFRESH_TOKEN", "OUTREACH_CLIENT_SECRET"])
@pytest.mark.parametrize("value", ["${input:secret}", "two words", "line\nbreak", "sécret"])
def test_what_cannot_be_a_secret_is_refused_without_repeating_it(name: str, value: str) -> None:
    line = complaint({**REFRESH, name: value})
    assert line.startswith(
        f"{name} is wrong: it holds characters that an Outreach secret cannot hold, or is a placeholder"
    )
    assert value not in line


def test_secrets_are_in_no_representation() -> None:
    settings = Settings.from_environment(REFRESH)
    shown = f"{settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    assert [REFRESH[name] in shown for name in ("OUTREACH_REFRESH_TOKEN", "OUTREACH_CLIENT_SECRET")] == [False, False]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://api.outreach.io/oauth/token", "plain http would show the token to everyone on the way"),
        ("https://api.outreach.io", "it lacks the path of the token endpoint"),
        ("https://api.outreach.io/oauth/token?x", "it holds a user name, a query or a fragment"),
    ],
)
def test_a_token_address_that_would_not_be_safe_or_work_is_refused(url: str, reason: str) -> None:
    assert complaint({**REFRESH, "OUTREACH_TOKEN_URL": url}) == (
        f"OUTREACH_TOKEN_URL={url!r} is wrong: {reason}. Allowed: an https address such as "
        "https://api.outreach.io/oauth/token; http only on this machine."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OUTREACH_CLIENT_ID", "the app"),
        ("OUTREACH_REDIRECT_URI", "app.example/back"),
        ("OUTREACH_INSTALL_ID", "../4711"),
        ("OUTREACH_S2S_GUID", "{guid}"),
    ],
)
def test_a_credential_of_another_form_is_named(name: str, value: str) -> None:
    assert complaint({**REFRESH, name: value}).startswith(f"{name}={value!r} is wrong. Allowed: ")


def test_a_folder_is_no_token_file(tmp_path: Path) -> None:
    assert complaint({**REFRESH, "OUTREACH_MCP_TOKEN_FILE": str(tmp_path)}) == (
        f"OUTREACH_MCP_TOKEN_FILE={str(tmp_path)!r} is wrong: it is a folder. Allowed: the path of a file in a folder "
        "that this user may write to."
    )


def test_a_path_may_begin_with_the_home_folder() -> None:
    settings = Settings.from_environment({**REFRESH, "OUTREACH_MCP_TOKEN_FILE": "~/outreach-tokens.json"})
    assert settings.token_file == Path.home() / "outreach-tokens.json"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://API.outreach.io/api/v2", "https://api.outreach.io"),
        ("http://[::1]:8765/api/v2", "http://[::1]:8765"),
    ],
)
def test_the_origin_of_the_api_is_its_host_and_port(url: str, origin: str) -> None:
    assert Settings.from_environment({**ACCESS, "OUTREACH_API_URL": url}).api_origin == origin
