"""Opting out and in: the members of a prospect that say so agree, whichever of them is written, and mail stops.

Documented: `optedOut` is about all mailings and stamps or clears its time; `emailOptedOut` and `callOptedOut` are each
channel's own, or opting out in general where opting out is not granular (a switch); the statuses are `opted_in`,
`opted_out` or null. That they follow each other, and what becomes of mail under way, is assumed.
"""

from dataclasses import dataclass

from outreach_sandbox import errors
from outreach_sandbox.behaviour.endings import end_state, stop_mailing
from outreach_sandbox.changes import Change
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row

REFUSAL = "Prospect has opted out."


@dataclass(frozen=True, slots=True)
class _Channel:
    flags: tuple[str, ...]
    status: str
    opted_at: str
    opted_out_at: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.flags, self.status)


_EMAILS = _Channel(
    ("optedOut", "emailOptedOut"), "emailsOptStatus", "emailsOptedAt", ("optedOutAt", "emailsOptedOutAt")
)
_CALLS = _Channel(("callOptedOut",), "callsOptStatus", "callsOptedAt", ("callsOptedOutAt",))
_CHANNELS = (_EMAILS, _CALLS)


def takes_no_email(prospect: Row) -> bool:
    """Return whether a prospect has opted out of e-mail; any one of the members that say so is enough."""
    return _is_out(prospect, _EMAILS)


def takes_no_calls(prospect: Row) -> bool:
    """Return whether a prospect has opted out of calls."""
    return _is_out(prospect, _CALLS)


def settle_opt_outs(session: Session, change: Change) -> None:
    """Make the members agree with those that the write changes; raises a 422 when these contradict each other."""
    groups = [(channel,) for channel in _CHANNELS] if session.switches.granular_opt_out else [_CHANNELS]
    for channels in groups:
        asked = [name for channel in channels for name in channel.names if _is_asked(change, name)]
        wishes = {_says_out(name, change.values[name]) for name in asked}
        if len(wishes) > 1:
            listed = ", ".join(errors.humanized(name) for name in asked)
            raise errors.validation(f"{listed} contradict each other.", f"/data/attributes/{asked[0]}")
        for out in wishes:
            for channel in channels:
                _settle(session, change, channel, out=out)
        if not asked and change.creating:
            for channel in channels:
                change.values |= {**dict.fromkeys(channel.flags, 0), channel.status: None}


def stop_what_is_under_way(session: Session, prospect: int) -> None:
    """Stop what is under way to a prospect that has opted out of e-mail: enrolments end, mail is not sent.

    Mail is under way to those whom it is about, and to every recipient, known by name or by address.
    """
    row = session.store.row("prospect", prospect)
    if row is None or not takes_no_email(row):
        return
    states = session.store.rows(
        'SELECT s.id FROM "sequenceState.rows" s JOIN "sequence.rows" q ON q.id = s."sequence.id"'
        " WHERE s.\"prospect.id\" = ? AND s.state NOT IN ('finished', 'opted_out') AND q.transactional IS NOT 1"
        ' AND EXISTS (SELECT 1 FROM "sequenceStep.rows" e WHERE e."sequence.id" = q.id'
        " AND e.stepType IN ('auto_email', 'manual_email')) ORDER BY s.id",
        (prospect,),
    )
    for (state,) in states:
        end_state(session, int(state), "opted_out")
    mailings = session.store.rows(
        'SELECT m.id FROM "mailing.rows" m LEFT JOIN "sequence.rows" q ON q.id = m."sequence.id"'
        " WHERE m.state IN ('scheduled', 'queued') AND q.transactional IS NOT 1 AND (m.\"prospect.id\" = ?"
        ' OR EXISTS (SELECT 1 FROM links l JOIN "recipient" r ON r.id = l.target WHERE l.owner = m.id'
        " AND l.relationship = 'mailing.recipients' AND (r.\"prospect.id\" = ?"
        " OR fold(r.value) IN (SELECT fold(e.value) FROM json_each(?) e)))) ORDER BY m.id",
        (prospect, prospect, row["emails"] or "[]"),
    )
    for (mailing,) in mailings:
        stop_mailing(session, int(mailing), REFUSAL)


def follow_sequence(session: Session, change: Change, _record: int) -> None:
    """Stop what is under way to all who opted out, where a sequence has begun to be held to that, or to send e-mail."""
    names = ("transactional", "stepType", "sequence.id")
    if not any(name in change.values and change.changes(name) for name in names):
        return
    for (prospect,) in session.store.rows(
        "SELECT id FROM prospect WHERE optedOut IS 1 OR emailOptedOut IS 1 OR emailsOptStatus = 'opted_out' ORDER BY id"
    ):
        stop_what_is_under_way(session, int(prospect))


def _is_asked(change: Change, name: str) -> bool:
    # A new prospect that is given null is not told anything.
    return change.changes(name) and not (change.creating and change.values[name] is None)


def _says_out(name: str, value: object) -> bool:
    return value == "opted_out" if name.endswith("OptStatus") else bool(value)


def _is_out(prospect: Row, channel: _Channel) -> bool:
    return any(_says_out(name, prospect[name]) for name in channel.names)


def _settle(session: Session, change: Change, channel: _Channel, *, out: bool) -> None:
    before = change.before or {}
    if _is_asked(change, channel.status):
        status = change.values[channel.status]
    elif _says_out(channel.status, before.get(channel.status)) == out:
        status = before.get(channel.status)
    else:
        status = "opted_out" if out else None
    if before.get(channel.status) != status:
        change.values[channel.opted_at] = session.now if status else None
    change.values[channel.status] = status
    change.values |= dict.fromkeys(channel.flags, int(out))
    was_out = bool(before) and _is_out(before, channel)
    for name in channel.opted_out_at:
        kept = before.get(name) if was_out else None
        change.values[name] = (kept or session.now) if out else None
