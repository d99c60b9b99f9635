"""The settings of those who have credentials of another kind than a login."""

from typing import Annotated

from pydantic import Field

from outreach_mcp.settings.credentials import Secret, Token
from outreach_mcp.settings.declaration import Section, Setting
from outreach_mcp.settings.values import File, TokenUrl


class OtherCredentials(Section):
    """Settings of other credentials than a login's, and of where tokens are kept."""

    access_token: Annotated[
        Token | None,
        Setting(
            variable="OUTREACH_ACCESS_TOKEN",
            help="an access token, which lives two hours",
            allowed="an Outreach access token as it was issued, without 'Bearer'",
            hidden=True,
            opens="access token",
        ),
    ] = None
    refresh_token: Annotated[
        Secret | None,
        Setting(
            variable="OUTREACH_REFRESH_TOKEN",
            help="a refresh token, with which access tokens are renewed by themselves",
            more=". It is used up by that: its successor is kept in the token file, which takes precedence until you "
            "set another one",
            allowed="a refresh token as it was issued; a newer one that came of it is kept in a file",
            hidden=True,
            opens="refresh token",
        ),
    ] = None
    token_url: Annotated[
        TokenUrl | None,
        Setting(
            variable="OUTREACH_TOKEN_URL",
            help="where tokens are renewed; plain http only to this machine",
            unset="`/oauth/token` on the API's host",
            allowed="an https address such as https://api.outreach.io/oauth/token; http only on this machine",
        ),
    ] = None
    token_file: Annotated[
        File | None,
        Setting(
            variable="OUTREACH_MCP_TOKEN_FILE",
            help="where logins and the newest refresh token are kept, for this user only; servers of one user share it",
            unset="the platform's folder for state, `outreach-mcp/tokens.json`",
            allowed="the path of a file in a folder that this user may write to",
        ),
    ] = None
    s2s_guid: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9._~:-]+$"),
        Setting(
            variable="OUTREACH_S2S_GUID",
            help="for server-to-server access, the app's GUID",
            allowed="the app's GUID for server-to-server access",
            opens="server-to-server",
        ),
    ] = None
    s2s_key_file: Annotated[
        File | None,
        Setting(
            variable="OUTREACH_S2S_KEY_FILE",
            help="for server-to-server access, the file with the app's private key (RSA, PEM)",
            allowed="the path of a PEM file with the private half of the app's registered key",
            opens="server-to-server",
        ),
    ] = None
    install_id: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9_-]+$"),
        Setting(
            variable="OUTREACH_INSTALL_ID",
            help="for server-to-server access, the id of the app's install in the organisation",
            allowed="the id of the app's install in the organisation",
            opens="server-to-server",
        ),
    ] = None
