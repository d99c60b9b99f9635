"""A login from its beginning to the tokens, as the person at the terminal is told of it."""

import re
from pathlib import Path

import pytest

from outreach_mcp.api.errors.tree import RateLimitError
from outreach_mcp.clock import Clock
from outreach_mcp.commands.login.flow import Way, obtain_tokens
from outreach_mcp.commands.login.registration import Person
from outreach_mcp.settings.settings import Settings
from tests.commands.login.posing import Posing, decide
from tests.support.processes import line_of, started


def test_the_wait_between_two_logins_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    waits: list[float] = []

    def paste(_: str) -> str:
        address = re.search(r"^  (http\S+)", told[-1], re.MULTILINE)
        assert address is not None
        return decide(address[1])

    with started("sandbox", "--port", "0") as process:
        settings = Settings.from_environment(Posing(line_of(process)).environ(tmp_path / "tokens.json"))
        person = Person(told.append, paste, paste, present=True)
        obtain_tokens(settings, ("users.read",), Way(paste=True), person)
        with pytest.raises(RateLimitError):  # for nobody really waits
            obtain_tokens(settings, ("users.read",), Way(paste=True), person, clock=Clock(block=waits.append))
    (seconds,) = waits
    assert told[-1] == (f"Outreach asks for a pause, as it does between two logins: waiting {seconds:.0f} seconds ...")
