"""Requests as they go on the wire."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.adapters.elasticsearch import requests
from gateway.adapters.elasticsearch.requests import Span
from gateway.model.ids import CalendarId
from gateway.model.time import Window

CALENDAR = CalendarId("es", ("a.b-c",))
START = datetime(2027, 1, 1, tzinfo=UTC)


def test_the_page_size_is_always_said_and_the_offset_where_there_is_one():
    span = Span(1800000000000, 1800000000001)
    first = requests.events(CALENDAR, span, size=50)
    later = requests.events(CALENDAR, span, offset=50, size=50)
    base = "/_ml/calendars/a.b-c/events?start=1800000000000&end=1800000000001"
    assert (first.path, later.path) == (f"{base}&size=50", f"{base}&from=50&size=50")


@pytest.mark.parametrize("start", [-5000, 0, 1970, 9999])
def test_a_bound_that_would_be_read_as_a_year_is_written_wider(start):
    request = requests.events(CALENDAR, Span(start, start + 1), size=5)
    assert request.path == "/_ml/calendars/a.b-c/events?end=10000&size=5"


def test_a_window_is_widened_to_whole_milliseconds():
    micro = timedelta(microseconds=1)
    window = Window(start=START + micro, end=START + timedelta(milliseconds=2) + micro)
    millis = 1798761600000
    assert Span.around(window) == Span(millis, millis + 3)
    assert Span.around(Window(start=START, end=START + timedelta(milliseconds=2))) == Span(millis, millis + 2)


def test_an_event_is_removed_by_its_own_id_encoded_once():
    request = requests.remove_event(CALENDAR, "a/b%_-=")
    assert (request.method, request.body) == ("DELETE", None)
    assert request.path == "/_ml/calendars/a.b-c/events/a%2Fb%25_-%3D"
