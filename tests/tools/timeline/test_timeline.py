"""A timeline has everything that the sandbox's own database knows of a record, once, in order, and on its pages."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.store import Store
from tests.support.workbench import NOW, Workbench, organisation, workbench
from tests.tools.reports.worlds import ORGANISATIONS
from tests.tools.reports.worlds import organisation as organisation_number

_SINCE = {
    "mail sent": ("mailing", "deliveredAt", ""),
    "replied": ("mailing", "repliedAt", ""),
    "mail bounced": ("mailing", "bouncedAt", ""),
    "unsubscribed": ("mailing", "unsubscribedAt", ""),
    "call": ("call", "dialedAt", "AND direction IS NOT 'inbound'"),
    "call received": ("call", "dialedAt", "AND direction = 'inbound'"),
    "task done": ("task", "completedAt", "AND action IS NOT 'in_person'"),
    "meeting": ("task", "completedAt", "AND action = 'in_person'"),
    "task open": ("task", "createdAt", "AND state IS NOT 'complete'"),
    "enrolled": ("sequenceState", "createdAt", ""),
    "prospect stage changed": ("event", "eventAt", "AND name = 'prospect_stage_changed'"),
}
"""The entries that are told by a type's own attribute: the type, the attribute, and which of its records do."""

_REPEATED = """state = 'complete' AND ("call.id" IS NOT NULL OR ("mailing.id" IS NOT NULL
    AND (SELECT coalesce(deliveredAt, bouncedAt) FROM mailing m WHERE m.id = x."mailing.id") >= completedAt))"""
"""The tasks that a mail or a call completed, which tells of them already."""


def known(store: Store, people: Iterable[int], account: int | None = None) -> Iterator[tuple[str, str, str, int]]:
    """Yield the entries that the database has of some people, and of an account: when, what, type and id."""
    ids = ", ".join(map(str, people)) or "0"
    for what, (kind, attribute, condition) in _SINCE.items():
        of = f'"prospect.id" IN ({ids})'
        if account is not None and kind in ("task", "sequenceState", "event"):
            of = f'({of} OR "account.id" = {account})'
        sql = f'SELECT {attribute}, id FROM "{kind}" x WHERE {attribute} IS NOT NULL AND {of} {condition}'
        if kind == "task":
            sql += f" AND NOT ({_REPEATED})"
        yield from ((moment, what, kind, number) for moment, number in store.rows(sql))
    states = f"""SELECT stateChangedAt, 'sequence ' || replace(state, '_', ' '), 'sequenceState', id FROM sequenceState
        WHERE ("prospect.id" IN ({ids}) OR "account.id" = {account or 0}) AND state NOT IN ('pending', 'active')"""
    yield from store.rows(states)
    for kind, of in (("prospectNote", f'"prospect.id" IN ({ids})'), ("accountNote", f'"account.id" = {account or 0}')):
        rows = store.rows(f'SELECT createdAt, id FROM "{kind}" WHERE {of}')
        yield from ((moment, "note", kind, number) for moment, number in rows)
    if account is not None:
        rows = store.rows(f'SELECT createdAt, id FROM opportunity WHERE "account.id" = {account}')
        yield from ((moment, "opportunity opened", "opportunity", number) for moment, number in rows)
        rows = store.rows(f"SELECT optedOutAt, id FROM prospect WHERE id IN ({ids}) AND optedOutAt IS NOT NULL")
        yield from ((moment, "opted out", "prospect", number) for moment, number in rows)
    kind, number = ("account", account) if account is not None else ("prospect", next(iter(people)))
    yield from (
        (moment, "added", kind, number)
        for (moment,) in store.rows(f'SELECT createdAt FROM "{kind}" WHERE id = {number}')
    )


