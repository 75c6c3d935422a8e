"""The Elasticsearch adapter on its emulator: what all adapters must do, and what only this one does."""

import asyncio
from contextlib import aclosing
from datetime import timedelta

import msgspec
import pytest

from gateway.adapters.capabilities import Capability, Fidelity
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.upstream import Call
from gateway.errors import Code, Forbidden, NotFound, RateLimited, Unauthenticated, UnexpectedAnswer
from gateway.model.elasticsearch import ElasticsearchEventOptions
from gateway.model.event import Draft, SourceKind
from gateway.model.ids import CalendarId, EventId
from gateway.model.time import EventTime, Window, from_millis
from gateway.sandbox.faults import HELD, Cut, Fault
from gateway.sandbox.http import Response
from gateway.sandbox.principals import EXPIRED, MANAGE_ML, MONITOR_ML
from gateway.sandbox.server import EmulatorServer
from gateway.sandbox.world import ElasticsearchWorld, MLCalendar, ScheduledEvent

from .conformance import (
    HOUR,
    MORNING,
    AdapterConformance,
    EventWriteConformance,
    draft,
    read,
    titles,
    write,
)
from .elasticsearch_bench import EMPTY, READ, WRITE, behind_proxy, connect, emulator, open_bench, sent
from .key_conformance import KeyConformance

pytestmark = pytest.mark.anyio

PLANNED_OUTAGES = CalendarId("elasticsearch", ("planned-outages",))
HTML = Response(status=200, headers={"Content-Type": "text/html"}, body=b"<html>Sign in</html>")


@pytest.fixture
async def bench(anyio_backend):
    async with open_bench() as bench:
        yield bench


class TestConformance(AdapterConformance, EventWriteConformance, KeyConformance):
    """All that every adapter must do."""


# The documented example


async def test_the_documented_example_is_one_post_of_exactly_these_events(bench):
    spans = [(1513641600000, 1513728000000), (1513814400000, 1513900800000), (1514160000000, 1514246400000)]
    drafts = [
        Draft(
            title=f"event {number}",
            start=EventTime(instant=from_millis(start)),
            end=EventTime(instant=from_millis(end)),
        )
        for number, (start, end) in enumerate(spans, 1)
    ]
    outcomes = await write(bench.adapter(), PLANNED_OUTAGES, drafts)
    (post,) = sent(bench)
    assert post.target == "/_ml/calendars/planned-outages/events"
    assert msgspec.json.decode(post.body) == {
        "events": [
            {"description": f"event {number}", "start_time": start, "end_time": end}
            for number, (start, end) in enumerate(spans, 1)
        ]
    }
    assert [outcome.status for outcome in outcomes] == [WriteStatus.CREATED] * 3
    assert [outcome.event.title for outcome in outcomes] == ["event 1", "event 2", "event 3"]
    for outcome, (start, _) in zip(outcomes, spans, strict=True):
        assert outcome.stored
        assert outcome.event.id.startswith(f"elasticsearch:planned-outages/events/{start}/")


async def test_the_flags_are_stored_as_given_and_read_back(bench):
    options = ElasticsearchEventOptions(skip_result=False, skip_model_update=True, force_time_shift=-3600)
    shifted = msgspec.structs.replace(draft(), options={SourceKind.ELASTICSEARCH: options})
    outcomes = await bench.write(draft(), shifted)
    details = [outcome.event.details for outcome in outcomes]
    assert [(d.skip_result, d.skip_model_update, d.force_time_shift) for d in details] == [
        (True, True, None),
        (False, True, -3600),
    ]


# Seeing for oneself


async def test_an_event_that_is_lost_without_a_word_is_not_created(bench):
    bench.faults.add(WRITE, Fault(lose=frozenset({1})))
    kept, lost, last = await bench.write(draft("a"), draft("b"), draft("c"))
    assert [kept.status, last.status] == [WriteStatus.CREATED] * 2
    assert lost.status is WriteStatus.FAILED
    assert (lost.problem.code, lost.problem.retryable) == (Code.NOT_STORED, True)
    assert titles(await bench.read()) == ["a", "c"]


async def test_an_older_identical_event_does_not_stand_in_for_a_lost_one(bench):
    await bench.write(draft())
    bench.faults.add(WRITE, Fault(lose=frozenset({0})))
    (lost,) = await bench.write(draft())
    assert lost.status is WriteStatus.FAILED
    assert lost.problem.code is Code.NOT_STORED


