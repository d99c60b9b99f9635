"""A scripted assistant follows each playbook on three organisations: to facts that SQL knows, within its ceilings."""

import os
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.store import Store
from outreach_tools.playbooks.collection import PLAYBOOKS, playbook_named
from outreach_tools.playbooks.playbook import Playbook
from tests.support.workbench import NOW, Workbench, workbench
from tests.tools.playbooks.following import Followed, calls, follow, steps
from tests.tools.reports.worlds import ORGANISATIONS, organisation

ME = 17


def one(store: Store, sql: str, *values: Any) -> Any:
    (row,) = store.rows(sql, values)
    return row[0]


def days(number: int) -> str:
    """The first moment of the day so many days ago, as Outreach writes it."""
    return f"{(NOW - timedelta(days=number)):%Y-%m-%d}T00:00:00.000Z"


def morning_brief(store: Store, followed: Followed) -> None:
    due = one(store, """SELECT count(*) FROM task WHERE "owner.id" = ? AND state = 'incomplete' AND dueAt < ?""", ME,
              f"{NOW + timedelta(days=1):%Y-%m-%d}")  # fmt: skip
    assert followed.answers["list_tasks"][0]["count"] == due
    waiting = followed.answers["report_replies"][0]["waiting"]
    replied = one(store, """SELECT count(DISTINCT "prospect.id") FROM mailing WHERE "user.id" = ? AND repliedAt >= ?""",
                  ME, days(14))  # fmt: skip
    assert waiting.endswith(f"of {replied} who replied")
    mails = one(store, """SELECT count(*) FROM mailing WHERE "user.id" = ? AND deliveredAt >= '2026-11-16'""", ME)
    total = dict(zip(followed.answers["report_activity"][0]["columns"],
                     followed.answers["report_activity"][0]["total"], strict=True))  # fmt: skip
    assert total["mails"] == mails
    assert len(followed.rows("report_pipeline")) <= 5


def reply_triage(store: Store, followed: Followed) -> None:
    sentiments, people = followed.answers["report_replies"]
    total = dict(zip(sentiments["columns"], sentiments["total"], strict=True))
    assert people["waiting"] == f"{total['waiting']} of {total['replied']} who replied"
    shown = [row["id"] for row in followed.rows("report_replies", 1)]
    timelines = followed.answers["get_timeline"]
    assert len(timelines) == min(5, len(shown))
    for number, answer in zip(shown, timelines, strict=False):
        assert answer["of"].endswith(f"(prospect {number})")
        last = one(store, """SELECT max(repliedAt) FROM mailing WHERE "prospect.id" = ?""", number)
        assert f"{last[:16]}Z" in [row[0] for row in answer["rows"] if row[1] == "replied"]


def call_preparation(store: Store, followed: Followed) -> None:
    person = followed.answers["get_prospect"][0]
    mails = one(store, """SELECT count(*) FROM mailing WHERE "prospect.id" = ? AND deliveredAt IS NOT NULL""",
                person["id"])  # fmt: skip
    timeline = followed.answers["get_timeline"][0]
    assert timeline["of"] == f"{person['name']} (prospect {person['id']})"
    told = [row[1] for row in timeline["rows"]]
    assert told.count("mail sent") == mails or timeline["has_more"]
    deals = one(store, 'SELECT count(DISTINCT "opportunity.id") FROM opportunityProspectRole WHERE "prospect.id" = ?',
                person["id"])  # fmt: skip
    assert followed.answers["list_opportunities"][0]["returned"] == min(5, deals)


def account_review(store: Store, followed: Followed) -> None:
    account = followed.answers["get_account"][0]["id"]
    people = one(store, 'SELECT count(*) FROM prospect WHERE "account.id" = ?', account)
    assert followed.answers["list_prospects"][0]["count"] == people
    deals = store.rows('SELECT id FROM opportunity WHERE "account.id" = ? ORDER BY id', (account,))
    assert sorted(row["id"] for row in followed.rows("list_opportunities")) == [number for (number,) in deals]
    replies = one(store, """SELECT count(*) FROM mailing m JOIN prospect p ON m."prospect.id" = p.id
        WHERE p."account.id" = ? AND repliedAt >= ?""", account, days(90))  # fmt: skip
    timeline = followed.answers["get_timeline"][0]
    assert timeline["has_more"] or [row[1] for row in timeline["rows"]].count("replied") == replies


