"""Tickets: good once, for a while, for one purpose."""

import pytest

from outreach_mcp.callers.state.sealed import Sealed
from outreach_mcp.callers.state.store import StateStore
from outreach_mcp.callers.state.tickets import Tickets
from tests.callers.state.stores import KEY, started, state_of
from tests.callers.state.test_stores import until


@pytest.fixture
def tickets(store: StateStore) -> Tickets:
    return Tickets(Sealed(store, "tickets", KEY))


def test_a_ticket_is_redeemed_once(tickets: Tickets) -> None:
    ticket = tickets.issue("connect", {"subject": "ana"}, 60)
    assert (tickets.redeem("connect", ticket), tickets.redeem("connect", ticket)) == ({"subject": "ana"}, None)


def test_looking_at_a_ticket_does_not_use_it_up(tickets: Tickets) -> None:
    ticket = tickets.issue("connect", {"subject": "ana"}, 60)
    assert tickets.look("connect", ticket) == tickets.redeem("connect", ticket)


def test_a_ticket_of_another_kind_is_not_good(tickets: Tickets) -> None:
    ticket = tickets.issue("connect", {"subject": "ana"}, 60)
    assert (tickets.redeem("sign in", ticket), tickets.look("connect", ticket)) == (None, {"subject": "ana"})


def test_a_ticket_is_over_when_its_time_is(tickets: Tickets) -> None:
    ticket = tickets.issue("connect", {}, 0.02)
    until(lambda: tickets.look("connect", ticket) is None)
    assert tickets.redeem("connect", ticket) is None


@pytest.mark.parametrize("guess", ["", "x", "*", "é" * 5000, "\0"])
def test_a_guess_is_not_good(tickets: Tickets, guess: str) -> None:
    tickets.issue("connect", {}, 60)
    assert tickets.redeem("connect", guess) is None


def test_the_store_does_not_show_a_ticket(tickets: Tickets, store: StateStore) -> None:
    ticket = tickets.issue("connect", {"subject": "ana"}, 60)
    assert not any(ticket in name or ticket.encode() in (store.get(name) or b"") for name in store.names(""))


REDEEMER = """
import sys
from tests.callers.state.stores import state_of

state = state_of(sys.argv[1])
state.ping()
tickets = sys.stdin.readline().split()
print(" ".join(ticket for ticket in tickets if state.tickets.redeem("connect", ticket) is not None))
state.close()
"""


def test_of_processes_that_redeem_at_once_one_succeeds(address: str) -> None:
    state = state_of(address)
    tickets = [state.tickets.issue("connect", {"number": number}, 60) for number in range(100)]
    processes = [started(REDEEMER, address) for _ in range(2)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(" ".join(tickets) + "\n")
        process.stdin.flush()
    redeemed = [ticket for process in processes for ticket in process.communicate(timeout=60)[0].split()]
    assert sorted(redeemed) == sorted(tickets)
    state.close()
