"""Members that Outreach works out from others: one SQL expression each, over the stored row `r`.

They are computed on every read, so that no write can leave one behind. An expression may fall back to what is stored.
"""

_TASK_PROSPECT = """CASE r."subject.type" WHEN 'prospect' THEN r."subject.id" ELSE r."prospect.id" END"""
_FULL_NAME = """NULLIF(TRIM(COALESCE(r."firstName", '') || ' ' || COALESCE(r."lastName", '')), '')"""


def _prospect_of_task(column: str) -> str:
    return f'(SELECT p."{column}" FROM "prospect.rows" p WHERE p.id = {_TASK_PROSPECT})'  # noqa: S608 - both parts are constants


COMPUTED: dict[str, dict[str, str]] = {
    "batchItem": {"batchId": 'r."batch.id"'},
    "complianceRequest": {"requesterId": 'r."requester.id"'},
    "favorite": {"targetId": 'r."target.id"', "targetType": 'r."target.type"'},
    "mailbox": {"userId": 'r."user.id"'},
    "mailing": {
        # The sender's address and user are those of the mailbox (assumed from their descriptions).
        "mailboxAddress": 'COALESCE((SELECT m.email FROM "mailbox.rows" m WHERE m.id = r."mailbox.id"),'
        ' r."mailboxAddress")',
        "user.id": 'COALESCE(r."user.id", (SELECT m."user.id" FROM "mailbox.rows" m WHERE m.id = r."mailbox.id"))',
    },
    "opportunity": {
        # `stage` is a read-only alias of `opportunityStage` (documented).
        "stage.id": 'r."opportunityStage.id"',
    },
    "prospect": {
        # The name is the e-mail when no name is known (recorded).
        "name": f"COALESCE({_FULL_NAME}, json_extract(r.emails, '$[0]'))",
        # The company is the account's name when an account is related (documented).
        "company": 'COALESCE((SELECT a.name FROM account a WHERE a.id = r."account.id"), r.company)',
    },
    "sequence": {
        # What its steps say, where there are any; that it is worked out so is assumed.
        "automationPercentage": """COALESCE((SELECT ROUND(100.0 * SUM(s.stepType = 'auto_email') / COUNT(*), 1)
            FROM "sequenceStep.rows" s WHERE s."sequence.id" = r.id), r."automationPercentage")""",
        "durationInDays": """COALESCE((SELECT (SUM(s.interval) + 86399) / 86400
            FROM "sequenceStep.rows" s WHERE s."sequence.id" = r.id), r."durationInDays")""",
        "sequenceStepCount": '(SELECT COUNT(*) FROM "sequenceStep.rows" s WHERE s."sequence.id" = r.id)',
    },
    "sequenceState": {
        # The account of an enrolment is that of its prospect (assumed).
        "account.id": 'COALESCE(r."account.id",'
        ' (SELECT p."account.id" FROM "prospect.rows" p WHERE p.id = r."prospect.id"))',
    },
    "sequenceStep": {
        # "Step #1 (Manual email)": the form is assumed.
        "displayName": """COALESCE(r."displayName", 'Step #' || r."order" || ' (' || UPPER(SUBSTR(r."stepType", 1, 1))
            || REPLACE(SUBSTR(r."stepType", 2), '_', ' ') || ')')""",
    },
    "task": {
        "completed": "r.state = 'complete'",
        # These three mirror the subject (documented as read-only mirrors of it).
        "prospect.id": _TASK_PROSPECT,
        "account.id": """CASE r."subject.type" WHEN 'account' THEN r."subject.id" ELSE r."account.id" END""",
        "opportunity.id": """CASE r."subject.type" WHEN 'opportunity' THEN r."subject.id"
            ELSE r."opportunity.id" END""",
        "prospectAccount.id": _prospect_of_task("account.id"),
        "prospectOwner.id": _prospect_of_task("owner.id"),
        "prospectStage.id": _prospect_of_task("stage.id"),
        "sequenceStateSequenceStep.id": '(SELECT s."sequenceStep.id" FROM "sequenceState.rows" s'
        ' WHERE s.id = r."sequenceState.id")',
        "sequenceTemplateTemplate.id": '(SELECT s."template.id" FROM "sequenceTemplate" s'
        ' WHERE s.id = r."sequenceTemplate.id")',
    },
    "user": {"name": _FULL_NAME},
}
"""Type, then column, then expression."""
