"""Many drafts are planned for an ML calendar together, and as each of them is by itself."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.elasticsearch.drafts import Terms, translate
from gateway.adapters.elasticsearch.plain import translate_plain
from gateway.adapters.elasticsearch.plan import MAX_WRITTEN, prepare
from gateway.model.elasticsearch import ElasticsearchEventOptions
from gateway.model.event import Attendee, Draft, EventBody, EventLocation, ShowAs, SourceKind
from gateway.model.time import EARLIEST, LATEST, EventTime

from .keyed_drafts import series

START = datetime(2027, 3, 15, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TERMS = Terms(now=START, has_flags=True)
LAST_OF_FOUR_BYTES = datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC)

MORE = (
    {"body": EventBody(text="why")},
    {"show_as": ShowAs.BUSY},
    {"categories": ("A",)},
    {"location": EventLocation(display_name="Room")},
    {"locations": (EventLocation(display_name="Room"),)},
    {"attendees": (Attendee(email="a@b.c"),)},
    {"options": {SourceKind.ELASTICSEARCH: ElasticsearchEventOptions(skip_result=False)}},
    {"options": {SourceKind.ELASTICSEARCH: ElasticsearchEventOptions(force_time_shift=10**9)}},
    {"other_clocks": {"start": "Europe/Paris"}},
    {"recurrence": series().recurrence},
    {"start": EventTime(instant=START, zone="Europe/Berlin")},
    {"end": EventTime(instant=START + HOUR, day=date(2027, 3, 16))},
    {"end": EventTime(instant=START + timedelta(microseconds=1))},
    {"end": EventTime(instant=START)},
    {"end": EventTime(instant=LAST_OF_FOUR_BYTES + timedelta(seconds=1))},
    {"title": "x" * 33_000},
    {"title": "half a \ud800 character"},
)

instants = st.one_of(
    st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None), timezones=st.just(UTC)),
    st.integers(0, 1_000_000).map(lambda hour: EARLIEST + hour * HOUR),
)


def draft(title="Upgrade", start=START, length=HOUR, key=None):
    return Draft(title=title, start=EventTime(instant=start), end=EventTime(instant=start + length), key=key)


plain = st.builds(
    draft,
    title=st.text(max_size=5),
    start=instants,
    length=st.integers(1, 10**9).map(lambda second: timedelta(seconds=second)),
    key=st.none() | st.sampled_from(["OPS-7", "a.b"]),
)


@given(st.lists(plain, min_size=10, max_size=40), st.lists(st.sampled_from(({}, {}, *MORE)), max_size=3))
def test_many_drafts_become_what_each_of_them_becomes_by_itself(drafts, changes):
    drafts = [*drafts, *(msgspec.structs.replace(draft(), **change) for change in changes)]
    ready, refused = prepare(drafts, TERMS, room=MAX_WRITTEN)
    alone = [prepare([each], TERMS, room=MAX_WRITTEN) for each in drafts]
    assert {each.index: msgspec.structs.replace(each, index=0) for each in ready} == {
        index: only for index, (found, _) in enumerate(alone) for only in found
    }
    assert refused == {index: bad[0] for index, (_, bad) in enumerate(alone) if bad}


@given(st.lists(plain, min_size=1, max_size=40))
def test_together_they_are_what_the_longer_way_makes_of_them(drafts):
    together = translate_plain(drafts)
    expected = [translate(each, TERMS, index) for index, each in enumerate(drafts)]
    assert together is None or together == expected


@pytest.mark.parametrize("count", [8, 15, 16, 1_000])
@pytest.mark.parametrize("end", [START + HOUR, LAST_OF_FOUR_BYTES])
def test_a_title_a_key_and_two_instants_are_plain(count, end):
    last = draft("Größe 9½", end - HOUR, key="OPS-7")
    found = translate_plain([*[draft()] * (count - 1), last])
    assert found is not None
    assert found[-1] == translate(last, TERMS, count - 1)


@pytest.mark.parametrize("count", [8, 15, 16, 1_000])
@pytest.mark.parametrize("more", MORE, ids=lambda more: next(iter(more)))
def test_a_single_draft_that_is_more_than_that_has_all_looked_at_one_by_one(count, more):
    assert translate_plain([*[draft()] * (count - 1), msgspec.structs.replace(draft(), **more)]) is None
