"""Which requests change or remove an event of Graph, what is lost, and who gets mail. No server."""

import msgspec
import pytest

from gateway.adapters.base import EventChange, EventRemoval
from gateway.adapters.byproducts import EffectKind
from gateway.adapters.msgraph.event_plan import plan_event
from gateway.adapters.msgraph.requests import Requests
from gateway.errors import Refused, TooMany, Unsupported
from gateway.model.event import Attendee, AttendeeType, EventBody, ShowAs, SourceKind
from gateway.model.ids import EventId
from gateway.model.msgraph import EventType, MSGraphEventDetails, MSGraphEventOptions, OnlineMeeting
from gateway.model.time import EventTime

from .conformance import HOUR, MORNING, change
from .msgraph_bench import EVENT, event

A, B, C = (Attendee(email=f"{name}@contoso.com") for name in "abc")
PATH = "/v1.0/users/ops%40contoso.com/events/E%3D"
REQUESTS = Requests(source="msgraph", version="v1.0")
LOOK = REQUESTS.event(EventId.parse(EVENT.id)).path
LINK = "https://teams.microsoft.com/l/meetup-join/19%3ameeting"


def details(**values) -> MSGraphEventDetails:
    return MSGraphEventDetails(event_id="E=", **{"is_organizer": True, **values})


def meeting(*people: Attendee, **values):
    return event(attendees=people, details=details(**values))


def plan(action):
    return plan_event(action, requests=REQUESTS)


def lines(step):
    return [(request.method, request.path, request.body) for request in step.requests]


def mail(step):
    assert {effect.kind for effect in step.effects} <= {EffectKind.SENDS_INVITATIONS}
    return [effect.count for effect in step.effects]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (change(EVENT, title="Other"), [("PATCH", PATH, b'{"subject":"Other"}')]),
        (EventRemoval(event=EVENT), [("DELETE", PATH, None)]),
        (EventRemoval(event=EVENT, revision='W/"1"'), [("GET", LOOK, None), ("DELETE", PATH, None)]),
        (EventRemoval(event=meeting(A)), [("POST", f"{PATH}/cancel", b"{}")]),
        (
            EventRemoval(event=meeting(A), comment="Rain", revision='W/"1"'),
            [("GET", LOOK, None), ("POST", f"{PATH}/cancel", b'{"Comment":"Rain"}')],
        ),
        (EventRemoval(event=meeting(A, is_organizer=None)), [("POST", f"{PATH}/cancel", b"{}")]),
        (EventRemoval(event=meeting(A, is_organizer=False), comment="No time"), [("DELETE", PATH, None)]),
        (EventRemoval(event=meeting(), comment="Nobody hears it"), [("DELETE", PATH, None)]),
        (EventRemoval(event=EVENT, revision="older"), []),
        (change(EVENT, revision="older", title="Other"), []),
    ],
)
def test_the_requests_are_exactly_these(action, expected):
    assert lines(plan(action)) == expected


@pytest.mark.parametrize(
    ("action", "people"),
    [
        (change(meeting(), title="Other"), []),
        (change(meeting(A, B), title="Other"), [2]),
        (change(meeting(A, B), attendees=(A, B, C)), [1]),
        (change(meeting(A, B), attendees=(C,)), [3]),
        (change(meeting(A, B), attendees=(A, msgspec.structs.replace(B, type=AttendeeType.OPTIONAL))), [1]),
        (change(meeting(A, B), attendees=(msgspec.structs.replace(A, email="A@Contoso.com"), B)), []),
        (change(meeting(A, B), attendees=(A, C), title="Other"), [3]),
        (change(meeting(A), attendees=None), [1]),
        (change(meeting(A, B, is_organizer=False), title="Other"), []),
        (EventRemoval(event=meeting(A, B)), [2]),
        (EventRemoval(event=meeting(A, B, is_organizer=None)), [2]),
        (EventRemoval(event=meeting(A, B, is_organizer=False)), []),
        (EventRemoval(event=meeting()), []),
    ],
)
def test_those_who_get_mail_are_counted(action, people):
    assert mail(plan(action)) == people


