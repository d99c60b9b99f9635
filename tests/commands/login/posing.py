"""A sandbox that poses as Outreach, and what a person does on its consent page without a browser."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import httpx

BACK = "https://localhost/outreach-mcp"
USERS = re.compile(r'<option value="(\d+)">')


@dataclass(frozen=True, slots=True)
class Posing:
    """An Outreach at an address of this machine, as the settings name it."""

    api_url: str

    def environ(self, file: object, redirect_uri: str = BACK, **variables: str) -> dict[str, str]:
        """The environment of a user with an app."""
        return {
            "OUTREACH_API_URL": self.api_url,
            "OUTREACH_CLIENT_ID": "sandbox",
            "OUTREACH_CLIENT_SECRET": "sandbox",
            "OUTREACH_REDIRECT_URI": redirect_uri,
            "OUTREACH_MCP_TOKEN_FILE": str(file),
            **variables,
        }


def decide(url: str, decision: str = "allow", *, user: int = 0) -> str:
    """Open the consent page at `url`, decide as the user of that number on it, and return where it leads back to."""
    page = httpx.get(url)
    assert page.status_code == 200, page.text
    asked = dict(parse_qsl(urlsplit(url).query))
    form = {**asked, "user": USERS.findall(page.text)[user], "decision": decision}
    answer = httpx.post(url.partition("?")[0], data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])
