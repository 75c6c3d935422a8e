"""Graph's events and calendars as ours, without a server."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.adapters.msgraph.bodies import text_of
from gateway.adapters.msgraph.calendars import to_calendar
from gateway.adapters.msgraph.events import to_event
from gateway.adapters.msgraph.paths import owner_in
from gateway.adapters.msgraph.times import read_instant
from gateway.adapters.msgraph.wire import GraphCalendar, GraphEvent
from gateway.errors import InvalidTime, UnexpectedAnswer
from gateway.model.event import (
    Attendee,
    AttendeeResponse,
    AttendeeType,
    Coordinates,
    Event,
    EventBody,
    EventLocation,
    EventPerson,
    EventStatus,
    PostalAddress,
    ShowAs,
    draft_of,
)
from gateway.model.ids import CalendarId
from gateway.model.msgraph import (
    EventType,
    Importance,
    MSGraphCalendarDetails,
    MSGraphEventDetails,
    PatternedRecurrence,
    RecurrencePattern,
    RecurrenceRange,
    Sensitivity,
)
from gateway.model.time import EventTime, parse_instant

DOCUMENTED = Path(__file__).parents[1] / "cases" / "documented"
MEGAN = "5d8d505c-864f-4804-88c7-4583c966cde8"
STAMP = "2026-02-10T21:06:36.4801265Z"
"""A time stamp as Graph writes it."""
HARRYS = EventLocation(
    display_name="Harry's Bar", location_type="default", unique_id="Harry's Bar", unique_id_type="private"
)
MINIMAL = {
    "id": "E",
    "start": {"dateTime": "2027-03-15T09:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2027-03-15T10:00:00.0000000", "timeZone": "UTC"},
}


def read(owner=("users", "U"), calendar=None, **members) -> Event:
    wire = msgspec.convert({**MINIMAL, **members}, GraphEvent)
    return to_event(wire, source="msgraph", owner=owner, calendar=calendar)


def clock(text: str, zone_name="UTC") -> dict[str, str]:
    return {"dateTime": text, "timeZone": zone_name}


def test_every_property_of_the_documented_answer_can_be_read():
    wire = msgspec.json.decode(
        (DOCUMENTED / "msgraph_create_event.response.json").read_bytes(), type=GraphEvent
    )
    owner = owner_in(wire.context)
    calendar = CalendarId("msgraph", (*owner, "calendars", "AAMkAGViNDU7zAAAAAGtlAAA="))
    html = wire.body.content
    assert to_event(wire, source="msgraph", owner=owner, calendar=calendar) == Event(
        id=f"msgraph:users/{MEGAN}/events/AAMkAGViNDU7zAAAAA7zAAAZe6CkAAA=",
        source="msgraph",
        calendar_id=f"msgraph:users/{MEGAN}/calendars/AAMkAGViNDU7zAAAAAGtlAAA=",
        title="Let's go for lunch",
        start=EventTime(instant=datetime(2019, 3, 10, 19, tzinfo=UTC), zone="America/Los_Angeles"),
        end=EventTime(instant=datetime(2019, 3, 10, 21, tzinfo=UTC), zone="America/Los_Angeles"),
        body=EventBody(text="Does next month work for you?", html=html),
        show_as=ShowAs.BUSY,
        location=HARRYS,
        locations=(HARRYS,),
        attendees=(Attendee(email="AdeleV@contoso.OnMicrosoft.com", name="Adele Vance"),),
        organizer=EventPerson(email="MeganB@contoso.OnMicrosoft.com", name="Megan Bowen"),
        web_url="https://outlook.office365.com/owa/?itemid=AAMkAGViNDU7zAAAAA7zAAAZe6CkAAA%3D&exvsurl=1"
        "&path=/calendar/item",
        created_at=datetime(2019, 2, 28, 21, 36, 26, 710548, tzinfo=UTC),
        updated_at=datetime(2019, 2, 28, 21, 36, 26, 957722, tzinfo=UTC),
        revision='W/"/IUUrIl3PkG1JCSsPfU+8wAAGXjGjw=="',
        details=MSGraphEventDetails(
            event_id="AAMkAGViNDU7zAAAAA7zAAAZe6CkAAA=",
            change_key="/IUUrIl3PkG1JCSsPfU+8wAAGXjGjw==",
            uid="040000008200C780DAE",
            type=EventType.SINGLE_INSTANCE,
            importance=Importance.NORMAL,
            sensitivity=Sensitivity.NORMAL,
            original_start_time_zone="Pacific Standard Time",
            original_end_time_zone="Pacific Standard Time",
            reminder_minutes_before_start=15,
            is_reminder_on=True,
            has_attachments=False,
            body_preview="Does next month work for you?",
            is_cancelled=False,
            is_organizer=True,
            response_requested=True,
            response=AttendeeResponse.ORGANIZER,
        ),
    )


def test_no_property_of_the_documented_answer_is_passed_over():
    documented = msgspec.json.decode((DOCUMENTED / "msgraph_create_event.response.json").read_bytes())
    read_names = {field.encode_name for field in msgspec.structs.fields(GraphEvent)}
    assert set(documented) <= read_names


def test_what_graph_leaves_out_or_sends_as_null_is_none():
    nulls = ("subject", "body", "location", "attendees", "organizer", "categories", "recurrence", "showAs")
    assert read(**dict.fromkeys(nulls)) == read()
    assert read().body is None
    assert read().title == ""


def test_words_and_members_that_graph_has_added_do_no_harm():
    event = read(showAs="meditating", type="unknownFutureValue", newMember={"a": [1]})
    assert event.show_as is None
    assert event.details.type is None


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({}, EventStatus.CONFIRMED),
        ({"showAs": "oof"}, EventStatus.CONFIRMED),
        ({"showAs": "tentative"}, EventStatus.TENTATIVE),
        ({"showAs": "tentative", "isCancelled": True}, EventStatus.CANCELLED),
    ],
)
def test_the_status_follows_from_is_cancelled_and_show_as(members, status):
    assert read(**members).status is status


@pytest.mark.parametrize(
    ("shown_in", "original", "instant", "zone_name"),
    [
        ("UTC", "W. Europe Standard Time", datetime(2027, 3, 15, 9, tzinfo=UTC), "Europe/Berlin"),
        ("Pacific Standard Time", None, datetime(2027, 3, 15, 16, tzinfo=UTC), "America/Los_Angeles"),
        ("UTC", "tzone://Microsoft/Utc", datetime(2027, 3, 15, 9, tzinfo=UTC), "UTC"),
        ("tzone://Microsoft/Utc", None, datetime(2027, 3, 15, 9, tzinfo=UTC), "UTC"),
        ("UTC", "tzone://Microsoft/Custom", datetime(2027, 3, 15, 9, tzinfo=UTC), "UTC"),
        ("Tokyo Standard Time", "Customized Time Zone", datetime(2027, 3, 15, tzinfo=UTC), "Asia/Tokyo"),
        ("UTC", "Asia/Calcutta", datetime(2027, 3, 15, 9, tzinfo=UTC), "Asia/Kolkata"),
    ],
)
def test_a_time_is_read_in_the_zone_shown_and_meant_in_the_one_it_was_made_in(
    shown_in, original, instant, zone_name
):
    start = clock("2027-03-15T09:00:00.0000000", shown_in)
    assert read(start=start, originalStartTimeZone=original).start == EventTime(
        instant=instant, zone=zone_name
    )


def test_seven_digits_of_a_second_are_read_to_the_microsecond():
    assert read(start=clock("2027-03-15T09:00:00.1234567")).start.instant.microsecond == 123456


def replaced(place, other):
    return (STAMP[:place] + other + STAMP[place + len(other) :])[: len(STAMP)]


@given(
    st.builds(replaced, st.integers(0, 27), st.text("0259ZzWTt+-:., \0\x1b٢", min_size=1, max_size=4))
    | st.from_regex(
        r"20\d\d[-W0][012]\d-?[0-3]\d[Tt ][0-2]\d:[0-6]\d:[0-6]\d[.,]\d{6,8}[Zz+]?", fullmatch=True
    )
)
@example(STAMP)
@example(replaced(0, "٢"))
@example(replaced(4, "-W07-1"))
@example(replaced(8, "30"))
@example(replaced(16, "Z\0"))
@example(replaced(19, ","))
@example(replaced(23, "Z\0"))
@example(replaced(26, "z"))
@example(replaced(26, " "))
@example(replaced(26, "W"))
@example(replaced(26, "\0"))
@example(replaced(26, "٢"))
def test_a_time_stamp_means_what_any_instant_does(text):
    assert of_stamp(read_instant, text) == of_stamp(parse_instant, text)


@pytest.mark.parametrize("sign", ["z", " ", "W", "\0", "٢"])
def test_a_time_stamp_whose_last_digit_is_none_is_unreadable(sign):
    with pytest.raises(UnexpectedAnswer, match="unreadable time"):
        read(createdDateTime=replaced(26, sign))


def of_stamp(read, text):
    """What is read, or why nothing can be."""
    try:
        return read(text)
    except InvalidTime as exc:
        return str(exc)


def test_an_all_day_event_is_dates_in_the_zone_that_it_was_made_in():
    event = read(
        isAllDay=True,
        start=clock("2027-03-28T00:00:00.0000000"),
        end=clock("2027-03-29T00:00:00.0000000"),
        originalStartTimeZone="W. Europe Standard Time",
        originalEndTimeZone="Tokyo Standard Time",
    )
    assert (event.start.day, event.end.day) == (date(2027, 3, 28), date(2027, 3, 29))
    assert (event.start.zone, event.end.zone) == ("Europe/Berlin", "Europe/Berlin")
    assert event.end.instant - event.start.instant == timedelta(hours=23)


def test_an_all_day_event_of_a_zone_that_nobody_knows_is_days_of_utc():
    event = read(
        isAllDay=True,
        start=clock("2027-03-28T00:00:00.0000000"),
        end=clock("2027-03-29T00:00:00.0000000"),
        originalStartTimeZone="tzone://Microsoft/Custom",
    )
    assert event.start == EventTime(instant=datetime(2027, 3, 28, tzinfo=UTC), day=date(2027, 3, 28))
    assert [warning.field for warning in event.warnings] == ["start.timeZone"]


@pytest.mark.parametrize(
    "members",
    [
        {"start": clock("yesterday")},
        {"end": clock("2027-02-30T00:00:00")},
        {"createdDateTime": "2027-03-15T09:00:00"},
    ],
)
def test_a_time_that_cannot_be_read_is_an_unexpected_answer(members):
    with pytest.raises(UnexpectedAnswer, match="the event E with an unreadable time"):
        read(**members)


@pytest.mark.parametrize("name", ["Customized Time Zone", "tzone://Microsoft/Custom", "Mars/Olympus Mons"])
def test_a_zone_that_nobody_knows_is_read_as_utc_with_a_warning(name):
    event = read(originalStartTimeZone=name, originalEndTimeZone="Tokyo Standard Time")
    assert (event.start.zone, event.end.zone) == ("UTC", "Asia/Tokyo")
    assert event.start.instant == datetime(2027, 3, 15, 9, tzinfo=UTC)
    (warning,) = event.warnings
    assert (warning.field, warning.given) == ("start.timeZone", name)
    assert "The time is right" in warning.message


def test_a_time_shown_in_a_zone_that_nobody_knows_is_read_as_utc_and_may_be_off():
    event = read(
        end=clock("2027-03-15T10:00:00", "Customized Time Zone"), originalEndTimeZone="Customized Time Zone"
    )
    assert event.end == EventTime(instant=datetime(2027, 3, 15, 10, tzinfo=UTC))
    (warning,) = event.warnings
    assert (warning.field, "may be hours off" in warning.message) == ("end.timeZone", True)


@pytest.mark.parametrize(
    "name", [None, "", "UTC", "tzone://Microsoft/Utc", "W. Europe Standard Time", "europe/berlin"]
)
def test_a_zone_that_is_known_or_not_named_is_nothing_to_warn_of(name):
    assert read(originalStartTimeZone=name, originalEndTimeZone=name).warnings == ()


def test_an_occurrence_that_was_moved_says_when_it_would_have_begun():
    event = read(type="exception", originalStart="2027-03-14T09:00:00Z")
    assert event.details.original_start == datetime(2027, 3, 14, 9, tzinfo=UTC)
    assert read().details.original_start is None


def test_an_attendees_answer_has_a_time_only_where_there_was_one():
    waiting, done = read(
        attendees=[
            {
                "type": "optional",
                "status": {"response": "none", "time": "0001-01-01T00:00:00Z"},
                "emailAddress": {"address": "a@contoso.com"},
            },
            {
                "type": "resource",
                "status": {"response": "accepted", "time": "2027-03-01T12:00:00Z"},
                "emailAddress": {"name": "Room", "address": "room@contoso.com"},
            },
        ]
    ).attendees
    assert waiting == Attendee(email="a@contoso.com", type=AttendeeType.OPTIONAL)
    assert (done.response, done.responded_at) == (
        AttendeeResponse.ACCEPTED,
        datetime(2027, 3, 1, 12, tzinfo=UTC),
    )


def test_the_empty_place_that_graph_shows_is_no_place():
    nowhere = {"displayName": "", "locationType": "default", "address": {}, "coordinates": {}}
    assert read(location=nowhere, locations=[nowhere]).location is None
    assert read(location=nowhere, locations=[nowhere]).locations == ()
    empty = dict.fromkeys(("street", "city", "state", "countryOrRegion", "postalCode"), "")
    assert read(location={**nowhere, "address": empty}).location is None
    in_berlin = read(location={**nowhere, "address": {**empty, "city": "Berlin"}}).location
    assert in_berlin.address == PostalAddress(city="Berlin")


def test_coordinates_that_exchange_shows_as_no_numbers_are_none():
    """Old events and rooms have them as words: OData knows numbers that JSON does not."""
    names = ("latitude", "longitude", "altitude", "accuracy", "altitudeAccuracy")
    nowhere = {"displayName": "", "coordinates": dict.fromkeys(names, "NaN")}
    room = {
        "displayName": "Crystal",
        "coordinates": {**dict.fromkeys(names, "NaN"), "latitude": 47, "accuracy": "INF"},
    }
    assert read(location=nowhere).location is None
    assert read(location={**nowhere, "displayName": "Room"}).location == EventLocation(display_name="Room")
    assert read(location=room).location.coordinates == Coordinates(latitude=47.0)


def test_an_occurrence_names_its_series():
    event = read(owner=("groups", "G"), seriesMasterId="M/=", type="occurrence")
    assert event.series_id == "msgraph:groups/G/events/M%2F="
    assert event.details.series_master_id == "M/="


def test_a_recurrence_is_kept_in_graphs_own_words():
    recurrence = {
        "pattern": {
            "type": "weekly",
            "interval": 2,
            "month": 0,
            "dayOfMonth": 0,
            "daysOfWeek": ["monday"],
            "firstDayOfWeek": "sunday",
            "index": "first",
        },
        "range": {
            "type": "numbered",
            "startDate": "2027-03-15",
            "endDate": "0001-01-01",
            "recurrenceTimeZone": "UTC",
            "numberOfOccurrences": 5,
        },
    }
    event = read(recurrence=recurrence)
    assert (str(event.recurrence.rule), event.recurrence.time_zone) == (
        "FREQ=WEEKLY;INTERVAL=2;COUNT=5;BYDAY=MO;WKST=SU",
        "UTC",
    )
    assert event.details.recurrence == PatternedRecurrence(
        pattern=RecurrencePattern(
            type="weekly",
            interval=2,
            month=0,
            day_of_month=0,
            days_of_week=("monday",),
            first_day_of_week="sunday",
            index="first",
        ),
        range=RecurrenceRange(
            type="numbered",
            start_date=date(2027, 3, 15),
            recurrence_time_zone="UTC",
            number_of_occurrences=5,
        ),
    )


@pytest.mark.parametrize(
    ("pattern", "span"),
    [
        ({"type": "hebrewMonthly"}, {"type": "noEnd"}),
        ({"type": "weekly"}, {"type": "noEnd"}),
        ({"type": "daily"}, {"type": "untilFurtherNotice"}),
        ({"type": "daily"}, {"type": "numbered"}),
    ],
)
def test_a_recurrence_that_no_rule_says_hides_nothing_else_and_is_shown_as_graph_does(pattern, span):
    given = {"pattern": {"interval": 1, **pattern}, "range": {"startDate": "2027-03-15", **span}}
    event = read(recurrence=given)
    assert event.recurrence is None
    assert (event.details.recurrence.pattern.type, event.details.recurrence.range.type) == (
        pattern["type"],
        span["type"],
    )


@pytest.mark.parametrize(
    ("named", "zone"),
    [("Tokyo Standard Time", "Asia/Tokyo"), ("tzone://Microsoft/Custom", "UTC"), (None, "UTC")],
)
def test_a_series_keeps_the_clock_of_its_range_or_else_of_its_start(named, zone):
    span = {"type": "noEnd", "startDate": "2027-03-15", "recurrenceTimeZone": named}
    event = read(recurrence={"pattern": {"type": "daily", "interval": 1}, "range": span})
    assert event.recurrence.time_zone == zone
    assert draft_of(event).start == EventTime(instant=event.start.instant, zone=zone)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Two &amp; two</p><p>lines</p>", "Two & two\nlines"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<head><title>no</title><style>p {}</style></head><body>  \r\n yes \r\n</body>", "yes"),
        ("<script>alert('<p>')</script>after", "after"),
        ("a <b>bold</b>\n word &lt;tag&gt; &#228;", "a bold word <tag> ä"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
        ("plain < text & no tags", "plain < text & no tags"),
        ("<head><meta x>no<body>an unclosed head", "an unclosed head"),
        ("a<!-- <p> no -->b<!-- no end", "ab"),
        ("a <b", "a"),
        ("a&#" + "9" * 5000 + ";b", "a\ufffdb"),
        ("", ""),
    ],
)
def test_the_text_of_html_is_what_people_would_read(html, text):
    assert text_of(html) == text


@pytest.mark.parametrize("pattern", ["<a ", "<!--", '<a b="', "<head>", "<script>", "&", "</"])
def test_no_body_however_hostile_is_looked_at_more_than_a_few_times(pattern):
    """Text, or none: with `html.parser` each of the first three took minutes at this length."""
    assert isinstance(text_of(pattern * 200_000), str)


def test_a_body_of_text_is_kept_as_it_is():
    body = {"contentType": "text", "content": "a <b>\r\n c"}
    assert read(body=body).body == EventBody(text="a <b>\r\n c")


def test_a_users_calendar_is_known_by_its_own_id_and_the_default_one_by_another_too():
    wire = msgspec.convert(
        {
            "id": "C=",
            "name": "Calendar",
            "isDefaultCalendar": True,
            "canEdit": False,
            "color": "auto",
            "owner": {"name": "Megan", "address": "m@contoso.com"},
            "allowedOnlineMeetingProviders": ["teamsForBusiness"],
            "somethingNew": 1,
        },
        GraphCalendar,
    )
    calendar = to_calendar(wire, source="msgraph", owner=("users", "U"))
    assert (calendar.id, calendar.default_id) == ("msgraph:users/U/calendars/C=", "msgraph:users/U/calendar")
    assert (calendar.name, calendar.is_default, calendar.can_edit) == ("Calendar", True, False)
    assert calendar.details == MSGraphCalendarDetails(
        calendar_id="C=",
        owner=EventPerson(email="m@contoso.com", name="Megan"),
        color="auto",
        allowed_online_meeting_providers=("teamsForBusiness",),
    )


def test_a_groups_calendar_is_its_only_one():
    wire = msgspec.convert({"id": "C=", "name": "Calendar"}, GraphCalendar)
    calendar = to_calendar(wire, source="msgraph", owner=("groups", "G"))
    assert (calendar.id, calendar.default_id, calendar.is_default) == (
        "msgraph:groups/G/calendar",
        "msgraph:groups/G/calendar",
        True,
    )


def test_another_calendar_of_a_user_has_one_id():
    wire = msgspec.convert({"id": "C=", "name": "On call", "isDefaultCalendar": False}, GraphCalendar)
    assert to_calendar(wire, source="msgraph", owner=("users", "U")).default_id is None
