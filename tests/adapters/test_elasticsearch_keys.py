"""Adding events with keys to an ML calendar: found, made so, or left alone, and never twice."""

import json
from contextlib import aclosing
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from gateway.adapters.base import EventRemoval, OnExisting
from gateway.adapters.elasticsearch.plan import KeyedStep
from gateway.adapters.elasticsearch.series import SeriesLimits
from gateway.adapters.outcome import WriteStatus
from gateway.errors import Code, Forbidden, NotFound, NotUnderKey
from gateway.model.elasticsearch import ElasticsearchEventOptions
from gateway.model.event import SourceKind
from gateway.model.fields import EVERYTHING
from gateway.model.time import EventTime, Window, to_millis
from gateway.sandbox.faults import Fault

from .conformance import DAY, HOUR, MORNING, draft
from .elasticsearch_bench import EMPTY, NOW, READ, connect, open_bench, sent
from .keyed_drafts import FIRST, add, keyed, series

pytestmark = pytest.mark.anyio

RETURN, UPDATE, FAIL = OnExisting.RETURN, OnExisting.UPDATE, OnExisting.FAIL
CREATED, UPDATED, UNCHANGED = WriteStatus.CREATED, WriteStatus.UPDATED, WriteStatus.UNCHANGED
CONFLICT, FAILED = WriteStatus.CONFLICT, WriteStatus.FAILED
ALWAYS = Window(start=NOW, end=NOW + 5000 * DAY)


@pytest.fixture
async def bench(anyio_backend):
    async with open_bench() as bench:
        yield bench


def with_flags(keyed_draft, **options):
    given = {SourceKind.ELASTICSEARCH: ElasticsearchEventOptions(**options)}
    return msgspec.structs.replace(keyed_draft, options=given)


def lasting(keyed_draft, length):
    return msgspec.structs.replace(keyed_draft, end=EventTime(instant=keyed_draft.start.instant + length))


def unminded(title="Upgrade [#OPS-7]", **times):
    """An event under a key, as it is written by who does not mind keys."""
    return draft(title, **times)


def own_ids(events):
    return [event.details.event_id for event in events]


def arrived(bench, since=0):
    """The methods of the requests about events that arrived."""
    requests = [exchange.request for exchange in list(bench.server.exchanges)[since:]]
    return [request.method for request in requests if "/empty/events" in request.target]


# The same call again


async def test_an_event_is_looked_up_written_and_seen(bench):
    (row,) = await add(bench.adapter(), keyed())
    assert (row.status, row.stored, row.problem) == (CREATED, True, None)
    assert (row.event.title, row.event.key) == ("Upgrade", "OPS-7")
    assert arrived(bench) == ["GET", "GET", "POST", "GET"]
    assert [event.id for event in await bench.read()] == list(row.ids)


@pytest.mark.parametrize("make", [keyed, series])
@pytest.mark.parametrize("on_existing", [RETURN, UPDATE])
async def test_the_same_call_again_is_unchanged_and_writes_nothing(bench, make, on_existing):
    (first,) = await add(bench.adapter(), make())
    began = len(bench.server.exchanges)
    (again,) = await add(bench.adapter(), make(), on_existing=on_existing)
    assert (again.status, again.stored, again.ids) == (UNCHANGED, True, first.ids)
    assert again.event == first.event
    assert arrived(bench, began) == ["GET"]


async def test_without_a_key_nothing_is_looked_up(bench):
    await add(bench.adapter(), draft("Upgrade"))
    assert arrived(bench) == ["GET", "POST", "GET"]


async def test_one_look_is_for_all_keys_of_a_call(bench):
    drafts = [keyed(key=f"OPS-{n}") for n in range(20)]
    await bench.adapter().plan(EMPTY, drafts)
    assert arrived(bench) == ["GET"]
    rows = await add(bench.adapter(), *drafts, draft("no key"))
    assert {row.status for row in rows} == {CREATED}
    assert len(await bench.read()) == 21


