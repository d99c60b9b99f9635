"""The arguments of each kind of tool, read and checked: more forgiving than the schema, never guessing.

Every kind has one pydantic model; the name of the id argument (`account_id`) differs per tool and is given along.
Raises `ArgumentError` naming the argument, what was given, what is allowed and the nearest match.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.explaining import explain
from outreach_tools.engine.given import given_members, is_given
from outreach_tools.engine.json_text import as_meant, is_container
from outreach_tools.engine.matching import find, listed, nearest, shorten
from outreach_tools.engine.query_text import query_members
from outreach_tools.engine.reading import (
    email_address,
    filter_list,
    id_list,
    identifier,
    json_object,
    measure_list,
    name_list,
    offset,
    plain_values,
    reference,
    sort_order,
    title_case,
    truth,
    upper_case,
    whole_number,
)
from outreach_tools.engine.twice import given_twice
from outreach_tools.json_values import is_object

DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 1000  # documented without a maximum; 1000 is what clients use (Estuary, Airbyte, Hull)
_NO_FINDERS: Mapping[str, str] = MappingProxyType({})
# Arguments that hold others by name, and the rest of those that some clients send as JSON text.
_MEMBERS = frozenset({"attributes", "relationships", "parameters", "filters", "query", "body", "arguments", "columns"})
_CONTAINERS = _MEMBERS | {
    "fields", "clear", "sort", "group_by", "measures", "having", "steps", "ids", "add_tags", "remove_tags",
}  # fmt: skip

PageSize = Annotated[int, BeforeValidator(whole_number), Field(ge=1, le=MAX_PAGE_SIZE)]
Offset = Annotated[int, BeforeValidator(offset)]
Reference = Annotated[int | str, BeforeValidator(reference)]
"""The id of a record, or a text that may be its name: what it means is for `Names.id_of` to find out."""

Email = Annotated[str, BeforeValidator(email_address)]
Truth = Annotated[bool, BeforeValidator(truth)]
Members = Annotated[JsonObject, BeforeValidator(json_object)]
Names = Annotated[list[str], BeforeValidator(name_list)]
Measures = Annotated[list[str], BeforeValidator(measure_list)]
Values = Annotated[str | int | float | bool | list[str | int | float | bool], BeforeValidator(plain_values)]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True, frozen=True)


class Filter(_Arguments):
    """One condition: an attribute or relationship path, and what it must be."""

    field: str
    criteria: Values


class PageArguments(_Arguments):
    """A page of a list: how many rows, and after which one."""

    page_size: PageSize = DEFAULT_PAGE_SIZE
    page_after: str | None = None


class ListArguments(PageArguments):
    """The records wanted, their order and their columns."""

    filters: Annotated[list[Filter], BeforeValidator(filter_list)] = []
    sort: Annotated[str | None, BeforeValidator(sort_order)] = None
    fields: Names | None = None
    count: Truth = False


class SummaryArguments(_Arguments):
    """The records that are summarized, by what, and which figures are wanted of them."""

    resource: str
    filters: Annotated[list[Filter], BeforeValidator(filter_list)] = []
    group_by: Names = []
    measures: Measures = []
    having: Measures = []
    sort: Annotated[str | None, BeforeValidator(sort_order)] = None
    top: PageSize = DEFAULT_PAGE_SIZE
    max_requests: PageSize = 60
    page_after: str | None = None


class TimelineArguments(PageArguments):
    """The record of which a timeline is told, and since when."""

    resource: str
    id: Reference
    since: str | None = None


class FieldsArguments(_Arguments):
    """Of which type the fields are told, words that narrow them, and after which field the answer goes on."""

    resource: str
    query: str | None = None
    page_after: str | None = None


class DuplicatesArguments(_Arguments):
    """Among which records duplicates are looked for, and after which group the answer goes on."""

    resource: str
    filters: Annotated[list[Filter], BeforeValidator(filter_list)] = []
    page_after: str | None = None


class ExportArguments(_Arguments):
    """The records that become a file, their columns, and the file's format."""

    resource: str
    filters: Annotated[list[Filter], BeforeValidator(filter_list)] = []
    fields: Names | None = None
    format: str = "csv"


