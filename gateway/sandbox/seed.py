"""The seed world: what a small SRE team has planned this week in both upstreams.

Everything follows from `now`: the same instant gives the same world, and ids never change at all.
"""

import hashlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from gateway.sandbox.principals import PRINCIPALS
from gateway.sandbox.world import (
    ElasticsearchWorld,
    GraphCalendar,
    GraphEvent,
    Group,
    Job,
    MLCalendar,
    MSGraphWorld,
    ScheduledEvent,
    User,
    UserKind,
    World,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

ALICE, BOB, CEO, OUTAGES = (f"{name}@contoso.com" for name in ("alice.nguyen", "bob.meyer", "ceo", "outages"))

FAILOVER = "Payments database failover test"
QUEUE = "Upgrade of the payments queue"
PATCHES = "Weekly patch window"


def world(now: datetime) -> World:
    """The seed world as of `now`, an aware instant. Its week begins on the last Monday, midnight UTC."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - today.weekday() * DAY
    return World(
        elasticsearch=ElasticsearchWorld(
            calendars=_ml_calendars(monday),
            jobs=_jobs(now),
            principals=PRINCIPALS,
        ),
        msgraph=MSGraphWorld(
            users=(_alice(monday), _bob(monday), _ceo(monday), _outages(monday)), groups=(_sre(monday),)
        ),
    )


def user_id(upn: str) -> str:
    """The directory's id of a user or group, a GUID."""
    return str(uuid5(NAMESPACE_DNS, upn))


def calendar_id(mail: str, name: str) -> str:
    """Graph's id of a mailbox's calendar."""
    return _graph_id("calendar", mail, name)


def _graph_id(*names: str) -> str:
    digest = hashlib.sha256("\0".join(names).encode()).digest()
    return f"AAMk{urlsafe_b64encode(digest).decode()}"


def _ml_id(calendar: str, description: str) -> str:
    digest = hashlib.sha256(f"{calendar}\0{description}".encode()).digest()
    return urlsafe_b64encode(digest).decode()[:20]


def _jobs(now: datetime) -> tuple[Job, ...]:
    """Jobs whose data is a little behind `now`, and one that has seen none."""
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    return (
        Job(
            id="payments-latency",
            bucket_span="5m",
            groups=("payments",),
            latest_record=minute - 2 * MINUTE,
        ),
        Job(
            id="payments-volume",
            bucket_span="15m",
            groups=("payments",),
            latest_record=minute - 4 * MINUTE,
        ),
        Job(
            id="checkout-errors",
            bucket_span="1h",
            groups=("checkout", "web"),
            latest_record=minute - 9 * MINUTE,
        ),
        Job(id="web-traffic", bucket_span="1d", groups=("web",), latest_record=minute - 3 * HOUR),
        Job(id="auth-failures", bucket_span="10m", groups=("security",)),
    )


def _ml_calendars(monday: datetime) -> tuple[MLCalendar, ...]:
    return (
        MLCalendar(
            id="planned-outages",
            job_ids=("payments-latency", "payments-volume"),
            description="Planned outages of the payments platform",
            events=(
                _ml_event("planned-outages", FAILOVER, monday + DAY + 9 * HOUR, 30 * MINUTE),
                _ml_event("planned-outages", PATCHES, monday + 2 * DAY + 2 * HOUR, 90 * MINUTE),
                _ml_event(
                    "planned-outages", "Certificate renewal", monday + 2 * DAY + 13 * HOUR, 10 * MINUTE
                ),
                _ml_event("planned-outages", QUEUE, monday + 3 * DAY + 21 * HOUR, 90 * MINUTE),
            ),
        ),
        MLCalendar(
            id="holidays",
            job_ids=("web-traffic", "checkout-errors"),
            description="Days with little traffic",
            events=(_ml_event("holidays", "Company holiday", monday + 4 * DAY, DAY),),
        ),
        MLCalendar(
            id="global-maintenance",
            job_ids=("_all",),
            description="Applies to every job",
            events=(
                _ml_event("global-maintenance", "Data centre move", monday + 5 * DAY + 22 * HOUR, 6 * HOUR),
            ),
        ),
        MLCalendar(id="empty"),
    )


def _ml_event(calendar: str, description: str, start: datetime, length: timedelta) -> ScheduledEvent:
    return ScheduledEvent(
        id=_ml_id(calendar, description), description=description, start=start, end=start + length
    )


def _mailbox(
    mail: str,
    display_name: str,
    *events: GraphEvent,
    calendars: tuple[GraphCalendar, ...] = (),
    kind: UserKind = UserKind.USER,
    time_zone: str = "UTC",
    is_restricted: bool = False,
) -> User:
    """A mailbox with its default calendar and the given ones beside it."""
    default = GraphCalendar(id=calendar_id(mail, "Calendar"), name="Calendar", is_default=True)
    return User(
        id=user_id(mail),
        upn=mail,
        mail=mail,
        display_name=display_name,
        kind=kind,
        time_zone=time_zone,
        is_restricted=is_restricted,
        calendars=(default, *calendars),
        events=events,
    )


def _alice(monday: datetime) -> User:
    on_call = GraphCalendar(id=calendar_id(ALICE, "On call"), name="On call")
    team = GraphCalendar(id=calendar_id(ALICE, "Team holidays"), name="Team holidays", group="Team calendars")
    return _mailbox(
        ALICE,
        "Alice Nguyen",
        _event(ALICE, "Incident review", monday + DAY + 13 * HOUR, HOUR, **_review()),
        _event(
            ALICE,
            "On call: payments",
            monday + 2 * DAY,
            2 * DAY,
            calendar="On call",
            isAllDay=True,
            showAs="tentative",
        ),
        _event(
            ALICE,
            "Bob on leave",
            monday + 4 * DAY,
            DAY,
            calendar="Team holidays",
            isAllDay=True,
            showAs="oof",
        ),
        calendars=(on_call, team),
        time_zone="Pacific Standard Time",
    )


def _bob(monday: datetime) -> User:
    return _mailbox(
        BOB,
        "Bob Meyer",
        _event(BOB, "Capacity planning", monday + 10 * HOUR, HOUR, categories=["Planning"]),
        _event(BOB, "On leave", monday + 4 * DAY, DAY, isAllDay=True, showAs="oof"),
        time_zone="W. Europe Standard Time",
    )


def _ceo(monday: datetime) -> User:
    board = _event(CEO, "Board meeting", monday + 3 * DAY + 15 * HOUR, 2 * HOUR, sensitivity="private")
    return _mailbox(CEO, "Chris Egon Olsen", board, is_restricted=True)


def _outages(monday: datetime) -> User:
    first_patches = monday - 26 * DAY + 2 * HOUR
    return _mailbox(
        OUTAGES,
        "Planned outages",
        _event(OUTAGES, FAILOVER, monday + DAY + 9 * HOUR, 30 * MINUTE, **_failover()),
        _event(OUTAGES, PATCHES, first_patches, 90 * MINUTE, **_every_wednesday(first_patches)),
        _event(OUTAGES, QUEUE, monday + 3 * DAY + 21 * HOUR, 90 * MINUTE, categories=["Payments"]),
        _event(OUTAGES, "Network maintenance in Frankfurt", monday + 3 * DAY + 4 * HOUR, 2 * HOUR),
        _event(OUTAGES, "Company holiday", monday + 4 * DAY, DAY, isAllDay=True, showAs="free"),
        kind=UserKind.SHARED,
    )


def _sre(monday: datetime) -> Group:
    mail = "sre@contoso.com"
    planning = _event("", "SRE weekly", monday + 9 * HOUR, HOUR, location={"displayName": "Room Turing"})
    return Group(
        id=user_id(mail),
        display_name="SRE",
        mail=mail,
        members=(user_id(ALICE), user_id(BOB)),
        events=(planning,),
    )


def _event(
    mail: str, subject: str, start: datetime, length: timedelta, *, calendar: str = "Calendar", **more: Any
) -> GraphEvent:
    body = {"subject": subject, "start": _graph_time(start), "end": _graph_time(start + length), **more}
    return GraphEvent(
        id=_graph_id("event", mail, calendar, subject),
        calendar_id=calendar_id(mail, calendar) if mail else "",
        body=body,
    )


def _graph_time(instant: datetime) -> dict[str, str]:
    return {"dateTime": instant.strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": "UTC"}


def _failover() -> dict[str, Any]:
    return {
        "body": {
            "contentType": "html",
            "content": "<p>We fail over to the standby and back. <b>Payments stop for ten minutes.</b></p>",
        },
        "location": {"displayName": "Incident bridge", "locationUri": "https://bridge.contoso.com/sre"},
        "attendees": [_attendee(ALICE, "Alice Nguyen"), _attendee(BOB, "Bob Meyer", "optional")],
        "importance": "high",
        "categories": ["Payments"],
    }


def _review() -> dict[str, Any]:
    return {
        "body": {"contentType": "text", "content": "What happened on Friday, and what we change."},
        "location": {"displayName": "Room Turing"},
        "attendees": [_attendee(BOB, "Bob Meyer")],
    }


def _attendee(address: str, name: str, kind: str = "required") -> dict[str, Any]:
    return {"emailAddress": {"address": address, "name": name}, "type": kind}


def _every_wednesday(first: datetime) -> dict[str, Any]:
    """A series that begins with `first`, a Wednesday, and has no end."""
    return {
        "recurrence": {
            "pattern": {
                "type": "weekly",
                "interval": 1,
                "daysOfWeek": ["wednesday"],
                "firstDayOfWeek": "monday",
            },
            "range": {
                "type": "noEnd",
                "startDate": first.date().isoformat(),
                "recurrenceTimeZone": "UTC",
            },
        }
    }