async def test_each_draft_is_decided_by_itself(bench):
    await bench.write(unminded("Upgrade [#same]"), unminded("Upgrade [#other]"))
    rows = await add(bench.adapter(), keyed(key="new"), keyed(key="same"), keyed("Other", key="other"))
    assert [row.status for row in rows] == [CREATED, UNCHANGED, CONFLICT]
    assert len(await bench.read()) == 3


async def test_what_is_settled_names_the_look_and_what_would_be_lost(bench):
    await add(bench.adapter(), keyed())
    call = bench.call()
    zoned = msgspec.structs.replace(keyed(), show_as="busy")
    plan = await bench.source.adapter(call).plan(EMPTY, [zoned])
    settled = plan.settled[0]
    assert [call.log.requests[index].method for index in settled.requests] == ["GET"]
    assert [warning.field for warning in settled.warnings] == ["showAs"]


# What is there and differs


@pytest.mark.parametrize(
    "other",
    [
        keyed("Upgrade, later"),
        keyed(start=MORNING + HOUR),
        lasting(keyed(), 2 * HOUR),
        with_flags(keyed(), skip_result=False),
        with_flags(keyed(), skip_model_update=False),
        with_flags(keyed(), force_time_shift=3600),
        series(key="OPS-7"),
    ],
    ids=["title", "start", "end", "skip_result", "skip_model_update", "force_time_shift", "occurrence"],
)
async def test_what_differs_is_a_conflict_that_is_left_alone_or_updated_if_so_told(bench, other):
    (old,) = await bench.stored(unminded())
    (row,) = await add(bench.adapter(), other)
    assert (row.status, row.problem.code, row.stored) == (CONFLICT, Code.CONFLICT, False)
    assert row.event == old
    assert "Upgrade [#OPS-7]" in row.problem.message
    (row,) = await add(bench.adapter(), other, on_existing=UPDATE)
    assert (row.status, row.stored, row.problem) == (UPDATED, True, None)
    assert {event.id for event in await bench.read()} == set(row.ids)
    assert old not in await bench.read()
    (row,) = await add(bench.adapter(), other)
    assert row.status is UNCHANGED


async def test_flags_that_were_not_given_are_those_that_elasticsearch_takes(bench):
    await add(bench.adapter(), keyed())
    given = with_flags(keyed(), skip_result=True, skip_model_update=True)
    (row,) = await add(bench.adapter(), given)
    assert row.status is UNCHANGED


async def test_an_update_adds_and_sees_the_new_event_before_the_old_one_goes_and_sees_that(bench):
    (old,) = await bench.stored(unminded())
    began = len(bench.server.exchanges)
    (row,) = await add(bench.adapter(), keyed("Later"), on_existing=UPDATE)
    assert arrived(bench, began) == ["GET", "GET", "POST", "GET", "DELETE", "GET"]
    assert row.previous_id == old.id


@pytest.mark.parametrize("make", [keyed, series])
async def test_who_wants_no_event_under_the_key_is_refused_and_shown_it(bench, make):
    (first,) = await add(bench.adapter(), make())
    began = len(bench.server.exchanges)
    (row,) = await add(bench.adapter(), make(), on_existing=FAIL)
    assert (row.status, row.problem.code) == (FAILED, Code.KEY_EXISTS)
    assert row.ids == first.ids
    assert arrived(bench, began) == ["GET"]


@pytest.mark.parametrize(("on_existing", "status"), [(RETURN, CONFLICT), (UPDATE, CONFLICT), (FAIL, FAILED)])
async def test_a_key_that_differs_in_case_only_is_taken(bench, on_existing, status):
    await bench.write(unminded())
    (row,) = await add(bench.adapter(), keyed(key="ops-7"), on_existing=on_existing)
    assert row.status is status
    assert [event.key for event in await bench.read()] == ["OPS-7"]


async def test_two_events_under_one_key_are_a_conflict_that_names_both_and_nothing_is_written(bench):
    await bench.write(unminded(), unminded("Downgrade [#OPS-7]"))
    both = {event.id for event in await bench.read()}
    for on_existing in (RETURN, UPDATE):
        began = len(bench.server.exchanges)
        (row,) = await add(bench.adapter(), keyed(), on_existing=on_existing)
        assert (row.status, row.problem.code) == (CONFLICT, Code.AMBIGUOUS_KEY)
        assert set(row.ids) == both
        assert all(event_id in row.problem.message for event_id in both)
        assert arrived(bench, began) == ["GET"]


