"""The set-up of the demo organisation by its administrator: stages, dispositions, purposes, priorities, rulesets.

Names and ids that live organisations were seen with are marked; the rest is invented. Ids 123 are those that the
connector document's samples change; the names that the samples give them are free.
"""

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

from outreach_sandbox.organisation.people import ADMINISTRATOR
from outreach_sandbox.organisation.time import past, stamp
from outreach_sandbox.records import Identifier, Linkage, Record

# Ids 5, 7 and 8 with their names and colors: recorded by Airbyte, April 2024.
STAGES = {
    "New": (1, "#e0e0e0"),
    "Cold": (2, "#a4bdfc"),
    "Approaching": (3, "#7ae7bf"),
    "Replied": (4, "#46d6db"),
    "Do Not Contact": (5, "#dc2127"),
    "Unresponsive": (6, "#fbd75b"),
    "Interested": (7, "#def3d1"),
    "Not Interested": (8, "#ffe1de"),
    "Bad Contact Info": (9, "#ffb878"),
    "Meeting Booked": (12, "#5484ed"),
    "Sales Qualified": (123, "#51b749"),
    "Customer": (124, "#2e9e5b"),
}

# Ids 1, 3, 5, 6, 7 and 9 with names and outcomes: recorded by Airbyte, April 2024.
CALL_DISPOSITIONS = {
    "Answered - Meeting Set": (1, "completed"),
    "Answered - Interested": (2, "completed"),
    "Answered - Not Interested": (3, "completed"),
    "Answered - Gatekeeper": (4, "completed"),
    "Answered - Wrong Contact": (5, "completed"),
    "No Answer": (6, "no_answer"),
    "Left Voicemail": (7, "no_answer"),
    "Busy": (8, "no_answer"),
    "Bad Number": (9, "no_answer"),
    "Answered - Call Back Later": (123, "completed"),
}
CALL_PURPOSES = {"Prospecting": 1, "Qualification": 2, "Follow-up": 3, "Demo Confirmation": 4, "Customer Check-in": 123}

# The id of the normal priority is the one that new tasks were seen with: Frigg's live test.
TASK_PRIORITIES = {
    "Urgent": (1, 0xFF5951FF, 10),
    "High": (2, 0xFFB020FF, 20),
    "Normal": (3, 0x5951FFFF, 30),
    "Low": (4, 0x9AA5B1FF, 40),
}
TASK_PURPOSES = {"Introduction": 1, "Product Demo": 2, "Contract Review": 3}
TASK_DISPOSITIONS = {"Meeting Held": 1, "No Show": 2, "Rescheduled": 3}
OPPORTUNITY_STAGES = {
    "Discovery": (1, "#2196f3"),
    "Qualified": (2, "#4caf50"),
    "Demo": (3, "#009688"),
    "Proposal": (4, "#ff9800"),
    "Negotiation": (5, "#9c27b0"),
    "Closed Won": (6, "#1b5e20"),
    "Closed Lost": (7, "#b71c1c"),
}
PERSONAS = {"Executive": 1, "Operations Leader": 2, "Technology Buyer": 3, "Finance Buyer": 4, "Practitioner": 5}
EXCLUSIVE_RULESET, OPEN_RULESET = 1, 2


def settings_records(random: Random, today: date) -> Iterator[Record]:
    """Make every fixed set; they are the same in every organisation but for the dates."""
    moment = stamp(past(today, 1080, random))
    dates = {"createdAt": moment, "updatedAt": moment}
    creator: dict[str, Linkage] = {"creator": ADMINISTRATOR.identifier}
    for order, (name, (number, color)) in enumerate(STAGES.items(), start=1):
        updater: dict[str, Linkage] = {"updater": ADMINISTRATOR.identifier}
        yield Record("stage", number, {"name": name, "order": order, "color": color, **dates}, {**creator, **updater})
    for name, number in PERSONAS.items():
        description = f"{name}s at companies with technicians in the field"
        yield Record("persona", number, {"name": name, "description": description, **dates})
    for order, (name, (number, outcome)) in enumerate(CALL_DISPOSITIONS.items(), start=1):
        yield Record("callDisposition", number, {"name": name, "order": order, "outcome": outcome, **dates}, creator)
    for order, (name, number) in enumerate(CALL_PURPOSES.items(), start=1):
        yield Record("callPurpose", number, {"name": name, "order": order, **dates}, creator)
    for name, (number, rgba, weight) in TASK_PRIORITIES.items():
        yield Record("taskPriority", number, {"name": name, "color": rgba, "weight": weight, **dates})
    for order, (name, number) in enumerate(TASK_PURPOSES.items(), start=1):
        yield Record("taskPurpose", number, {"name": name, "order": order, "taskType": "in_person", **dates}, creator)
    for order, (name, number) in enumerate(TASK_DISPOSITIONS.items(), start=1):
        value = name.lower().replace(" ", "_")
        attributes: dict[str, Any] = {"name": name, "order": order, "taskType": "in_person", "value": value, **dates}
        yield Record("taskDisposition", number, attributes, creator)
    for order, (name, (number, color)) in enumerate(OPPORTUNITY_STAGES.items(), start=1):
        closed = name.startswith("Closed")
        attributes = {"name": name, "order": order, "color": color, "isClosed": closed, **dates}
        yield Record("opportunityStage", number, attributes, creator)
    yield _ruleset(EXCLUSIVE_RULESET, "Default Ruleset", "exclusive_sequences", dates)
    yield _ruleset(OPEN_RULESET, "Customers and Trials (non-exclusive)", "none", dates)


def stage(name: str) -> Identifier:
    """Return the identifier of a prospect stage."""
    return Identifier("stage", STAGES[name][0])


def _ruleset(number: int, name: str, exclusivity: str, dates: dict[str, str]) -> Record:
    attributes = {
        "name": name,
        "sequenceExclusivity": exclusivity,
        "permitDuplicateProspects": "disallow",
        "includeUnsubscribeLinks": True,
        "autoResumeOotoProspects": True,
        "autoResumeOotoProspectsIn": 604800,
        "autoResumeOotoProspectsExpiresIn": 2592000,
        "ootoAutoExtractionEnabled": True,
        "stepOverridesEnabled": True,
        **dates,
    }
    relationships: dict[str, Linkage] = {
        "owner": ADMINISTRATOR.identifier,
        "startedStage": stage("Approaching"),
        "repliedStage": stage("Replied"),
        "finishedStage": stage("Unresponsive"),
        "bouncedStage": stage("Bad Contact Info"),
        "optedOutStage": stage("Do Not Contact"),
        "callTaskPriority": Identifier("taskPriority", TASK_PRIORITIES["Normal"][0]),
    }
    return Record("ruleset", number, attributes, relationships)
