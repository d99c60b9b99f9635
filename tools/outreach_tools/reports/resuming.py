"""A report that was cut goes on where it stood when it is asked for again, in other words with the same arguments.

The arguments say all that a token could: nothing more has to be passed on, and a client that repeats a call for other
reasons gets the same report, further read.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from outreach_tools.client import JsonObject
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.related import Listers
from outreach_tools.engine.tool import Context
from outreach_tools.reports.arguments import ReportArguments
from outreach_tools.reports.gathering import Gathering

_Given = TypeVar("_Given", bound=ReportArguments)


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """The reading of a report that was cut, and the arguments that it was asked for with."""

    given: ReportArguments
    gathering: Gathering


async def resumed(
    name: str,
    context: Context,
    names: Names,
    listers: Listers,
    given: _Given,
    report: Callable[[Gathering, _Given], Awaitable[JsonObject]],
) -> JsonObject:
    """Return the report called `name`: begun, or gone on with where the last one was cut that was asked for the same.

    How its answer is laid out may be asked for otherwise.
    """
    subject, asked = f"unfinished {name}", given.model_copy(update={"sort": None, "top": None, "fields": None})
    before = context.kept.take(subject, _Unfinished)
    if before is not None and before.given == asked:
        gathering = before.gathering
        gathering.go_on(context, names)
    else:
        gathering = Gathering.of(context, names, listers)
    answer = await report(gathering, given)
    if gathering.is_cut:
        context.kept.put(subject, _Unfinished(asked, gathering))
    return answer