@pytest.mark.parametrize("second", ["Upgrade [#ops-7]", "Upgrade [#OPS-7@20270315T0900Z]"])
async def test_events_that_differ_in_the_marks_case_or_in_being_of_a_series_are_two_under_one_key(
    bench, second
):
    await bench.write(unminded(), unminded(second))
    (row,) = await add(bench.adapter(), keyed())
    assert (row.status, row.problem.code) == (CONFLICT, Code.AMBIGUOUS_KEY)
    assert len(row.ids) == 2


# Where keys are looked up


async def test_what_ended_long_ago_is_not_looked_at(bench):
    long_ago = NOW - 402 * DAY
    await bench.write(unminded(start=long_ago))
    (row,) = await add(bench.adapter(), keyed())
    assert row.status is CREATED
    (look, *_) = [request.target for request in sent(bench, "GET") if "empty/events" in request.target][-3:]
    start = parse_qs(urlsplit(look).query)["start"]
    assert start == [str(to_millis(NOW.replace(hour=0, minute=0, second=0) - 400 * DAY))]
    assert "end" not in parse_qs(urlsplit(look).query)


async def test_a_draft_that_began_before_that_is_looked_up_from_its_start(bench):
    long_ago = NOW - 900 * DAY
    await add(bench.adapter(), keyed(start=long_ago))
    (row,) = await add(bench.adapter(), keyed(start=long_ago))
    assert row.status is UNCHANGED


async def test_how_far_back_is_looked_is_a_setting(bench):
    await bench.write(unminded(start=NOW - 20 * DAY))
    async with aclosing(connect(bench.server.url, lookback=10 * DAY)) as source:
        (row,) = await add(source.adapter(bench.call()), keyed())
    assert row.status is CREATED


async def test_a_key_is_found_on_whatever_page_it_is(bench):
    await bench.write(*(draft(f"{n}") for n in range(30)), unminded(start=MORNING + 300 * DAY))
    async with aclosing(connect(bench.server.url, page_size=10)) as source:
        (row,) = await add(source.adapter(bench.call()), keyed(start=MORNING + 300 * DAY))
    assert row.status is UNCHANGED


# By key


async def under(bench, key, *, calendar=EMPTY, fields=EVERYTHING):
    """The events under a key."""
    return (await bench.adapter().by_keys(calendar, {key}, fields=fields))[key]


async def test_one_look_is_for_all_keys(bench):
    await add(bench.adapter(), series(), keyed())
    began = len(bench.server.exchanges)
    found = await bench.adapter().by_keys(EMPTY, {"OPS-7", "OPS-8", "OPS-9"})
    assert {key: len(events) for key, events in found.items()} == {"OPS-7": 1, "OPS-8": 3, "OPS-9": 0}
    assert arrived(bench, began) == ["GET"]


async def test_all_events_under_a_key_are_found_by_it_in_order(bench):
    await add(bench.adapter(), series(), keyed())
    found = await under(bench, "OPS-8")
    assert [event.title for event in found] == ["Backup"] * 3
    assert found == sorted(found, key=lambda event: event.order)
    assert [event.title for event in await under(bench, "OPS-7")] == ["Upgrade"]


@pytest.mark.parametrize("key", ["OPS-9", "OPS"])
async def test_no_event_is_found_by_a_key_that_is_not_its_own_to_the_letter(bench, key):
    await add(bench.adapter(), keyed())
    assert await under(bench, key) == []


async def test_a_key_in_two_cases_is_two_keys_to_whoever_looks_and_taken_to_whoever_writes(bench):
    await bench.write(unminded(), unminded("Upgrade [#ops-7]"))
    for key in ("OPS-7", "ops-7"):
        assert [event.key for event in await under(bench, key)] == [key]
        (row,) = await add(bench.adapter(), keyed(key=key), on_existing=UPDATE)
        assert row.status is CONFLICT
    assert isinstance(await under(bench, "Ops-7"), NotUnderKey)


