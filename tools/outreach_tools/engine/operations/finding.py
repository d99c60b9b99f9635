"""Finds the operations that a user's words mean: by their names, by other words for the same, by their fields.

Rare words weigh more than common ones, and the words of a name more than those of its fields.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log
from typing import Final

from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.catalog.operation_names import READING, operations_by_name, snake_case
from outreach_tools.engine.matching import find

MOST: Final = 8
"""Operations that a search names."""

_SHARE = 0.45
"""Of the best score: what scores less is left out."""

_NAME, _SAID, _FIELD = 3.0, 2.0, 0.5
_RARITY = 1.5  # the exponent by which a rare word weighs more
_WORD = re.compile(r"[a-z0-9]+")
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ed", "es", "s", "e", "y")
_SHORTEST = 3  # letters of a word that are left when its ending is cut off

_STOP = frozenset(
    """
    a about all an and any are as at be by can could do does for from get give has have how i if in is it its let me my
    of off on one or our out please should so some that the their them there these this to up us want was we what when
    where which who whom will with would you your outreach
    """.split()  # noqa: SIM905 - words read better than a list of them
)

_VERBS: Mapping[str, str] = {
    "list": "list show see find search look browse which many overview",
    "get": "get read open show see details look",
    "create": "create add new make register set write save log",
    "update": "update change edit modify set rename correct fix move write",
    "delete": "delete remove drop erase destroy rid",
}

_RANKS: Mapping[str, int] = {"list": 0, "get": 1, "create": 2, "update": 4, "delete": 5}
"""The order of what a query fits equally well."""

_TYPES: Mapping[str, str] = {
    "account": "company customer organisation organization firm",
    "accountNote": "company customer comment remark",
    "auditLog": "history trail who changed security events",
    "batch": "bulk mass job many status progress",
    "batchItem": "bulk mass failed rows errors items",
    "call": "phone conversation dial",
    "callDisposition": "outcome result of calls",
    "callPurpose": "reason of calls",
    "complianceRequest": "gdpr erasure privacy forget",
    "contentCategory": "folder collection of templates snippets sequences",
    "contentCategoryMembership": "folder collection put template snippet sequence into",
    "contentCategoryOwnership": "folder collection which team owns",
    "customDuty": "responsibility function",
    "duty": "responsibility function roles people",
    "emailAddress": "mail e-mail contact bounce bounced valid unsubscribed",
    "event": "activity timeline history",
    "favorite": "star starred bookmark favourite pinned",
    "import": "upload csv file spreadsheet bulk load",
    "kaiaRecording": "meeting video recorded transcript conversation intelligence participants",
    "kaiaVoiceImport": "call audio recording send analyse analyze upload",
    "mailAlias": "alternative sender address",
    "mailbox": "inbox sender account smtp sync",
    "mailing": "email mail message sent reply",
    "opportunity": "deal pipeline",
    "opportunityProspectRole": "deal stakeholder decision maker contact",
    "opportunityStage": "deal pipeline phase",
    "orgSetting": "organisation organization exclusions blocked domains settings",
    "persona": "buyer type kind of contact profile",
    "phoneNumber": "mobile telephone cell dial",
    "product": "catalogue catalog sell item goods",
    "profile": "permission rights access governance",
    "prospect": "contact lead person people",
    "prospectNote": "contact lead person comment remark",
    "purchase": "bought own installed product customer order",
    "recipient": "to cc bcc copy of mail",
    "role": "hierarchy position reporting line",
    "ruleset": "rules policy of sequences exclusivity duplicates",
    "sequence": "cadence campaign flow",
    "sequenceState": "enrolment enrollment cadence membership",
    "sequenceStep": "cadence touch touchpoint interval wait",
    "sequenceTemplate": "cadence variant a/b test mail of step",
    "snippet": "text block reusable phrase canned",
    "stage": "lead status prospect phase",
    "task": "todo to-do reminder",
    "taskDisposition": "outcome of tasks meeting",
    "taskPriority": "urgency of tasks",
    "taskPurpose": "reason of tasks",
    "team": "group department",
    "template": "prepared email mail text",
    "user": "rep colleague seller employee member seat",
    "webhook": "callback notification subscription push notify url",
}
"""Other words for each type."""

_ACTIONS: Mapping[str, str] = {
    "activate": "turn on enable start live",
    "deactivate": "turn off disable stop",
    "lock": "protect freeze",
    "unlock": "release",
    "confirm": "approve go ahead run",
    "cancel": "stop abort",
    "testSend": "check sending works",
    "testSync": "check syncing works connection",
    "linkEwsMasterAccount": "exchange connect",
    "unlinkEwsMasterAccount": "exchange disconnect",
    "snooze": "postpone later",
    "reschedule": "move due date",
    "deliver": "send now email",
    "markComplete": "done finish tick",
    "pause": "hold",
    "resume": "continue",
    "finish": "stop end",
    "bulkUpsert": "many create update import records",
    "generateUploadLink": "file csv",
    "validateUpload": "file check hash",
    "prospectsDestroyAll": "delete remove bulk contacts leads",
    "accountsDestroyAll": "delete remove bulk companies",
    "prospectsBulkModify": "change update many contacts leads mass",
    "accountsBulkModify": "change update many companies mass",
    "prospectsAddTags": "tag label bulk contacts leads",
    "accountAddTags": "tag label bulk companies",
    "prospectsAddToSequence": "enrol enroll bulk cadence contacts leads",
    "prospectsAssignOwner": "reassign bulk contacts leads give",
    "accountsAssignOwner": "reassign bulk companies give",
}
"""Other words for actions."""


@dataclass(frozen=True, slots=True)
class _Index:
    weights: Mapping[str, Mapping[str, float]]
    rarity: Mapping[str, float]


def search(query: str, is_open: Callable[[str], bool]) -> tuple[list[str], int]:
    """Return the names of the operations that a query means, best first, and how many more are closed.

    `is_open` says of an operation's name whether the settings let it be used. The very name of one finds that alone.
    """
    if known := find(query.strip(), operations_by_name()):
        return ([known], 0) if is_open(known) else ([], 1)
    index = _index()
    wanted = set(_stems(query))
    scores = {
        name: score
        for name, words in index.weights.items()
        if (score := sum(words[each] * index.rarity[each] for each in wanted if each in words)) > 0
    }
    best = max(scores.values(), default=0.0)
    ordered = sorted(scores, key=lambda name: (-round(scores[name], 6), _RANKS.get(operations_by_name()[name][1], 3)))
    fitting = [name for name in ordered if scores[name] >= _SHARE * best][:MOST]
    found = [name for name in fitting if is_open(name)]
    return found, len(fitting) - len(found)


def _stems(text: str) -> Iterable[str]:
    for word in _WORD.findall(text.casefold()):
        if word not in _STOP:
            yield _stem(word)


@cache
def _stem(word: str) -> str:
    """Cut the ending off, so that `bounces` and `bounced` are one word."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word[: len(word) - len(ending)]
    return word


