"""The context of one request: the store, the clock's time, who asks and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from outreach_sandbox.access import Access
from outreach_sandbox.deliveries import Event
from outreach_sandbox.labels import CustomFields
from outreach_sandbox.organisation.custom_fields import CustomField
from outreach_sandbox.parameters import Parameters
from outreach_sandbox.store import Store
from outreach_sandbox.switches import Switches
from outreach_sandbox.uploads import Uploads
from outreach_sandbox.values import moment_text


@dataclass(frozen=True, slots=True)
class Session:
    """One request being served; `user` is the id of the user the token acts for."""

    store: Store
    moment: datetime
    access: Access
    user: int
    parameters: Parameters
    switches: Switches
    base_url: str
    uploads: Uploads
    custom_fields: CustomFields
    events: list[Event] = field(default_factory=list[Event])
    """The events of records, for those who are told of it."""

    @property
    def now(self) -> str:
        """The time of the request as the API writes times, in whole seconds (recorded: `.000Z`)."""
        return moment_text(self.moment.replace(microsecond=0))

    def enforced(self, type_name: str) -> Mapping[str, CustomField]:
        """Return the custom fields of a type that a write is held to."""
        return self.custom_fields.of(type_name) if self.switches.custom_fields == "enforce" else {}
