"""Makes a whole sequence in one call: its steps, the mails that they send and their variants; all of it or nothing.

While it is made it is called `Renewals (being built)` and is not active. What ends the call takes back what was made
of it; what ends the whole server leaves a sequence of that name, or at its very end one that is whole and not active
yet: the next call for the same name tells of either, and makes no second one.
"""

from collections.abc import Iterator
from typing import Any

import anyio

from outreach_tools.client import JsonObject, Request
from outreach_tools.engine.answers import cost
from outreach_tools.engine.arguments import BuildArguments, read
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.fetching import CHECK
from outreach_tools.engine.finders import finds
from outreach_tools.engine.fitting import fit
from outreach_tools.engine.mail_text import named, odd_in, require_line, told
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.naming.references import Names, by_names
from outreach_tools.engine.related import Listers
from outreach_tools.engine.schemas import enum_schema, id_schema, object_schema
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.engine.writing import document
from outreach_tools.json_values import as_object, member
from outreach_tools.resources.sequence_plan import Mail, Step, steps_of
from outreach_tools.resources.sequence_remains import Made, remains, taken_back, unfinished
from outreach_tools.resources.sequence_step import STEP_TYPES

_LONGEST_NAME = 180  # of a template's 225 characters, which follow the sequence's name


def build_sequence(listers: Listers) -> Tool:
    """Make the tool that makes a whole sequence; `listers` name what finds its ruleset."""

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read(BuildArguments, arguments)
        name = given.name.strip()
        if len(name) > _LONGEST_NAME:
            raise ArgumentError(f"'name' has {len(name)} characters; it takes at most {_LONGEST_NAME}")
        require_line("'name'", name)
        steps = steps_of(given.steps)
        said = _odd(steps, activate=given.activate)
        links: JsonObject = {}
        if given.ruleset is not None:
            ruleset = await names.id_of(given.ruleset, "ruleset", "'ruleset'", finds(("ruleset",), listers))
            links = {"ruleset": {"data": {"type": "ruleset", "id": ruleset}}}
        mails = [_template_name(name, place, step, number) for place, step, number in _mails(steps)]
        notes = await remains(context, name, mails)
        requests = tuple(_requests(name, steps, links, activate=given.activate))
        what = f"Build the sequence {{}} of {len(steps)} steps" + (", and activate it" if given.activate else "")
        await context.agree(what, name, requests)
        made = Made()
        try:
            beside = (*names.notes, *notes, *said)
            return await _build(context, name, steps, links, made, beside, activate=given.activate)
        except BaseException as error:
            # Whatever ends the call, a caller who leaves among it, what was made of it is taken back.
            with anyio.CancelScope(shield=True):
                error.add_note(await taken_back(context, made, error))
            raise

    text: JsonObject = {"type": "string"}
    mail = {"subject": text, "body": text}
    step = object_schema(
        {
            "kind": enum_schema(STEP_TYPES),
            "wait_days": {"type": "number"},
            "wait_hours": {"type": "number"},
            **mail,
            "reply": {"type": "boolean"},
            # Objects would be a sixth level, which not every client takes; they are understood as well.
            "variants": {"type": "array", "items": text, "description": "bodies; a first line Subject: changes it"},
            "note": text,
        },
        ("kind",),
    )
    properties: JsonObject = {
        "name": text,
        "ruleset": id_schema("ruleset"),
        "steps": {"type": "array", "items": step},
        "activate": {"type": "boolean"},
    }
    return Tool(
        name="build_sequence",
        title="Build sequence",
        description=(
            "Set up a whole new cadence (campaign, multi-step sequence) in one go: touches over days or weeks with "
            "their emails, A/B variants of a mail, calls, LinkedIn; activate it. All or nothing."
        ),
        input_schema=object_schema(properties, ("name", "steps")),
        run=by_names(run, writing=True),
        read_only=False,
        destructive=True,
        idempotent=False,
        open_world=True,
        resource="sequence",
        toolset="sequences",
        operations=frozenset(
            {
                ("sequence", "create"),
                ("sequence", "update"),
                ("sequence", "delete"),
                ("sequence", "action:activate"),
                ("sequenceStep", "create"),
                ("sequenceTemplate", "create"),
                ("template", "create"),
                ("template", "delete"),
            }
        ),
        looks=frozenset({"sequence", "template"}),
        names=frozenset({"ruleset"}),
        alone=True,
    )


def _odd(steps: tuple[Step, ...], *, activate: bool) -> tuple[str, ...]:
    """Return what is odd about the mails. Raises `ArgumentError` where it is a slip and mails would go out with it."""
    odd = odd_in(*(text for step in steps for mail in step.mails for text in (mail.subject, mail.html)))
    if activate and (slips := [each for each in odd if each.meant]):
        raise ArgumentError(
            f"The mails have {named(slips)}. Nothing was made. Correct that; if it is meant so, leave "
            "activate out, and activate the sequence when it is made."
        )
    return (told(odd),) if odd else ()


