"""What Graph holds otherwise than it was sent, for what its emulator always holds as sent."""

from datetime import date

import msgspec
import pytest

from gateway.adapters.msgraph.events import event_reader, to_event
from gateway.adapters.msgraph.kept import changes, with_compared
from gateway.adapters.msgraph.wire import GraphEvent
from gateway.model.event import (
    Attendee,
    AttendeeType,
    EventLocation,
    LocationType,
    Recurrence,
    ShowAs,
    SourceKind,
    draft_of,
)
from gateway.model.msgraph import (
    Importance,
    MSGraphEventDetails,
    MSGraphEventOptions,
    OnlineMeetingProvider,
    Sensitivity,
)
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import EventTime, midnight

from .conformance import HOUR, MORNING
from .msgraph_bench import EVENT


def series(rule="FREQ=WEEKLY;BYDAY=MO", zone="Europe/Berlin"):
    recurrence = Recurrence(rule=RecurrenceRule.parse(rule), time_zone=zone)
    return msgspec.structs.replace(EVENT, recurrence=recurrence)


def test_a_series_that_is_held_as_it_was_sent_is_not_told_of():
    assert list(changes(draft_of(series("FREQ=WEEKLY")), series())) == []


def test_a_time_that_graph_holds_an_hour_later_is_told():
    """As where its rules of a zone are older than ours."""
    late = msgspec.structs.replace(EVENT, start=EventTime(instant=MORNING + HOUR, zone="Europe/Berlin"))
    (warning,) = changes(draft_of(EVENT), late)
    assert (warning.field, warning.given, warning.sent) == (
        "start",
        "2027-03-15T09:00:00Z",
        "2027-03-15T10:00:00Z",
    )


def test_of_whole_days_the_dates_are_compared_in_whatever_zone_they_are():
    def days(first, last, zone):
        ends = (midnight(first, zone), midnight(last, zone))
        return msgspec.structs.replace(EVENT, start=ends[0], end=ends[1], is_all_day=True)

    first, second, third = (date(2027, 3, day) for day in (20, 21, 22))
    berlin = draft_of(days(first, second, "Europe/Berlin"))
    assert list(changes(berlin, days(first, second, "UTC"))) == []
    (warning,) = changes(berlin, days(first, third, "UTC"))
    assert (warning.field, warning.given, warning.sent) == ("end", "2027-03-21", "2027-03-22")


OPS = Attendee(email="Ops@contoso.com", type=AttendeeType.OPTIONAL)
BRIDGE = EventLocation(display_name="Bridge")


def wanted(**values):
    return msgspec.structs.replace(draft_of(EVENT), **values)


def held(**values):
    return msgspec.structs.replace(EVENT, **values)


@pytest.mark.parametrize(
    ("draft", "event", "field", "given", "kept"),
    [
        (wanted(show_as=ShowAs.FREE), held(show_as=ShowAs.BUSY), "showAs", "FREE", "BUSY"),
        (
            wanted(categories=("Red", "Blue")),
            held(categories=("Red",)),
            "categories",
            ["Red", "Blue"],
            ["Red"],
        ),
        (
            wanted(attendees=(OPS,)),
            held(attendees=(Attendee(email="Ops@contoso.com"),)),
            "attendees",
            [{"email": "Ops@contoso.com", "type": "OPTIONAL"}],
            [{"email": "Ops@contoso.com"}],
        ),
        (wanted(location=BRIDGE), held(), "location", {"displayName": "Bridge"}, None),
        (wanted(locations=(BRIDGE, BRIDGE)), held(), "locations", [{"displayName": "Bridge"}] * 2, []),
        (
            wanted(options={SourceKind.MSGRAPH: MSGraphEventOptions(importance=Importance.HIGH)}),
            held(details=MSGraphEventDetails(event_id="E=", importance=Importance.LOW)),
            "msgraph.importance",
            "HIGH",
            "LOW",
        ),
    ],
)
def test_what_graph_holds_otherwise_than_it_was_sent_is_told_field_by_field(draft, event, field, given, kept):
    (warning,) = changes(draft, event)
    assert (warning.code, warning.field, warning.given, warning.sent) == ("CHANGED", field, given, kept)