@cache
def _index() -> _Index:
    weights = {name: _weights(name, kind, what) for name, (kind, what) in operations_by_name().items()}
    count: dict[str, int] = {}
    for words in weights.values():
        for word in words:
            count[word] = count.get(word, 0) + 1
    return _Index(weights, {word: log(1 + len(weights) / times) ** _RARITY for word, times in count.items()})


def _weights(name: str, kind: str, what: str) -> Mapping[str, float]:
    """Return the words by which an operation is found, each with its weight."""
    resource = resource_type(kind)
    said = f"{_TYPES[kind]} {_VERBS.get(what, '')} {_ACTIONS.get(what.removeprefix('action:'), '')}"
    parts: Sequence[tuple[str, float]] = (
        (_spaced(_fields(resource, what)), _FIELD),
        (said, _SAID),
        (f"{name.replace('_', ' ')} {_spaced([resource.type, resource.path])}", _NAME),
    )
    return {stem: weight for text, weight in parts for stem in _stems(text)}


def _fields(resource: ResourceType, what: str) -> list[str]:
    if what.startswith("action:") or what == "delete":
        return []
    held = [each.name for each in resource.attributes.values() if what in READING or not each.read_only]
    return [each for each in held if not each.startswith("custom")]


def _spaced(names: Iterable[str]) -> str:
    return " ".join(snake_case(each).replace("_", " ") for each in names)
