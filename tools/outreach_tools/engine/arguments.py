"""The arguments of each kind of tool, read and checked: more forgiving than the schema, never guessing.

Every kind has one pydantic model; the name of the id argument (`account_id`) differs per tool and is given along.
Raises `ArgumentError` naming the argument, what was given, what is allowed and the nearest match.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.matching import find, listed, nearest, shorten
from outreach_tools.engine.values import EMAIL
from outreach_tools.json_values import is_object

ME = "me"
"""What stands for the current user wherever a user's id goes."""

DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 1000  # documented without a maximum; 1000 is what clients use (Estuary, Airbyte, Hull)


def identifier(value: Any) -> int:
    """Read a record's id: a whole number above zero, also as a string. Raises `ValueError`."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:19])
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"takes the integer id of a record, not {shorten(value)}")
    return value


def user_identifier(value: Any) -> int | str:
    """Read a user's id, or `me` for the current user. Raises `ValueError`."""
    if isinstance(value, str) and value.strip().casefold() == ME:
        return ME
    try:
        return identifier(value)
    except ValueError:
        raise ValueError(f"takes the integer id of a user, or 'me', not {shorten(value)}") from None


def _whole(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"takes a whole number, not {value!r}")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


def _offset(value: Any) -> Any:
    number = int(value) if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() else value
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise ValueError(f"takes the number of characters to skip, from 0, not {shorten(value)}")
    return number


def _sort(value: Any) -> Any:
    if not is_object(value):
        return value
    unknown = [key for key in value if key not in ("sort_by", "sort_direction")]
    name, direction = value.get("sort_by"), str(value.get("sort_direction") or "asc").casefold()
    if unknown or not isinstance(name, str) or direction not in ("asc", "desc"):
        raise ValueError("takes an attribute's name, with - in front for the last first, like '-createdAt'")
    return f"-{name}" if direction == "desc" else name


def _filters(value: Any) -> Any:
    if not is_object(value):
        return value
    if "field" in value:
        return [value]
    return [{"field": name, "criteria": criteria} for name, criteria in value.items()]


def _names(value: Any) -> Any:
    return [name.strip() for name in value.split(",")] if isinstance(value, str) else value


def _email(value: Any) -> Any:
    if isinstance(value, str) and EMAIL.fullmatch(value.strip()):
        return value.strip()
    raise ValueError(f"takes an e-mail address, not {shorten(value)}")


def _title_case(value: Any) -> Any:
    return value.strip().title() if isinstance(value, str) else value


def _upper_case(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


PageSize = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MAX_PAGE_SIZE)]
Offset = Annotated[int, BeforeValidator(_offset)]
Id = Annotated[int, BeforeValidator(identifier)]
UserId = Annotated[int | Literal["me"], BeforeValidator(user_identifier)]
Email = Annotated[str, BeforeValidator(_email)]
Names = Annotated[list[str], BeforeValidator(_names)]
Criteria = str | int | float | bool | list[str | int | float | bool]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True, frozen=True)


class Filter(_Arguments):
    """One condition: an attribute or relationship path, and what it must be."""

    field: str
    criteria: Criteria


class PageArguments(_Arguments):
    """A page of a list: how many rows, and after which one."""

    page_size: PageSize = DEFAULT_PAGE_SIZE
    page_after: str | None = None


class ListArguments(PageArguments):
    """Which records, in which order, with which columns."""

    filters: Annotated[list[Filter], BeforeValidator(_filters)] = []
    sort: Annotated[str | None, BeforeValidator(_sort)] = None
    fields: Names | None = None
    count: bool = False


class OptionsArguments(PageArguments):
    """A page of a drop-down; `q` narrows it where Outreach has a search by name."""

    page_size: PageSize = 100
    q: str | None = None


class GetArguments(_Arguments):
    """Which record, which of its fields, and from which character on a text is read."""

    id: Id
    fields: Names | None = None
    text_from: Offset | None = None


class GetUserArguments(_Arguments):
    """Which user, which of their fields, and from which character on a text is read."""

    id: UserId
    fields: Names | None = None
    text_from: Offset | None = None


class CreateArguments(_Arguments):
    """What a new record holds."""

    attributes: JsonObject = {}
    relationships: JsonObject = {}


class UpdateArguments(CreateArguments):
    """What changes in a record; `clear` names what becomes empty."""

    id: Id
    clear: Names = []