class ImportArguments(_Arguments):
    """The place of a table, and the type of the records in it; `columns` says which field a header is."""

    resource: str
    path: str | None = None
    uri: str | None = None
    csv: str | None = None
    columns: Members = {}


class OptionsArguments(PageArguments):
    """A page of a drop-down; `q` narrows it where Outreach has a search by name."""

    page_size: PageSize = 100
    q: str | None = None


class GetArguments(_Arguments):
    """The record wanted, its fields, and the character from which a text is read."""

    id: Reference
    fields: Names | None = None
    text_from: Offset | None = None


class CreateArguments(_Arguments):
    """The contents of a new record."""

    attributes: Members = {}
    relationships: Members = {}


class ChangeArguments(CreateArguments):
    """Values to be set, and in `clear` the names of those that are to become empty."""

    clear: Names = []


class UpdateArguments(ChangeArguments):
    """The changes to a record."""

    id: Reference


class DeleteArguments(_Arguments):
    """The record wanted."""

    id: Reference


class ActionArguments(_Arguments):
    """The record, the action, and that action's parameters."""

    id: Reference
    action: str
    parameters: Members = {}


class EnrolArguments(_Arguments):
    """The prospect, the sequence that it goes into, and the mailbox that sends: the caller's own if none is named."""

    sequence_id: Reference
    prospect_id: Reference
    mailbox_id: Reference | None = None


class BuildArguments(_Arguments):
    """A whole sequence; its steps are read one by one."""

    name: str
    ruleset: Reference | None = None
    steps: Any = None
    activate: Truth = False


class ComplianceArguments(_Arguments):
    """The person whose data is to be erased, and who asks for it."""

    requester_email: Email
    request_type: Annotated[Literal["Delete"], BeforeValidator(title_case)]
    object_type: Annotated[Literal["Prospect", "Recipient"], BeforeValidator(title_case)]
    request_object_email: Email


Ids = Annotated[list[int], BeforeValidator(id_list)]


class PlanArguments(ChangeArguments):
    """The records of one type that are meant, and what is to become of them."""

    resource: str
    filters: Annotated[list[Filter], BeforeValidator(filter_list)] = []
    ids: Ids = []
    all: Truth = False
    add_tags: Names = []
    remove_tags: Names = []
    action: str | None = None
    parameters: Annotated[Members, AfterValidator(given_members)] = {}


class ApplyArguments(_Arguments):
    """The plan that is meant, and how many records may fail before it ends."""

    plan_id: str
    stop_at: Annotated[int, BeforeValidator(whole_number), Field(ge=1)] | None = None


class JobArguments(_Arguments):
    """The job that is meant, and which of its records are told one by one, as pages or as a file."""

    job_id: str
    outcome: str | None = None
    page_after: str | None = None
    format: str | None = None


class CancelArguments(_Arguments):
    """The job that is meant."""

    job_id: str


class UndoArguments(_Arguments):
    """Changes to be taken back: a job, a single change, or all since a moment."""

    job_id: str | None = None
    change_id: str | None = None
    since: str | None = None


class NoArguments(_Arguments):
    """Nothing."""


class FindArguments(_Arguments):
    """Words for what is to be done."""

    query: str


class FetchArguments(_Arguments):
    """The id of a result."""

    id: str


class OperationArguments(_Arguments):
    """An operation of the contract by its name, and its own arguments."""

    operation: str
    arguments: Members = {}


class LinkArguments(_Arguments):
    """A link out of an answer, and where its list goes on."""

    link: str
    page_after: str | None = None


class RawArguments(_Arguments):
    """One request, as it is sent."""

    method: Annotated[Literal["GET", "POST", "PATCH", "DELETE"], BeforeValidator(upper_case)]
    path: str
    query: Annotated[Members, BeforeValidator(query_members)] = {}
    body: Members | None = None


Model = TypeVar("Model", bound=BaseModel)


