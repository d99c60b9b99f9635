"""Namesakes: two people of one name with one owner, and two sequences of one name, as real organisations have them.

Organisation 1 has none of these, so that whoever tries the sandbox first may name its records; all others do.
"""

from collections.abc import Iterator
from dataclasses import replace

from outreach_sandbox.organisation.contacts import Contact
from outreach_sandbox.organisation.people import ME
from outreach_sandbox.organisation.words import plain
from outreach_sandbox.records import Record

WITHOUT = 1
"""The number of the organisation without namesakes."""

SEQUENCES = (789, 1204)
"""Two sequences of one name, that of the first."""


def with_namesakes(contacts: list[Contact]) -> list[Contact]:
    """Return the people, of whom one is called like another of the same owner, who works elsewhere."""
    taken = {contact.email for contact in contacts}
    own = [each for each in contacts if each.owner is ME and each.company is not None and not each.is_idle]
    for first in own:
        for second in own:
            address = f"{plain(first.first)}.{plain(first.last)}@{second.company.domain}" if second.company else ""
            if second.company is not first.company and address not in taken:
                namesake = replace(second, first=first.first, last=first.last, email=address, second_email=None)
                return [namesake if each is second else each for each in contacts]
    return contacts


def named_alike(records: list[Record]) -> Iterator[Record]:
    """Yield the records of sequences and their parts, the second of `SEQUENCES` called like the first."""
    first, second = SEQUENCES
    name = next(each.attributes["name"] for each in records if each.type == "sequence" and each.id == first)
    for each in records:
        is_second = each.type == "sequence" and each.id == second
        yield replace(each, attributes={**each.attributes, "name": name}) if is_second else each
