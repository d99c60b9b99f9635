"""The sequences of the demo organisation with their steps and templates, read from `sequences.toml`."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import escape
from importlib import resources
from itertools import count
from random import Random
from typing import Any

from outreach_sandbox.organisation.people import ADMINISTRATOR, USERS
from outreach_sandbox.organisation.settings import CALL_PURPOSES, EXCLUSIVE_RULESET, OPEN_RULESET, TASK_PRIORITIES
from outreach_sandbox.organisation.time import past, stamp
from outreach_sandbox.records import Identifier, Linkage, Record

EMAIL_KINDS = ("auto_email", "manual_email")
_CALL_PURPOSES = {"cold": "Prospecting", "inbound": "Qualification", "customer": "Customer Check-in"}
_LOCKED_DAYS_AGO = 60
_FIRST_STEP, _FIRST_SEQUENCE_TEMPLATE, _FIRST_TEMPLATE = 611, 502, 340


@dataclass(frozen=True, slots=True)
class Template:
    """The mail that a step sends: `body` is plain text whose paragraphs are separated by empty lines."""

    id: int
    sequence_template_id: int
    name: str
    subject: str
    body: str
    is_reply: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `kind` is Outreach's stepType, `wait` its interval in seconds."""

    id: int
    order: int
    kind: str
    wait: int
    note: str | None
    template: Template | None

    @property
    def is_automatic(self) -> bool:
        """Whether nobody has to do anything for it."""
        return self.kind == "auto_email"


@dataclass(frozen=True, slots=True)
class Sequence:
    """One sequence: `audience` says whom the demo organisation puts into it, `is_open` that it excludes
    no other, `age` how many days ago it was made.
    """

    id: int
    name: str
    description: str
    tags: list[str]
    audience: str
    age: int
    steps: tuple[Step, ...]
    is_open: bool = False
    enabled: bool = True
    locked: bool = False

    @property
    def identifier(self) -> Identifier:
        """The resource identifier."""
        return Identifier("sequence", self.id)

    @property
    def call_purpose(self) -> Identifier:
        """The purpose of its calls."""
        return Identifier("callPurpose", CALL_PURPOSES[_CALL_PURPOSES.get(self.audience, "Follow-up")])


@cache
def sequences() -> tuple[Sequence, ...]:
    """Return the sequences, ids ascending."""
    file = resources.files("outreach_sandbox.organisation").joinpath("sequences.toml")
    steps, templates = count(_FIRST_STEP), count()

    def step(order: int, entry: dict[str, Any]) -> Step:
        template = _template(next(templates), entry) if "subject" in entry else None
        return Step(next(steps), order, entry["kind"], entry["wait"], entry.get("note"), template)

    return tuple(
        Sequence(
            id=entry["id"],
            name=entry["name"],
            description=entry["description"],
            tags=entry["tags"],
            audience=entry["audience"],
            age=entry["age"],
            steps=tuple(step(order, each) for order, each in enumerate(entry["steps"], start=1)),
            is_open=entry.get("open", False),
            enabled=entry.get("enabled", True),
            locked=entry.get("locked", False),
        )
        for entry in tomllib.loads(file.read_text(encoding="utf-8"))["sequences"]
    )


def sequence_records(random: Random, today: date) -> Iterator[Record]:
    """Make sequences, steps, templates and their connections; the counters are added by `tallies`."""
    for index, sequence in enumerate(sequences()):
        made = past(today, sequence.age, random)
        changed = past(today, random.randrange(5, 22), random)
        dates = {"createdAt": stamp(made), "updatedAt": stamp(max(made, changed))}
        author = USERS[index % 3 if index % 2 else 7].identifier
        yield _sequence(sequence, author, dates, stamp(past(today, _LOCKED_DAYS_AGO, random)))
        for step in sequence.steps:
            yield _step(sequence, step, author, dates)
            if step.template:
                yield from _template_records(step, step.template, author, dates)


def html(body: str) -> str:
    """Return plain paragraphs as HTML."""
    lines = (escape(paragraph, quote=False).replace("\n", "<br>") for paragraph in body.strip().split("\n\n"))
    return "".join(f"<p>{line}</p>" for line in lines)


def _template(index: int, entry: dict[str, Any]) -> Template:
    return Template(
        id=_FIRST_TEMPLATE + index * 3,
        sequence_template_id=_FIRST_SEQUENCE_TEMPLATE + index,
        name=entry["template"],
        subject=entry["subject"],
        body=entry["body"].strip(),
        is_reply=entry.get("reply", False),
    )


def _sequence(sequence: Sequence, author: Identifier, dates: dict[str, str], switched_off: str) -> Record:
    automatic = sum(step.is_automatic for step in sequence.steps)
    ruleset = OPEN_RULESET if sequence.is_open else EXCLUSIVE_RULESET
    attributes = {
        "name": sequence.name,
        "description": sequence.description,
        "tags": sequence.tags,
        "enabled": sequence.enabled,
        "enabledAt": dates["createdAt"] if sequence.enabled else None,
        "locked": sequence.locked,
        "lockedAt": switched_off if sequence.locked else None,
        "sequenceType": "interval",
        "shareType": "shared",
        "scheduleIntervalType": "calendar",
        "primaryReplyAction": "finish",
        "secondaryReplyAction": "finish",
        "finishOnReply": True,
        "maxActivations": 150,
        "throttleMaxAddsPerDay": 50,
        "throttleCapacity": 150,
        "throttlePaused": False,
        "transactional": False,
        "sequenceStepCount": len(sequence.steps),
        "automationPercentage": round(100 * automatic / len(sequence.steps), 1),
        "durationInDays": -(-sum(step.wait for step in sequence.steps) // 86400),
        **dates,
    }
    relationships: dict[str, Linkage] = {
        "ruleset": Identifier("ruleset", ruleset),
        "owner": author,
        "creator": author,
        "updater": ADMINISTRATOR.identifier,
    }
    return Record("sequence", sequence.id, attributes, relationships)


def _step(sequence: Sequence, step: Step, author: Identifier, dates: dict[str, str]) -> Record:
    attributes = {
        "order": step.order,
        "stepType": step.kind,
        "displayName": f"Step #{step.order} ({step.kind.replace('_', ' ').capitalize()})",
        "interval": step.wait,
        "taskNote": step.note,
        **dates,
    }
    relationships: dict[str, Linkage] = {
        "sequence": sequence.identifier,
        "creator": author,
        "updater": author,
        "taskPriority": Identifier("taskPriority", TASK_PRIORITIES["Normal"][0]),
    }
    if step.kind == "call":
        relationships["callPurpose"] = sequence.call_purpose
    return Record("sequenceStep", step.id, attributes, relationships)


def _template_records(step: Step, template: Template, author: Identifier, dates: dict[str, str]) -> Iterator[Record]:
    people: dict[str, Linkage] = {"creator": author, "updater": author}
    yield Record(
        "template",
        template.id,
        {
            "name": template.name,
            "subject": template.subject,
            "bodyHtml": html(template.body),
            "bodyText": template.body,
            "shareType": "shared",
            "archived": False,
            "trackOpens": True,
            "trackLinks": True,
            "tags": ["Sequencing"],
            "toRecipients": [],
            "ccRecipients": [],
            "bccRecipients": [],
            **dates,
        },
        {**people, "owner": author},
    )
    yield Record(
        "sequenceTemplate",
        template.sequence_template_id,
        {"isReply": template.is_reply, "enabled": True, "enabledAt": dates["createdAt"], **dates},
        {
            **people,
            "sequenceStep": Identifier("sequenceStep", step.id),
            "template": Identifier("template", template.id),
        },
    )
