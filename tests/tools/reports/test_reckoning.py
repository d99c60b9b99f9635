"""Cases of mail, replies, work and deals that a demo organisation does not have."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outreach_tools.client import JsonObject
from outreach_tools.reports.deals import Deal, sums
from outreach_tools.reports.funnel import GROUPS, Funnels
from outreach_tools.reports.sentiments import sentiments_of
from outreach_tools.reports.waiting import age_band, last_replies, reply_of
from outreach_tools.reports.work import PERIODS, Work

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
YESTERDAY = "2026-11-17T10:00:00.000Z"


def record(kind: str, number: int, attributes: Mapping[str, Any], **related: int) -> JsonObject:
    """Return a record as Outreach answers it; related ones by `name=id`."""
    relationships = {name: {"data": {"type": name, "id": each}} for name, each in related.items()}
    return {"type": kind, "id": number, "attributes": dict(attributes), "relationships": relationships}


# Mail


def test_people_count_once_however_much_mail_reached_them() -> None:
    funnels = Funnels(GROUPS["sequence"], {})
    for number, prospect in enumerate((5, 5, 6)):
        funnels.deliver(record("mailing", number, {}, sequence=1 + number % 2, prospect=prospect))
    assert [funnels.groups[(each,)].figures()["contacted"] for each in (1, 2)] == [2, 1]
    assert funnels.total.figures()["contacted"] == 2


def test_mail_that_bounced_after_it_was_delivered_counts_as_delivered_alone() -> None:
    funnels = Funnels(GROUPS["sequence"], {})
    both = record("mailing", 1, {"deliveredAt": YESTERDAY, "bouncedAt": YESTERDAY}, sequence=1)
    funnels.deliver(both)
    funnels.bounce(both)
    funnels.bounce(record("mailing", 2, {"bouncedAt": YESTERDAY}, sequence=1))
    figures = funnels.total.figures()
    assert (figures["delivered"], figures["bounced"], figures["bounce_rate"]) == (1, 1, 50.0)


def test_what_a_reply_said_is_what_all_replies_of_its_enrolment_said() -> None:
    states = [
        record("sequenceState", 1, {"positiveReplyCount": 2, "neutralReplyCount": 0, "negativeReplyCount": 0}),
        record("sequenceState", 2, {"positiveReplyCount": 1, "neutralReplyCount": 0, "negativeReplyCount": 1}),
        record("sequenceState", 3, {}),
        record("sequenceState", 4, {"negativeReplyCount": 1, "positiveReplyCount": None}),
    ]
    said = sentiments_of(states)
    assert said == {1: "positive", 4: "negative"}
    funnels = Funnels(GROUPS["sequence"], said)
    for state in (1, 1, 2, 3, 4, 5):
        funnels.deliver(record("mailing", state, {"repliedAt": YESTERDAY}, sequence=9, sequenceState=state))
    funnels.deliver(record("mailing", 7, {}, sequence=9, sequenceState=1))
    figures = funnels.total.figures()
    assert [figures[name] for name in ("replied", "positive", "neutral", "negative", "unrated")] == [6, 2, 0, 1, 3]


@pytest.mark.parametrize("odd", [None, 7, [], "", {"data": None}])
def test_odd_values_are_no_moments_and_no_records(odd: Any) -> None:
    funnels = Funnels(GROUPS["sequence"], {})
    funnels.deliver({"type": "mailing", "id": 1, "attributes": odd, "relationships": {"sequence": odd}})
    assert funnels.groups.keys() == {(None,)}
    assert funnels.total.figures()["replied"] == 0


# Replies


def prospect(**attributes: Any) -> dict[tuple[str, int | str], JsonObject]:
    return {("prospect", 5): record("prospect", 5, {"name": "Ann Lee", **attributes})}


@pytest.mark.parametrize(
    ("attributes", "waits"),
    [
        ({"touchedAt": None}, True),
        ({"touchedAt": "2026-11-17T09:59:59.000Z"}, True),
        ({"touchedAt": YESTERDAY}, True),
        ({"touchedAt": "2026-11-17T10:00:01.000Z"}, False),
        ({"optedOut": True}, False),
        ({"emailOptedOut": True}, False),
        ({"optedOut": False, "emailOptedOut": None}, True),
    ],
)
def test_who_replied_waits_until_somebody_reaches_out_or_opting_out(attributes: dict[str, Any], waits: bool) -> None:
    found = reply_of(record("mailing", 1, {"repliedAt": YESTERDAY}, prospect=5), prospect(**attributes))
    assert found is not None
    assert found.waits is waits


def test_the_last_reply_of_a_person_counts_and_one_who_is_gone_does_not() -> None:
    times = ("2026-11-10T10:00:00.000Z", YESTERDAY, "2026-11-12T10:00:00.000Z")
    mails = [record("mailing", n, {"repliedAt": each}, prospect=5, user=n) for n, each in enumerate(times)]
    replies = [each for mail in mails if (each := reply_of(mail, prospect())) is not None]
    (last,) = last_replies(replies)
    assert last.user == 1
    assert reply_of(mails[0], {}) is None


def test_days_since_a_reply_are_those_of_the_calendar_where_one_is() -> None:
    found = reply_of(record("mailing", 1, {"repliedAt": "2026-11-18T03:30:00.000Z"}, prospect=5), prospect())
    assert found is not None
    assert found.days(date(2026, 11, 18), ZoneInfo("UTC")) == 0
    assert found.days(date(2026, 11, 18), ZoneInfo("America/New_York")) == 1
    assert [age_band(days) for days in (0, 1, 2, 3, 4, 7, 8, 14, 15, 400)] == [
        "0-1 days", "0-1 days", "2-3 days", "2-3 days", "4-7 days", "4-7 days", "8-14 days", "8-14 days",
        "15 days or more", "15 days or more",
    ]  # fmt: skip


# Work


@pytest.mark.parametrize(
    ("attributes", "conversation"),
    [
        ({"outcome": "completed"}, True),
        ({"outcome": "Answered"}, True),
        ({"answeredAt": YESTERDAY}, True),
        ({"outcome": "no_answer"}, False),
        ({"outcome": "Not Answered"}, False),
        ({}, False),
    ],
)
def test_a_call_that_was_answered_is_a_conversation_in_either_vocabulary(attributes: Any, conversation: bool) -> None:
    work = Work(NOW)
    work.call(record("call", 1, {"createdAt": YESTERDAY, **attributes}, user=7))
    assert work.total == {"calls": 1} | ({"conversations": 1} if conversation else {})


@pytest.mark.parametrize(
    ("tags", "set_"), [(["Meeting Booked"], True), (["meeting"], True), (["Meetings"], False), ([None, 3], False)]
)
def test_a_call_set_a_meeting_if_a_tag_or_its_disposition_says_so(tags: list[Any], set_: bool) -> None:
    work = Work(NOW, meeting_dispositions={1})
    work.call(record("call", 1, {"createdAt": YESTERDAY, "tags": tags}, user=7))
    assert work.total["meetings"] == set_
    work.call(record("call", 2, {"createdAt": YESTERDAY}, user=7, callDisposition=1))
    work.call(record("call", 3, {"createdAt": YESTERDAY, "tags": ["Meeting Booked"]}, user=7, callDisposition=1))
    assert work.total["meetings"] == set_ + 2


def test_a_task_is_done_by_whoever_completed_it_and_overdue_while_it_is_open() -> None:
    work = Work(NOW)
    work.done(record("task", 1, {"stateChangedAt": YESTERDAY}, owner=7, completer=8))
    work.done(record("task", 2, {"stateChangedAt": YESTERDAY}, owner=7))
    for number, (due, state) in enumerate(
        ((YESTERDAY, "incomplete"), (YESTERDAY, "complete"), ("2026-11-18T15:30:00.000Z", "pending"))
    ):
        work.due(record("task", number, {"dueAt": due, "state": state}, owner=7))
    assert work.groups == {8: {"tasks_done": 1}, 7: {"tasks_done": 1, "due": 3, "overdue": 1}}


def test_of_members_alone_anything_counts() -> None:
    work = Work(NOW, members={7})
    work.mail(record("mailing", 1, {"deliveredAt": YESTERDAY}, user=8))
    work.mail(record("mailing", 2, {"deliveredAt": YESTERDAY}))
    work.mail(record("mailing", 3, {"deliveredAt": YESTERDAY}, user=7))
    assert work.total == {"mails": 1}


@pytest.mark.parametrize(
    ("by", "moment", "group"),
    [
        ("day", "2026-11-01T03:59:59.000Z", "2026-10-31"),  # the clocks go back at 06:00 UTC on 1 November
        ("day", "2026-11-01T04:00:00.000Z", "2026-11-01"),
        ("day", "2026-11-02T04:59:59.000Z", "2026-11-01"),
        ("week", "2026-11-02T04:59:59.000Z", "2026-10-26"),
        ("week", "2026-11-02T05:00:00.000Z", "2026-11-02"),
        ("month", "2026-11-01T03:59:59.000Z", "2026-10"),
        ("month", "2026-12-01T04:59:59.000Z", "2026-11"),
    ],
)
def test_days_weeks_and_months_are_those_of_the_zone(by: str, moment: str, group: str) -> None:
    work = Work(NOW, PERIODS[by](ZoneInfo("America/New_York")))
    work.reply(record("mailing", 1, {"repliedAt": moment}, user=7))
    assert work.groups == {group: {"replies": 1}}


# Deals


def deal(contacts: int = 2, **attributes: Any) -> Deal:
    usual = {"name": "Acme", "currencyType": "USD", "nextStep": "Call", "touchedAt": YESTERDAY, "createdAt": YESTERDAY}
    found = Deal.of(record("opportunity", 1, {**usual, **attributes}, opportunityStage=1, owner=7), contacts)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("attributes", "contacts", "troubles"),
    [
        ({}, 2, ()),
        ({"closeDate": "2026-11-18T00:00:00.000Z"}, 2, ()),
        ({"closeDate": "2026-11-17T00:00:00.000Z"}, 2, ("slipped",)),
        ({"touchedAt": "2026-10-19T15:30:00.000Z"}, 2, ()),
        ({"touchedAt": "2026-10-19T15:29:59.000Z"}, 2, ("stalled",)),
        ({"touchedAt": None, "createdAt": "2026-01-01T00:00:00.000Z"}, 2, ("stalled",)),
        ({"touchedAt": None, "createdAt": None}, 2, ("stalled",)),
        ({"nextStep": "  "}, 2, ("no_next_step",)),
        ({"nextStep": None}, 1, ("no_next_step", "single_contact")),
        ({}, 0, ("single_contact",)),
    ],
)
def test_what_holds_a_deal_up(attributes: dict[str, Any], contacts: int, troubles: tuple[str, ...]) -> None:
    assert deal(contacts, **attributes).troubles(NOW, date(2026, 11, 18)) == troubles


def test_a_close_date_is_the_same_day_in_every_zone() -> None:
    assert deal(closeDate="2026-11-17T00:00:00.000Z").closes == date(2026, 11, 17)
    assert deal(closeDate="2026-12-01T00:00:00.000Z").month == "2026-12"


@pytest.mark.parametrize(
    ("attributes", "amount", "weighted"),
    [
        ({"amount": 100, "amountPrecise": "100.49", "probability": 50}, "100.49", "50.245"),
        ({"amount": 100, "probability": 33}, "100", "33"),
        ({"amount": 100, "amountPrecise": "", "probability": 10}, "100", "10"),
        ({"amountPrecise": "0.10", "probability": 30}, "0.10", "0.03"),
        ({"amount": 100}, "100", None),
        ({"probability": 30}, None, None),
        ({"amountPrecise": "NaN", "probability": 30}, None, None),
        ({"amount": True}, None, None),
    ],
)
def test_amounts_are_decimals(attributes: dict[str, Any], amount: str | None, weighted: str | None) -> None:
    found = deal(**attributes)
    assert (found.amount, found.weighted) == tuple(
        None if each is None else Decimal(each) for each in (amount, weighted)
    )


def test_cents_are_added_before_they_are_rounded() -> None:
    deals = [deal(amountPrecise="0.10", probability=45) for _ in range(30)]
    _, totals = sums(deals, lambda each: each.stage, NOW, date(2026, 11, 18))
    assert (totals["USD"].figures()["amount"], totals["USD"].figures()["weighted"]) == (
        Decimal("3.00"),
        Decimal("1.35"),
    )


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (["12", "0.005"], "12.01"),
        (["-0.005"], "-0.01"),
        (["123456789012345.675"], "123456789012345.68"),
        (["9007199254740993.17", "0.01"], "9007199254740993.18"),
        (["100000000000000000000000000.25", "12345.11"], "100000000000000000000012345.36"),
    ],
)
def test_amounts_of_any_size_are_added_up_to_the_cent(amounts: list[str], expected: str) -> None:
    _, totals = sums(
        [deal(amountPrecise=each, probability=100) for each in amounts], lambda _: 1, NOW, date(2026, 11, 18)
    )
    figures = totals["USD"].figures()
    assert figures["amount"] == figures["weighted"] == Decimal(expected)
