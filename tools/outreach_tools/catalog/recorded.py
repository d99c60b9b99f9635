"""Attributes that Outreach sends although neither official file names them, each with where it was recorded.

They can be read and nothing else is known of them: whether `fields[…]` takes their names, whether they are filtered or
sorted by, whether they can be written. So they are never asked for by name, filtered by or sent: a record that is asked
for whole holds them. What one holds that was only ever seen empty is assumed from its name. One that the official files
come to name stops the build.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from outreach_tools.catalog.model import ValueType

_AIRBYTE = (
    "records of April 2024: airbytehq/airbyte source-outreach, integration_tests/expected_records.jsonl, "
    "https://github.com/airbytehq/airbyte"
)
_AMP_LABS = "answers of 2024 and 2025: providers/outreach/test, https://github.com/amp-labs/connectors"
_HULL = (
    "answers of 2018: packages/connectors/hull-outreach/test/integration/fixtures, "
    "https://github.com/hull/hull-connectors"
)
_CLIENTS = "reported, no record published: clients choose a mailbox that may send by the value ENABLED"

_TIME = "date-time"


@dataclass(frozen=True, slots=True)
class Recorded:
    """Attributes of one type from one source; `kinds` maps what they hold to their names in one text."""

    type: str
    source: str
    kinds: Mapping[ValueType | str, str]

    def entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each name with its entry in the catalogue's data."""
        for kind, names in self.kinds.items():
            form = {"type": "string", "format": _TIME} if kind == _TIME else {"type": kind}
            for name in names.split():
                yield name, {**form, "read_only": True, "recorded": True}


RECORDED: tuple[Recorded, ...] = (
    Recorded("account", _AIRBYTE, {_TIME: "trashedAt"}),
    Recorded("call", _AIRBYTE, {"string": "recordingDeletionReason"}),
    Recorded("callDisposition", _AIRBYTE, {"boolean": "defaultForOutboundVoicemail"}),
    Recorded("emailAddress", _AMP_LABS, {_TIME: "bouncedAt"}),
    Recorded("event", _AMP_LABS, {"integer": "mailingId"}),
    Recorded(
        "mailbox",
        _AIRBYTE,
        {
            "boolean": "ewsCustomSearchFolder ewsDelegateSync ewsImpersonation",
            _TIME: "deleteQueuedAt sendPermanentErrorAt syncPermanentErrorAt",
        },
    ),
    Recorded("mailbox", _CLIENTS, {"string": "sendState syncState"}),
    Recorded(
        "mailing",
        _AIRBYTE,
        {
            "integer": "attributableSequenceId followUpSequenceId meetingDuration scheduleId",
            "string": "attributableSequenceName followUpSequenceName meetingDescription meetingLocation meetingTitle "
            "replySentiment",
            _TIME: "desiredAt followUpSequenceStartingDate optimizedScheduledAt",
        },
    ),
    Recorded("opportunity", _AIRBYTE, {"string": "healthCategory", "integer": "healthScore mapNumberOfOverdueTasks"}),
    Recorded("opportunity", _AMP_LABS, {"integer": "territoryId"}),
    Recorded(
        "prospect",
        _AIRBYTE,
        {
            "string": "accountName companyIndustry companyLinkedIn companyLocality companyNatural companyType "
            "personaName smsOptStatus stageName updaterType",
            "integer": "companyFollowers companyLinkedInEmployees companySize updaterId",
            "boolean": "smsOptedOut",
            _TIME: "companyFoundedAt companyStartDate smsOptedAt",
            "array": "emailContacts",
        },
    ),
    Recorded("prospect", _HULL, {_TIME: "callsOptedOutAt emailsOptedOutAt smsOptedOutAt"}),
    Recorded("sequence", _AIRBYTE, {"number": "engagementScore"}),
    Recorded("sequence", _AMP_LABS, {"integer": "interestedCount"}),
    Recorded(
        "user",
        _AIRBYTE,
        {
            "string": "buyerLanguagePreference globalId languagePreference primaryTimezone prospectDetailDefault "
            "secondaryTimezone tertiaryTimezone",
            "integer": "activeProspectsCount batchesViewId calendarEventsViewId defaultScheduleId importsViewId "
            "liveListenViewId mailingsDeliveredCount mailingsRepliedCount mailingsViewId meetingTypesViewId "
            "phonesViewId reportsSequencePerformanceViewId reportsTeamPerformanceIntradayViewId "
            "reportsTeamPerformanceViewId sequenceStatesViewId sequencesViewId snippetsViewId tasksDueCount "
            "templatesViewId",
            "boolean": "jobTitleExtractionNotificationEnabled linkToSequenceStateInTaskFlow orcaStandaloneEnabled "
            "sendInviteFallback useSalesNavigatorForLinkedInTasks",
            _TIME: "dutiesSetAt onboardedAt",
        },
    ),
)