async def test_a_write_whose_answer_was_cut_off_is_not_repeated_and_found(bench):
    bench.faults.add(WRITE, Fault(cut=Cut.AFTER_WRITE))
    (outcome,) = await bench.write(draft())
    assert outcome.status is WriteStatus.CREATED
    assert len(sent(bench)) == 1


async def test_a_write_that_may_still_be_done_is_unknown_and_not_to_be_repeated_blindly(bench):
    bench.faults.add(WRITE, Fault(cut=Cut.LATE_WRITE, delay=HELD))
    (outcome,) = await bench.write(draft())
    assert outcome.status is WriteStatus.UNKNOWN
    assert outcome.problem.code is Code.NO_ANSWER
    assert not outcome.problem.retryable
    assert "look at the calendar" in outcome.problem.hint
    bench.faults.release()
    assert len(await bench.read()) == 1


async def test_where_only_some_were_written_before_the_cut_only_those_are_created(bench):
    bench.faults.add(WRITE, Fault(cut=Cut.AFTER_WRITE, lose=frozenset({0})))
    lost, kept = await bench.write(draft("a"), draft("b"))
    assert [lost.status, kept.status] == [WriteStatus.UNKNOWN, WriteStatus.CREATED]


async def test_without_a_look_before_nothing_is_sent(bench):
    bench.faults.add(READ, Fault(status=500), calls=range(1, 5))
    (outcome,) = await bench.write(draft())
    assert outcome.status is WriteStatus.FAILED
    assert outcome.problem.hint == "Nothing was written."
    assert sent(bench) == []


async def test_without_a_look_after_it_is_unknown(bench):
    bench.faults.add(READ, Fault(status=503), calls=range(2, 6))
    (outcome,) = await bench.write(draft())
    assert outcome.status is WriteStatus.UNKNOWN
    assert not outcome.problem.retryable
    assert len(await bench.read()) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_proxy_that_lost_the_answer_does_not_hide_what_was_written(bench, status):
    answer = Response(status=status, headers={"Content-Type": "text/html"}, body=b"<html>")

    async def work(adapter):
        return await write(adapter, EMPTY, [draft()])

    (outcome,) = await behind_proxy(bench, {WRITE: answer}, work, passes_on=True)
    assert outcome.status is WriteStatus.CREATED
    (outcome,) = await behind_proxy(bench, {WRITE: answer}, work)
    assert outcome.status is WriteStatus.UNKNOWN


@pytest.mark.parametrize("status", [429, 503])
async def test_a_cluster_too_busy_to_tell_its_jobs_does_not_hide_what_it_wrote(bench, status):
    """It changes the calendar, looks for open jobs, and answers for the whole with how that went."""
    bench.faults.add(WRITE, Fault(status=status, is_written=True))
    (outcome,) = await bench.write(draft())
    assert (outcome.status, outcome.problem) == (WriteStatus.CREATED, None)
    assert [outcome.event] == await bench.read()


@pytest.mark.parametrize("status", [429, 503])
async def test_a_cluster_too_busy_to_write_is_looked_after_and_the_call_may_be_repeated(bench, status):
    bench.faults.add(WRITE, Fault(status=status))
    (outcome,) = await bench.write(draft())
    assert outcome.status is WriteStatus.FAILED
    assert outcome.problem.retryable
    assert await bench.read() == []


async def test_a_cluster_too_busy_to_be_looked_at_may_have_written(bench):
    bench.faults.add(WRITE, Fault(status=429, is_written=True))
    bench.faults.add(READ, Fault(status=429), calls=range(2, 6))
    (outcome,) = await bench.write(draft())
    assert (outcome.status, outcome.problem.retryable) == (WriteStatus.UNKNOWN, False)
    assert len(await bench.read()) == 1


async def test_two_writes_at_once_do_not_take_each_others_events_for_their_own(bench):
    bench.faults.add(WRITE, Fault(lose=frozenset({0})), calls=(2,))
    (first,), (second,) = await asyncio.gather(bench.write(draft()), bench.write(draft()))
    assert sorted([first.status, second.status]) == [WriteStatus.CREATED, WriteStatus.FAILED]


