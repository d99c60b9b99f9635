"""The records that administrators look after: categories, duties, products, webhooks, bulk work."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from outreach_sandbox.organisation.contacts import Contact
from outreach_sandbox.organisation.people import ADMINISTRATOR, ME
from outreach_sandbox.organisation.sequences import sequences
from outreach_sandbox.organisation.time import past, stamp
from outreach_sandbox.records import Identifier, Linkage, Record

_CATEGORIES = (("Outbound", "#3a87ad"), ("Customers", "#468847"))
_TEAMS = 3
# Recorded: duty 6 is ADMIN; the other names are assumed.
_DUTIES = ((1, "EXECUTIVE"), (2, "MANAGER"), (3, "REPRESENTATIVE"), (4, "DEVELOPMENT_REPRESENTATIVE"), (6, "ADMIN"))
_PRODUCTS = (
    ("Fieldlight Dispatch", "FL-100", "Own", "Scheduling"),
    ("Route Optimizer", "FL-200", "Own", "Scheduling"),
    ("Paper and whiteboard", "X-1", "Competitor", "Manual"),
)
_FIRST_BATCH_ITEM = 7001


def administration_records(contacts: Sequence[Contact], number: int, today: date) -> Iterator[Record]:
    """Make a few of each; randomness of their own keeps the rest of the organisation as it is without them."""
    random = Random(f"{number} administration")  # noqa: S311 - demo data, nothing is secret
    mine = [contact for contact in contacts if contact.owner is ME]
    yield Record("orgSetting", 1, {"prospectEmailExclusions": "*@fieldlight.example"}, {})
    for duty, name in _DUTIES:
        yield Record("duty", duty, {"dutyType": "Duty", "symbolicName": name}, {})
    yield from _categories(random, today)
    yield from _products(mine, random, today)
    yield from _recordings(mine, random, today)
    yield _webhook(past(today, 120, random))
    yield from _batches(mine, random, today)
    yield _import(past(today, 60, random))


def _dates(moment: datetime) -> dict[str, Any]:
    return {"createdAt": stamp(moment), "updatedAt": stamp(moment)}


def _people(*, owner: bool = False) -> dict[str, Linkage]:
    people: dict[str, Linkage] = {"creator": ADMINISTRATOR.identifier, "updater": ADMINISTRATOR.identifier}
    return {**people, "owner": ADMINISTRATOR.identifier} if owner else people


def _categories(random: Random, today: date) -> Iterator[Record]:
    created = past(today, 280, random)
    creator: dict[str, Linkage] = {"creator": ADMINISTRATOR.identifier}
    for number, (name, color) in enumerate(_CATEGORIES, start=1):
        category = Identifier("contentCategory", number)
        allowed = {f"allow{kind}": True for kind in ("Sequences", "Snippets", "Templates")}
        teams = tuple(Identifier("team", team) for team in range(1, _TEAMS + 1))
        attributes = {"name": name, "color": color, **allowed, **_dates(created)}
        yield Record("contentCategory", number, attributes, {**creator, "teams": teams})
        link: dict[str, Linkage] = {**creator, "contentCategory": category}
        yield Record("contentCategoryOwnership", number, _dates(created), {**link, "owner": teams[number]})
    for number, sequence in enumerate(sequences(), start=1):
        about: dict[str, Linkage] = {
            **creator,
            "content": sequence.identifier,
            "contentCategory": Identifier("contentCategory", 2 if sequence.audience == "customer" else 1),
        }
        yield Record("contentCategoryMembership", number, _dates(created), about)


def _products(mine: Sequence[Contact], random: Random, today: date) -> Iterator[Record]:
    for number, (name, code, classification, family) in enumerate(_PRODUCTS, start=1):
        attributes: dict[str, Any] = {
            "name": name,
            "code": code,
            "classification": classification,
            "productFamily": family,
            "status": True,
            "deleted": False,
            "unitOfMeasure": "technician",
            **_dates(past(today, 300, random)),
        }
        yield Record("product", number, attributes, _people(owner=True))
    accounts = dict.fromkeys(
        contact.company.identifier for contact in mine if contact.company and contact.company.is_customer
    )
    for number, account in enumerate(list(accounts)[:3], start=1):
        began = past(today, 200 + number, random)
        quantity = random.randrange(20, 90)
        attributes = {
            "currency": "USD",
            "startDate": began.date().isoformat(),
            "totalQuantity": quantity,
            "totalValue": quantity * 360,
            "potentialQuantity": quantity * 2,
            "potentialValue": quantity * 720,
            "saturation": 50,
            "source": "manual",
            "status": True,
            **_dates(began),
        }
        product: dict[str, Linkage] = {"product": Identifier("product", 1), "account": account}
        yield Record("purchase", number, attributes, {**_people(owner=True), **product})


def _recordings(mine: Sequence[Contact], random: Random, today: date) -> Iterator[Record]:
    for number in (1, 2):
        contact = random.choice(mine)
        began = past(today, 5 * number, random)
        ended = began + timedelta(minutes=29)
        instance = str(UUID(int=random.getrandbits(128), version=4))
        host = {"type": "user", "id": ME.id, "displayName": f"{ME.first} {ME.last}"}
        guest = {
            "type": "prospect",
            "id": contact.identifier.id,
            "displayName": f"{contact.first} {contact.last}",
            "email": contact.email,
        }
        attributes: dict[str, Any] = {
            "title": "Fieldlight Dispatch: demo",
            "format": "meeting",
            "provider": "zoom",
            "state": "ENDED",
            "startTime": stamp(began),
            "endTime": stamp(ended),
            "botInMeetingSeconds": "1740",
            "mediaDurationSeconds": "1712",
            "host": host,
            "participants": [host, guest],
            "participantCount": 2,
            "instanceId": instance,
            "recordingUrl": f"https://kaia.fieldlight.example/recordings/{instance}",
            "transcriptUrl": f"https://kaia.fieldlight.example/transcripts/{instance}",
            "topics": [{"name": "Pricing", "count": 3}, {"name": "Scheduling", "count": 7}],
            "createdAt": stamp(ended),
            "updatedAt": stamp(ended),
        }
        yield Record("kaiaRecording", number, attributes, {})


def _webhook(created: datetime) -> Record:
    attributes: dict[str, Any] = {
        "url": "https://hooks.fieldlight.example/outreach",
        "resource": "prospect",
        "action": "*",
        "active": True,
        "payloadVersion": 2,
        **_dates(created),
    }
    return Record("webhook", 3, attributes, {**_people(), "authorizer": ADMINISTRATOR.identifier})


def _batches(mine: Sequence[Contact], random: Random, today: date) -> Iterator[Record]:
    """Make one that is done, with a record that failed, and one that was canceled instead of confirmed."""
    chosen = [contact.identifier for contact in random.sample(list(mine), 4)]
    item = _FIRST_BATCH_ITEM
    for number, days, state in ((501, 12, "finished"), (502, 4, "canceled")):
        began = past(today, days, random)
        done = state == "finished"
        payload = {"tags": ["Autumn fair"], "ids": [each.id for each in chosen]}
        failure = "Could not find 'prospect' with ID '999999'."
        attributes: dict[str, Any] = {
            "action": "prospectsAddTags",
            "state": state,
            "payload": payload,
            "total": len(chosen),
            "pending": 0,
            "failures": int(done),
            "confirmCount": len(chosen),
            "confirmedCountRequired": not done,
            "summary": {"succeeded": len(chosen) - 1, "failed": 1, "errors": {failure: 1}} if done else None,
            "startedAt": stamp(began) if done else None,
            "finishedAt": stamp(began + timedelta(minutes=1)) if done else None,
            "canceledAt": None if done else stamp(began),
            **_dates(began),
        }
        yield Record("batch", number, attributes, {"creator": ME.identifier})
        for index, prospect in enumerate(chosen):
            failed = done and index == 0
            details: dict[str, Any] = {
                "data": json.dumps({"type": "prospect", "id": 999_999 if failed else prospect.id}),
                "failed": failed,
                "state": "error" if failed else state,
                "info": failure if failed else None,
                "createdAt": stamp(began),
            }
            yield Record("batchItem", item, details, {"batch": Identifier("batch", number)})
            item += 1


def _import(created: datetime) -> Record:
    attributes: dict[str, Any] = {
        "importType": "prospects",
        "fileName": "autumn-fair.csv",
        "fileSize": 2048,
        "dupeMethod": "missing",
        "mappings": {"E-mail": "emails", "First name": "firstName", "CRM id": "externalId"},
        "state": "finished",
        "stateChangedAt": stamp(created),
        "total": 34,
        "dupes": 3,
        "failures": 0,
        "recurring": False,
        **_dates(created),
    }
    return Record("import", 21, attributes, {"creator": ADMINISTRATOR.identifier})