def test_what_exchange_fills_in_or_writes_otherwise_is_no_change():
    room = EventLocation(display_name="Bridge", location_type=LocationType.DEFAULT, unique_id="Bridge")
    there = Attendee(email="ops@contoso.com", name="Operations", type=AttendeeType.OPTIONAL)
    draft = wanted(location=BRIDGE, attendees=(OPS,), categories=("Red", "Blue"))
    assert not [*changes(draft, held(location=room, attendees=(there,), categories=("Blue", "Red")))]


def test_only_what_a_change_sends_is_compared():
    draft = wanted(title="Other", show_as=ShowAs.FREE)
    assert not [*changes(draft, held(title="Other", show_as=ShowAs.BUSY), {"subject"})]


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        (series("FREQ=WEEKLY;BYDAY=TU"), "FREQ=WEEKLY;BYDAY=TU"),
        (series(zone="Asia/Tokyo"), "FREQ=WEEKLY;BYDAY=MO"),
        (EVENT, None),
    ],
)
def test_a_series_that_is_held_by_another_rule_or_clock_is_told(held, shown):
    (warning,) = changes(draft_of(series()), held)
    assert (warning.code, warning.field, warning.given, warning.sent) == (
        "CHANGED",
        "recurrence",
        "FREQ=WEEKLY;BYDAY=MO",
        shown,
    )


SHOWN = {
    "id": "E",
    "subject": "Patch",
    "start": {"dateTime": "2027-03-15T09:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2027-03-15T10:00:00.0000000", "timeZone": "UTC"},
    "originalStartTimeZone": "W. Europe Standard Time",
    "originalEndTimeZone": "UTC",
    "recurrence": {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "noEnd", "startDate": "2027-03-15"},
    },
    **dict.fromkeys(("showAs", "importance", "sensitivity"), "unknown"),
    **dict.fromkeys(("isReminderOn", "responseRequested", "allowNewTimeProposals", "hideAttendees"), False),
    "reminderMinutesBeforeStart": 15,
    "onlineMeetingProvider": "teamsForBusiness",
}


@pytest.mark.parametrize(
    "given",
    [
        {"title": "Other"},
        {"start": EventTime(instant=MORNING + HOUR, zone="UTC")},
        {"end": EventTime(instant=MORNING, zone="Europe/Berlin")},
        {"is_all_day": True},
        {"show_as": ShowAs.FREE},
        {"categories": ("Red",)},
        {"attendees": (OPS,)},
        {"location": BRIDGE},
        {"locations": (BRIDGE,)},
        {"recurrence": series().recurrence},
        {"options": MSGraphEventOptions(importance=Importance.HIGH)},
        {"options": MSGraphEventOptions(sensitivity=Sensitivity.PRIVATE)},
        {"options": MSGraphEventOptions(is_reminder_on=True)},
        {"options": MSGraphEventOptions(reminder_minutes_before_start=5)},
        {"options": MSGraphEventOptions(response_requested=True)},
        {"options": MSGraphEventOptions(allow_new_time_proposals=True)},
        {"options": MSGraphEventOptions(hide_attendees=True)},
        {"options": MSGraphEventOptions(is_online_meeting=True)},
        {"options": MSGraphEventOptions(online_meeting_provider=OnlineMeetingProvider.SKYPE_FOR_BUSINESS)},
    ],
    ids=str,
)
def test_what_is_compared_is_read_whatever_else_is_not(given):
    options = {SourceKind.MSGRAPH: given["options"]} if "options" in given else {}
    draft = msgspec.structs.replace(
        draft_of(msgspec.structs.replace(EVENT, title="Patch")), **{**given, "options": options}
    )
    wire = msgspec.convert(SHOWN, GraphEvent)
    place = {"source": "msgraph", "owner": ("users", "U"), "calendar": None}
    found = list(changes(draft, to_event(wire, **place)))
    assert found
    reader = event_reader(**place, fields=with_compared(frozenset(), draft))
    assert list(changes(draft, reader.read(wire))) == found