def pipeline_review(store: Store, followed: Followed) -> None:
    by_stage, by_owner, stuck = followed.answers["report_pipeline"]
    opened = one(
        store,
        """SELECT count(*) FROM opportunity o JOIN opportunityStage s ON o."stage.id" = s.id
        WHERE NOT s.isClosed AND substr(closeDate, 1, 10) BETWEEN '2026-10-01' AND '2026-12-31'""",
    )
    for answer in (by_stage, by_owner):
        assert sum(dict(zip(answer["columns"], row, strict=True))["count"] for row in answer["rows"]) == opened
    assert len(followed.answers.get("get_timeline", [])) == min(3, len(stuck["rows"]))


def sequence_tune_up(store: Store, followed: Followed) -> None:
    whole, by_step, _ = followed.answers["report_sequences"]
    sequence = one(store, _BUSIEST)
    delivered = one(store, 'SELECT count(*) FROM mailing WHERE "sequence.id" = ? AND deliveredAt >= ?', sequence,
                    days(90))  # fmt: skip
    for answer in (whole, by_step):
        place = answer["columns"].index("delivered")
        assert sum(row[place] for row in answer["rows"]) == delivered > 0
    states = {row["state"]: row["count"] for row in followed.rows("summarize_records")}
    assert states == dict(store.rows('SELECT state, count(*) FROM sequenceState WHERE "sequence.id" = ? GROUP BY 1',
                                     (sequence,)))  # fmt: skip


def hand_over(store: Store, followed: Followed) -> None:
    tables = ("prospect", "account", "opportunity")
    owned = [one(store, f'SELECT count(*) FROM "{table}" WHERE "owner.id" = ?', ME) for table in tables]
    tasks = one(store, """SELECT count(*) FROM task WHERE "owner.id" = ? AND state = 'incomplete'""", ME)
    assert [answer["records"] for answer in followed.answers["plan_change"]] == [*owned, tasks]
    running = store.rows(
        """SELECT state, count(*) FROM sequenceState WHERE "user.id" = ? AND state IN ('active', 'pending', 'paused')
        GROUP BY 1""", (ME,))  # fmt: skip
    counted: Counter[str] = Counter()
    for row in followed.rows("summarize_records"):
        counted[row["state"]] += row["count"]
    assert counted == dict(running)


def data_hygiene(store: Store, followed: Followed) -> None:
    shares = followed.rows("summarize_records")[0]
    whole, titled, placed = next(iter(store.rows('SELECT count(*), count(title), count("account.id") FROM prospect')))
    assert shares["count"] == whole
    assert shares["rate(title not null)"] == round(titled / whole, 4)
    assert shares["rate(account not null)"] == round(placed / whole, 4)
    bounced = one(store, "SELECT count(*) FROM mailing WHERE bouncedAt >= ?", days(90))
    assert followed.answers["summarize_records"][1]["records"] == bounced
    old = one(store, "SELECT count(*) FROM task WHERE state = 'incomplete' AND dueAt < ?", days(29))
    assert followed.answers["summarize_records"][2]["records"] == old


def mailbox_health(store: Store, followed: Followed) -> None:
    mailboxes = one(store, "SELECT count(*) FROM mailbox")
    assert followed.answers["list_mailboxes"][0]["count"] == mailboxes
    sent = store.rows(
        'SELECT "mailbox.id", count(*) FROM mailing WHERE deliveredAt >= ? GROUP BY 1', (days(30),))  # fmt: skip
    assert {row["mailbox_id"]: row["count"] for row in followed.rows("summarize_records")} == dict(sent)
    lost = store.rows("""SELECT "mailbox.id", state, count(*) FROM mailing WHERE createdAt >= ?
        AND state IN ('bounced', 'failed') GROUP BY 1, 2""", (days(30),))  # fmt: skip
    assert {(row["mailbox_id"], row["state"], row["count"]) for row in followed.rows("summarize_records", 1)} == set(
        lost
    )


