"""Sends the request of one step through the gate, and says what came of it."""

from datetime import datetime

from outreach_mcp.api.errors.tree import (
    AuthenticationError,
    NetworkError,
    OutcomeUnknownError,
    OutreachError,
    RateLimitError,
    TokenStoreError,
    UnreadableAnswerError,
)
from outreach_mcp.callers.invitation import ConnectionNeededError
from outreach_mcp.guard.journal import JournalError
from outreach_mcp.jobs.records import REST
from outreach_mcp.jobs.work import Work
from outreach_tools.catalog import resource_type
from outreach_tools.client import MissingScope
from outreach_tools.engine.bulk.checking import enrolled, is_enrolment, person_of, read_now
from outreach_tools.engine.bulk.plan import Step
from outreach_tools.engine.bulk.requests import request_of
from outreach_tools.engine.bulk.service import Outcome
from outreach_tools.engine.bulk.values import differing, held
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.text import one_line
from outreach_tools.json_values import member

_REASON = 300  # characters
_LONGEST_PAUSE = 3600.0
_PAUSE = 5.0
_TRIES = 6


class JobFailedError(Exception):
    """The job as a whole cannot go on; the message says why, `outcome` what came of the step that met it."""

    def __init__(self, why: str, outcome: Outcome = REST) -> None:
        """Say why; unless an outcome is given, nothing was done."""
        super().__init__(why)
        self.outcome = outcome


def is_for_the_job(error: Exception) -> bool:
    """Return whether an error is about all steps alike: the token, the connection, the store, the journal."""
    return isinstance(error, AuthenticationError | ConnectionNeededError | TokenStoreError)


async def send(work: Work, step: Step) -> Outcome:
    """Send a step's request, waiting while Outreach takes none, and return what came of it.

    Raises `JobFailedError` for what every step would meet.
    """
    for attempt in range(_TRIES):
        work.require_lease()
        try:
            answer = await work.gate.send(request_of(step))
        except (RateLimitError, NetworkError) as error:  # nothing was done
            if attempt == _TRIES - 1 or work.must_end:
                return Outcome("refused", _told(error))
            await work.rest(pause(work, error.retry_at, attempt))
        except UnreadableAnswerError:
            return Outcome("done")
        except JournalError as error:
            if error.was_sent:
                came = await settled(work, step) or Outcome("unknown", f"{_told(error)} {how_to_check(step)}")
                raise JobFailedError(str(error), came) from error
            raise JobFailedError(str(error)) from error
        except (OutreachError, ToolError, MissingScope, ConnectionNeededError) as error:
            if is_for_the_job(error):
                raise JobFailedError(_told(error)) from error
            if isinstance(error, OutcomeUnknownError) or _leaves_open(error):
                return await settled(work, step) or Outcome("unknown", f"{_told(error)} {how_to_check(step)}")
            return Outcome("refused", _told(error))
        else:
            number = member(answer.body, "data", "id") if step.kind == "create" else None
            return Outcome("done", "", int(number) if isinstance(number, int) else None)
    raise AssertionError  # the last attempt returns


def _leaves_open(error: Exception) -> bool:
    from outreach_mcp.api.writes.outcomes import leaves_open  # noqa: PLC0415 - it brings what talks HTTP

    return isinstance(error, OutreachError) and leaves_open(error)


async def settled(work: Work, step: Step) -> Outcome | None:
    """Return what a record shows of a step whose answer was lost: done, or None where it does not show that."""
    try:
        return (await shown(work, [step]))[0]
    except (OutreachError, ToolError, MissingScope):
        return None


async def shown(work: Work, steps: list[Step], since: datetime | None = None) -> list[Outcome | None]:
    """Return of some steps whether the records show that they were done; None where they do not.

    Raises what reading them raises.
    """
    found = await read_now(work.gate, [step for step in steps if step.id is not None])
    ways = await enrolled(work.gate, [step for step in steps if is_enrolment(step)])
    outcomes: list[Outcome | None] = []
    for step in steps:
        outcome: Outcome | None = None
        if is_enrolment(step):
            made = [
                each for each in ways.get(person_of(step), ()) if since is None or _is_after(each.created_at, since)
            ]
            outcome = Outcome("done", "", max(each.id for each in made)) if made else None
        elif step.id is not None:
            record = found.get((step.type, step.id))
            if step.kind == "delete":
                outcome = Outcome("done") if record is None else None
            elif record is not None and step.after:
                resource = resource_type(step.type)
                now = held(resource, record, step.after)
                if step.action == "resume" and now.get("state") == "pending":
                    now = {**now, "state": "active"}  # in a sequence that is off it waits
                outcome = None if differing(resource, step.after, now) else Outcome("done")
        outcomes.append(outcome)
    return outcomes


def how_to_check(step: Step) -> str:
    """Return how a person finds out whether a step was done."""
    resource = resource_type(step.type)
    if step.id is None:
        what = f" for prospect {step.after['prospect']['id']}" if is_enrolment(step) else ""
        return f"Look whether there is a new one in {resource.path}{what}."
    if step.kind == "delete":
        return f"Read {resource.type} {step.id}: it is gone if it was done."
    what = ", ".join(step.after) or step.action
    return f"Read {what} of {resource.type} {step.id}."


def pause(work: Work, retry_at: datetime | None, attempt: int) -> float:
    """Return for how many seconds to wait before something is sent again."""
    if retry_at is None:
        return _PAUSE * float(2**attempt)
    return min(max((retry_at - work.clock.now()).total_seconds(), 0.0) + 1, _LONGEST_PAUSE)


def _is_after(moment: str, since: datetime) -> bool:
    try:
        return datetime.fromisoformat(moment) >= since
    except ValueError:
        return False


def _told(error: Exception) -> str:
    return one_line(str(error), _REASON)
