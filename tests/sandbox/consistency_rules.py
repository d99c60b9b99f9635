"""Conditions that no organisation may meet, as SQL: each sentence with the query that yields the ids against it.

They are written against the tables, apart from the code that writes them.
"""

from itertools import pairwise

_OUT = "(p.optedOut IS 1 OR p.emailOptedOut IS 1 OR p.emailsOptStatus IS 'opted_out')"
_OVER = "('finished', 'opted_out')"
_UNSENT = "('drafted', 'placeholder', 'scheduled', 'queued')"
_LEFT = "('delivered', 'opened', 'replied')"


def _wrong_order(table: str, *moments: str) -> str:
    pairs = " OR ".join(f'"{before}" > "{after}"' for before, after in pairwise(moments))
    return f'SELECT id FROM "{table}" WHERE {pairs}'


ORDERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "batch": (("createdAt", "startedAt", "finishedAt"), ("createdAt", "canceledAt")),
    "call": (("dialedAt", "answeredAt", "completedAt"),),
    "kaiaRecording": (("startTime", "endTime"),),
    "mailing": (
        ("createdAt", "deliveredAt", "openedAt", "repliedAt"),
        ("deliveredAt", "clickedAt"),
        ("deliveredAt", "unsubscribedAt"),
        ("createdAt", "bouncedAt"),
        ("createdAt", "stateChangedAt"),
    ),
    "prospect": (("createdAt", "optedOutAt"), ("createdAt", "emailsOptedAt")),
    "sequence": (("createdAt", "enabledAt"), ("createdAt", "lockedAt")),
    "sequenceState": (("createdAt", "activeAt"), ("createdAt", "stateChangedAt"), ("createdAt", "repliedAt")),
    "sequenceTemplate": (("createdAt", "enabledAt"),),
    "task": (("createdAt", "completedAt"), ("createdAt", "stateChangedAt")),
    "template": (("createdAt", "archivedAt"),),
}
"""Moments by type that come one after the other, beside createdAt and updatedAt."""

