"""A POST that is refused is narrowed down to the events at fault; the others are written, each once."""

import json
from collections import Counter
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapters.elasticsearch.plan import body_of, events_in
from gateway.adapters.elasticsearch.posting import MAX_POSTS, Posting
from gateway.adapters.elasticsearch.requests import add_events
from gateway.adapters.elasticsearch.source import ElasticsearchSource
from gateway.adapters.elasticsearch.wire import SentEvent
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.transport import Transport
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import Code, NotSent, UpstreamRefused
from gateway.model.event import Recurrence
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.sandbox.faults import HELD, Cut, Fault
from gateway.sandbox.http import Response
from gateway.sandbox.principals import MANAGE_ML
from gateway.sandbox.server import EmulatorServer

from .conformance import HOUR, MORNING, draft, titles, write
from .elasticsearch_bench import EMPTY, WRITE, Proxy, connect, open_bench, sent

pytestmark = pytest.mark.anyio

OWN = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"}


@pytest.fixture
async def bench(anyio_backend):
    async with open_bench() as bench:
        yield bench


class Picky(Proxy):
    """A cluster that refuses, without saying which it is, what `bad` names; or too much at once."""

    def __init__(self, behind, bad=(), *, most=None, status=400):
        super().__init__(behind, {})
        self.bad = set(bad)
        self.most = most
        self.status = status
        self.posted = []

    def answer(self, request, *, lose=frozenset()):
        if self.route(request) == WRITE:
            events = [event["description"] for event in json.loads(request.body)["events"]]
            self.posted.append(events)
            if self.bad & {*events}:
                return self.refusal("No.")
            if self.most is not None and len(events) > self.most:
                return Response(status=413, headers=OWN, body=b"")
        return super().answer(request, lose=lose)

    def refusal(self, reason):
        body = {"error": {"type": "status_exception", "reason": reason}, "status": self.status}
        return Response(status=self.status, headers=OWN, body=json.dumps(body).encode())


@asynccontextmanager
async def before(bench, proxy):
    """An adapter that reaches the bench's cluster through a proxy, and that proxy's faults."""
    async with EmulatorServer(proxy) as server, aclosing(connect(server.url)) as source:
        yield source.adapter(bench.call()), server.faults


def numbered(count):
    return [draft(f"{n}", MORNING + n * HOUR) for n in range(count)]


@pytest.mark.parametrize("bad", [{"0"}, {"11"}, {"4", "5"}, {"0", "7", "19"}, set()])
async def test_only_the_events_at_fault_fail_and_all_others_are_written_once(bench, bad):
    proxy = Picky(bench.server.emulator, bad)
    async with before(bench, proxy) as (adapter, _):
        outcomes = await write(adapter, EMPTY, numbered(20))
    failed = {str(outcome.index) for outcome in outcomes if outcome.status is WriteStatus.FAILED}
    assert failed == bad
    assert {outcome.status for outcome in outcomes} <= {WriteStatus.CREATED, WriteStatus.FAILED}
    written = Counter(titles(await bench.read()))
    assert written == Counter(f"{n}" for n in range(20) if f"{n}" not in bad)
    for outcome in outcomes:
        if outcome.status is WriteStatus.FAILED:
            assert (outcome.problem.code, outcome.problem.hint) == (
                Code.UPSTREAM_REFUSED,
                "Nothing was written.",
            )
            assert outcome.ids == ()


async def test_an_event_alone_is_posted_once_though_it_is_refused(bench):
    proxy = Picky(bench.server.emulator, {"0"})
    async with before(bench, proxy) as (adapter, _):
        (outcome,) = await write(adapter, EMPTY, numbered(1))
    assert (outcome.status, proxy.posted) == (WriteStatus.FAILED, [["0"]])


async def test_a_body_above_the_limit_of_the_cluster_is_split_until_it_fits(bench):
    proxy = Picky(bench.server.emulator, most=6)
    async with before(bench, proxy) as (adapter, _):
        outcomes = await write(adapter, EMPTY, numbered(20))
    assert {outcome.status for outcome in outcomes} == {WriteStatus.CREATED}
    assert len(titles(await bench.read())) == 20


async def test_where_everything_is_refused_there_is_an_end_of_trying(bench):
    everything = [f"{n}" for n in range(200)]
    proxy = Picky(bench.server.emulator, everything)
    async with before(bench, proxy) as (adapter, _):
        outcomes = await write(adapter, EMPTY, numbered(200))
    assert {outcome.status for outcome in outcomes} == {WriteStatus.FAILED}
    assert len(proxy.posted) < 2 * MAX_POSTS
    assert any("split the call" in outcome.problem.hint for outcome in outcomes)


@pytest.mark.parametrize("status", [401, 403, 404, 429])
async def test_a_refusal_that_is_not_about_events_is_not_narrowed_down(bench, status):
    proxy = Picky(bench.server.emulator, {"0"}, status=status)
    async with before(bench, proxy) as (adapter, _):
        outcomes = await write(adapter, EMPTY, numbered(5))
    assert {outcome.status for outcome in outcomes} == {WriteStatus.FAILED}
    assert len(proxy.posted) == 1


