"""A world: what both upstreams hold when the sandbox starts, as plain data.

It is also what a seed file holds: the structs decode from JSON as they stand.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from gateway.sandbox.certificate import Certificate

ML_ID = r"[a-z0-9](?:[a-z0-9_\-.]*[a-z0-9])?"
"""The pattern of a whole id of an ML calendar, and its greatest length."""
MAX_ML_ID = 64

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
MLCalendarId = Annotated[str, msgspec.Meta(pattern=rf"^{ML_ID}\Z", max_length=MAX_ML_ID)]


class Scheme(StrEnum):
    """How a credential of Elasticsearch is presented."""

    API_KEY = "ApiKey"
    BASIC = "Basic"
    BEARER = "Bearer"


class Principal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may do what in the cluster. `id` is the API key's id, the user's name, or the token itself."""

    scheme: Scheme
    id: str
    secret: str = ""
    user: str
    roles: tuple[str, ...] = ()
    privileges: frozenset[str] = frozenset()
    is_expired: bool = False

    @property
    def authorization(self) -> str:
        """The value of the Authorization header."""
        if self.scheme is Scheme.BEARER:
            return f"Bearer {self.id}"
        return f"{self.scheme} {b64encode(f'{self.id}:{self.secret}'.encode()).decode()}"


class Job(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An anomaly detection job. `bucket_span` is as written ("15m"); `latest_record` is None without data."""

    id: str
    bucket_span: str
    groups: tuple[str, ...] = ()
    latest_record: Instant | None = None


class ScheduledEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    description: str
    start: Instant
    end: Instant
    skip_result: bool = True
    skip_model_update: bool = True
    force_time_shift: int | None = None

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError("an event must end after its start")


class MLCalendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calendar of machine learning. `job_ids` may name groups, or `_all`."""

    id: MLCalendarId
    job_ids: tuple[str, ...] = ()
    description: str | None = None
    events: tuple[ScheduledEvent, ...] = ()


class ElasticsearchWorld(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    calendars: tuple[MLCalendar, ...] = ()
    jobs: tuple[Job, ...] = ()
    principals: tuple[Principal, ...] = ()

    def __post_init__(self) -> None:
        _require_unique("calendar", (calendar.id for calendar in self.calendars))
        _require_unique("event", (event.id for calendar in self.calendars for event in calendar.events))
        _require_unique("job", (job.id for job in self.jobs))


class UserKind(StrEnum):
    USER = "user"
    SHARED = "shared"
    INACTIVE = "inactive"
    """A user whose mailbox is not in Exchange Online, or no longer."""


class GraphCalendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calendar of a mailbox. `group` is the name of its calendar group."""

    id: str
    name: str
    is_default: bool = False
    group: str = "My Calendars"


class GraphEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event as it would be POSTed: `body` is Graph's JSON. A group's event has no `calendar_id`."""

    id: str
    calendar_id: str = ""
    body: Mapping[str, Any]


class User(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mailbox. A restricted one is closed to every application and to every other user."""

    id: str
    upn: str
    mail: str
    display_name: str
    kind: UserKind = UserKind.USER
    time_zone: str = "UTC"
    is_restricted: bool = False
    calendars: tuple[GraphCalendar, ...] = ()
    events: tuple[GraphEvent, ...] = ()

    def __post_init__(self) -> None:
        if sum(calendar.is_default for calendar in self.calendars) != 1:
            raise ValueError(f"{self.upn} needs calendars, and one of them is the default")
        _require_unique("calendar", (calendar.id for calendar in self.calendars))
        _require_unique("event", (event.id for event in self.events))
        known = {calendar.id for calendar in self.calendars}
        for event in self.events:
            if event.calendar_id not in known:
                raise ValueError(f"the event {event.id} of {self.upn} is in a calendar that is not there")


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Microsoft 365 group and its one calendar. `members` are ids of users."""

    id: str
    display_name: str
    mail: str
    members: tuple[str, ...] = ()
    events: tuple[GraphEvent, ...] = ()


class MSGraphWorld(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tenant. `certificates` are those of its application, in PEM or by their thumbprints."""

    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    certificates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for certificate in self.certificates:
            Certificate.parse(certificate)
        ids = [user.id for user in self.users]
        _require_unique("id", (*ids, *(group.id for group in self.groups)))
        _require_unique(
            "user", (name for user in self.users for name in {user.upn.lower(), user.mail.lower()})
        )
        for group in self.groups:
            for member in group.members:
                if member not in ids:
                    raise ValueError(f"the member {member} of {group.display_name} is no user's id")


class World(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    elasticsearch: ElasticsearchWorld = msgspec.field(default_factory=ElasticsearchWorld)
    msgraph: MSGraphWorld = msgspec.field(default_factory=MSGraphWorld)


def _require_unique(what: str, names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise ValueError(f"the {what} {name} is there {times} times")
