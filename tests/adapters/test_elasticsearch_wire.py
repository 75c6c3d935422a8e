"""Drafts as Elasticsearch takes them, events and calendars as it shows them."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.elasticsearch.wire import (
    CalendarList,
    EventList,
    StoredEvent,
    to_calendar,
    to_event,
    to_wire,
)
from gateway.errors import UnexpectedAnswer
from gateway.model.elasticsearch import ElasticsearchEventOptions
from gateway.model.event import Draft, EventStatus, SourceKind
from gateway.model.ids import CalendarId
from gateway.model.time import EPOCH, EventTime

CALENDAR = CalendarId("es", ("planned-outages",))
STORED = StoredEvent(
    event_id="LS8LJGEBMTCMA-qz49st", description="event 1", start_time=1513641600000, end_time=1513728000000
)


def draft(title="t", start=EPOCH, end=EPOCH + timedelta(hours=1), **options):
    given = {SourceKind.ELASTICSEARCH: ElasticsearchEventOptions(**options)} if options else {}
    return Draft(title=title, start=EventTime(instant=start), end=EventTime(instant=end), options=given)


def test_an_event_goes_with_title_and_whole_milliseconds_and_nothing_else():
    start = datetime(2017, 12, 19, 0, 0, 0, 999_999, tzinfo=UTC)
    body = msgspec.json.encode(to_wire(draft("計画停止", start, start + timedelta(days=1))))
    assert body.decode() == ('{"description":"計画停止","start_time":1513641600999,"end_time":1513728000999}')


def test_the_flags_go_as_given_even_where_they_are_the_servers_defaults():
    sent = to_wire(draft(skip_result=True, skip_model_update=False, force_time_shift=-3600))
    assert msgspec.json.decode(msgspec.json.encode(sent)) == {
        "description": "t",
        "start_time": 0,
        "end_time": 3600000,
        "skip_result": True,
        "skip_model_update": False,
        "force_time_shift": -3600,
    }


def test_a_stored_event_is_read_in_the_domains_terms():
    event = to_event(msgspec.structs.replace(STORED, skip_result=False, force_time_shift=3600), CALENDAR)
    assert event.id == "es:planned-outages/events/1513641600000/LS8LJGEBMTCMA-qz49st"
    assert event.calendar_id == "es:planned-outages"
    assert event.start == EventTime(instant=datetime(2017, 12, 19, tzinfo=UTC))
    assert event.end == EventTime(instant=datetime(2017, 12, 20, tzinfo=UTC))
    assert (event.title, event.status, event.show_as) == ("event 1", EventStatus.CONFIRMED, None)
    assert event.details.event_id == "LS8LJGEBMTCMA-qz49st"
    assert (event.details.skip_result, event.details.skip_model_update) == (False, None)
    assert event.details.force_time_shift == 3600


@given(st.integers(-(10**12), 10**13), st.integers(1, 10**9), st.text())
def test_what_is_sent_comes_back(start, length, title):
    title = title.encode(errors="ignore").decode()
    sent = to_wire(
        draft(title, EPOCH + timedelta(milliseconds=start), EPOCH + timedelta(milliseconds=start + length))
    )
    stored = msgspec.json.decode(
        msgspec.json.encode(msgspec.structs.asdict(sent) | {"event_id": "x"}), type=StoredEvent
    )
    event = to_event(stored, CALENDAR)
    assert to_wire(draft(event.title, event.start.instant, event.end.instant)) == sent


def test_the_revision_tells_every_change_and_not_the_id():
    changes = [
        {"description": "event 2"},
        {"start_time": 1},
        {"end_time": 1513728000001},
        {"skip_result": True},
        {"skip_model_update": True},
        {"force_time_shift": 0},
    ]
    events = [to_event(msgspec.structs.replace(STORED, **change), CALENDAR) for change in [{}, *changes]]
    assert len({event.revision for event in events}) == len(events)
    twin = to_event(msgspec.structs.replace(STORED, event_id="other"), CALENDAR)
    assert twin.revision == events[0].revision


def test_fields_of_versions_to_come_are_let_by():
    body = (
        b'{"count":1,"new":{},"events":[{"event_id":"x","description":"d","start_time":1,"end_time":2,'
        b'"calendar_id":"c","partition":["p"],"skip_result":true}]}'
    )
    assert msgspec.json.decode(body, type=EventList).events[0].skip_result is True


def test_a_time_beyond_the_calendar_is_an_unexpected_answer():
    with pytest.raises(UnexpectedAnswer, match="LS8LJGEBMTCMA"):
        to_event(msgspec.structs.replace(STORED, end_time=2**63 - 1), CALENDAR)


def test_a_calendar_shows_its_jobs_once_each_and_whether_it_mutes_them_all():
    body = (
        b'{"count":2,"calendars":[{"calendar_id":"a","job_ids":["j2","j1","j2"],"description":"d"},'
        b'{"calendar_id":"b","job_ids":["_all"]}]}'
    )
    plain, everywhere = (
        to_calendar(each, "es") for each in msgspec.json.decode(body, type=CalendarList).calendars
    )
    assert (plain.id, plain.name, plain.description, plain.can_edit) == ("es:a", "a", "d", True)
    assert plain.details.job_ids == ("j1", "j2")
    assert not plain.mutes_all_jobs
    assert everywhere.mutes_all_jobs
    assert everywhere.details.applies_to_all_jobs
    assert everywhere.description is None
