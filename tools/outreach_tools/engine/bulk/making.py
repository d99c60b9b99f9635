"""Makes the steps of a plan: what one change comes to for each of the records that were read, and who is left out."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from outreach_tools.catalog import ResourceType
from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.bulk.batching import fit_of_delete, fit_of_tags, fit_of_update
from outreach_tools.engine.bulk.plan import Fit, Step
from outreach_tools.engine.bulk.selecting import Found
from outreach_tools.engine.bulk.steps import Steps
from outreach_tools.engine.bulk.values import differing, held, same, told
from outreach_tools.engine.columns import label_of, value_of
from outreach_tools.engine.text import clean, one_line
from outreach_tools.json_values import is_array, member

ALREADY = "is so already"
NOT_PERMITTED = "you may not change it in Outreach"
_NAME = 60  # characters


@dataclass(slots=True)
class Made:
    """The steps that were made, the records that were left out by reason, and how the first steps read.

    `empty` names what was given with nothing in it, which changes nothing. `followers` are steps without the company,
    which follows the account.
    """

    steps: Steps = field(default_factory=Steps)
    left_out: Counter[str] = field(default_factory=Counter[str])
    examples: list[JsonObject] = field(default_factory=list[JsonObject])
    empty: Sequence[str] = ()
    followers: int = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the model on what is planned of some records and not of others."""
        return told_followers(self.followers)


FOLLOWS = "its company is the name of its account: change the account"
_COMPANY, _ACCOUNT = "company", "account"


def told_followers(number: int) -> tuple[str, ...]:
    """Return the note on records whose company is left as it is, none without any."""
    return (f"{number:,} keep their company: it is the name of their account",) if number else ()


def read_beside(resource: ResourceType, names: Iterable[str]) -> tuple[str, ...]:
    """Return what has to be read to know whether attributes can be set: the account that gives a person's company."""
    return (_ACCOUNT,) if resource.type == "prospect" and _COMPANY in names else ()


def without_followers(resource: ResourceType, record: JsonObject, after: JsonObject) -> JsonObject:
    """Return of what is set what a record will hold: the company of a prospect in an account is its name (documented).

    Outreach takes another one without a word, and shows the account's.
    """
    if not read_beside(resource, after):
        return after
    account = after[_ACCOUNT] if _ACCOUNT in after else held(resource, record, (_ACCOUNT,))[_ACCOUNT]
    return after if account is None else {name: value for name, value in after.items() if name != _COMPANY}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of each record of a type: values that are set, tags that come and go."""

    resource: ResourceType
    after: JsonObject
    added: Sequence[str] = ()
    removed: Sequence[str] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes and relationships that it changes."""
        return (*self.after, *(("tags",) if self.added or self.removed else ()))

    def of(self, record: JsonObject) -> JsonObject:
        """Return what a record's attributes and relationships become."""
        if not (self.added or self.removed):
            return self.after
        tags: Any = value_of(record, "tags")
        kept = [tag for tag in (tags if is_array(tags) else []) if tag not in self.removed]
        return {**self.after, "tags": [*kept, *(tag for tag in self.added if tag not in kept)]}

    def fit(self, after: JsonObject) -> Fit | None:
        """Return the bulk action that does it."""
        if not (self.added or self.removed):
            return fit_of_update(self.resource.type, after)
        return None if self.after else fit_of_tags(self.resource.type, [*self.added], [*self.removed])


Refuse = Callable[[JsonObject], str]
"""Says why a record is not taken, empty for one that is."""


def updates(change: Change, found: Iterable[Found], seen: Sequence[str], values: Callable[[str, Any], str]) -> Made:
    """Return the steps that change records; `values` shows what is set, `seen` are names that must not change."""
    made, resource = Made(), change.resource
    for each in found:
        record = each.record
        if not may(record):
            made.left_out[NOT_PERMITTED] += 1
            continue
        wanted = change.of(record)
        after = without_followers(resource, record, wanted)
        if not after:
            made.left_out[FOLLOWS] += 1
            continue
        before = held(resource, record, after)
        changed = differing(resource, after, before)
        if not changed:
            made.left_out[ALREADY] += 1
            continue
        made.followers += len(after) < len(wanted)
        # All that is set, whatever of it is so already: records that become alike are changed together.
        step = Step(
            "update", resource.type, int(record["id"]), name_of(record), before, after,
            held(resource, record, seen), fit=change.fit(after),
        )  # fmt: skip
        if len(made.examples) < EXAMPLES:
            differences = {
                name: f"{told(resource, name, before[name], each.included)} → {values(name, after[name])}"
                for name in changed
            }
            made.examples.append(_example(step, differences))
        made.steps.append(step)
    return made