async def test_a_series_stands_or_falls_as_a_whole(bench):
    daily = Recurrence(rule=RecurrenceRule.parse("FREQ=DAILY;COUNT=5"), time_zone="UTC")
    series = [msgspec.structs.replace(each, recurrence=daily) for each in numbered(3)]
    proxy = Picky(bench.server.emulator, {"1"})
    async with before(bench, proxy) as (adapter, _):
        outcomes = await write(adapter, EMPTY, series)
    assert [len(outcome.ids) for outcome in outcomes] == [5, 0, 5]
    assert all(Counter(events)[title] == 5 for events in proxy.posted for title in events)


async def test_after_an_answer_that_did_not_come_nothing_is_posted_any_more(bench):
    proxy = Picky(bench.server.emulator, {"0"})
    async with before(bench, proxy) as (adapter, faults):
        faults.add(WRITE, Fault(cut=Cut.LATE_WRITE, delay=HELD), calls=(3,))
        outcomes = await write(adapter, EMPTY, numbered(8))
        assert proxy.posted[:2] == [[f"{n}" for n in range(8)], ["0", "1", "2", "3"]]
        assert [outcome.status for outcome in outcomes[:2]] == [WriteStatus.UNKNOWN] * 2
        assert {outcome.status for outcome in outcomes[2:]} == {WriteStatus.FAILED}
        assert all("was not sent" in outcome.problem.message for outcome in outcomes[2:])
        assert all(outcome.problem.hint == "Nothing was written." for outcome in outcomes[2:])
        faults.release()
    assert len(proxy.posted) == 3


class Fussy:
    """What Posting sees of a cluster that refuses some titles, and may say where the first of them is."""

    def __init__(self, bad, says_where):
        self.bad = bad
        self.says_where = says_where
        self.written = Counter()
        self.posts = 0

    async def write(self, request, *, log):
        log.add(msgspec.structs.replace(request, status=400))
        self.posts += 1
        titles = [event.description for event in events_in(request)]
        worst = next((title for title in titles if title in self.bad), None)
        if worst is None:
            self.written.update(titles)
            return
        column = request.body.index(json.dumps(worst, ensure_ascii=False).encode()) + 1
        where = f"[1:{column}] [scheduled_event] " if self.says_where else ""
        raise UpstreamRefused(f"{where}No.")


@st.composite
def refusals(draw):
    """Titles of rows, those at fault, how many events each row is, and whether the cluster says where."""
    titles = draw(st.lists(st.text("aäß€", min_size=1, max_size=5), min_size=1, max_size=30, unique=True))
    bad = draw(st.sets(st.sampled_from(titles), max_size=3))
    lengths = draw(st.lists(st.integers(1, 4), min_size=len(titles), max_size=len(titles)))
    return titles, bad, lengths, draw(st.booleans())


@given(refusal=refusals())
@settings(max_examples=60)
async def test_whatever_is_at_fault_each_row_is_written_once_or_refused(refusal):
    titles, bad, lengths, says_where = refusal
    rows = [
        tuple(SentEvent(description=title, start_time=n, end_time=n + 1) for n in range(length))
        for title, length in zip(titles, lengths, strict=True)
    ]
    cluster, log = Fussy(bad, says_where), UpstreamLog()
    post = add_events(EMPTY, body_of(event for row in rows for event in row))
    said = await Posting(cluster, EMPTY, rows, post, log).run()
    assert [each.refused is not None for each in said] == [title in bad for title in titles]
    assert all(each.doubt is None for each in said)
    good = {title: length for title, length in zip(titles, lengths, strict=True) if title not in bad}
    assert cluster.written == Counter(good)
    if cluster.says_where:
        assert cluster.posts <= 1 + 2 * len(bad)


class Refusing(Transport):
    """A connection that is refused so many times before anything of a POST leaves."""

    def __init__(self, url, times):
        super().__init__(url, source="elasticsearch", timeout=timedelta(seconds=20))
        self.times = times

    async def send(self, request, **rest):
        if request.method == "POST" and self.times > 0:
            self.times -= 1
            raise NotSent("No connection to elasticsearch: refused.")
        return await super().send(request, **rest)


@pytest.mark.parametrize(("times", "status"), [(1, WriteStatus.CREATED), (2, WriteStatus.FAILED)])
async def test_what_has_not_left_is_sent_once_more(bench, times, status):
    transport = Refusing(bench.server.url, times)
    source = ElasticsearchSource("elasticsearch", transport=transport, authorization=MANAGE_ML.authorization)
    async with aclosing(source):
        (outcome,) = await write(source.adapter(bench.call()), EMPTY, [draft()])
    assert outcome.status is status
    assert len(sent(bench)) == len(await bench.read()) == 2 - times