RULES: dict[str, str] = {
    # Opting out
    "all that says whether somebody opted out of e-mail agrees": "SELECT id FROM prospect WHERE"
    " COALESCE(optedOut, 0) <> COALESCE(emailOptedOut, 0)"
    " OR COALESCE(optedOut, 0) <> (emailsOptStatus IS 'opted_out')"
    " OR (optedOutAt IS NOT NULL) <> COALESCE(optedOut, 0) OR emailsOptedOutAt IS NOT optedOutAt"
    " OR (emailsOptedAt IS NOT NULL) <> (emailsOptStatus IS NOT NULL)",
    "all that says whether somebody opted out of calls agrees": "SELECT id FROM prospect WHERE"
    " COALESCE(callOptedOut, 0) <> (callsOptStatus IS 'opted_out')"
    " OR (callsOptedOutAt IS NOT NULL) <> COALESCE(callOptedOut, 0)"
    " OR (callsOptedAt IS NOT NULL) <> (callsOptStatus IS NOT NULL)",
    "nothing is about to be sent to somebody who opted out": "SELECT m.id FROM mailing m"
    ' JOIN prospect p ON p.id = m."prospect.id" LEFT JOIN sequence q ON q.id = m."sequence.id"'
    f" WHERE m.state IN ('scheduled', 'queued') AND {_OUT} AND q.transactional IS NOT 1",
    "nothing is about to be sent to a recipient who opted out": "SELECT m.id FROM mailing m"
    " JOIN links l ON l.relationship = 'mailing.recipients' AND l.owner = m.id JOIN recipient r ON r.id = l.target"
    ' JOIN prospect p ON p.id = r."prospect.id"'
    " OR EXISTS (SELECT 1 FROM json_each(p.emails) e WHERE fold(e.value) = fold(r.value))"
    ' LEFT JOIN sequence q ON q.id = m."sequence.id"'
    f" WHERE m.state IN ('scheduled', 'queued') AND {_OUT} AND q.transactional IS NOT 1",
    "nothing was sent to somebody after opting out": "SELECT m.id FROM mailing m"
    f' JOIN prospect p ON p.id = m."prospect.id" WHERE m.deliveredAt > p.optedOutAt AND {_OUT}',
    "nobody who opted out is under way in a sequence that sends e-mail": "SELECT s.id FROM sequenceState s"
    f' JOIN prospect p ON p.id = s."prospect.id" JOIN sequence q ON q.id = s."sequence.id" WHERE {_OUT}'
    f" AND s.state NOT IN {_OVER} AND q.transactional IS NOT 1 AND EXISTS (SELECT 1 FROM sequenceStep e"
    " WHERE e.\"sequence.id\" = q.id AND e.stepType IN ('auto_email', 'manual_email'))",
    # Mailings
    "a mailing's state and its moments agree": "SELECT id FROM mailing WHERE"
    f" (state IN {_LEFT}) <> (deliveredAt IS NOT NULL) OR (state IN ('opened', 'replied') AND openedAt IS NULL)"
    " OR (state = 'replied') <> (repliedAt IS NOT NULL) OR (state = 'bounced') <> (bouncedAt IS NOT NULL)"
    " OR (state = 'failed') <> (errorReason IS NOT NULL) OR (state = 'scheduled' AND scheduledAt IS NULL)"
    " OR state IS NULL",
    "openings and clicks have their moment": "SELECT id FROM mailing WHERE"
    " (COALESCE(openCount, 0) > 0) <> (openedAt IS NOT NULL)"
    " OR (COALESCE(clickCount, 0) > 0) <> (clickedAt IS NOT NULL)",
    "mail that will leave has somebody to go to and a mailbox that may send": "SELECT m.id FROM mailing m"
    ' LEFT JOIN prospect p ON p.id = m."prospect.id" LEFT JOIN mailbox b ON b.id = m."mailbox.id"'
    " WHERE m.state IN ('scheduled', 'queued') AND (b.id IS NULL OR (COALESCE(p.emails, '[]') = '[]'"
    " AND NOT EXISTS (SELECT 1 FROM links l WHERE l.relationship = 'mailing.recipients' AND l.owner = m.id)))",
    "a step that a record names belongs to the sequence that it names": " UNION ".join(
        f'SELECT r.id FROM {table} r JOIN sequenceStep e ON e.id = r."sequenceStep.id"'
        ' WHERE e."sequence.id" IS NOT r."sequence.id"'
        for table in ("mailing", "sequenceState", "task")
    ),
    # Enrolments
    "an enrolment that is under way stands at a step": "SELECT id FROM sequenceState WHERE state = 'active'"
    ' AND ("sequenceStep.id" IS NULL OR activeAt IS NULL)',
    "nothing waits in an enrolment that is over": "SELECT m.id FROM mailing m JOIN sequenceState s"
    f' ON s.id = m."sequenceState.id" WHERE s.state IN {_OVER} AND m.state IN {_UNSENT}'
    ' UNION SELECT t.id FROM task t JOIN sequenceState s ON s.id = t."sequenceState.id"'
    f" WHERE s.state IN {_OVER} AND t.state IS NOT 'complete'",
    # Sequences
    "a sequence is enabled, or locked, since a moment, and never both": "SELECT id FROM sequence WHERE"
    " COALESCE(enabled, 0) <> (enabledAt IS NOT NULL) OR COALESCE(locked, 0) <> (lockedAt IS NOT NULL)"
    " OR (enabled AND locked)",
    "an enabled sequence has steps": "SELECT id FROM sequence q WHERE enabled"
    ' AND NOT EXISTS (SELECT 1 FROM sequenceStep e WHERE e."sequence.id" = q.id)',
    "an enabled sequence template is so since a moment": "SELECT id FROM sequenceTemplate WHERE"
    " enabled AND enabledAt IS NULL",
    "an archived template is so since a moment": "SELECT id FROM template WHERE"
    " COALESCE(archived, 0) <> (archivedAt IS NOT NULL)",
    # Tasks and calls
    "a task is complete when it has been completed by somebody": "SELECT id FROM task WHERE"
    " (state = 'complete') <> (completedAt IS NOT NULL) OR (state = 'complete') <> (\"completer.id\" IS NOT NULL)"
    " OR completed <> (state = 'complete') OR state NOT IN ('pending', 'incomplete', 'complete') OR dueAt IS NULL",
    "a task is about its subject": "SELECT id FROM task WHERE (\"subject.type\" = 'prospect'"
    ' AND "prospect.id" IS NOT "subject.id") OR ("subject.type" = \'account\' AND "account.id" IS NOT "subject.id")',
    "a call was dialed": "SELECT id FROM call WHERE dialedAt IS NULL",
    "a call is somebody's": 'SELECT id FROM call WHERE "user.id" IS NULL',
    "a call's state is its outcome": "SELECT id FROM call WHERE state IS NOT outcome",
    # Contacts, money, users
    "an address belongs to one contact": "SELECT MIN(id) FROM (SELECT p.id, fold(e.value) AS email FROM prospect p,"
    " json_each(p.emails) e UNION ALL SELECT id, fold(email) FROM emailAddress WHERE email IS NOT NULL"
    ' AND "prospect.id" IS NULL) GROUP BY email HAVING COUNT(*) > 1',
    "the two forms of an amount are one": "SELECT id FROM opportunity WHERE (amount IS NULL) <> (amountPrecise IS NULL)"
    " OR amount <> CAST(ROUND(CAST(amountPrecise AS REAL)) AS INTEGER)",
    "no more is contracted than possible": "SELECT id FROM purchase WHERE totalQuantity > potentialQuantity",
    "a user's address and name are the user's alone": 'SELECT MIN(id) FROM "user" WHERE email IS NOT NULL'
    ' GROUP BY fold(email) HAVING COUNT(*) > 1 UNION SELECT MIN(id) FROM "user" WHERE username IS NOT NULL'
    " GROUP BY fold(username) HAVING COUNT(*) > 1",
    "a product's code is its own": "SELECT MIN(id) FROM product WHERE code IS NOT NULL"
    " GROUP BY fold(code) HAVING COUNT(*) > 1",
    "a deal's alias of the stage is its stage": "SELECT id FROM opportunity"
    ' WHERE "stage.id" IS NOT "opportunityStage.id"',
    "a batch adds up": "SELECT id FROM batch WHERE (state IN ('finished', 'failed')) <> (finishedAt IS NOT NULL)"
    " OR (state = 'canceled') <> (canceledAt IS NOT NULL)"
    ' OR total <> (SELECT COUNT(*) FROM batchItem i WHERE i."batch.id" = batch.id)'
    ' OR failures <> (SELECT COUNT(*) FROM batchItem i WHERE i."batch.id" = batch.id AND i.failed)',
    **{
        f"the moments of a {table} are in order: {', '.join(moments)}": _wrong_order(table, *moments)
        for table, orders in ORDERS.items()
        for moments in orders
    },
}