class DeleteArguments(_Arguments):
    """Which record."""

    id: Id


class ActionArguments(_Arguments):
    """Which record, which action, and that action's parameters."""

    id: Id
    action: str
    parameters: JsonObject = {}


class EnrolArguments(_Arguments):
    """Which prospect goes into which sequence, and which mailbox sends."""

    sequence_id: Id
    prospect_id: Id
    mailbox_id: Id


class ComplianceArguments(_Arguments):
    """Whose data is to be erased, and who asks for it."""

    requester_email: Email
    request_type: Annotated[Literal["Delete"], BeforeValidator(_title_case)]
    object_type: Annotated[Literal["Prospect", "Recipient"], BeforeValidator(_title_case)]
    request_object_email: Email


class LinkArguments(_Arguments):
    """A link out of an answer, and where its list goes on."""

    link: str
    page_after: str | None = None


class RawArguments(_Arguments):
    """One request, as it is sent."""

    method: Annotated[Literal["GET", "POST", "PATCH", "DELETE"], BeforeValidator(_upper_case)]
    path: str
    query: dict[str, Criteria] = {}
    body: JsonObject | None = None


Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], arguments: Mapping[str, Any], *, target: str = "id", lifted: Iterable[str] = ()) -> Model:
    """Check a tool's raw arguments against its kind's model.

    `target` is what the tool calls the id; `lifted` are the flat names it understands as well.
    """
    given = dict(arguments)
    if target != "id" and target not in given and "id" in given:
        given[target] = given.pop("id")
    if target in given:
        given["id"] = given.pop(target)
    given = {key: value for key, value in given.items() if value is not None or key == "id"}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        names = [target if name == "id" else name for name in model.model_fields]
        problems = [_explain(each, names, target, lifted) for each in error.errors(include_url=False)]
        raise ArgumentError("; ".join(dict.fromkeys(problems))) from None


def lift(arguments: Mapping[str, Any], taken: Mapping[str, Callable[[str], bool]], own: tuple[str, ...]) -> JsonObject:
    """Move flat arguments into the members they belong to.

    `taken` maps a member (`attributes`) to what decides whether a name belongs to it; `own` are the tool's own
    argument names, which stay.
    """
    lifted: JsonObject = {}
    for name, value in arguments.items():
        member = None if name in own else next((key for key, belongs in taken.items() if belongs(name)), None)
        if member is None:
            lifted[name] = value
        else:
            inner = lifted.get(member, arguments.get(member))
            if inner is not None and not is_object(inner):
                raise ArgumentError(f"{member!r} takes an object, not {shorten(inner)}")
            if inner and name in inner:
                raise ArgumentError(f"{name!r} is given twice: beside {member!r} and in it")
            lifted[member] = {**(inner or {}), name: value}
    return lifted


def choose(value: str, allowed: tuple[str, ...], argument: str) -> str:
    """Return the allowed word that `value` spells, whatever its case. Raises `ArgumentError`."""
    found = find(value, allowed)
    if found is None:
        raise ArgumentError(f"{argument!r} is {value!r}, which is none of {listed(allowed)}{nearest(value, allowed)}")
    return found


def _explain(error: ErrorDetails, names: list[str], target: str, lifted: Iterable[str]) -> str:
    place = [target if part == "id" and index == 0 else part for index, part in enumerate(error["loc"])]
    where = ".".join(str(part) for part in place if not isinstance(part, str) or part in names or "[" not in part)
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        if len(place) > 1:
            return f"unknown member {where!r}; a filter takes field and criteria"
        return f"unknown argument {where!r}{nearest(where, [*names, *lifted])}; this tool takes {listed(names)}"
    if kind == "missing":
        return f"{where!r} is required"
    if kind == "value_error":
        return f"{where!r} {context['error']}"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{where!r} is {shorten(given)}; it takes 1 to {MAX_PAGE_SIZE}"
    wanted = {
        "int_parsing": "a whole number",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "list_type": "an array",
        "dict_type": "an object",
        "bool_parsing": "true or false",
        "bool_type": "true or false",
        "model_type": "an object with field and criteria",
        "string_type": "a string",
        "literal_error": f"one of {context.get('expected', '')}",
    }.get(kind, "something else")
    return f"{where!r} takes {wanted}, not {shorten(given)}"