async def test_a_wide_and_busy_window_is_looked_through_to_the_end(bench):
    source = connect(bench.server.url, page_size=3)
    async with aclosing(source):
        adapter = source.adapter(bench.call())
        drafts = [draft(f"{n}", MORNING + n * HOUR) for n in range(10)]
        outcomes = await write(adapter, EMPTY, drafts)
        again = await write(adapter, EMPTY, drafts)
    assert {outcome.status for outcome in (*outcomes, *again)} == {WriteStatus.CREATED}
    assert len({outcome.event.id for outcome in (*outcomes, *again)}) == 20


async def test_others_at_the_same_moments_are_not_taken_for_what_was_sent(bench):
    """They are on every page that is looked at: some have the titles, too, and end at other times."""
    async with aclosing(connect(bench.server.url, page_size=3)) as source:
        adapter = source.adapter(bench.call())
        drafts = [draft(f"{n}", MORNING + n * HOUR) for n in range(6)]
        others = [draft("other", MORNING + n * HOUR) for n in range(6)]
        longer = [draft(f"{n}", MORNING + n * HOUR, 3 * HOUR) for n in range(6)]
        there = await write(adapter, EMPTY, [*others, *longer])
        outcomes = await write(adapter, EMPTY, drafts)
    assert [outcome.event.title for outcome in outcomes] == [each.title for each in drafts]
    assert [outcome.event.length for outcome in outcomes] == [HOUR] * 6
    assert not {outcome.event.id for outcome in outcomes} & {outcome.event.id for outcome in there}


# Reading


async def test_identical_events_on_many_pages_are_told_from_older_ones_and_from_lost_ones(bench):
    """All begin at once, have one title, and are more than a page: only ids tell them apart."""
    async with aclosing(connect(bench.server.url, page_size=3)) as source:
        adapter = source.adapter(bench.call())
        older = await write(adapter, EMPTY, [draft()] * 7)
        bench.faults.add(WRITE, Fault(lose=frozenset({0, 4, 9})))
        outcomes = await write(adapter, EMPTY, [draft()] * 10)
    created = [outcome for outcome in outcomes if outcome.status is WriteStatus.CREATED]
    lost = [outcome for outcome in outcomes if outcome.status is WriteStatus.FAILED]
    assert (len(created), len(lost)) == (7, 3)
    assert {outcome.problem.code for outcome in lost} == {Code.NOT_STORED}
    ids = {outcome.event.id for outcome in (*older, *created)}
    assert len(ids) == 14 == len(await bench.read())


async def test_more_events_than_elasticsearch_shows_of_a_window_are_all_read(anyio_backend):
    events = tuple(
        ScheduledEvent(
            id=f"id{n:05}", description="d", start=MORNING + n // 3 * HOUR, end=MORNING + (n // 3 + 5) * HOUR
        )
        for n in range(10_050)
    )
    calendar = MLCalendar(id="full", events=events)
    full = ElasticsearchWorld(calendars=(calendar,), principals=(MANAGE_ML,))
    window = Window(start=MORNING, end=MORNING + 10_000 * HOUR)
    async with EmulatorServer(emulator(full)) as server, aclosing(connect(server.url)) as source:
        adapter = source.adapter(Call(request_id="r"))
        found = await read(adapter, CalendarId("elasticsearch", ("full",)), window, page=1000)
    assert [event.details.event_id for event in found] == [event.id for event in events]


async def test_a_window_finer_than_a_millisecond_is_exact(bench):
    await bench.write(
        draft("ends", MORNING - HOUR, HOUR), draft("starts", MORNING + timedelta(milliseconds=1))
    )
    micro = timedelta(microseconds=1)
    assert await bench.read(Window(start=MORNING, end=MORNING + micro)) == []
    assert titles(await bench.read(Window(start=MORNING - micro, end=MORNING + 1001 * micro))) == [
        "ends",
        "starts",
    ]


async def test_a_window_in_the_first_seconds_of_1970_is_exact_too(anyio_backend):
    events = tuple(
        ScheduledEvent(
            id=f"{n}", description=f"{n}", start=from_millis(n * 1000), end=from_millis(n * 1000 + 1)
        )
        for n in range(1, 20)
    )
    early = ElasticsearchWorld(calendars=(MLCalendar(id="early", events=events),), principals=(MANAGE_ML,))
    window = Window(start=from_millis(3000), end=from_millis(5000))
    async with EmulatorServer(emulator(early)) as server, aclosing(connect(server.url)) as source:
        adapter = source.adapter(Call(request_id="r"))
        found = await read(adapter, CalendarId("elasticsearch", ("early",)), window)
    assert titles(found) == ["3", "4"]