_BUSIEST = """SELECT "sequence.id" FROM mailing WHERE "sequence.id" IS NOT NULL AND deliveredAt IS NOT NULL
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"""
_PERSON = (
    """SELECT "prospect.id" FROM mailing WHERE repliedAt IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"""
)
_ACCOUNT = """SELECT p."account.id" FROM mailing m JOIN prospect p ON m."prospect.id" = p.id
    WHERE p."account.id" IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"""

Facts = Callable[[Store, Followed], None]

FOLLOWED: Mapping[str, tuple[Facts, Mapping[str, str]]] = {
    "morning_brief": (morning_brief, {}),
    "reply_triage": (reply_triage, {}),
    "call_preparation": (call_preparation, {"prospect": _PERSON}),
    "account_review": (account_review, {"account": _ACCOUNT}),
    "pipeline_review": (pipeline_review, {}),
    "sequence_tune_up": (sequence_tune_up, {"sequence": _BUSIEST}),
    "hand_over": (hand_over, {"leaver": f"SELECT {ME}", "successor": "SELECT 18"}),
    "data_hygiene": (data_hygiene, {}),
    "mailbox_health": (mailbox_health, {}),
}
"""Each playbook with what is known of its answers, and what is given to it, by SQL for an id."""


@pytest.mark.parametrize("number", ORGANISATIONS)
@pytest.mark.parametrize("name", FOLLOWED)
async def test_a_playbook_leads_to_its_facts_within_its_ceilings(name: str, number: int) -> None:
    facts, given = FOLLOWED[name]
    playbook = _named(name)
    async with workbench(organisation(number)) as bench:
        values = {argument: str(one(bench.store, sql)) for argument, sql in given.items()}
        followed = await follow(bench, playbook, values)
        facts(bench.store, followed)
    assert followed.calls <= playbook.calls
    assert followed.tokens <= playbook.tokens
    assert followed.changed == []


@pytest.mark.parametrize("number", ORGANISATIONS)
async def test_a_list_is_loaded_after_a_yes_and_taken_back(tmp_path: Path, number: int) -> None:
    os.chmod(tmp_path, 0o700)
    rows = "email,first name,last name,company\nnew.person@new.example,New,Person,New\nno address,Nobody,,\n"
    (tmp_path / "fair.csv").write_text(rows, encoding="utf-8")
    playbook = _named("list_load")
    async with workbench(organisation(number), files=LocalFiles(Folder(tmp_path))) as bench:
        before = one(bench.store, "SELECT count(*) FROM prospect")
        followed = await follow(bench, playbook, {"file": "fair.csv"})
        planned = followed.answers["plan_import"][0]
        assert (planned["rows"], planned["create"]) == (2, 1)
        assert one(bench.store, "SELECT count(*) FROM prospect") == before
        assert (followed.calls <= playbook.calls, followed.tokens <= playbook.tokens) == (True, True)
        done = await agreed(bench, playbook, "apply_plan", plan_id=planned["plan_id"])
        assert one(bench.store, "SELECT count(*) FROM prospect WHERE name = 'New Person'") == 1
        assert one(bench.store, "SELECT count(*) FROM prospect") == before + 1
        undo = await agreed(bench, playbook, "plan_undo", job_id=done["job_id"])
        await agreed(bench, playbook, "apply_plan", plan_id=undo["plan_id"])
        assert one(bench.store, "SELECT count(*) FROM prospect WHERE name = 'New Person' AND trashedAt IS NULL") == 0


