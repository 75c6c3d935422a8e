"""A cursor says where a list goes on, and nothing else; whoever forges one gains nothing."""

from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import InvalidInput
from gateway.model.event import Event
from gateway.model.time import EventTime
from gateway.service.cursor import EventCursor

INSTANTS = st.datetimes(timezones=st.just(UTC))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def _event(start: datetime, id_: str) -> Event:
    time = EventTime(instant=start)
    return Event(id=id_, source="es", calendar_id=None, title="t", start=time, end=time)


def _forged(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@given(start=INSTANTS, id_=TEXT)
@settings(max_examples=60)
def test_a_cursor_stands_where_its_event_stood(start: datetime, id_: str) -> None:
    event = _event(start, id_)
    assert EventCursor.parse(EventCursor.at(event).encode()).order == event.order


@given(start=INSTANTS, id_=TEXT)
@settings(max_examples=30)
def test_a_cursor_can_stand_in_a_query_string_as_it_is(start: datetime, id_: str) -> None:
    encoded = EventCursor.at(_event(start, id_)).encode()
    assert encoded.replace("-", "").replace("_", "").isalnum()
    assert encoded.isascii()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"1",
        b'{"micros":1,"id":"x"}',
        b"[]",
        b"[1]",
        b'["1","x"]',
        b"[1,2]",
        b'[1.5,"x"]',
        b'[true,"x"]',
        b'[1,"x",3]',
        b'[9223372036854775807,"x"]',
        b'[-9223372036854775808,"x"]',
        b"[" + b"9" * 5000 + b',"x"]',
        b'[1,"\xff"]',
        b'[1,"\\ud800"]',
        b'[1,"x"]]',
        b'[1,"x",' + b"[" * 100_000,
        b'[1,"x",' + b"[" * 100_000 + b"]" * 100_001,
        b"[" * 100_000,
    ],
)
def test_a_forged_cursor_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        EventCursor.parse(_forged(raw))
    assert refused.value.problem.path == ("after",)


@pytest.mark.parametrize("text", ["", "x", "zz", "a b", "é", "\ud800", "=" * 9, "2027-03-28T00:00:00Z", "\0"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        EventCursor.parse(text)


@given(st.text(max_size=60))
@settings(max_examples=60)
def test_any_text_is_refused_unless_it_is_a_cursor(text: str) -> None:
    with suppress(InvalidInput):
        assert EventCursor.parse(text).order
