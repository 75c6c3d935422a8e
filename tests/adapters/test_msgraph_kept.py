"""What Graph holds otherwise than it was sent, for what its emulator always holds as sent."""

import msgspec
import pytest

from gateway.adapters.msgraph.kept import changes
from gateway.model.event import Recurrence, draft_of
from gateway.model.recurrence.rule import RecurrenceRule

from .msgraph_bench import EVENT


def series(rule="FREQ=WEEKLY;BYDAY=MO", zone="Europe/Berlin"):
    recurrence = Recurrence(rule=RecurrenceRule.parse(rule), time_zone=zone)
    return msgspec.structs.replace(EVENT, recurrence=recurrence)


def test_a_series_that_is_held_as_it_was_sent_is_not_told_of():
    assert list(changes(draft_of(series("FREQ=WEEKLY")), series())) == []


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
