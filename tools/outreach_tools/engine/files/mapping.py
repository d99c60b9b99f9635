"""Proposes which field each column of a table is: by its name or label, by what people call it, or by its values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.duplicates.keys import domain_form, email_form, linked_in_form, phone_form
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.files.cells import Cell, said_by
from outreach_tools.engine.files.tables import listed_headers
from outreach_tools.engine.files.workbooks import Formula
from outreach_tools.engine.given import is_given
from outreach_tools.engine.labels.fields import is_standard
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.matching import listed, nearest, shorten
from outreach_tools.engine.names import relationship_of_id, resolve_name

ID = "id"
SAMPLE = 50
"""Rows by whose values a column is recognised."""

_MOST_OF_THEM = 0.6
_PLAIN = re.compile(r"[^a-z0-9]+")
_CALLED: Mapping[str, Mapping[str, str]] = {
    "prospect": {
        "email": "emails", "emailaddress": "emails", "emailaddresses": "emails", "workemail": "emails",
        "mail": "emails", "firm": "company", "phone": "workPhones", "telephone": "workPhones",
        "phonenumber": "workPhones", "workphone": "workPhones",
        "directphone": "workPhones", "mobile": "mobilePhones", "mobilephone": "mobilePhones", "cell": "mobilePhones",
        "cellphone": "mobilePhones", "homephone": "homePhones", "forename": "firstName", "givenname": "firstName",
        "first": "firstName", "surname": "lastName", "familyname": "lastName", "last": "lastName", "jobtitle": "title",
        "position": "title", "role": "title", "companyname": "company", "organization": "company",
        "organisation": "company", "employer": "company", "linkedin": "linkedInUrl", "linkedinprofile": "linkedInUrl",
        "linkedinprofileurl": "linkedInUrl", "city": "addressCity", "state": "addressState", "zip": "addressZip",
        "zipcode": "addressZip", "postalcode": "addressZip", "country": "addressCountry", "street": "addressStreet",
        "website": "websiteUrl1", "tag": "tags", "prospectid": ID, "outreachid": ID, "accountname": "account",
        "owneremail": "owner", "ownername": "owner", "stagename": "stage",
    },
    "account": {
        "company": "name", "companyname": "name", "accountname": "name", "website": "websiteUrl", "url": "websiteUrl",
        "web": "websiteUrl", "linkedin": "linkedInUrl", "employees": "numberOfEmployees", "size": "numberOfEmployees",
        "headcount": "numberOfEmployees", "tag": "tags", "accountid": ID, "outreachid": ID, "city": "locality",
        "owneremail": "owner", "ownername": "owner",
    },
}  # fmt: skip
"""Words that people have for fields, by type."""

_NO_WORDS: Mapping[str, str] = {}

_INSTEAD: Mapping[str, Mapping[str, str]] = {
    "opportunity": {"stage": "opportunityStage", "stageid": "opportunityStage_id"}
}
"""The fields that people mean by the names of others that cannot be written, by type."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A column of a table: its place, its header, and the field that it is, empty for none.

    Of a relationship, `by_id` says whether its cells are ids, and `kind` which type of record they lead to. `why` says
    why nothing is written of it.
    """

    place: int
    header: str
    field: str = ""
    by_id: bool = False
    kind: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """All columns of a table: which is the id, those that are written, names beside ids, and those that are ignored."""

    key: Mapped | None
    written: tuple[Mapped, ...]
    beside: tuple[Mapped, ...]
    ignored: tuple[Mapped, ...]


async def mapped(
    declared: Resource,
    labels: Labels,
    headers: Sequence[str],
    sample: Sequence[Sequence[Cell | Formula]],
    chosen: Mapping[str, Any],
) -> Columns:
    """Return the fields that the columns of a table are; `chosen` says it of some by their headers, null for none.

    Raises `ArgumentError` where no column is a field, two are the same, or what was chosen cannot be.
    """
    await labels.load(anew=True)  # a label may have gone over to another field
    resource = resource_type(declared.type)
    # Nothing for what is not there is as much as not given, unless it is a header that is misspelt.
    unknown = [each for each in chosen if each not in headers and (is_given(chosen[each]) or nearest(each, headers))]
    if unknown:
        raise ArgumentError(
            f"'columns' names {shorten(unknown[0])}, which is not a header{nearest(unknown[0], headers)}: they are "
            f"{listed_headers(filter(None, headers))}"
        )
    found: list[Mapped] = []
    for place, header in enumerate(headers):
        if header in chosen:
            found.append(_chosen(declared, labels, place, header, chosen[header]))
        elif header:
            found.append(_named(declared, labels, place, header))
    taken = {each.field for each in found}
    for index, each in enumerate(found):
        instead = _INSTEAD.get(resource.type, _NO_WORDS).get(_PLAIN.sub("", each.header.casefold()))
        if instead and not each.field and each.header not in chosen and instead.removesuffix("_id") not in taken:
            found[index] = _named(declared, labels, each.place, each.header, instead)
    taken = {each.field for each in found}
    for index, each in enumerate(found):
        if not each.field and each.why in (_UNKNOWN, _UNREAD) and each.header not in chosen:
            values = list(_texts(sample, each.place))
            if (field := _by_values(resource, values)) and field not in taken:
                found[index] = Mapped(each.place, each.header, field)
                taken.add(field)
    return _arranged(resource, found)


_UNKNOWN = "no such field"
_UNREAD = "no such field, or a label, which cannot be read"


def _arranged(resource: ResourceType, found: Sequence[Mapped]) -> Columns:
    keys = [each for each in found if each.field == ID]
    written, beside, ignored = list[Mapped](), list[Mapped](), [each for each in found if not each.field]
    ids = {each.field for each in found if each.by_id}
    for each in found:
        if not each.field or each.field == ID:
            continue
        attribute = resource.attributes.get(each.field)
        if each.kind and not each.by_id and each.field in ids:
            beside.append(Mapped(each.place, each.header, each.field, why=f"{each.field}_id says which"))
        elif attribute is not None and attribute.type == "array":
            written.append(each)
        elif twice := next((other for other in written if other.field == each.field), None):
            raise ArgumentError(
                f"two columns are {each.field}: {listed_headers((twice.header, each.header))}. 'columns' says which is"
            )
        else:
            written.append(each)
    if len(keys) > 1:
        raise ArgumentError(f"two columns are the id: {listed_headers(each.header for each in keys)}")
    if not written:
        raise ArgumentError(
            f"no column can be written: the headers are {listed_headers(each.header for each in found)}. "
            f"describe_fields lists the fields of {resource.type}; 'columns' says which header is which"
        )
    return Columns(keys[0] if keys else None, tuple(written), tuple(beside), tuple(ignored))


def _chosen(declared: Resource, labels: Labels, place: int, header: str, field: Any) -> Mapped:
    if not is_given(field):
        return Mapped(place, header, why="left out")
    mapped_to = _named(declared, labels, place, header, field) if isinstance(field, str) else None
    if mapped_to is None or not mapped_to.field:
        why = mapped_to.why if mapped_to else "not a name"
        raise ArgumentError(
            f"'columns' says that {shorten(header)} is {shorten(field)}: {why}; describe_fields lists all"
        )
    return mapped_to


_SPACED_ID = re.compile(r"(?<![\s-])[\s-]+id$", re.IGNORECASE)


def _named(declared: Resource, labels: Labels, place: int, header: str, name: str | None = None) -> Mapped:
    """Return the column of a header that names a field, or of another `name` for it."""
    resource, name = labels.resource, (name or header).strip()
    plain = _PLAIN.sub("", name.casefold())
    if plain == ID:
        return Mapped(place, header, ID)
    known = resolve_name(resource, name)
    if known is None and not is_standard(resource, name):
        try:
            known = labels.fields.key(name)
        except ArgumentError as error:
            return Mapped(place, header, why=str(error))
    by_id = relationship_of_id(resource, _SPACED_ID.sub("Id", name))
    known = known or (by_id.name if by_id else None) or _CALLED.get(resource.type, _NO_WORDS).get(plain)
    if known == ID:
        return Mapped(place, header, ID)
    if known in resource.attributes:
        attribute = resource.attributes[known]
        if attribute.read_only:
            hint = declared.hints.get(known)
            return Mapped(place, header, why=f"read-only: {hint}" if hint else "read-only")
        return Mapped(place, header, known)
    relationship = resource.relationships.get(known or "")
    if relationship is None:
        return Mapped(
            place, header, why="of a related record" if "." in name else _UNREAD if labels.missing else _UNKNOWN
        )
    if relationship.read_only or relationship.many or len(relationship.types) != 1:
        return Mapped(place, header, why="links are not written from files" if relationship.many else "read-only")
    return Mapped(place, header, relationship.name, by_id=by_id is not None, kind=relationship.types[0])


def _by_values(resource: ResourceType, values: Sequence[str]) -> str:
    """Return the field that most values of a column look like, empty for none."""
    if not values:
        return ""
    looks = {"linkedInUrl": linked_in_form, "emails": email_form, "domain": domain_form, "workPhones": phone_form}
    for field, form in looks.items():
        alike = sum(1 for value in values if form(value) and not (field == "workPhones" and value.isdigit()))
        if field in resource.attributes and alike >= _MOST_OF_THEM * len(values):
            return field
    return ""


def _texts(rows: Sequence[Sequence[Cell | Formula]], place: int) -> Iterator[str]:
    """Yield what is said in a column."""
    for row in rows:
        cell = row[place] if place < len(row) else None
        if not isinstance(cell, Formula | bool) and (text := said_by(cell)):
            yield text


def told(mapping: Columns, labels: Labels) -> dict[str, str]:
    """Return what each column is taken for, or why it is not written."""
    columns = [each for each in (mapping.key, *mapping.written, *mapping.beside, *mapping.ignored) if each]
    return {
        each.header: f"({each.why})" if each.why else labels.shown(each.field) + ("_id" if each.by_id else "")
        for each in sorted(columns, key=lambda each: each.place)
    }


def names_of(mapping: Columns) -> str:
    """Return the fields that are written, for a sentence."""
    return listed(dict.fromkeys(each.field for each in mapping.written))