def shown(answer: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    """Return the entries of an answer: when (to the minute), what, type and id."""
    rows = [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]
    return [(row["at"], row["what"], row["type"], row["id"]) for row in rows]


def minutes(entries: Iterable[tuple[str, str, str, int]]) -> list[tuple[str, str, str, int]]:
    return sorted((f"{moment[:16]}Z", what, kind, number) for moment, what, kind, number in entries)


async def whole(bench: Workbench, **arguments: Any) -> list[tuple[str, str, str, int]]:
    """Read a timeline to its end."""
    answer = await bench.call("get_timeline", **arguments)
    found = shown(answer)
    while answer["has_more"]:
        answer = await bench.call("get_timeline", **arguments, page_after=answer["page_after"])
        found += shown(answer)
        assert len(found) <= answer["total"]
    return found


def busiest(store: Store, column: str, number: int) -> list[int]:
    rows = store.rows(f'SELECT {column} FROM prospect p JOIN mailing m ON m."prospect.id" = p.id '
                      f'WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {number}')  # fmt: skip
    return [found for (found,) in rows]


@pytest.mark.parametrize("number", ORGANISATIONS)
async def test_a_persons_timeline_is_what_the_database_knows_of_them(number: int) -> None:
    async with workbench(organisation_number(number), max_result_tokens=50_000) as bench:
        opted_out = [each for (each,) in bench.store.rows("SELECT id FROM prospect WHERE optedOutAt IS NOT NULL")]
        noted = [each for (each,) in bench.store.rows('SELECT "prospect.id" FROM prospectNote ORDER BY 1 LIMIT 2')]
        for person in (*busiest(bench.store, "p.id", 6), *noted, *opted_out[:1]):
            found = await whole(bench, resource="prospect", id=person, page_size=1000)
            own = [each for each in found if each[1] != "opted out"]
            expected = minutes(known(bench.store, [person]))
            assert (set(own) - set(expected), set(expected) - set(own)) == (set(), set())
            assert len(own) == len(expected)
            assert (len(own) < len(found)) == (person in opted_out)
            assert [at for at, *_ in found] == sorted((at for at, *_ in found), reverse=True)


@pytest.mark.parametrize("number", ORGANISATIONS)
async def test_an_accounts_timeline_is_that_of_its_people_and_its_own(number: int) -> None:
    async with workbench(organisation_number(number), max_result_tokens=50_000) as bench:
        noted = [each for (each,) in bench.store.rows('SELECT "account.id" FROM accountNote ORDER BY 1 LIMIT 1')]
        left = [each for (each,) in bench.store.rows(
            """SELECT "account.id" FROM prospect WHERE optedOutAt IS NOT NULL AND "account.id" IS NOT NULL
            ORDER BY 1 LIMIT 1""")]  # fmt: skip
        for account in (*busiest(bench.store, 'p."account.id"', 2), *noted, *left):
            people = [each for (each,) in bench.store.rows(f'SELECT id FROM prospect WHERE "account.id" = {account}')]
            found = await whole(bench, resource="account", id=account, page_size=1000)
            expected = minutes(known(bench.store, people, account))
            assert (set(found) - set(expected), set(expected) - set(found)) == (set(), set())
            assert len(found) == len(expected)


async def test_an_opportunitys_timeline_has_what_is_linked_to_it_and_notes_of_no_other() -> None:
    opportunity = next(each for each in organisation() if each.type == "opportunity")
    other = next(each for each in organisation() if each.type == "opportunity" and each.id != opportunity.id)
    account = opportunity.relationships["account"]

    def note(number: int, deal: Record | None) -> Record:
        linked = {"opportunity": Identifier("opportunity", deal.id)} if deal else {}
        attributes = {"message": f"note {number}", "createdAt": "2026-11-01T10:00:00.000Z"}
        return Record("accountNote", number, attributes, {"account": account, **linked})

    notes = (note(7001, opportunity), note(7002, other), note(7003, None))
    async with workbench((*organisation(), *notes)) as bench:
        found = await whole(bench, resource="opportunity", id=opportunity.id)
        tasks = bench.store.rows(f'SELECT id FROM task WHERE "opportunity.id" = {opportunity.id}')
    assert [each[3] for each in found if each[2] == "accountNote"] == [7001]
    assert sorted(each[3] for each in found if each[2] == "task") == sorted(number for (number,) in tasks)
    assert found[-1][1:] == ("added", "opportunity", opportunity.id)


def about_a_mail(number: int, kind: str, attributes: dict[str, Any]) -> Record:
    return Record(
        kind, number, attributes, {"prospect": Identifier("prospect", 462), "mailing": Identifier("mailing", 90_000)}
    )


async def test_what_is_about_a_mail_is_no_repetition_of_it() -> None:
    made, done = "2026-11-11T10:00:00.000Z", "2026-11-12T10:00:00.000Z"
    complete = {"action": "email", "state": "complete", "createdAt": made, "stateChangedAt": done, "completedAt": done}
    records = (
        Record("mailing", 90_000, {"subject": "Hi", "state": "replied", "deliveredAt": "2026-11-10T10:00:00.000Z",
                                   "repliedAt": "2026-11-13T10:00:00.000Z"},
               {"prospect": Identifier("prospect", 462)}),
        about_a_mail(90_001, "task", {"action": "email", "taskType": "follow_up", "state": "incomplete",
                                      "createdAt": made}),
        about_a_mail(90_002, "task", {**complete, "taskType": "sequence_open"}),
        about_a_mail(90_003, "task", {**complete, "completedAt": "2026-11-10T10:00:05.000Z"}),
        about_a_mail(90_004, "event", {"name": "meeting_booked", "body": "A demo", "eventAt": made}),
        about_a_mail(90_005, "event", {"name": "message_opened", "eventAt": made}),
    )  # fmt: skip
    async with workbench((*organisation(), *records)) as bench:
        found = await whole(bench, resource="prospect", id=462, page_size=1000)
        later = await whole(bench, resource="prospect", id=462, since="2026-11-11T09:00Z")
    for rows in (found, later):
        of_mail = [each[1:] for each in rows if 90_000 <= each[3] < 90_006 and each[1] != "mail sent"]
        assert sorted(of_mail, key=lambda each: each[2]) == [
            ("replied", "mailing", 90_000), ("task open", "task", 90_001), ("task done", "task", 90_002),
            ("meeting booked", "event", 90_004),
        ]  # fmt: skip


@pytest.mark.parametrize(("size", "minutes_between"), [(1, 0), (4, 0), (4, 6), (9, 6)])
async def test_the_pages_make_up_the_whole_whether_it_is_kept_or_read_again(size: int, minutes_between: int) -> None:
    for kind, number in (("prospect", 462), ("account", 55)):
        async with workbench(now=NOW) as bench:
            complete = await whole(bench, resource=kind, id=number, since="-60d", page_size=1000)
            requests = len(bench.requests)
        moments = [NOW]
        async with workbench(now=partial(moments.__getitem__, -1)) as bench:
            answer = await bench.call("get_timeline", resource=kind, id=number, since="-60d", page_size=size)
            found = shown(answer)
            while answer["has_more"]:
                moments.append(moments[-1] + timedelta(minutes=minutes_between))
                answer = await bench.call(
                    "get_timeline", resource=kind, id=number, since="-60d", page_size=size,
                    page_after=answer["page_after"],
                )  # fmt: skip
                found += shown(answer)
                assert len(found) <= answer["total"]
            assert found == complete
            assert (len(bench.requests) > requests) == (minutes_between > 0)


async def test_a_small_budget_gives_fewer_rows_and_no_other_ones() -> None:
    async with workbench(max_result_tokens=400) as bench:
        answer = await bench.call("get_timeline", resource="prospect", id=462)
        small = await whole(bench, resource="prospect", id=462)
        assert answer["returned"] < 12
    async with workbench() as bench:
        assert small == await whole(bench, resource="prospect", id=462)


@pytest.mark.parametrize(("kind", "number"), [("prospect", 462), ("account", 55), ("opportunity", 903)])
@pytest.mark.parametrize("since", ["-30d", "2026-11-01", "last_week", "2026-11-10T12:00"])
async def test_since_leaves_out_what_happened_before_and_nothing_else(kind: str, number: int, since: str) -> None:
    first = {"-30d": "2026-10-19T00:00Z", "2026-11-01": "2026-11-01T00:00Z", "last_week": "2026-11-09T00:00Z",
             "2026-11-10T12:00": "2026-11-10T12:00Z"}[since]  # fmt: skip
    async with workbench(max_result_tokens=50_000) as bench:
        everything = await whole(bench, resource=kind, id=number, page_size=1000)
        found = await whole(bench, resource=kind, id=number, since=since, page_size=1000)
    repeated = {"message opened", "outbound call completed"}  # of what was sent before then, they are told themselves
    assert [each for each in found if each[1] not in repeated] == [each for each in everything if each[0] >= first]


async def test_an_account_is_read_in_few_requests_and_a_person_in_seven() -> None:
    async with workbench() as bench:
        answer = await bench.call("get_timeline", resource="prospect", id=462)
        assert (answer["requests"], len(bench.requests)) == (7, 7)
        before = len(bench.requests)
        answer = await bench.call("get_timeline", resource="account", id=55, since="-30d")
        assert answer["requests"] == len(bench.requests) - before <= 22


@pytest.mark.parametrize("kind", ["mailing", "call", "task", "prospectNote", "sequenceState", "event"])
async def test_what_the_token_may_not_read_is_named_and_the_rest_is_told(kind: str) -> None:
    path = f"{kind}s"
    scopes = frozenset(f"{each}.read" for each in _FAMILIES if each != path)
    async with workbench() as bench:
        everything = await whole(bench, resource="prospect", id=462)
    async with workbench(scopes=scopes) as bench:
        answer = await bench.call("get_timeline", resource="prospect", id=462)
        found = await whole(bench, resource="prospect", id=462)
    assert len(answer["not_read"]) == 1
    assert f"the token lacks the scope {path}.read" in answer["not_read"][0]
    assert {each for each in everything if each[2] != kind} <= set(found)
    assert all(each[2] != kind for each in found)


_FAMILIES = ("prospects", "mailings", "calls", "tasks", "prospectNotes", "sequenceStates", "events", "users",
             "sequences", "accounts", "callDispositions")  # fmt: skip


@pytest.mark.parametrize("granted", [True, False], ids=["told by Outreach", "known beforehand"])
async def test_it_is_offered_whatever_scopes_are_missing(granted: bool) -> None:
    policy = Policy.of()
    scopes = frozenset({"prospects.read", "users.read"})
    guard = Guard(policy if granted else Policy(policy.tools, granted=scopes), "never")
    async with workbench(scopes=scopes, guard=guard) as bench:
        answer = await bench.call("get_timeline", resource="prospect", id=462)
    assert [each.partition(":")[0] for each in answer["not_read"]] == [
        "mailings", "calls", "tasks", "prospect notes", "sequence states", "events",
    ]  # fmt: skip
    assert all("lacks the scope" in each for each in answer["not_read"])
    assert shown(answer)[-1][1] == "added"


@pytest.mark.parametrize(
    ("excluded", "path", "told"),
    [("calls", "/calls", "calls: "), ("mailings", "/mailings", "mailings: "), ("notes", "/prospectNotes", "notes: "),
     ("tasks", "/tasks", "tasks: ")],
)  # fmt: skip
async def test_of_an_excluded_type_nothing_is_asked_and_that_is_said(excluded: str, path: str, told: str) -> None:
    async with workbench(guard=Guard(Policy.of(excluded=[excluded]), "never")) as bench:
        answer = await bench.call("get_timeline", resource="prospect", id=462)
        assert f"GET {path}" not in bench.sent()
    assert any(told in each and "settings exclude" in each for each in answer["not_read"])


@pytest.mark.parametrize("how", ["scope", "settings"])
async def test_without_the_people_it_says_what_is_missing_of_theirs(how: str) -> None:
    scopes = frozenset(f"{each}.read" for each in (*_FAMILIES, "accountNotes", "opportunities") if each != "prospects")
    guard = Guard(Policy.of(excluded=["prospects"] if how == "settings" else []), "never")
    async with workbench(scopes=scopes if how == "scope" else None, guard=guard) as bench:
        answer = await bench.call("get_timeline", resource="account", id=55)
    assert answer["not_read"][0].startswith("prospects: ")
    *_, missing = answer["not_read"]
    assert missing.endswith(": those of the people are missing")
    assert {"mailings", "calls", "prospect notes", "tasks"} <= set(missing.partition(": ")[0].split(", "))


async def test_it_is_whole_when_it_is_the_only_tool_that_was_chosen_and_opens_nothing_to_others() -> None:
    async with workbench(guard=Guard(Policy.of(["get_timeline", "raw_http_request"]), "never")) as bench:
        answer = await bench.call("get_timeline", resource="prospect", id=462)
        assert "not_read" not in answer
        for path in ("/mailings", "/calls", "/prospects/462", "/events"):
            assert "do not choose" in await bench.refused("raw_http_request", method="GET", path=path)


async def test_names_and_ids_say_whose_timeline_it_is() -> None:
    async with workbench() as bench:
        answers = [
            await bench.call("get_timeline", resource=kind, id=given)
            for kind, given in (("prospect", "Theo Weber"), ("prospects", 462), ("Prospect", "462"))
        ]
    assert {answer["of"] for answer in answers} == {"Theo Weber (prospect 462)"}
    assert len({str(answer["rows"]) for answer in answers}) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"resource": "prospect"}, "'id' is required"),
        ({"resource": "user", "id": 17}, "there is a timeline of prospect, account, opportunity"),
        ({"resource": "prospect", "id": "Nobody Atall"}, "no prospect is called 'Nobody Atall'"),
        ({"resource": "prospect", "id": 999999}, "999999"),
        ({"resource": "prospect", "id": 462, "since": "soon"}, "'since' is 'soon', which is not a date"),
        ({"resource": "prospect", "id": 462, "since": "+3d"}, None),
        ({"resource": "prospect", "id": 462, "since": "tomorrow"}, "yet to come"),
        ({"resource": "prospect", "id": 462, "page_after": "abc"}, "page_after of an earlier answer"),
        ({"resource": "prospect", "id": 462, "until": "today"}, "unknown argument 'until'"),
    ],
)
async def test_what_is_wrong_is_refused_in_words(arguments: dict[str, Any], said: str | None) -> None:
    async with workbench() as bench:
        failed, text = await bench.outcome("get_timeline", arguments)
    assert failed == (said is not None)
    assert said is None or said in text


