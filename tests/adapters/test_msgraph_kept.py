"""What Graph holds otherwise than it was sent, for what its emulator always holds as sent."""

from datetime import date

import msgspec
import pytest

from gateway.adapters.msgraph.kept import changes
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
from gateway.model.msgraph import Importance, MSGraphEventDetails, MSGraphEventOptions
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