async def _build(
    context: Context,
    name: str,
    steps: tuple[Step, ...],
    links: JsonObject,
    made: Made,
    notes: tuple[str, ...],
    *,
    activate: bool,
) -> JsonObject:
    sequence = await _create(context, _sequence(name, links), made)
    rows: list[list[Any]] = []
    for place, step in enumerate(steps, 1):
        number = await _create(context, _step(place, step, sequence), made)
        templates = [await _create(context, each, made) for each in _templates(name, place, step)]
        for template in templates:
            await _create(context, _sequence_template(step, number, template), made)
        rows.append([number, step.kind, step.wait, templates])
    await context.client.send(_renamed(name, sequence))
    if activate:
        made.is_activating = True
        await context.client.send(_activated(sequence))
    columns = ["step_id", "kind", "interval", "template_ids"]
    answer: JsonObject = {"id": sequence, "name": name, "enabled": activate, "columns": columns, "rows": rows}
    if cost(rows) > context.max_result_tokens // 2:
        answer = {"id": sequence, "name": name, "enabled": activate, "steps": len(steps)}
    return fit(answer, context.max_result_tokens, notes)


async def _create(context: Context, request: Request, made: Made) -> int:
    """Send one create, note its record and return the id."""
    kind: str = request.body["data"]["type"] if request.body else ""
    made.under_way = kind
    response = await context.client.send(request)
    record = as_object(member(response.body, "data"))
    number = record.get("id") if record else None
    if record is None or record.get("type") != kind or not isinstance(number, int):
        asked = f"{request.method} {request.target}"
        raise ToolError(f"Outreach answered {asked} with {shorten(response.body)}, which is not its record. {CHECK}.")
    made.records.append((kind, number))
    made.under_way = ""
    return number


def _requests(name: str, steps: tuple[Step, ...], links: JsonObject, *, activate: bool) -> Iterator[Request]:
    """Yield all that will be sent, without the ids and links of what is yet to be made."""
    yield _sequence(name, links)
    for place, step in enumerate(steps, 1):
        yield _step(place, step)
        yield from _templates(name, place, step)
        yield from (_sequence_template(step) for _ in step.mails)
    yield _renamed(name, 0)
    if activate:
        yield _activated(0)


def _sequence(name: str, links: JsonObject) -> Request:
    attributes: JsonObject = {"name": unfinished(name), "sequenceType": "interval"}
    return Request("POST", "/sequences", body=document("sequence", attributes, links))


def _step(place: int, step: Step, sequence: int | None = None) -> Request:
    note: JsonObject = {"taskNote": step.note} if step.note else {}
    attributes: JsonObject = {"stepType": step.kind, "order": place, "interval": step.wait, **note}
    return Request("POST", "/sequenceSteps", body=document("sequenceStep", attributes, _link(sequence=sequence)))


def _templates(name: str, place: int, step: Step) -> Iterator[Request]:
    for number, mail in enumerate(step.mails, 1):
        yield _template(_template_name(name, place, step, number), mail)


def _mails(steps: tuple[Step, ...]) -> Iterator[tuple[int, Step, int]]:
    """Yield the place of each mail: that of its step, the step, and which of its variants it is."""
    for place, step in enumerate(steps, 1):
        yield from ((place, step, number) for number in range(1, len(step.mails) + 1))


def _template_name(name: str, place: int, step: Step, number: int) -> str:
    return f"{name}: step {place}" + (f", variant {number}" if len(step.mails) > 1 else "")


def _template(name: str, mail: Mail) -> Request:
    subject: JsonObject = {"subject": mail.subject} if mail.subject else {}
    return Request(
        "POST", "/templates", body=document("template", {"name": name, **subject, "bodyHtml": mail.html}, {})
    )


def _sequence_template(step: Step, number: int | None = None, template: int | None = None) -> Request:
    links = _link(sequenceStep=number, template=template)
    return Request("POST", "/sequenceTemplates", body=document("sequenceTemplate", {"isReply": step.reply}, links))


def _renamed(name: str, sequence: int) -> Request:
    return Request("PATCH", f"/sequences/{sequence}", body=document("sequence", {"name": name}, {}, record_id=sequence))


def _activated(sequence: int) -> Request:
    return Request("POST", f"/sequences/{sequence}/actions/activate")


def _link(**ids: int | None) -> JsonObject:
    return {kind: {"data": {"type": kind, "id": number}} for kind, number in ids.items() if number is not None}
