"""Plans a change of many records: reads which they are and what they hold, and keeps what is to become of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from outreach_tools.catalog import Attribute, ResourceType, resource_type, resource_types
from outreach_tools.client import JsonObject, Request, Response
from outreach_tools.engine.acting import action_parameters
from outreach_tools.engine.arguments import ChangeArguments, PlanArguments, choose, read
from outreach_tools.engine.bulk.acts import ACTS, ENROL, REASSIGN, WORDS
from outreach_tools.engine.bulk.enrolling import enrolled_into, enrolments
from outreach_tools.engine.bulk.making import (
    Change,
    Made,
    actions,
    deletes,
    lets_mail_out,
    read_beside,
    seen_of,
    updates,
)
from outreach_tools.engine.bulk.plan import Plan
from outreach_tools.engine.bulk.selecting import Found, Pages, asking, count_all, read_by_ids, read_filtered
from outreach_tools.engine.bulk.told import plan_answer
from outreach_tools.engine.bulk.values import told
from outreach_tools.engine.columns import Selection, label_of, select, value_of
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import ActionTool, Resource
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.filtering import Filters, build_filters, refuse_endless
from outreach_tools.engine.finders import finds
from outreach_tools.engine.given import given_members, is_given
from outreach_tools.engine.json_text import as_meant, is_container
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.labels.written import with_keys
from outreach_tools.engine.matching import find, listed, nearest, shorten
from outreach_tools.engine.names import kind_named
from outreach_tools.engine.naming.in_filters import with_ids
from outreach_tools.engine.naming.kinds import NAMINGS, words_of
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.tool import Context
from outreach_tools.engine.twice import Spelled
from outreach_tools.engine.wanted import wanted
from outreach_tools.engine.writing import lift_members
from outreach_tools.json_values import is_object, member

DELETE = "delete"
_OWN = (
    "resource", "filters", "ids", "all", "attributes", "relationships", "clear", "add_tags", "remove_tags", "action",
    "parameters",
)  # fmt: skip
_DUE = Attribute("dueAt", "string", format="date-time")


@dataclass(frozen=True, slots=True)
class _Planning:
    """One call: the type of record, what was given, and what names and labels stand for."""

    declared: Resource
    resource: ResourceType
    given: PlanArguments
    context: Context
    names: Names
    labels: Labels
    calendar: Calendar


async def plan_change(
    declared: Mapping[str, Resource], context: Context, arguments: JsonObject, names: Names
) -> JsonObject:
    """Read a selection, make a plan of it, keep the plan, and answer with what it comes to."""
    if context.bulk is None:
        raise ToolError("This server keeps no plans.")
    kind = _declared(declared, arguments.get("resource"))
    resource = resource_type(kind.type)
    labels = Labels(context, resource)
    lifted = lift_members(resource, await with_keys(labels, arguments, _OWN), _OWN)
    if is_given(as_meant(lifted.get("ids"), is_container)) and resource.type in NAMINGS:
        found = finds((resource.type,), kind.listers)
        lifted = {**lifted, "ids": await with_ids(names, lifted["ids"], resource.type, "'ids'", found)}
    given = read(PlanArguments, lifted, lifted=[*resource.attributes, *resource.relationships])
    planning = _Planning(kind, resource, given, context, names, labels, Calendar(context.now(), context.zone))
    plan, made = await _plan(planning)
    if not plan.steps:
        why = "; ".join(f"{count:,} left out: {reason}" for reason, count in plan.left_out.items())
        raise ToolError(f"There is nothing to do: {why}. Nothing was planned and nothing was changed.")
    empty = {"not_changed": list(made.empty)} if made.empty else {}
    notes = (*made.notes, *names.notes, *labels.notes)
    return await plan_answer(context, plan, made.examples, notes, **empty)


async def _plan(planning: _Planning) -> tuple[Plan, Made]:
    given = planning.given
    setting = [
        name for name in ("attributes", "relationships", "clear", "add_tags", "remove_tags") if getattr(given, name)
    ]
    if given.action and setting:
        raise ArgumentError(f"'action' and {setting[0]!r} are both given: plan one after the other")
    if given.parameters and not given.action:
        raise ArgumentError("'parameters' are those of an 'action', which is not given")
    if not given.action:
        return await _of_update(planning)
    word = choose(given.action, (*WORDS, DELETE), "action")
    if word == DELETE:
        return await _of_delete(planning)
    if word == ENROL:
        return await _of_enrolment(planning)
    if word == REASSIGN and (planning.resource.type, word) not in ACTS:
        return await _of_update(_reassigning(planning))
    return await _of_action(planning, word)


async def _of_update(planning: _Planning) -> tuple[Plan, Made]:
    resource, given, labels = planning.resource, planning.given, planning.labels
    if "update" not in resource.operations:
        raise ArgumentError(f"Outreach cannot update {words_of(resource.type, many=True)}")
    tags = bool(given.add_tags or given.remove_tags)
    if tags and "tags" not in resource.attributes:
        raise ArgumentError(f"{words_of(resource.type, many=True)} have no tags")
    asked = ChangeArguments(attributes=given.attributes, relationships=given.relationships, clear=given.clear)
    change = await wanted(planning.declared, labels, asked, planning.calendar, planning.names, needed=not tags)
    if many := [name for name in change.relationships if resource.relationships[name].many]:
        raise ArgumentError(f"{many[0]!r} links many records, which a plan does not change: update one by one")
    if tags and "tags" in change.attributes:
        raise ArgumentError("'tags' is set as a whole and by 'add_tags' or 'remove_tags': give one of them")
    if both := set(given.add_tags) & set(given.remove_tags):
        raise ArgumentError(f"the tag {sorted(both)[0]!r} is both added and removed")
    after = {**change.attributes, **{name: link["data"] for name, link in change.relationships.items()}}
    made_of = Change(resource, after, given.add_tags, given.remove_tags)
    if withheld := planning.context.withheld.get(resource.type, frozenset()).intersection(made_of.names):
        raise ArgumentError(
            f"{min(withheld)!r} cannot be planned: this server's settings exclude what it holds now, so that nobody "
            "could put it back"
        )
    show = await _shower(planning, after)
    beside = read_beside(resource, after)
    found, filters, missing = await _found(planning, (*made_of.names, *beside))
    made = updates(made_of, found, seen_of(resource, filters.fetch), show)
    made.examples = [{labels.shown(name): value for name, value in each.items()} for each in made.examples]
    made.empty = change.empty
    planning.names.note(change.notes)
    doing = [f"{labels.shown(name)} = {show(name, value)}" for name, value in after.items()]
    doing += [f"add the tag {tag!r}" for tag in given.add_tags] + [
        f"remove the tag {tag!r}" for tag in given.remove_tags
    ]
    mails = "people who had opted out may be e-mailed again" if lets_mail_out(after) else ""
    return _finished(planning, ", ".join(doing), made, filters, missing, mails), made


async def _of_delete(planning: _Planning) -> tuple[Plan, Made]:
    if DELETE not in planning.resource.operations:
        raise ArgumentError(f"Outreach cannot delete {words_of(planning.resource.type, many=True)}")
    if planning.given.parameters:
        raise ArgumentError("the action 'delete' takes no parameters")
    found, filters, missing = await _found(planning, ("*",))
    made = deletes(planning.resource, found)
    return _finished(planning, "delete for good", made, filters, missing), made


async def _of_action(planning: _Planning, word: str) -> tuple[Plan, Made]:
    resource, declared = planning.resource, planning.declared
    act = ACTS.get((resource.type, word))
    if act is None:
        able = [kind for kind, each in ACTS if each == word]
        raise ArgumentError(f"{word!r} is for {listed(able)}, not for {words_of(resource.type, many=True)}")
    tool = next(each for each in declared.tools if isinstance(each, ActionTool))
    parameters, notes = await action_parameters(
        declared, tool, resource.actions[act.action], planning.given.parameters, planning.names
    )
    after = act.after(parameters)
    show = await _shower(planning, after)
    state = ("state",) if "state" in resource.attributes else ()
    found, filters, missing = await _found(planning, (*state, *after))
    made = actions(
        resource, found, act.action, parameters, after, seen_of(resource, (*filters.fetch, *state)), act.refuse, show
    )
    planning.names.note(notes)
    set_to = ", ".join(f"{name} = {show(name, value)}" for name, value in after.items() if name != "state")
    doing = word + (f": {set_to}" if set_to else "")
    return _finished(planning, doing, made, filters, missing, act.mails), made


async def _of_enrolment(planning: _Planning) -> tuple[Plan, Made]:
    if planning.resource.type != "prospect":
        raise ArgumentError(f"{ENROL!r} is for prospects, not for {words_of(planning.resource.type, many=True)}")
    into = await enrolled_into(planning.names, planning.declared, planning.given.parameters)
    found, filters, missing = await _found(planning, ("optedOut", "emailOptedOut"))
    enrolled = await enrolments(planning.names, into, found, filters.fetch)
    plan = _finished(planning, enrolled.doing, enrolled.made, filters, missing, enrolled.mails)
    return plan, enrolled.made


def _reassigning(planning: _Planning) -> _Planning:
    """Return the planning in which `reassign` sets the owner, as it does where Outreach has no action of that name."""
    if "owner" not in planning.resource.relationships or planning.resource.relationships["owner"].read_only:
        raise ArgumentError(f"{words_of(planning.resource.type, many=True)} have no owner to be given")
    spelled = Spelled()
    for name, value in given_members(planning.given.parameters).items():
        if find(name, ("ownerId", "owner")) is None:
            raise ArgumentError(f"the action 'reassign' takes no {name!r}; it takes ownerId, an id or a name")
        spelled.note("owner", name, value)
    owner = spelled.given("owner")
    if owner is None:
        raise ArgumentError("the action 'reassign' needs 'ownerId', an id or a name")
    return replace(planning, given=planning.given.model_copy(update={"relationships": {"owner": owner[1]}}))


async def _found(planning: _Planning, names: Sequence[str]) -> tuple[Pages | list[Found], Filters, list[int]]:
    """Return the records that are meant, the filters that found them, and ids that name none.

    Raises `ArgumentError` where nothing says which they are, or where all there are are meant and that is not said.
    """
    given, resource, context, labels = planning.given, planning.resource, planning.context, planning.labels
    many = words_of(resource.type, many=True)
    if given.ids and (given.filters or given.all):
        raise ArgumentError("'ids' and 'filters' are both given: give one of them")
    if not (given.ids or given.filters or given.all):
        raise ArgumentError(f"which {many} are meant is not said: give 'filters' or 'ids', or all: true for every one")
    for each in given.filters:
        refuse_endless(each)
    keys = await labels.keys([each.field for each in given.filters], writing=True)
    filters = await build_filters(planning.declared, given.filters, planning.names, planning.calendar, labels, keys)
    label = label_of(resource.type)
    wanted_names = (*names, *((label,) if label else ()))
    selection = _sized(select(resource, wanted_names, summary=False, also=(*filters.fetch, *seen_of(resource))), names)
    if given.ids:
        named, missing = await read_by_ids(context, resource, selection, given.ids)
        if not named:
            raise ArgumentError(f"none of the ids is one of {many}. Nothing was planned")
        return named, filters, missing
    asked = replace(filters, parts=tuple(replace(each, query=asking(each.query)) for each in filters.parts))
    found = await read_filtered(context, resource, selection, asked)
    if not found:
        raise ArgumentError(f"no {words_of(resource.type)} matches these filters. Nothing was planned")
    if not given.all and len(found) > 1 and await count_all(context, resource) == len(found):
        raise ArgumentError(
            f"these filters match every one of the {len(found):,} {many}: if that is meant, say all: true. Nothing was "
            "planned"
        )
    return found, filters, []


def _sized(selection: Selection, names: Sequence[str]) -> Selection:
    """Return a selection of the type's own fields, all of them where that is asked for."""
    return replace(selection, everything="*" in names)