async def test_an_event_is_not_found_under_the_id_of_another_or_at_another_start(bench):
    (outcome,) = await bench.write(draft(length=3 * HOUR))
    calendar, _, start, name = EventId.parse(outcome.event.id).segments
    later = EventId("elasticsearch", (calendar, "events", str(int(start) + 1), name))
    with pytest.raises(NotFound):
        await bench.adapter().find(later)
    with pytest.raises(NotFound):
        await bench.adapter().find(EventId("elasticsearch", ("holidays", "events", start, name)))


async def test_calendars_are_listed_to_the_end_whatever_the_page(bench):
    async with aclosing(connect(bench.server.url, page_size=2)) as source:
        listed = (await source.adapter(bench.call()).calendars()).calendars
    assert [calendar.id for calendar in listed] == [
        "elasticsearch:empty",
        "elasticsearch:global-maintenance",
        "elasticsearch:holidays",
        "elasticsearch:planned-outages",
    ]
    muting = {calendar.name: calendar.mutes_all_jobs for calendar in listed}
    assert muting["global-maintenance"]
    assert not muting["planned-outages"]
    assert listed[3].details.job_ids == ("payments-latency", "payments-volume")


# What answers may be no Elasticsearch


@pytest.mark.parametrize(
    "body",
    [b"null", b"[]", b"{}", b'{"count":1,"events":[{"event_id":"x"}]}', b'{"count":1,"events":[]}', b"["],
)
async def test_a_success_that_is_not_what_was_promised_is_unexpected(bench, body):
    headers = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"}
    with pytest.raises(UnexpectedAnswer):
        await behind_proxy(
            bench,
            {READ: Response(status=200, headers=headers, body=body)},
            lambda adapter: read(adapter, EMPTY),
        )


async def test_events_out_of_order_are_an_unexpected_answer(bench):
    events = [
        {"event_id": f"{n}", "description": "d", "start_time": start, "end_time": start + 1}
        for n, start in enumerate([1805101200001, 1805101200000])
    ]
    answer = Response(
        status=200,
        headers={"X-Elastic-Product": "Elasticsearch"},
        body=msgspec.json.encode({"count": 2, "events": events}),
    )
    with pytest.raises(UnexpectedAnswer, match="out of order"):
        await behind_proxy(bench, {READ: answer}, lambda adapter: read(adapter, EMPTY))


@pytest.mark.parametrize("answer", [HTML, Response(status=302, headers={"Location": "http://127.0.0.1:9/"})])
async def test_a_sign_in_page_or_a_redirect_is_not_an_empty_calendar(bench, answer):
    with pytest.raises(UnexpectedAnswer, match="is not Elasticsearch"):
        await behind_proxy(bench, {READ: answer}, lambda adapter: read(adapter, EMPTY))


# Credentials and headers


async def test_requests_say_what_they_take_send_and_belong_to(bench):
    await bench.write(draft())
    (post,) = sent(bench)
    assert (
        post.headers["accept"]
        == post.headers["content-type"]
        == "application/vnd.elasticsearch+json; compatible-with=9"
    )
    assert post.headers["x-opaque-id"] == bench.call().request_id
    assert post.headers["authorization"] == MANAGE_ML.authorization
    assert all("content-type" not in request.headers for request in sent(bench, "GET"))


async def test_a_key_that_may_only_monitor_reads_and_learns_what_it_lacks_to_write(bench):
    async with aclosing(connect(bench.server.url, authorization=MONITOR_ML.authorization)) as source:
        adapter = source.adapter(bench.call())
        assert await read(adapter, EMPTY) == []
        (outcome,) = await write(adapter, EMPTY, [draft()])
    assert outcome.status is WriteStatus.FAILED
    assert outcome.problem.code is Code.FORBIDDEN
    assert "manage_ml" in outcome.problem.hint