def test_a_comment_that_nobody_gets_is_a_warning():
    for removal in (
        EventRemoval(event=meeting(), comment="Rain"),
        EventRemoval(event=meeting(A, is_organizer=False), comment="Rain"),
    ):
        (warning,) = plan(removal).warnings
        assert (warning.code, warning.field, warning.given) == ("NOT_HELD", "comment", "Rain")
    assert plan(EventRemoval(event=meeting(A), comment="Rain")).warnings == ()


def test_only_what_changes_is_warned_of():
    long = meeting()
    wide = EventTime(instant=MORNING, zone="Antarctica/Troll")
    assert plan(change(msgspec.structs.replace(long, title="x" * 300), show_as=ShowAs.FREE)).warnings == ()
    fields = [warning.field for warning in plan(change(long, title="x" * 300, start=wide)).warnings]
    assert fields == ["title", "start"]


def test_an_attendee_is_warned_of_all_that_is_the_organizers():
    copy = meeting(A, is_organizer=False)
    step = plan(change(copy, body=None, is_all_day=False, end=EVENT.end, show_as=ShowAs.FREE, categories=()))
    assert [warning.field for warning in step.warnings] == ["description", "end", "start"]


def test_too_many_attendees_are_refused_and_those_who_are_there_are_not_counted_again():
    crowd = tuple(Attendee(email=f"{n}@contoso.com") for n in range(501))
    with pytest.raises(TooMany) as caught:
        plan(change(meeting(), attendees=crowd))
    assert caught.value.problem.path == ("attendees",)
    assert plan(change(meeting(*crowd), title="Other")).requests


# Online meetings

ONLINE = {"is_online_meeting": True, "online_meeting": OnlineMeeting(join_url=f"{LINK}/0")}
INVITATION = f'<p>Agenda</p><a href="{LINK}/0?a=1&amp;b=2">Join</a> <a href="https://contoso.com/x">x</a>'


def invitation(html: str | None):
    return event(body=html and EventBody(html=html, text="Agenda Join"), details=details(**ONLINE))


@pytest.mark.parametrize(
    "body",
    [
        None,
        EventBody(text="Agenda"),
        EventBody(html="<p>Other</p>"),
        EventBody(html=f'<a href="{LINK}/1">Join</a>'),
    ],
)
def test_a_description_without_the_links_of_the_online_meeting_is_refused(body):
    with pytest.raises(Refused, match="nobody could join"):
        plan(change(invitation(INVITATION), body=body))


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        (INVITATION, EventBody(html=INVITATION.replace("Agenda", "Other"))),
        (INVITATION, EventBody(text=f"Join: {LINK}/0?a=1&b=2")),
        ("<p>Agenda</p>", EventBody(text="Other")),
        (None, EventBody(text="Other")),
    ],
)
def test_a_description_that_keeps_them_or_has_none_to_lose_is_sent(present, wanted):
    assert plan(change(invitation(present), body=wanted)).requests


def test_an_online_meeting_cannot_be_made_otherwise():
    options = {SourceKind.MSGRAPH: MSGraphEventOptions(is_online_meeting=False)}
    whole = change(invitation(None), options=options).draft
    names = frozenset({"msgraph.is_online_meeting", "msgraph.online_meeting_provider"})
    step = plan(EventChange(event=invitation(None), draft=whole, changed=names))
    assert [(warning.code, warning.field) for warning in step.warnings] == [
        ("NOT_HELD", "msgraph.isOnlineMeeting"),
        ("NOT_HELD", "msgraph.onlineMeetingProvider"),
    ]


# Series


def series(zone: str | None):
    return event(details=details(type=EventType.SERIES_MASTER, original_start_time_zone=zone))


LATER = EventTime(instant=MORNING + HOUR / 2, zone="Europe/Berlin")


@pytest.mark.parametrize("zone", ["W. Europe Standard Time", "Europe/Berlin"])
def test_a_series_may_move_within_its_zone_and_single_changes_may_be_lost(zone):
    step = plan(change(series(zone), start=LATER))
    assert len(step.requests) == 1
    assert [warning.field for warning in step.warnings] == ["start"]
    assert plan(change(series(zone), title="Other")).warnings == ()


@pytest.mark.parametrize("zone", ["Eastern Standard Time", "UTC", None, "tzone://Microsoft/Custom"])
def test_a_series_may_not_move_to_another_zone(zone):
    with pytest.raises(Unsupported, match="another time zone") as caught:
        plan(change(series(zone), start=LATER))
    assert caught.value.problem.path == ("start",)
