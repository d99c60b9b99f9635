"""The people of Fieldlight, the demo organisation's company: users, mailboxes, teams, roles and profiles."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from random import Random
from uuid import UUID

from outreach_sandbox.organisation.time import past, stamp
from outreach_sandbox.organisation.words import plain
from outreach_sandbox.records import Identifier, Linkage, Record

DOMAIN = "fieldlight.example"
ORGANISATION = UUID("6f1d2c1e-58a4-4d5b-9c43-0f1a6f6f2b10")


@dataclass(frozen=True, slots=True)
class User:
    """One user: ids of the role, profile, team and mailboxes (the default one first), and how many days it exists.

    `share` is how large a part of the prospects the user owns, relative to the others.
    """

    id: int
    first: str
    last: str
    title: str
    role: int
    team: int
    mailboxes: tuple[int, ...]
    provider: str
    days: int
    share: int = 0
    closes: bool = False
    profile: int = 2
    locked: bool = False

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"

    @property
    def email(self) -> str:
        """The address of the user and of its default mailbox."""
        return f"{plain(self.first)}.{plain(self.last)}@{DOMAIN}"

    @property
    def identifier(self) -> Identifier:
        """The resource identifier."""
        return Identifier("user", self.id)


# The first one is who the sandbox's default token acts for. The connector document's samples enrol with the
# mailboxes 123 and 789, list those of the provider "Gmail", and leave the rest to us.
USERS = (
    User(17, "Maya", "Okafor", "Account Executive", 3, 2, (123, 789), "Gmail", 880, share=26, closes=True),
    User(18, "Tom", "Brennan", "Sales Development Representative", 4, 1, (124,), "Gmail", 815, share=18),
    User(19, "Priya", "Raman", "Sales Development Representative", 4, 1, (126,), "google_oauth2", 790, share=18),
    User(22, "Lukas", "Steiner", "Sales Development Representative", 4, 1, (131,), "office365_oauth2", 610, share=14),
    User(24, "Sofia", "Marchetti", "Senior Account Executive", 3, 2, (118,), "Gmail", 1010, share=10, closes=True),
    User(25, "Daniel", "Kim", "Account Executive", 3, 2, (140,), "office365_oauth2", 520, share=8, closes=True),
    User(27, "Helen", "Frost", "Vice President Sales", 1, 2, (112,), "Gmail", 1090),
    User(28, "Omar", "Haddad", "Revenue Operations", 5, 3, (115,), "google_oauth2", 1085, profile=1),
    User(31, "Chloe", "Nguyen", "Customer Success", 3, 3, (152,), "google_oauth2", 330, share=4),
    User(33, "Greg", "Palmer", "Sales Development Representative", 4, 1, (155,), "Gmail", 300, share=2, locked=True),
)
ME, ADMINISTRATOR = USERS[0], USERS[7]
_TEAMS = (
    (1, "Sales Development", "#4287f5"),
    (2, "Account Executives", "#2e9e5b"),
    (3, "Customers and Operations", "#c77d0a"),
)
_ROLES = ((1, "VP Sales", None), (2, "Sales Manager", 1), (3, "Account Executive", 2), (4, "SDR", 2), (5, "RevOps", 1))
_PROFILES = ((1, "Admin", True, "admin"), (2, "Default", False, "default"))


def people_records(random: Random, today: date) -> Iterator[Record]:
    """Make profiles, roles, users, teams, mailboxes and mail aliases."""
    founded = stamp(past(today, 1082, random))
    dates = {"createdAt": founded, "updatedAt": founded}
    for number, name, administers, special in _PROFILES:
        yield Record("profile", number, {"name": name, "isAdmin": administers, "specialId": special, **dates})
    for number, name, parent in _ROLES:
        above = Identifier("role", parent) if parent else None
        yield Record("role", number, {"name": name, **dates}, {"parentRole": above})
    for user in USERS:
        yield _user(user, random, today)
    for number, name, color in _TEAMS:
        members = tuple(user.identifier for user in USERS if user.team == number)
        yield Record(
            "team",
            number,
            {"name": name, "color": color, **dates},
            {"users": members, "creator": ADMINISTRATOR.identifier, "updater": ADMINISTRATOR.identifier},
        )
    for user in USERS:
        yield from _mailboxes(user, random, today)


def address_hash(email: str) -> str:
    """Return the hash that stands for an address; how Outreach makes it is not published, so any will do."""
    return sha256(email.encode()).hexdigest()


def _user(user: User, random: Random, today: date) -> Record:
    last_seen = past(today, 68 if user.locked else random.randrange(1, 4), random)
    attributes = {
        "firstName": user.first,
        "lastName": user.last,
        "name": user.name,
        "email": user.email,
        "username": user.email.partition("@")[0],
        "title": user.title,
        "locked": user.locked,
        "phoneNumber": f"+131255501{user.id:02}",
        "phoneCountryCode": "US",
        "phoneType": "voip",
        "inboundPhoneType": "voip",
        "inboundCallBehavior": "inbound_voicemail",
        "notificationsEnabled": True,
        "engagementEmailsEnabled": True,
        "enableVoiceRecordings": False,
        "prefersLocalPresence": user.share > 0,
        "defaultRulesetId": 1,
        "userGuid": str(UUID(int=random.getrandbits(128), version=4)),
        "createdAt": stamp(past(today, user.days, random)),
        "currentSignInAt": stamp(last_seen),
        "lastSignInAt": stamp(past(today, 75 if user.locked else random.randrange(5, 9), random)),
        "updatedAt": stamp(last_seen),
    }
    relationships: dict[str, Linkage] = {
        "role": Identifier("role", user.role),
        "profile": Identifier("profile", user.profile),
        "mailbox": Identifier("mailbox", user.mailboxes[0]),
        "creator": ADMINISTRATOR.identifier,
        "updater": ADMINISTRATOR.identifier,
    }
    return Record("user", user.id, attributes, relationships)


def _mailboxes(user: User, random: Random, today: date) -> Iterator[Record]:
    for index, number in enumerate(user.mailboxes):
        email = user.email if index == 0 else f"{plain(user.first)}@{DOMAIN}"
        works = not user.locked
        synced = stamp(past(today, 1 if works else 68, random))
        created = stamp(past(today, user.days - 1 - index * 400, random))
        yield Record(
            "mailbox",
            number,
            {
                "email": email,
                "emailHash": address_hash(email),
                "username": email,
                "userId": user.id,
                "emailProvider": user.provider,
                "sendMethod": "smtp",
                "syncMethod": "gmail_api" if user.provider != "office365_oauth2" else "imap",
                "emailSignature": f"<p>{user.name}<br>{user.title}, Fieldlight</p>",
                "optOutMessage": "To stop hearing from us, click the button below.",
                "editable": works,
                "sendDisabled": not works,
                "syncDisabled": not works,
                "maxEmailsPerDay": 400,
                "maxMailingsPerDay": 200,
                "maxMailingsPerWeek": 800,
                "sendThreshold": 2,
                "sendPeriod": 60,
                "sendMaxRetries": 3,
                "syncActiveFrequency": 60,
                "syncPassiveFrequency": 600,
                "sendSuccessAt": synced,
                "syncSuccessAt": synced,
                "syncFinishedAt": synced,
                "syncErroredAt": None if works else synced,
                "createdAt": created,
                "updatedAt": synced,
            },
            {"user": user.identifier, "creator": user.identifier, "updater": user.identifier},
        )
        if user.closes and index == 0:
            alias = f"sales+{plain(user.first)}@{DOMAIN}"
            yield Record(
                "mailAlias",
                number - 100,
                {
                    "email": alias,
                    "emailHash": address_hash(alias),
                    "canSend": True,
                    "createdAt": created,
                    "updatedAt": created,
                },
                {"mailbox": Identifier("mailbox", number)},
            )