def _finished(
    planning: _Planning, doing: str, made: Made, filters: Filters, missing: Sequence[int], mails: str = ""
) -> Plan:
    left_out = dict(made.left_out)
    if missing:
        left_out["there is no such record"] = len(missing)
    selection = () if planning.given.ids else tuple(each.query for each in filters.parts if each.query)
    return Plan(planning.resource.type, doing, made.steps, left_out, selection, mails)


async def _shower(planning: _Planning, after: Mapping[str, Any]) -> Callable[[str, Any], str]:
    """Return what shows the values that are set; related records by their names, each read once."""
    called: dict[str, str] = {}
    for name, value in after.items():
        if name not in planning.resource.relationships or not is_object(value):
            continue
        kind = resource_types().get(value["type"])
        label = label_of(value["type"])
        if kind is None or label is None or "get" not in kind.operations:
            continue
        target = f"/{kind.path}/{value['id']}"
        response = await planning.context.attempt(Request("GET", target, ((f"fields[{kind.type}]", label),)))
        read_name = value_of(member(response.body, "data"), label) if isinstance(response, Response) else None
        if read_name:
            called[name] = f"{told(planning.resource, name, str(read_name))} ({value['id']})"
    return lambda name, value: called.get(name) or told(planning.resource, name, value)


def _declared(declared: Mapping[str, Resource], given: Any) -> Resource:
    if not isinstance(given, str) or not is_given(given):
        raise ArgumentError(f"'resource' is required: one of {listed(declared)}")
    found = kind_named(given, declared)
    if found is None:
        raise ArgumentError(
            f"'resource' is {shorten(given)}, of which nothing is changed in plans: it takes one of {listed(declared)}"
            f"{nearest(given, declared)}"
        )
    return declared[found]
