"""What Graph holds otherwise than it was sent, for what its emulator always holds as sent."""

from datetime import date

import msgspec
import pytest

from gateway.adapters.msgraph.kept import changes
from gateway.model.event import Recurrence, draft_of
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