async def test_by_key_no_more_travels_than_is_wanted(bench):
    await add(bench.adapter(), keyed())
    (event,) = await under(bench, "OPS-7", fields=frozenset({"start"}))
    assert (event.key, event.start.instant) == ("OPS-7", MORNING)
    assert "events.description" in sent(bench, "GET")[-1].target
    assert "skip_result" not in sent(bench, "GET")[-1].target


async def test_what_cannot_be_looked_up_is_not_said_to_be_not_there(bench):
    with pytest.raises(NotFound):
        await under(bench, "OPS-7", calendar=bench.unknown_calendar)
    bench.faults.add(READ, Fault(status=403))
    for looking in (
        under(bench, "OPS-7"),
        bench.adapter().plan(EMPTY, [keyed()]),
    ):
        with pytest.raises(Forbidden):
            await looking
    assert sent(bench) == []


# Series


async def test_a_series_that_is_added_again_later_goes_on_to_the_new_horizon(bench):
    weekly = series("FREQ=WEEKLY")
    limits = SeriesLimits(horizon=timedelta(days=30))
    async with aclosing(connect(bench.server.url, series=limits)) as source:
        (first,) = await add(source.adapter(bench.call()), weekly)
    began = len(bench.server.exchanges)
    (again,) = await add(bench.adapter(), weekly)
    assert (len(first.ids), len(again.ids)) == (5, 53)
    assert (again.status, again.ids[:5]) == (UPDATED, first.ids)
    assert arrived(bench, began) == ["GET", "GET", "POST", "GET"]
    assert len(json.loads(sent(bench)[-1].body)["events"]) == 48
    assert len(await bench.read(ALWAYS)) == 53


async def test_a_series_goes_on_however_many_of_its_occurrences_are_over(bench):
    daily = series("FREQ=DAILY")
    limits = SeriesLimits(occurrences=10)
    ends = []
    for now in (NOW, FIRST + 40 * DAY, FIRST + 45 * DAY):
        async with aclosing(connect(bench.server.url, series=limits, now=lambda now=now: now)) as source:
            (row,) = await add(source.adapter(bench.call()), daily)
        ends.append((row.status, len(row.ids)))
    assert ends == [(CREATED, 10), (UPDATED, 50), (UPDATED, 55)]


async def test_a_series_with_a_gap_is_a_conflict_and_an_update_fills_it(bench):
    (first,) = await add(bench.adapter(), series())
    (_, middle, _) = await bench.read()
    await bench.carry_out(EventRemoval(event=middle))
    (row,) = await add(bench.adapter(), series())
    assert (row.status, row.problem.code) == (CONFLICT, Code.CONFLICT)
    assert "[#OPS-8@20270328T0030Z]" in row.problem.message
    (row,) = await add(bench.adapter(), series(), on_existing=UPDATE)
    assert (row.status, len(row.ids)) == (UPDATED, 3)
    assert (row.ids[0], row.ids[2]) == (first.ids[0], first.ids[2])


async def test_an_update_of_a_series_keeps_what_is_the_same(bench):
    (long,) = await add(bench.adapter(), series("FREQ=DAILY;COUNT=5"))
    (short,) = await add(bench.adapter(), series("FREQ=DAILY;COUNT=2"), on_existing=UPDATE)
    assert (short.status, short.ids) == (UPDATED, long.ids[:2])
    assert len(sent(bench)) == 1
    assert [event.id for event in await bench.read()] == list(short.ids)


async def test_a_series_becomes_a_single_event_and_a_single_event_a_series(bench):
    (row,) = await add(bench.adapter(), series(key="OPS-7"))
    (single,) = await add(bench.adapter(), keyed(), on_existing=UPDATE)
    assert (single.status, len(single.ids), len(await bench.read())) == (UPDATED, 1, 1)
    (row,) = await add(bench.adapter(), series(key="OPS-7"), on_existing=UPDATE)
    assert (row.status, len(row.ids), len(await bench.read())) == (UPDATED, 3, 3)


# Twins