async def test_an_expired_key_is_unauthenticated(bench):
    async with aclosing(connect(bench.server.url, authorization=EXPIRED.authorization)) as source:
        with pytest.raises(Unauthenticated):
            await read(source.adapter(bench.call()), EMPTY)


async def test_the_callers_own_credential_is_used_where_it_is_asked_for(bench):
    options = {"authorization": None, "takes_callers_credential": True}
    async with aclosing(connect(bench.server.url, **options)) as source:
        call = Call(request_id="r", credentials={"elasticsearch": MANAGE_ML.authorization})
        (outcome,) = await write(source.adapter(call), EMPTY, [draft()])
    assert outcome.status is WriteStatus.CREATED


async def test_without_the_callers_credential_nothing_is_sent(bench):
    async with aclosing(connect(bench.server.url, takes_callers_credential=True)) as source:
        call = Call(request_id="r", credentials={"another": "ApiKey x"})
        adapter = source.adapter(call)
        with pytest.raises(Unauthenticated) as caught:
            await read(adapter, EMPTY)
        (outcome,) = await write(adapter, EMPTY, [draft()])
    assert caught.value.problem.hint is not None
    assert outcome.status is WriteStatus.FAILED
    assert outcome.problem.code is Code.UNAUTHENTICATED
    assert len(bench.server.exchanges) == 0
    assert call.log.requests == []


@pytest.mark.parametrize("authorization", ["ApiKey s3cret\n", "ApiKey s3crét", "ApiKey s3cret\r\nX: y", ""])
async def test_a_credential_that_no_header_can_carry_is_not_sent_and_not_shown(bench, authorization):
    async with aclosing(connect(bench.server.url, authorization=authorization)) as source:
        with pytest.raises(Unauthenticated) as caught:
            await read(source.adapter(bench.call()), EMPTY)
    assert "s3cr" not in repr(caught.value.problem)
    assert len(bench.server.exchanges) == 0


# Health


async def test_health_names_the_version(bench):
    assert (await bench.adapter().health()).version == bench.server.emulator.version.number


async def test_a_key_that_may_not_ask_for_the_version_is_healthy(bench):
    for route in ("GET /", "GET /_ml/info"):
        bench.faults.add(route, Fault(status=403))
    health = await bench.adapter().health()
    assert (health.reachable, health.version, health.problem) == (True, None, None)


async def test_a_refused_credential_is_reached_and_has_a_problem(bench):
    async with aclosing(connect(bench.server.url, authorization=None)) as source:
        health = await source.adapter(bench.call()).health()
    assert health.reachable
    assert health.problem.code is Code.UNAUTHENTICATED


def test_what_cannot_be_held_is_said_as_data():
    source = connect("http://127.0.0.1:9")
    held = {name for name, note in source.capabilities.items() if note.fidelity is not Fidelity.UNSUPPORTED}
    assert set(source.capabilities) == set(Capability)
    assert held.isdisjoint({Capability.ATTENDEES, Capability.LOCATION, Capability.SHOW_AS})
    assert Capability.ANOMALY_SUPPRESSION in held


# Reading again


@pytest.mark.parametrize(
    "fault", [*(Fault(status=status) for status in (429, 502, 503, 504)), Fault(cut=Cut.BEFORE_WRITE)]
)
async def test_a_read_that_fails_for_the_moment_is_asked_again_and_each_attempt_is_in_the_log(bench, fault):
    await bench.write(draft("a"))
    bench.faults.add(READ, fault, calls=(1, 2))
    call = bench.call()
    assert titles(await read(bench.source.adapter(call), EMPTY)) == ["a"]
    assert [request.status for request in call.log.requests] == [fault.status, fault.status, 200]


async def test_a_wait_longer_than_there_is_time_is_told_and_not_waited_for(bench):
    bench.faults.add(READ, Fault(status=429, retry_after="120"))
    call = bench.call()
    with pytest.raises(RateLimited) as caught:
        await read(bench.source.adapter(call), EMPTY)
    assert caught.value.problem.retry_after == timedelta(minutes=2)
    assert len(call.log.requests) == 1


async def test_a_refusal_for_good_is_not_asked_again(bench):
    bench.faults.add(READ, Fault(status=403))
    call = bench.call()
    with pytest.raises(Forbidden):
        await read(bench.source.adapter(call), EMPTY)
    assert len(call.log.requests) == 1