async def test_a_page_after_of_another_timeline_is_refused() -> None:
    async with workbench() as bench:
        answer = await bench.call("get_timeline", resource="prospect", id=462, page_size=2)
        said = await bench.refused("get_timeline", resource="prospect", id=463, page_after=answer["page_after"])
        cut = await bench.refused("get_timeline", resource="prospect", id=462, page_after=answer["page_after"][:-1])
    assert "belongs to another timeline" in said
    assert "unchanged" in cut


async def test_one_that_takes_too_many_requests_is_refused_before_it_is_read() -> None:
    account = next(each for each in organisation() if each.type == "account")
    people = tuple(
        Record("prospect", 100_000 + number, {"name": f"P {number}", "createdAt": "2026-01-01T00:00:00.000Z"},
               {"account": Identifier("account", account.id)})
        for number in range(2_500)
    )  # fmt: skip
    async with workbench((*organisation(), *people)) as bench:
        said = await bench.refused("get_timeline", resource="account", id=account.id)
        assert len(bench.requests) <= 60
    assert "for 2,5" in said
    assert "ask for one of them" in said


async def test_an_empty_timeline_says_since_when_nothing_happened() -> None:
    async with workbench() as bench:
        answer = await bench.call("get_timeline", resource="prospect", id=456, since="today")
    assert (answer["total"], answer["note"]) == (0, "nothing is known to have happened since 'today'")