@pytest.mark.parametrize("on_existing", [RETURN, UPDATE])
async def test_of_twins_the_one_with_the_smallest_id_stays(bench, on_existing):
    await bench.write(*(unminded() for _ in range(4)))
    smallest = min(own_ids(await bench.read()))
    began = len(bench.server.exchanges)
    (row,) = await add(bench.adapter(), keyed(), on_existing=on_existing)
    assert (row.status, row.event.details.event_id) == (UNCHANGED, smallest)
    assert arrived(bench, began) == ["GET", "GET", "DELETE", "DELETE", "DELETE", "GET"]
    assert own_ids(await bench.read()) == [smallest]


async def test_only_twins_are_removed_by_an_add_that_is_not_to_update(bench):
    await bench.write(unminded(), unminded(), unminded("Downgrade [#OPS-7]"), unminded("Other [#OPS-9]"))
    (row,) = await add(bench.adapter(), keyed())
    assert (row.status, len(row.ids)) == (CONFLICT, 3)
    assert "DELETE" not in arrived(bench)


async def test_of_the_twins_of_a_series_one_stays_for_each_occurrence(bench):
    await add(bench.adapter(), series())
    cluster = bench.server.emulator.cluster
    for _, event in [item for item in cluster.events() if item[1].calendar_id == "empty"]:
        cluster.index(event)
    (row,) = await add(bench.adapter(), series())
    assert (row.status, len(row.ids)) == (UNCHANGED, 3)
    assert [event.id for event in await bench.read()] == list(row.ids)


# Shifts of clocks


def shifting(title="Shift", start=NOW - HOUR):
    return with_flags(keyed(title, start=start), force_time_shift=3600)


async def test_a_shift_that_has_begun_is_not_updated(bench):
    await add(bench.adapter(), shifting())
    began = len(bench.server.exchanges)
    async with aclosing(connect(bench.server.url)) as source:
        (row,) = await add(source.adapter(bench.call()), shifting("Other"), on_existing=UPDATE)
    assert (row.status, row.problem.code) == (FAILED, Code.REFUSED)
    assert "shifts the clocks" in row.problem.message
    assert arrived(bench, began) == ["GET"]


async def test_a_shift_that_is_ahead_is_updated(bench):
    async with aclosing(connect(bench.server.url)) as source:
        await add(source.adapter(bench.call()), shifting(start=NOW + HOUR))
        adapter = source.adapter(bench.call())
        (row,) = await add(adapter, shifting("Other", start=NOW + HOUR), on_existing=UPDATE)
    assert row.status is UPDATED


async def test_a_twin_of_a_shift_that_has_begun_is_not_removed_but_named(bench):
    twin = msgspec.structs.replace(shifting("Shift [#OPS-7]"), key=None)
    await bench.write(twin, twin)
    async with aclosing(connect(bench.server.url)) as source:
        (row,) = await add(source.adapter(bench.call()), shifting())
    assert (row.status, row.problem.code, len(row.ids)) == (CONFLICT, Code.AMBIGUOUS_KEY, 2)
    assert "DELETE" not in arrived(bench)


# A dry run is the real one


@pytest.mark.parametrize("on_existing", [RETURN, UPDATE])
@pytest.mark.parametrize("make", [keyed, series])
@pytest.mark.parametrize("stored", [(), ("Upgrade [#OPS-7]",) * 3, ("Downgrade [#OPS-7]",)])
async def test_what_is_planned_is_what_is_sent(bench, make, stored, on_existing):
    if stored:
        await bench.write(*(unminded(title) for title in stored))
    adapter = bench.adapter()
    drafts = [make(key="OPS-7"), keyed("Other", key="OPS-9")]
    plan = await adapter.plan(EMPTY, drafts, on_existing=on_existing)
    for step in plan.steps:
        assert isinstance(step, KeyedStep)
        began = len(bench.server.exchanges)
        await adapter.apply(step)
        asked = [exchange.request for exchange in list(bench.server.exchanges)[began:]]
        assert [(it.method, it.target, it.body or None) for it in asked] == [
            (it.method, it.path, it.body) for it in step.requests
        ]
