"""The grammar of ids of ML calendars and their events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.elasticsearch.ids import (
    EventPlace,
    calendar_at,
    calendar_id,
    event_id,
    event_id_at,
    place_named,
    place_of,
)
from gateway.errors import InvalidId
from gateway.model.ids import ResourceId

MALFORMED = "Write es:<calendar>, or es:<calendar>/events/<start in ms>/<event>."


@pytest.mark.parametrize("name", ["a", "planned-outages", "7", "a_b.c-d", "x" * 64])
def test_what_the_server_takes_for_a_calendar_id_is_one(name):
    calendar = calendar_id(ResourceId.parse(f"es:{name}"))
    assert (calendar.source, calendar.segments) == ("es", (name,))
    assert str(calendar) == f"es:{name}"


@pytest.mark.parametrize(
    "name", ["_all", "Planned", "-a", "a-", "a.", "a b", "a*", "a,b", "é", "x" * 65, "a/b", "a\n", "٣"]
)
def test_what_the_server_refuses_as_a_calendar_id_is_refused(name):
    with pytest.raises(InvalidId):
        calendar_id(ResourceId("es", (name,)))


def test_a_refused_calendar_id_says_how_to_write_one():
    with pytest.raises(InvalidId) as caught:
        calendar_id(ResourceId.parse("es:Planned"))
    assert caught.value.problem.hint.startswith("Use a-z, 0-9")


@pytest.mark.parametrize("path", ["a/b", "a/events", "a/events/1", "a/events/1/x/y", "a/event/1/x"])
def test_a_path_of_another_form_is_refused_with_the_accepted_ones(path):
    for parse in (calendar_id, event_id):
        with pytest.raises(InvalidId) as caught:
            parse(ResourceId.parse(f"es:{path}"))
        assert caught.value.problem.hint == MALFORMED


@pytest.mark.parametrize("start", ["01", "-0", "+1", "1.5", "1e3", "", "٣", "1" * 16, "999999999999999"])
def test_the_start_is_a_canonical_integer_within_the_calendar(start):
    with pytest.raises(InvalidId):
        event_id(ResourceId("es", ("a", "events", start, "x")))


@pytest.mark.parametrize("event", ["calendar_a", "calendar_", "x" * 513])
def test_what_cannot_be_an_events_own_id_is_refused(event):
    with pytest.raises(InvalidId):
        event_id(ResourceId("es", ("a", "events", "1", event)))


def test_an_event_of_an_ill_formed_calendar_is_refused():
    with pytest.raises(InvalidId):
        event_id(ResourceId.parse("es:_all/events/1/x"))


def test_the_id_of_a_calendar_is_not_an_events():
    assert event_id(ResourceId.parse("es:planned-outages")) is None
    with pytest.raises(InvalidId, match="names a calendar"):
        place_named("es:planned-outages")


@given(start=st.integers(-(10**12), 10**13), name=st.text(min_size=1, max_size=30))
def test_an_events_id_says_where_the_event_is_kept(start, name):
    place = EventPlace("a", start, f"x{name}")
    written = ResourceId.parse(str(event_id_at("es", place)))
    found = event_id(written)
    assert found is not None
    assert place_of(found) == place_named(str(written)) == place
    assert str(calendar_at("es", place)) == "es:a"
