"""The names of each type's records, what distinguishes two of one name, and how Outreach is asked for a name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from outreach_tools.catalog import Attribute, ResourceType, resource_type, resource_types
from outreach_tools.engine.finders import kinds_of_id


@dataclass(frozen=True, slots=True)
class Naming:
    """How records of one type are named.

    `keys` are the attributes that name one, the first of them to people. `details` and `related` (relationships) tell
    two of one name apart, and so does the related record `within` which one is: it may follow an @. `marks` are
    attributes that are worth a word when they are set. Types of which one page holds all records are read whole, and
    kept; `fresh` ones are read anew for each name, as others create and rename them all the time. Of larger ones
    Outreach is asked for those that have the name, and of the `searched` ones, which have many records everywhere, by
    its search for words.
    """

    keys: tuple[str, ...] = ("name",)
    details: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    within: str = ""
    marks: tuple[tuple[str, str], ...] = ()
    searched: bool = False
    fresh: bool = False

    @property
    def relationships(self) -> tuple[str, ...]:
        """The relationships whose records come along."""
        return tuple(dict.fromkeys(name for name in (*self.related, self.within) if name))


_PLAIN = Naming()

NAMINGS: Mapping[str, Naming] = MappingProxyType(
    {
        "account": Naming(("name", "domain"), ("domain",), ("owner",), searched=True),
        "callDisposition": Naming(details=("outcome",)),
        "callPurpose": _PLAIN,
        "mailbox": Naming(("email",), related=("user",), marks=(("sendDisabled", "cannot send"),)),
        "opportunity": Naming(
            details=("closeDate",),
            related=("account", "owner"),
            within="account",
            marks=(("trashedAt", "deleted"),),
            fresh=True,
        ),
        "opportunityStage": Naming(details=("order",)),
        "persona": _PLAIN,
        "profile": _PLAIN,
        "prospect": Naming(
            ("name", "emails"), ("title",), ("account", "owner"), "account", (("trashedAt", "deleted"),), searched=True
        ),
        "role": _PLAIN,
        "ruleset": _PLAIN,
        "sequence": Naming(details=("lastUsedAt",), related=("owner",), marks=(("locked", "locked"),)),
        "stage": Naming(details=("order",)),
        "taskDisposition": Naming(details=("taskType",)),
        "taskPriority": Naming(details=("weight",)),
        "taskPurpose": Naming(details=("taskType",)),
        "team": _PLAIN,
        "template": Naming(details=("lastUsedAt",), related=("owner",), marks=(("archived", "archived"),)),
        "user": Naming(("name", "email"), ("title", "email"), marks=(("locked", "locked"),)),
    }
)
"""The types whose records a name stands for; an e-mail address is the name of a mailbox, and one of a user."""


def takes_text(kind: str) -> bool:
    """Return whether a text may say which record of a type is meant: a name, or the id where that is a UUID."""
    return kind in NAMINGS or resource_type(kind).uuids


def words_of(kind: str, *, many: bool = False) -> str:
    """Return a type in words: `call disposition`, of many `call dispositions`."""
    name = resource_types()[kind].path if many else kind
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def kind_of_attribute(owner: str, attribute: Attribute) -> str:
    """Return the type of record that an attribute holds the id of, empty for any other.

    Ids are integers. `sharingTeamId` is text to the contract, which does not say that nothing but ids is in it: what
    is given for it is sent as it is.
    """
    kinds = kinds_of_id(owner, attribute.name) if attribute.type == "integer" else ()
    return kinds[0] if len(kinds) == 1 else ""


def named_in(kind: str, *, filters: bool = False) -> frozenset[str]:
    """Return the types whose names stand for ids in what a tool writes into records of a type, or `filters` them by."""
    resource = resource_type(kind)
    links = [each for each in resource.relationships.values() if filters or not each.read_only]
    held = [each for each in resource.attributes.values() if filters or not each.read_only]
    found = {target for each in links for target in each.types}
    found.update(kind_of_attribute(kind, each) for each in held)
    return frozenset(found & NAMINGS.keys())


def fields_of(resource: ResourceType, naming: Naming) -> tuple[str, ...]:
    """Return the attributes of a type that are read to find one by name, those outside the contract left out.

    What `fields` makes of a name that the contract lacks is not known.
    """
    names = dict.fromkeys((*naming.keys, *naming.details, *(name for name, _ in naming.marks)))
    known = resource.attributes
    return tuple(name for name in names if name in known and not known[name].recorded)