def read(
    model: type[Model],
    arguments: Mapping[str, Any],
    *,
    target: str = "id",
    lifted: Iterable[str] = (),
    finders: Mapping[str, str] = _NO_FINDERS,
    named: bool = True,
) -> Model:
    """Check a tool's raw arguments against its kind's model; what is empty is not given, whatever its name.

    `target` is what the tool calls the id; `lifted` are the flat names it understands as well. `finders` end what is
    said of an argument that takes an id, by its name. Unless records are `named`, only a number stands for one.
    Raises `ArgumentError`.
    """
    fields = model.model_fields
    kinds: dict[str, Any] = {name: fields[name].annotation for name in _MEMBERS if name in fields}
    texts = {name for name, kind in kinds.items() if kind == str or kind == str | None}  # noqa: E721 - an annotation
    given = {
        name: value for name, value in arguments.items() if (is_given(value) if name in texts else _holds(name, value))
    }
    if target != "id" and target not in given and "id" in given:
        given[target] = given.pop("id")
    if target in given:
        if target != "id" and "id" in given:
            raise ArgumentError(f"{target!r} and 'id' are both given: leave 'id' out")
        given["id"] = given.pop(target)
    if not named and is_given(given.get("id")):
        try:
            identifier(given["id"])
        except ValueError as error:
            raise ArgumentError(f"{target!r} {error}{finders.get(target, '')}") from None
    try:
        return model.model_validate(given)
    except ValidationError as error:
        names = [target if name == "id" else name for name in model.model_fields]
        problems = [
            explain(each, names, target, lifted, MAX_PAGE_SIZE) + _finder(each["loc"], each["type"], target, finders)
            for each in error.errors(include_url=False)
        ]
        raise ArgumentError("; ".join(dict.fromkeys(problems))) from None


def _finder(place: tuple[int | str, ...], kind: str, target: str, finders: Mapping[str, str]) -> str:
    """Return what finds the id that a problem is about, nothing for one that is about anything else."""
    name = target if place == ("id",) else place[0] if len(place) == 1 else ""
    return finders.get(str(name), "") if kind != "extra_forbidden" else ""


def lift(arguments: Mapping[str, Any], taken: Mapping[str, Callable[[str], bool]], own: tuple[str, ...]) -> JsonObject:
    """Move flat arguments into the members they belong to.

    `taken` maps a member (`attributes`) to what decides whether a name belongs to it; `own` are the tool's own
    argument names, which stay. Raises `ArgumentError` for a member that is not an object, and for a name given twice.
    """
    lifted: JsonObject = {}
    for name, value in arguments.items():
        member = None if name in own else next((key for key, belongs in taken.items() if belongs(name)), None)
        if member is None:
            lifted.setdefault(name, value)
        else:
            found = as_meant(lifted.get(member, arguments.get(member)), is_object)
            inner = found if is_object(found) else {}
            if inner is not found and is_given(found):
                raise ArgumentError(f"{member!r} takes an object, not {shorten(found)}")
            if is_given(value) and is_given(inner.get(name)):
                raise given_twice(name, inner[name], name, value)
            lifted[member] = {name: value, **inner} if is_given(inner.get(name)) else {**inner, name: value}
    return lifted


def _holds(name: str, value: Any) -> bool:
    """Return whether an argument is given: one that holds others by name is, even where all of those are empty.

    `{"title": ""}` as filters does not mean all records, of `{"title": ""}` as attributes the answer has to tell, and
    `{"data": null}` as a body says what it says, like `{"Title": null}` as columns of a file.
    """
    found = as_meant(value, is_container) if name in _CONTAINERS else value
    return bool(found) if name in _MEMBERS and is_object(found) else is_given(found)


def choose(value: str, allowed: tuple[str, ...], argument: str) -> str:
    """Return the allowed word that `value` spells, whatever its case. Raises `ArgumentError`."""
    found = find(value, allowed)
    if found is None:
        raise ArgumentError(f"{argument!r} is {value!r}, not one of {listed(allowed)}{nearest(value, allowed)}")
    return found
