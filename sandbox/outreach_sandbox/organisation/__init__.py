"""A demo organisation: Fieldlight, an invented company that sells scheduling software to field service teams.

It is the same every time for the same number and day. It holds what the connector document's samples name: mailing
12345, sequences 123, 789 and 123456, mailboxes 123 and 789, prospect 456, stage, call disposition and call purpose
123, opportunity prospect role 12345.
"""

from collections.abc import Iterator
from datetime import date
from random import Random

from outreach_sandbox.organisation.accounts import account_records, plan_companies
from outreach_sandbox.organisation.administration import administration_records
from outreach_sandbox.organisation.contacts import plan_contacts
from outreach_sandbox.organisation.custom_fields import with_required
from outreach_sandbox.organisation.deals import deal_records
from outreach_sandbox.organisation.enrolments import plan_enrolments
from outreach_sandbox.organisation.extras import extra_records
from outreach_sandbox.organisation.mailings import single_mailings
from outreach_sandbox.organisation.namesakes import WITHOUT, named_alike, with_namesakes
from outreach_sandbox.organisation.numbers import Provisional, in_order_of_creation
from outreach_sandbox.organisation.people import people_records
from outreach_sandbox.organisation.prospects import prospect_records
from outreach_sandbox.organisation.sequences import sequence_records
from outreach_sandbox.organisation.settings import settings_records
from outreach_sandbox.organisation.stuck_deals import with_stuck_deals
from outreach_sandbox.organisation.tallies import counted, histories, last_touched
from outreach_sandbox.organisation.tasks import task_records
from outreach_sandbox.organisation.touches import enrolment_records
from outreach_sandbox.organisation.trail import audit_records, compliance_records, event_records
from outreach_sandbox.organisation.variants import variant_records, with_variants
from outreach_sandbox.records import Record

LARGE_SCALE = 10
"""The scale from which on an organisation takes several seconds to make and to load."""


def demo_organisation(number: int = 1, scale: int = 1, *, today: date) -> Iterator[Record]:
    """Yield the records of organisation `number` as it stands at the beginning of `today` (UTC).

    `scale` multiplies accounts, prospects and all that happens with them; users, sequences and settings stay as they
    are. What a record points to comes before it where that is possible. Each but the first organisation has namesakes,
    two prospects of one name with one owner and two sequences of one name, more custom fields, steps with two templates
    and opportunities that are stuck. The first user is an account executive with overdue tasks, tasks due today and
    prospects of her own.
    """
    random = Random(number)  # noqa: S311 - demo data, nothing is secret
    numbers = Provisional()
    companies = plan_companies(random, scale, today)
    contacts = plan_contacts(random, scale, today, companies)
    contacts = contacts if number == WITHOUT else with_namesakes(contacts)
    enrolments = plan_enrolments(contacts, random, today)
    activity = [record for enrolment in enrolments for record in enrolment_records(enrolment, numbers, random)]
    activity += single_mailings(contacts, enrolments, random, today, numbers)
    activity = activity if number == WITHOUT else list(with_variants(activity))
    past = histories(activity, today)
    deals = list(deal_records(contacts, scale, random, today, numbers))
    deals = deals if number == WITHOUT else list(with_stuck_deals(deals, today))
    opportunities = [record for record in deals if record.type == "opportunity"]
    people = list(people_records(random, today))
    settings = list(settings_records(random, today))
    content = list(sequence_records(random, today))
    content += [] if number == WITHOUT else list(variant_records(content))
    sequences = list(counted(content, activity, enrolments))
    records = [
        *people,
        *settings,
        *(sequences if number == WITHOUT else named_alike(sequences)),
        *account_records(companies, last_touched(contacts, past), random, today),
        *prospect_records(contacts, enrolments, past, random, today),
        *with_required(number, deals),
        *counted(activity, activity, enrolments),
        *task_records(contacts, opportunities, scale, random, today, numbers),
        *event_records([*people, *activity], random, numbers),
        *audit_records(scale, random, today, numbers),
        *compliance_records(contacts, random, today, numbers),
        *extra_records(contacts, random, today, numbers),
        *administration_records(contacts, number, today),
    ]
    yield from in_order_of_creation(records)
