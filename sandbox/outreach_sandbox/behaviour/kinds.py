"""The table of behaviours by type and action: the one place that knows them all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from outreach_sandbox.behaviour import (
    batches,
    calls,
    contacts,
    mailboxes,
    mailings,
    opportunities,
    opt_outs,
    prospects,
    sequence_states,
    sequences,
    tasks,
    webhooks,
)
from outreach_sandbox.changes import Change
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row

Act: TypeAlias = Callable[[Session, Row, Mapping[str, str]], None]
"""Carries out an action on a record with its parameters; raises a 422 when the record's state forbids it."""


def _nothing_to_prepare(_session: Session, _change: Change) -> None:
    return


def _nothing_to_follow(_session: Session, _change: Change, _record_id: int) -> None:
    return


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The behaviour of a type when it is written: `prepare` before that, which may refuse it, `follow` after it."""

    prepare: Callable[[Session, Change], None] = _nothing_to_prepare
    follow: Callable[[Session, Change, int], None] = _nothing_to_follow


PLAIN = Behaviour()
"""The behaviour of a type that is just stored."""

BEHAVIOURS: dict[str, Behaviour] = {
    "call": Behaviour(prepare=calls.prepare_call, follow=calls.follow_call),
    "emailAddress": Behaviour(prepare=contacts.prepare_email_address, follow=prospects.follow_email_address),
    "kaiaVoiceImport": Behaviour(prepare=calls.prepare_voice_import),
    "mailing": Behaviour(prepare=mailings.prepare_mailing, follow=mailings.follow_mailing),
    "opportunity": Behaviour(prepare=opportunities.prepare_opportunity),
    "phoneNumber": Behaviour(prepare=contacts.prepare_phone_number, follow=contacts.gather_contact),
    "prospect": Behaviour(prepare=prospects.prepare_prospect, follow=prospects.follow_prospect),
    "purchase": Behaviour(prepare=opportunities.prepare_purchase),
    "recipient": Behaviour(follow=mailings.follow_recipient),
    "sequence": Behaviour(prepare=sequences.prepare_sequence, follow=opt_outs.follow_sequence),
    "sequenceState": Behaviour(prepare=sequence_states.prepare_sequence_state),
    "sequenceStep": Behaviour(prepare=sequences.prepare_sequence_step, follow=opt_outs.follow_sequence),
    "sequenceTemplate": Behaviour(prepare=sequences.prepare_sequence_template),
    "snippet": Behaviour(prepare=mailings.prepare_text),
    "task": Behaviour(prepare=tasks.prepare_task),
    "template": Behaviour(prepare=mailings.prepare_template),
    "webhook": Behaviour(prepare=webhooks.prepare_webhook),
}

ACTIONS: dict[tuple[str, str], Act] = {
    ("batch", "cancel"): batches.cancel,
    ("batch", "confirm"): batches.confirm,
    ("mailbox", "linkEwsMasterAccount"): mailboxes.link_ews_master_account,
    ("mailbox", "testSend"): mailboxes.try_sending,
    ("mailbox", "testSync"): mailboxes.try_syncing,
    ("mailbox", "unlinkEwsMasterAccount"): mailboxes.unlink_ews_master_account,
    ("sequence", "activate"): sequences.activate,
    ("sequence", "deactivate"): sequences.deactivate,
    ("sequence", "lock"): sequences.lock,
    ("sequence", "unlock"): sequences.unlock,
    ("sequenceState", "finish"): sequence_states.finish,
    ("sequenceState", "pause"): sequence_states.pause,
    ("sequenceState", "resume"): sequence_states.resume,
    ("sequenceTemplate", "activate"): sequences.activate_template,
    ("sequenceTemplate", "deactivate"): sequences.deactivate_template,
    ("task", "advance"): tasks.advance,
    ("task", "deliver"): tasks.deliver,
    ("task", "logMeetInPerson"): tasks.log_meet_in_person,
    ("task", "markComplete"): tasks.mark_complete,
    ("task", "reassignOwner"): tasks.reassign_owner,
    ("task", "reschedule"): tasks.reschedule,
    ("task", "snooze"): tasks.snooze,
    ("task", "updateNote"): tasks.update_note,
    ("task", "updateOpportunityAssociation"): tasks.update_opportunity_association,
}
"""Actions on one record; an action that is absent here answers as a route that does not exist."""