@pytest.mark.parametrize("number", ORGANISATIONS)
async def test_a_book_is_handed_over_after_four_yeses(number: int) -> None:
    playbook, mine = _named("hand_over"), 'SELECT count(*) FROM "{}" WHERE "owner.id" = 17'
    async with workbench(organisation(number)) as bench:
        owned = {table: one(bench.store, mine.format(table)) for table in ("prospect", "account", "opportunity")}
        others = one(bench.store, 'SELECT count(*) FROM prospect WHERE "owner.id" NOT IN (17, 18)')
        theirs = one(bench.store, 'SELECT count(*) FROM prospect WHERE "owner.id" = 18')
        done = one(bench.store, """SELECT count(*) FROM task WHERE "owner.id" = 17 AND state = 'complete'""")
        followed = await follow(bench, playbook, {"leaver": str(ME), "successor": "18"})
        for plan in followed.answers["plan_change"]:
            await agreed(bench, playbook, "apply_plan", plan_id=plan["plan_id"])
        assert {table: one(bench.store, mine.format(table)) for table in owned} == dict.fromkeys(owned, 0)
        assert one(bench.store, 'SELECT count(*) FROM prospect WHERE "owner.id" = 18') == theirs + owned["prospect"]
        assert one(bench.store, 'SELECT count(*) FROM prospect WHERE "owner.id" NOT IN (17, 18)') == others
        assert one(bench.store, 'SELECT count(*) FROM task WHERE "owner.id" = 17') == done


async def agreed(bench: Workbench, playbook: Playbook, tool: str, **places: str) -> dict[str, Any]:
    """Make a call that stands behind the steps, with its places filled in; a job is looked at to its end."""
    later = playbook.steps.partition("## Ask before")[2]
    arguments = next(arguments for _, name, arguments in calls(later) if name == tool)
    assert arguments == {name: f"<{name}>" for name in places}
    answer = await bench.call(tool, **places)
    while answer.get("state") == "running":
        answer = await bench.call("get_job", job_id=answer["job_id"])
    return answer


@pytest.mark.parametrize("number", ORGANISATIONS[1:])
async def test_a_sequence_is_tuned_by_the_calls_that_the_text_has(number: int) -> None:
    playbook = _named("sequence_tune_up")
    later = playbook.steps.partition("## Ask before")[2]
    written = {arguments["operation"]: (tool, arguments["arguments"]) for _, tool, arguments in calls(later)}

    async def call(bench: Workbench, operation: str, **places: str) -> dict[str, Any]:
        tool, arguments = written[operation]
        for name, value in places.items():
            assert f"<{name}>" in arguments
            arguments = arguments.replace(f"<{name}>", value)
        return await bench.call(tool, operation=operation, arguments=arguments)

    async with workbench(organisation(number)) as bench:
        sequence, step, variant = next(iter(bench.store.rows("""SELECT s."sequence.id", s.id, max(t.id)
            FROM sequenceStep s JOIN sequenceTemplate t ON t."sequenceStep.id" = s.id
            GROUP BY s.id HAVING count(*) > 1 ORDER BY 1, 2 LIMIT 1""")))  # fmt: skip
        listed = await call(bench, "list_sequence_steps", sequence=str(sequence))
        assert step in [row[0] for row in listed["rows"]]
        variants = await call(bench, "list_sequence_templates", step_id=str(step))
        assert variant in [row[0] for row in variants["rows"]]
        await call(bench, "update_sequence_step", step_id=str(step), seconds="172800")
        await call(bench, "deactivate_sequence_template", variant_id=str(variant))
        assert one(bench.store, "SELECT interval FROM sequenceStep WHERE id = ?", step) == 172_800
        assert not one(bench.store, "SELECT enabled FROM sequenceTemplate WHERE id = ?", variant)


SALES = Guard(Policy.of(["sales"]), "never")


@pytest.mark.parametrize("name", ["morning_brief", "reply_triage", "call_preparation", "account_review"])
async def test_a_seller_follows_it_with_the_preset_of_sellers(name: str) -> None:
    playbook, (_, given) = _named(name), FOLLOWED[name]
    async with workbench(organisation(2), guard=SALES) as bench:
        values = {argument: str(one(bench.store, sql)) for argument, sql in given.items()}
        followed = await follow(bench, playbook, values)
    called = {tool for tool, _ in map(itemgetter(1, 2), steps(playbook.steps))}
    assert {*followed.answers} == called & {tool.name for tool in SALES.policy.offered()}
    assert followed.tokens <= playbook.tokens


def test_every_playbook_is_followed() -> None:
    assert {*FOLLOWED, "list_load"} == {playbook.name for playbook in PLAYBOOKS}


def _named(name: str) -> Playbook:
    found = playbook_named(name)
    assert found is not None
    return found
