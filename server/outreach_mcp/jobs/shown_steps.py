"""Shows steps of plans that were kept, without what this caller may not be told of by now.

A plan or a job may be older than the settings, or come from a path over HTTP that shows more: what is excluded since is
in the store, and goes into no answer and no question.
"""

from dataclasses import replace

from outreach_mcp.guard.readable import Readable
from outreach_tools.engine.bulk.plan import Step
from outreach_tools.json_values import is_object


def shown_step(step: Step, readable: Readable) -> Step:
    """Return a step without the name and the values of a record that is excluded, and those that repeat such ones."""
    if not readable.hidden:
        return step
    kinds = {step.type, step.record[0]} if step.record else {step.type}
    if kinds & readable.hidden:
        return replace(step, name="", before={})
    copies = readable.copies.get(step.type, frozenset())
    before = {name: value for name, value in step.before.items() if name not in copies}
    return step if len(before) == len(step.before) else replace(step, before=before)


def known_step(step: Step, readable: Readable) -> Step:
    """Return a step that was done with what may be read of it alone: what cannot be seen cannot be taken back."""
    shown = shown_step(step, readable)
    copies = readable.copies.get(step.type, frozenset())
    if copies.isdisjoint(step.after) or step.kind != "update":
        return shown
    return replace(shown, after={name: value for name, value in step.after.items() if name not in copies})


def kinds_of(step: Step) -> set[str]:
    """Return the types of the records that a step is about and links: of these its words may hold names."""
    linked = {str(each["type"]) for each in step.after.values() if is_object(each) and "type" in each}
    parameters = {name.partition("[")[2].removesuffix("Id]") for name, _ in step.parameters}
    owners = {"user"} if "owner" in parameters else set[str]()
    return {step.type, *linked, *(parameters - {"owner"}), *owners}