EXAMPLES = 5
"""Steps that a plan's answer shows."""


def deletes(resource: ResourceType, found: Iterable[Found]) -> Made:
    """Return the steps that delete records, with all that they hold that could be written again."""
    made = Made()
    writable = [name for name, each in resource.attributes.items() if not each.read_only and not each.write_only]
    links = [
        name for name, each in resource.relationships.items() if not each.read_only and each.embedded and not each.many
    ]
    for each in found:
        record = each.record
        if not may(record, "canDelete"):
            made.left_out[NOT_PERMITTED] += 1
            continue
        before = {
            name: value for name, value in held(resource, record, (*writable, *links)).items() if value is not None
        }
        step = Step(
            "delete", resource.type, int(record["id"]), name_of(record), before, {},
            held(resource, record, seen_of(resource)), fit=fit_of_delete(resource.type),
        )  # fmt: skip
        made.steps.append(step)
        if len(made.examples) < EXAMPLES:
            made.examples.append(_example(step, {}))
    return made


def actions(
    resource: ResourceType,
    found: Iterable[Found],
    action: str,
    parameters: Query,
    after: JsonObject,
    seen: Sequence[str],
    refuse: Refuse,
    values: Callable[[str, Any], str],
) -> Made:
    """Return the steps that run an action on records; `after` is what it is known to change."""
    made = Made()
    for each in found:
        record = each.record
        before = held(resource, record, after)
        reason = refuse(record) if may(record) else NOT_PERMITTED
        if not reason and after and not differing(resource, after, before):
            reason = ALREADY
        if reason:
            made.left_out[reason] += 1
            continue
        step = Step(
            "action", resource.type, int(record["id"]), name_of(record), before, after,
            held(resource, record, seen), action, parameters,
        )  # fmt: skip
        if len(made.examples) < EXAMPLES:
            differences = {
                name: f"{told(resource, name, before[name], each.included)} → {values(name, value)}"
                for name, value in after.items()
                if not same(resource, name, value, before[name])
            }
            made.examples.append(_example(step, differences))
        made.steps.append(step)
    return made


def _example(step: Step, differences: Mapping[str, str]) -> JsonObject:
    return {"id": step.id, **({"name": step.name} if step.name else {}), **differences}


def name_of(record: JsonObject) -> str:
    """Return what a person calls a record, empty where it has no name."""
    label = label_of(str(record.get("type")))
    value = value_of(record, label) if label else None
    return one_line(clean(str(value)), _NAME) if value else ""


def seen_of(resource: ResourceType, names: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of what must not have changed until a step is applied: some, and when it was changed last."""
    own = [name for name in names if name in resource.attributes or name in resource.relationships]
    stamp = ("updatedAt",) if "updatedAt" in resource.attributes else ()
    return tuple(dict.fromkeys((*stamp, *own)))


def may(record: JsonObject, what: str = "canWrite") -> bool:
    """Return whether Outreach lets the user write a record, as far as it says."""
    return member(record, "meta", what) is not False


def told_let_out(number: int) -> tuple[str, ...]:
    """Return what e-mail it may cause that what is set lets it out to a number of people, nothing without any."""
    return (f"{number:,} people who had opted out may be e-mailed again",) if number else ()


def lets_mail_out(after: Mapping[str, Any]) -> bool:
    """Return whether what is set lets e-mail go out to a person who may have opted out."""
    return any(after.get(name) is False for name in ("optedOut", "emailOptedOut")) or (
        "emailsOptStatus" in after and after["emailsOptStatus"] != "opted_out"
    )
