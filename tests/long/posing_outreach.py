"""An Outreach of many users, as a process of its own: `python -m tests.long.posing_outreach USERS PROSPECTS_OF_EACH`.

Prospect n belongs to user 1 + n % USERS: neighbouring ids are different people's. Prints its base URL, then serves.
"""

import sys

import anyio
import uvicorn

from outreach_mcp.http.listening import listen, url_of
from outreach_sandbox.access import Access
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.records import Identifier
from outreach_sandbox.store import Store
from outreach_sandbox.switches import Switches
from outreach_sandbox.transport import on_a_port
from tests.sandbox.service import record

TOKEN = "the-judge"
"""The token that the suite itself looks with, when all is over."""


def owner_of(prospect: int, users: int) -> int:
    """The user whom a prospect belongs to."""
    return 1 + prospect % users


def email_of(user: int) -> str:
    """The e-mail address of a user."""
    return f"user{user}@example.com"


def _store(users: int, prospects: int) -> Store:
    store = Store()
    store.load(
        record("user", user, {"firstName": "User", "lastName": str(user), "email": email_of(user), "locked": False})
        for user in range(1, users + 1)
    )
    store.load(
        record("prospect", number, {"firstName": f"P{number}"}, owner=Identifier("user", owner_of(number, users)))
        for number in range(1, users * prospects + 1)
    )
    return store


def main() -> None:
    """Serve until the process is killed."""
    users, prospects = map(int, sys.argv[1:])
    with listen("127.0.0.1", 0, public=False) as listener:
        url = f"{url_of('127.0.0.1', listener)}/api/v2"
        # Without a limit to how often tokens are given out: each caller's are renewed as soon as they call.
        app = build_sandbox(
            _store(users, prospects),
            tokens={TOKEN: Access()},
            base_url=url,
            switches=Switches(mint_interval=0, hourly_limit=1_000_000),
        )
        print(url, flush=True)
        config = uvicorn.Config(on_a_port(app), log_level="warning", timeout_keep_alive=300)
        anyio.run(uvicorn.Server(config).serve, [listener])


if __name__ == "__main__":
    main()
