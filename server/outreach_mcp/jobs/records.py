"""The records of jobs as they are kept: the head of each, and its waves with what came of their steps."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from outreach_mcp.caller import Caller
from outreach_mcp.callers.state.errors import StateStoreError
from outreach_tools.client import JsonObject
from outreach_tools.engine.bulk.service import OVER, Outcome, Report, State
from outreach_tools.packing import packed, unpacked

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Job:
    """The head of a job: whose it is, what it does, and how it stands.

    `plan` is the id under which its steps are kept, in so many `parts`. `consent` is who agreed. It stops at so many
    failures as `stop_at` says.
    """

    id: str
    owner: str
    plan: str
    parts: int
    total: int
    doing: str
    resource: str
    consent: str
    stop_at: int
    begun_at: datetime
    caller: Caller | None = None
    state: State = "queued"
    ended_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    reasons: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    error: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is done."""
        return self.state in OVER

    @property
    def report(self) -> Report:
        """The job as a tool tells of it."""
        return Report(
            self.id, self.state, self.doing, self.resource, self.total, self.counts, self.begun_at, self.ended_at,
            self.reasons, self.error,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wave:
    """The steps that are applied together, by their places: written down before any is sent, and again when all ended.

    `sent` are those that may have been sent since `begun_at`, `waiting` those that were not, as the process had to end;
    of the others it was known before what came of them. Of a bulk action there is `batch`, with its id once Outreach
    has told it. `came` is None as long as it is not known what came of the steps.
    """

    begun_at: datetime
    sent: Sequence[int]
    left: Mapping[int, Outcome]
    is_batch: bool = False
    batch: int | None = None
    came: Mapping[int, Outcome] | None = None
    waiting: Sequence[int] = ()

    @property
    def outcomes(self) -> Mapping[int, Outcome]:
        """The outcomes that are known."""
        return {**self.left, **(self.came or {})}


NOT_REACHED = "the job ended before it"

REST = Outcome("left_out", NOT_REACHED)
"""The outcome of a step that a job which is over never came to."""

NOT_KNOWN = Outcome("unknown", "the job ended before it was known: read the record")
"""The outcome of a step that was perhaps sent."""


class Tally:
    """The outcomes of a job so far, counted."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.reasons: dict[str, Counter[str]] = {}

    def copy(self) -> "Tally":
        """Return another one with the same counts."""
        made = Tally()
        made.counts = self.counts.copy()
        made.reasons = {code: found.copy() for code, found in self.reasons.items()}
        return made

    @property
    def failures(self) -> int:
        """Steps that were refused, or of which it is not known what came of them."""
        return self.counts["refused"] + self.counts["unknown"]

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.counts[outcome.code] += 1
        if outcome.reason and outcome.code != "done":
            self.reasons.setdefault(outcome.code, Counter())[_kind_of(outcome.reason)] += 1

    def reasons_told(self) -> dict[str, dict[str, int]]:
        """Return the most frequent reasons of each outcome."""
        return {code: dict(found.most_common(10)) for code, found in self.reasons.items()}


def _kind_of(reason: str) -> str:
    """Return a reason without the numbers that make it one record's own."""
    return " ".join(word for word in reason.split() if not any(map(str.isdigit, word)))[:160]


def written_job(job: Job) -> bytes:
    """Return a job as bytes."""
    caller = job.caller
    entry: JsonObject = {
        "version": _VERSION,
        "id": job.id,
        "owner": job.owner,
        "plan": job.plan,
        "parts": job.parts,
        "total": job.total,
        "doing": job.doing,
        "resource": job.resource,
        "consent": job.consent,
        "stop_at": job.stop_at,
        "begun_at": job.begun_at.isoformat(),
        "caller": None if caller is None else [caller.subject, caller.name, sorted(caller.scopes), caller.email],
        "state": job.state,
        "ended_at": None if job.ended_at is None else job.ended_at.isoformat(),
        "counts": dict(job.counts),
        "reasons": {code: dict(found) for code, found in job.reasons.items()},
        "error": job.error,
    }
    return packed(entry)


def read_job(value: bytes) -> Job:
    """Return the job that `written_job` wrote. Raises `StateStoreError` for one of another version."""
    entry = read_packed(value)
    if entry.get("version") != _VERSION:
        raise StateStoreError("The store holds a job that another version of this server has written.")
    caller, ended = entry["caller"], entry["ended_at"]
    return Job(
        entry["id"], entry["owner"], entry["plan"], entry["parts"], entry["total"], entry["doing"], entry["resource"],
        entry["consent"], entry["stop_at"], datetime.fromisoformat(entry["begun_at"]),
        None if caller is None else Caller(caller[0], caller[1], frozenset(caller[2]), caller[3]),
        entry["state"], None if ended is None else datetime.fromisoformat(ended), entry["counts"], entry["reasons"],
        entry["error"],
    )  # fmt: skip


def written_wave(wave: Wave) -> bytes:
    """Return a wave as bytes."""
    came = None if wave.came is None else _written_outcomes(wave.came)
    return packed(
        {
            "begun_at": wave.begun_at.isoformat(),
            "sent": list(wave.sent),
            "left": _written_outcomes(wave.left),
            "is_batch": wave.is_batch,
            "batch": wave.batch,
            "came": came,
            "waiting": list(wave.waiting),
        }
    )


def read_wave(value: bytes) -> Wave:
    """Return the wave that `written_wave` wrote."""
    entry = read_packed(value)
    came = None if entry["came"] is None else _read_outcomes(entry["came"])
    return Wave(
        datetime.fromisoformat(entry["begun_at"]),
        entry["sent"],
        _read_outcomes(entry["left"]),
        entry["is_batch"],
        entry["batch"],
        came,
        entry["waiting"],
    )


def read_packed(value: bytes) -> Any:
    """Return the JSON that `packed` packed. Raises `StateStoreError` for anything else."""
    try:
        return unpacked(value)
    except ValueError:
        raise StateStoreError("The store holds a plan or a job that this version cannot read.") from None


def _written_outcomes(outcomes: Mapping[int, Outcome]) -> list[Any]:
    return [[place, each.code, each.reason, each.id] for place, each in outcomes.items()]


def _read_outcomes(entries: Any) -> dict[int, Outcome]:
    return {place: Outcome(code, reason, number) for place, code, reason, number in entries}
