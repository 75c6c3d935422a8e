"""Drafts as Graph's JSON, and back, without a server."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.msgraph.drafts import encode
from gateway.adapters.msgraph.events import to_event
from gateway.adapters.msgraph.plan import plan
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.msgraph.wire import GraphEvent
from gateway.model.elasticsearch import ElasticsearchEventOptions
from gateway.model.event import (
    Attendee,
    AttendeeType,
    Coordinates,
    Draft,
    EventBody,
    EventLocation,
    PostalAddress,
    ShowAs,
    SourceKind,
)
from gateway.model.ids import CalendarId
from gateway.model.msgraph import Importance, MSGraphEventOptions, OnlineMeetingProvider, Sensitivity
from gateway.model.time import EventTime, add_days, midnight
from gateway.model.zones import zone

DOCUMENTED = Path(__file__).parents[1] / "cases" / "documented"
HOUR = timedelta(hours=1)
REQUESTS = Requests(source="msgraph", version="v1.0")
USER = CalendarId("msgraph", ("users", "U", "calendar"))
GROUP = CalendarId("msgraph", ("groups", "G", "calendar"))
MORNING = datetime(2027, 3, 15, 9, tzinfo=UTC)


def timed(zone_name="UTC", start=MORNING, **more) -> Draft:
    name = zone(zone_name)
    return Draft(
        title="t",
        start=EventTime(instant=start, zone=name),
        end=EventTime(instant=start + HOUR, zone=name),
        **more,
    )


def all_day(zone_name, first=date(2027, 3, 28), days=1) -> Draft:
    start, end = midnight(first, zone_name), midnight(add_days(first, days), zone_name, latest=True)
    return Draft(title="t", start=start, end=end, is_all_day=True)


def sent(draft) -> dict:
    return msgspec.json.decode(encode(draft, transaction_id="T"))


def planned(draft, calendar=USER):
    (step,) = plan(calendar, {0: draft}, requests=REQUESTS).steps
    return step.events[0]


def warnings(draft):
    return [(w.code, w.field, w.given, w.sent) for w in planned(draft).warnings]


def test_the_documented_example_becomes_the_documented_json_and_a_transaction_id():
    lunch = Draft(
        title="Let's go for lunch",
        body=EventBody(html="Does next month work for you?"),
        start=EventTime(instant=datetime(2019, 3, 10, 19, tzinfo=UTC), zone=zone("Pacific Standard Time")),
        end=EventTime(instant=datetime(2019, 3, 10, 21, tzinfo=UTC), zone=zone("Pacific Standard Time")),
        location=EventLocation(display_name="Harry's Bar"),
        attendees=(Attendee(email="adelev@contoso.onmicrosoft.com", name="Adele Vance"),),
    )
    documented = msgspec.json.decode((DOCUMENTED / "msgraph_create_event.request.json").read_bytes())
    body = sent(lunch)
    assert body == {**documented, "transactionId": "T"}
    assert list(body) == [*documented, "transactionId"]
    assert planned(lunch).warnings == ()


def test_what_was_not_given_is_not_sent():
    assert list(sent(timed())) == ["subject", "start", "end", "transactionId"]


def test_what_was_given_empty_is_sent_empty():
    body = sent(timed(categories=(), attendees=(), locations=()))
    assert (body["categories"], body["attendees"], body["locations"]) == ([], [], [])


def test_options_are_sent_under_their_graph_names():
    options = MSGraphEventOptions(
        importance=Importance.HIGH,
        sensitivity=Sensitivity.PRIVATE,
        is_reminder_on=False,
        reminder_minutes_before_start=0,
        response_requested=False,
        allow_new_time_proposals=False,
        hide_attendees=True,
        is_online_meeting=True,
        online_meeting_provider=OnlineMeetingProvider.TEAMS_FOR_BUSINESS,
    )
    body = sent(timed(options={SourceKind.MSGRAPH: options}, show_as=ShowAs.OUT_OF_OFFICE))
    expected = {
        "showAs": "oof",
        "importance": "high",
        "sensitivity": "private",
        "isReminderOn": False,
        "reminderMinutesBeforeStart": 0,
        "responseRequested": False,
        "allowNewTimeProposals": False,
        "hideAttendees": True,
        "isOnlineMeeting": True,
        "onlineMeetingProvider": "teamsForBusiness",
    }
    assert {name: body[name] for name in expected} == expected


def test_a_planned_request_shows_no_transaction_id_so_that_dry_runs_are_stable():
    first, second = (plan(USER, {0: timed()}, requests=REQUESTS) for _ in range(2))
    assert first == second
    (request,) = first.steps[0].requests
    assert msgspec.json.decode(request.body)["transactionId"] == "<assigned>"


@pytest.mark.parametrize(
    ("given", "sent_zone", "local"),
    [
        ("UTC", "UTC", "2027-03-15T09:00:00"),
        ("Europe/Berlin", "W. Europe Standard Time", "2027-03-15T10:00:00"),
        ("Pacific Standard Time", "Pacific Standard Time", "2027-03-15T02:00:00"),
        ("America/Chihuahua", "America/Chihuahua", "2027-03-15T03:00:00"),  # only its IANA name survives
    ],
)
def test_a_zone_goes_by_a_name_that_comes_back_as_itself(given, sent_zone, local):
    draft = timed(given)
    assert sent(draft)["start"] == {"dateTime": local, "timeZone": sent_zone}
    assert planned(draft).warnings == ()


@pytest.mark.parametrize(
    ("given", "sent_zone", "local"),
    [
        ("Europe/Vienna", "W. Europe Standard Time", "2027-03-15T10:00:00"),
        ("Antarctica/Troll", "UTC", "2027-03-15T09:00:00"),
    ],
)
def test_a_zone_that_graph_cannot_name_is_changed_with_a_warning_and_the_instant_kept(
    given, sent_zone, local
):
    draft = timed(given)
    assert sent(draft)["start"] == {"dateTime": local, "timeZone": sent_zone}
    assert warnings(draft) == [("CHANGED", end, given, sent_zone) for end in ("start", "end")]


def test_a_wall_clock_that_shows_a_time_twice_is_sent_in_utc():
    twice = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    draft = timed("Europe/Berlin", start=twice)
    assert sent(draft)["start"] == {"dateTime": "2027-10-31T01:30:00", "timeZone": "UTC"}
    assert sent(draft)["end"] == {"dateTime": "2027-10-31T03:30:00", "timeZone": "W. Europe Standard Time"}
    assert warnings(draft) == [("CHANGED", "start", "Europe/Berlin", "UTC")]


def test_start_and_end_may_be_in_zones_of_their_own():
    end = EventTime(instant=MORNING + HOUR, zone="Asia/Tokyo")
    draft = msgspec.structs.replace(timed("Europe/Berlin"), end=end)
    assert sent(draft)["end"] == {"dateTime": "2027-03-15T19:00:00", "timeZone": "Tokyo Standard Time"}


def test_an_all_day_event_is_midnights_in_one_zone():
    body = sent(all_day("Europe/Berlin"))
    assert body["isAllDay"] is True
    assert body["start"] == {"dateTime": "2027-03-28T00:00:00", "timeZone": "W. Europe Standard Time"}
    assert body["end"] == {"dateTime": "2027-03-29T00:00:00", "timeZone": "W. Europe Standard Time"}


def test_a_fraction_of_a_second_is_sent_only_where_there_is_one():
    draft = timed(start=MORNING + timedelta(microseconds=1500))
    assert sent(draft)["start"]["dateTime"] == "2027-03-15T09:00:00.001500"


def test_what_only_elasticsearch_holds_is_a_warning_per_option():
    options = ElasticsearchEventOptions(skip_result=True, force_time_shift=60)
    assert warnings(timed(options={SourceKind.ELASTICSEARCH: options})) == [
        ("NOT_HELD", "elasticsearch.skipResult", True, None),
        ("NOT_HELD", "elasticsearch.forceTimeShift", 60, None),
    ]


def test_a_subject_that_exchange_may_cut_is_a_warning():
    assert warnings(msgspec.structs.replace(timed(), title="x" * 255)) == []
    ((code, field, *_),) = warnings(msgspec.structs.replace(timed(), title="x" * 256))
    assert (code, field) == ("CHANGED", "title")


def test_five_hundred_attendees_are_taken_and_one_more_is_refused():
    everybody = tuple(Attendee(email=f"{n}@contoso.com") for n in range(501))
    drafts = timed(attendees=everybody), timed(attendees=everybody[:500]), timed()
    result = plan(USER, dict(enumerate(drafts)), requests=REQUESTS)
    assert {index: (problem.code, problem.path) for index, problem in result.refused.items()} == {
        0: ("TOO_MANY", ("attendees",))
    }
    assert [step.events[0].index for step in result.steps] == [1, 2]
    assert [effect.count for effect in result.steps[0].events[0].effects] == [500]
    assert result.steps[1].events[0].effects == ()


def test_half_a_character_is_refused():
    result = plan(USER, {0: msgspec.structs.replace(timed(), title="\ud83d")}, requests=REQUESTS)
    assert result.steps == ()
    assert result.refused[0].code == "INVALID_INPUT"


def test_a_group_may_be_invited_although_nobody_was():
    (effect,) = planned(timed(), GROUP).effects
    assert (effect.kind, effect.count) == ("sends_invitations", None)


TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)
MAYBE = st.none() | TEXT
LOCATIONS = st.builds(
    EventLocation,
    display_name=TEXT,
    email=MAYBE,
    uri=MAYBE,
    address=st.none() | st.builds(PostalAddress, street=TEXT, city=MAYBE, postal_code=MAYBE),
    coordinates=st.none()
    | st.builds(Coordinates, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180), altitude=st.none()),
)
ATTENDEES = st.builds(Attendee, email=TEXT, name=MAYBE, type=st.sampled_from(AttendeeType))
OPTIONS = st.builds(
    MSGraphEventOptions,
    importance=st.none() | st.sampled_from(Importance),
    sensitivity=st.none() | st.sampled_from(Sensitivity),
    is_reminder_on=st.none() | st.booleans(),
    reminder_minutes_before_start=st.none() | st.integers(0, 10_000),
    hide_attendees=st.none() | st.booleans(),
)
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati", "America/Nuuk"]
)
INSTANTS = st.datetimes(datetime(2000, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 bounds take no zone


@st.composite
def spans(draw):
    name = draw(ZONES)
    if draw(st.booleans()):
        draft = all_day(name, draw(st.dates(date(2000, 1, 2), date(2199, 12, 1))), draw(st.integers(1, 20)))
    else:
        draft = timed(name, draw(INSTANTS))
    return draft


DRAFTS = st.builds(
    msgspec.structs.replace,
    spans(),
    title=TEXT,
    body=st.none() | st.builds(EventBody, text=TEXT),
    show_as=st.none() | st.sampled_from(ShowAs),
    location=st.none() | LOCATIONS,
    locations=st.none() | st.lists(LOCATIONS, max_size=3).map(tuple),
    categories=st.none() | st.lists(TEXT, max_size=3).map(tuple),
    attendees=st.none() | st.lists(ATTENDEES, max_size=3).map(tuple),
    options=st.just({}) | OPTIONS.map(lambda options: {SourceKind.MSGRAPH: options}),
)


@given(DRAFTS)
def test_what_is_sent_reads_back_as_what_was_given(draft):
    wire = sent(draft) | {"id": "E"}
    wire |= {f"original{end.title()}TimeZone": wire[end]["timeZone"] for end in ("start", "end")}
    event = to_event(msgspec.convert(wire, GraphEvent), source="msgraph", owner=("users", "U"), calendar=USER)
    assert (event.title, event.is_all_day, event.body) == (draft.title, draft.is_all_day, draft.body)
    for read, given_time in ((event.start, draft.start), (event.end, draft.end)):
        assert (read.instant, read.day) == (given_time.instant, given_time.day)
    assert event.location == draft.location
    assert event.locations == (draft.locations or ())
    assert event.categories == (draft.categories or ())
    assert event.attendees == (draft.attendees or ())
    assert event.show_as is draft.show_as
    options = draft.options.get(SourceKind.MSGRAPH, MSGraphEventOptions())
    assert event.details.options() == (SourceKind.MSGRAPH, options)