HISTORY: dict[str, str] = {
    # These hold until somebody who was reached is deleted, a call of last week is logged
    # for somebody new, or the ruleset of a sequence or the user of a mailbox is changed.
    "nobody is twice in a sequence whose ruleset forbids it": "SELECT MIN(s.id) FROM sequenceState s"
    ' JOIN sequence q ON q.id = s."sequence.id" LEFT JOIN ruleset r ON r.id = q."ruleset.id"'
    " WHERE COALESCE(r.permitDuplicateProspects, 'disallow') = 'disallow'"
    ' GROUP BY s."prospect.id", s."sequence.id" HAVING COUNT(*) > 1',
    "nobody is in two exclusive sequences at once": "SELECT MIN(s.id) FROM sequenceState s"
    ' JOIN sequence q ON q.id = s."sequence.id" JOIN ruleset r ON r.id = q."ruleset.id"'
    f" WHERE r.sequenceExclusivity <> 'none' AND s.state NOT IN {_OVER}"
    ' GROUP BY s."prospect.id" HAVING COUNT(*) > 1',
    "an enrolment is in the hands of the mailbox's user": "SELECT s.id FROM sequenceState s JOIN mailbox b"
    ' ON b.id = s."mailbox.id" WHERE b."user.id" IS NOT s."user.id"',
    "nobody was touched before being known": _wrong_order("prospect", "createdAt", "touchedAt"),
    "no company was touched before being known": _wrong_order("account", "createdAt", "touchedAt"),
    "a call is about somebody": 'SELECT id FROM call WHERE "prospect.id" IS NULL AND "task.id" IS NULL',
    "a sequence's people were counted": "SELECT id FROM sequence q WHERE numContactedProspects <> (SELECT COUNT(*) FROM"
    ' (SELECT m."prospect.id" FROM mailing m WHERE m."sequence.id" = q.id AND m.deliveredAt IS NOT NULL'
    ' UNION SELECT c."prospect.id" FROM call c WHERE c."sequence.id" = q.id AND c.dialedAt IS NOT NULL))',
    "a prospect was touched when last mailed or called": "SELECT id FROM prospect p WHERE touchedAt IS NOT NULLIF(MAX("
    "COALESCE((SELECT MAX(m.deliveredAt) FROM mailing m WHERE m.\"prospect.id\" = p.id), ''),"
    " COALESCE((SELECT MAX(c.dialedAt) FROM call c WHERE c.\"prospect.id\" = p.id), '')), '')",
    "a prospect's openings, clicks and replies are those of its mail": "SELECT id FROM prospect p WHERE"
    ' openCount <> (SELECT COALESCE(SUM(m.openCount), 0) FROM mailing m WHERE m."prospect.id" = p.id)'
    ' OR clickCount <> (SELECT COALESCE(SUM(m.clickCount), 0) FROM mailing m WHERE m."prospect.id" = p.id)'
    ' OR replyCount <> (SELECT COUNT(*) FROM mailing m WHERE m."prospect.id" = p.id AND m.repliedAt IS NOT NULL)',
}
