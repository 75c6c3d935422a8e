"""Many events for one mailbox: they go in batches, and each has an outcome of its own, which is true."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.gate import Gate
from gateway.adapters.msgraph import batch
from gateway.adapters.msgraph.repeats import LONGEST, MOST, Repeats
from gateway.adapters.msgraph.writing import posts_of
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.transport import Answer
from gateway.adapters.upstream import Call, UpstreamRequest
from gateway.errors import Code, RateLimited, Unavailable, UnexpectedAnswer
from gateway.model.event import EventBody
from gateway.model.ids import CalendarId
from gateway.sandbox.faults import Cut, Fault, Garble
from gateway.sandbox.http import Request, Response
from gateway.sandbox.msgraph import MSGraphEmulator, Unknowns
from gateway.sandbox.seed import OUTAGES

from .conformance import HOUR, MORNING, draft, read, titles, write
from .msgraph_bench import EMPTY, REQUEST_ID, SOURCE, SRE, WRITE, calendar, connect, open_server, sent
from .retry_clock import RetryClock

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)
BATCH = "POST /$batch"
HOME = CalendarId(SOURCE, ("users", OUTAGES, "calendars", EMPTY))


def drafts(count):
    return [draft(f"{number:03}", MORNING + number * HOUR) for number in range(count)]


class Moody(MSGraphEmulator):
    """Refuses items of a batch by their ids, and says of the others what it likes: batch by batch."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.moods = []

    def answer(self, request: Request, *, lose=frozenset()) -> Response:
        if not self.route(request).endswith("$batch") or not self.moods:
            return super().answer(request, lose=lose)
        refused, say = self.moods.pop(0)
        body = msgspec.json.decode(request.body)
        body["requests"] = [item for item in body["requests"] if item["id"] not in refused]
        done = super().answer(
            Request(
                method=request.method,
                target=request.target,
                headers=request.headers,
                body=msgspec.json.encode(body),
            )
        )
        answers = msgspec.json.decode(done.body)["responses"]
        answers = say([*answers, *({"id": name, **answer} for name, answer in refused.items())])
        return Response(
            status=200,
            headers={"Content-Type": "application/json"},
            body=msgspec.json.encode({"responses": answers}),
        )


def as_they_are(answers):
    return answers


def refusal(status, code="TooManyRequests", **headers):
    error = {"error": {"code": code, "message": "Why."}}
    return {
        "status": status,
        "headers": {name.replace("_", "-"): v for name, v in headers.items()},
        "body": error,
    }


class YieldingClock(RetryClock):
    """Lets others go on while it sleeps."""

    async def sleep(self, seconds):
        await asyncio.sleep(0)
        await super().sleep(seconds)


@pytest.fixture
async def server(anyio_backend):
    async with open_server(Moody) as server:
        yield server


@pytest.fixture
def clock():
    return YieldingClock()


@pytest.fixture
async def open_adapter(server, clock):
    sources = []

    def make(authorization=None, **options):
        authorization = authorization or server.emulator.tokens.app.authorization
        sources.append(connect(server.url, authorization=authorization, retries=clock.retries(), **options))
        return sources[-1].adapter(Call(request_id=REQUEST_ID))

    yield make
    for source in sources:
        await source.aclose()


@pytest.fixture
def adapter(open_adapter):
    return open_adapter()


def sizes(server):
    """How many events each POST carried."""
    return [len(msgspec.json.decode(post.body).get("requests", [None])) for post in sent(server)]


def transactions(post):
    items = msgspec.json.decode(post.body)["requests"]
    return {item["body"]["subject"]: item["body"]["transactionId"] for item in items}


async def assert_all_are_there_once(adapter, outcomes, count):
    assert {outcome.status for outcome in outcomes} == {WriteStatus.CREATED}
    assert [outcome.event.title for outcome in outcomes] == [f"{number:03}" for number in range(count)]
    found = await read(adapter, HOME, page=1000)
    assert [event.id for event in found] == [outcome.event.id for outcome in outcomes]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [1]), (4, [1, 1, 1, 1]), (5, [5]), (20, [20]), (21, [20, 1]), (45, [20, 20, 5])],
)
async def test_a_few_events_go_one_by_one_and_many_in_batches_of_twenty(server, adapter, count, expected):
    outcomes = await write(adapter, HOME, drafts(count))
    assert sizes(server) == expected
    await assert_all_are_there_once(adapter, outcomes, count)


async def test_a_step_shows_the_batch_that_is_sent_and_only_assigns_the_transaction_ids(server, adapter):
    (step,) = (await adapter.plan(HOME, drafts(5))).steps
    await adapter.apply(step)
    (post,) = sent(server)
    (planned,) = step.requests
    assert (post.method, post.target) == (planned.method, planned.path) == ("POST", "/v1.0/$batch")
    shown, body = msgspec.json.decode(planned.body), msgspec.json.decode(post.body)
    ids = [item["body"].pop("transactionId") for item in body["requests"]]
    assert {item["body"].pop("transactionId") for item in shown["requests"]} == {"<assigned>"}
    assert len(set(ids)) == 5
    assert body == shown
    assert body["requests"][0]["url"].startswith("/users/outages%40contoso.com/calendars/AAMk")


@pytest.mark.parametrize("count", [1, 5])
async def test_whoever_posts_the_events_of_a_step_names_a_transaction_of_each(adapter, count):
    (step,) = (await adapter.plan(HOME, drafts(count))).steps
    posts = posts_of(step, lambda draft: f"for {draft.title}")
    ids = [msgspec.json.decode(post.request.body)["transactionId"] for post in posts]
    assert ids == [f"for {number:03}" for number in range(count)]


async def test_answers_come_in_the_zone_that_was_asked_for_in_each_item(server, adapter):
    await write(adapter, HOME, drafts(5))
    (exchange,) = [one for one in server.exchanges if one.route == BATCH]
    answers = msgspec.json.decode(exchange.response.body)["responses"]
    assert {answer["headers"]["Preference-Applied"] for answer in answers} == {'outlook.timezone="UTC"'}


async def test_an_event_that_graph_refuses_costs_its_own_row_of_the_batch_only(adapter):
    backwards = msgspec.structs.replace(draft("bad"), end=draft("x", MORNING - HOUR).start)
    outcomes = await write(adapter, HOME, [*drafts(5), backwards])
    assert [outcome.status for outcome in outcomes] == [WriteStatus.CREATED] * 5 + [WriteStatus.FAILED]
    assert outcomes[5].problem.upstream_code == "ErrorPropertyValidationFailure"
    assert outcomes[5].problem.request_id
    assert {outcome.requests for outcome in outcomes} == {(0,)}


@pytest.mark.parametrize(
    ("header", "seconds"), [("7.5", 7.5), ("8", 8), ("Mon, 15 Mar 2027 09:00:30 GMT", 30)]
)
async def test_refused_items_are_sent_again_after_the_longest_wait_as_the_same_transactions(
    server, adapter, clock, header, seconds
):
    busy = {
        "2": refusal(429, Retry_After="3"),
        "5": refusal(429, Retry_After=header, Date="Mon, 15 Mar 2027 09:00:00 GMT"),
    }
    server.emulator.moods = [(busy, as_they_are)]
    outcomes = await write(adapter, HOME, drafts(6))
    await assert_all_are_there_once(adapter, outcomes, 6)
    assert clock.slept == [seconds]
    first, second = map(transactions, sent(server))
    assert second == {title: first[title] for title in ("001", "004")}
    assert [outcome.requests for outcome in outcomes] == [(0,), (0, 1), (0,), (0,), (0, 1), (0,)]


async def test_where_graph_refuses_the_fifth_of_a_batch_the_rest_go_four_at_a_time(clock):
    unknowns = Unknowns(batch_exceeds_concurrency=True)
    async with open_server(lambda world, now: MSGraphEmulator(world, now=now, unknowns=unknowns)) as server:
        source = connect(
            server.url, authorization=server.emulator.tokens.app.authorization, retries=clock.retries()
        )
        adapter = source.adapter(Call(request_id=REQUEST_ID))
        outcomes = await write(adapter, HOME, drafts(20))
        await assert_all_are_there_once(adapter, outcomes, 20)
        assert sizes(server) == [20, 4, 4, 4, 4]
        await source.aclose()
    assert clock.slept == [10]


@pytest.mark.parametrize(
    ("refused", "say"),
    [
        pytest.param({"3": refusal(503, "ErrorServerBusy")}, as_they_are, id="503"),
        pytest.param({"3": refusal(500, "ErrorInternalServerError")}, as_they_are, id="500"),
        pytest.param({"3": refusal(409, "ConcurrentItemSave")}, as_they_are, id="concurrent-save"),
        pytest.param(
            {"3": {"status": 504, "headers": {"Content-Type": "text/html"}, "body": "PGh0bWw+"}},
            as_they_are,
            id="html",
        ),
        pytest.param({}, lambda answers: answers[1:], id="missing"),
        pytest.param({}, lambda answers: [*answers, answers[0]], id="twice"),
        pytest.param({}, lambda answers: [], id="none"),
        pytest.param({}, lambda answers: [{**answers[0], "body": None}, *answers[1:]], id="empty"),
        pytest.param({}, lambda answers: [{**answers[0], "body": {"id": 1}}, *answers[1:]], id="strange"),
    ],
)
async def test_an_item_in_doubt_is_repeated_by_its_transaction_id(server, adapter, refused, say):
    server.emulator.moods = [(refused, say)]
    outcomes = await write(adapter, HOME, drafts(5))
    await assert_all_are_there_once(adapter, outcomes, 5)
    assert len(sent(server)) == 2


async def test_answers_in_any_order_and_of_strangers_find_their_events(server, adapter):
    def say(answers):
        shuffled = [answers[3], answers[0], answers[4], answers[1], answers[2]]
        return [{"id": "99", "status": 201}, *({**one, "status": str(one["status"])} for one in shuffled)]

    server.emulator.moods = [({}, say)]
    outcomes = await write(adapter, HOME, drafts(5))
    await assert_all_are_there_once(adapter, outcomes, 5)
    assert len(sent(server)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(cut=Cut.BEFORE_WRITE), id="cut-before"),
        pytest.param(Fault(cut=Cut.AFTER_WRITE), id="cut-after"),
        pytest.param(Fault(garble=Garble.MALFORMED), id="malformed"),
        pytest.param(Fault(status=429, retry_after="2"), id="429"),
        pytest.param(Fault(status=502), id="502"),
        pytest.param(Fault(status=503), id="503"),
        pytest.param(Fault(status=504), id="504"),
    ],
)
async def test_a_batch_whose_answer_is_lost_or_put_off_is_repeated_without_a_second_event(
    server, adapter, fault
):
    server.faults.add(BATCH, fault, calls=(1,))
    outcomes = await write(adapter, HOME, drafts(20))
    await assert_all_are_there_once(adapter, outcomes, 20)
    assert {outcome.requests[0] for outcome in outcomes} == {0}


@pytest.mark.parametrize(("status", "code"), [(400, Code.UPSTREAM_REFUSED), (403, Code.FORBIDDEN)])
async def test_a_batch_that_is_refused_as_a_whole_has_failed_for_each_of_its_events(
    server, adapter, status, code
):
    server.faults.add(BATCH, Fault(status=status))
    outcomes = await write(adapter, HOME, drafts(5))
    assert {(outcome.status, outcome.problem.code) for outcome in outcomes} == {(WriteStatus.FAILED, code)}
    assert len(sent(server)) == 1


async def test_a_batch_that_stays_in_doubt_is_unknown_for_each_of_its_events(server, adapter):
    server.faults.add(BATCH, Fault(cut=Cut.AFTER_WRITE))
    outcomes = await write(adapter, HOME, drafts(5))
    assert {outcome.status for outcome in outcomes} == {WriteStatus.UNKNOWN}
    assert {outcome.problem.retryable for outcome in outcomes} == {False}
    assert len(sent(server)) == 2


async def test_of_batches_to_groups_only_what_was_refused_is_sent_again(server, open_adapter):
    """Nobody knows whether a transactionId counts there."""
    adapter = open_adapter(server.emulator.tokens.of("alice.nguyen@contoso.com").authorization)
    server.emulator.moods = [({"1": refusal(429, Retry_After="1")}, lambda answers: answers[1:])]
    outcomes = await write(adapter, calendar(f"groups/{SRE}/calendar"), drafts(5))
    assert [outcome.status for outcome in outcomes] == [*[WriteStatus.CREATED] * 4, WriteStatus.UNKNOWN]
    assert [len(outcome.requests) for outcome in outcomes] == [2, 1, 1, 1, 1]


class Listening:
    """A credential that remembers which values were refused."""

    def __init__(self, credential):
        self.claims, self.authorization = credential.claims, credential.authorization
        self.values = []

    def refused(self, authorization):
        self.values.append(authorization)


@pytest.mark.parametrize("is_whole", [False, True])
async def test_a_credential_that_a_batch_or_an_item_of_it_is_refused_for_is_taken_note_of(
    server, adapter, is_whole
):
    tenant = adapter._api._tenant
    credential = Listening(tenant.credential)
    adapter._api._tenant = msgspec.structs.replace(tenant, credential=credential)
    if is_whole:
        server.faults.add(BATCH, Fault(status=401))
    else:
        server.emulator.moods = [({"1": refusal(401, "InvalidAuthenticationToken")}, as_they_are)]
    first, *others = await write(adapter, HOME, drafts(5))
    assert (first.status, first.problem.code) == (WriteStatus.FAILED, Code.UNAUTHENTICATED)
    assert {outcome.status for outcome in others} == {WriteStatus.FAILED if is_whole else WriteStatus.CREATED}
    assert credential.values == [server.emulator.tokens.app.authorization]
    assert len(sent(server)) == 1


# How often, and when


async def test_a_busy_graph_is_asked_again_later_and_later_but_not_for_ever(server, adapter, clock):
    server.faults.add(WRITE, Fault(status=503))
    (outcome,) = await write(adapter, HOME, drafts(1))
    assert (outcome.status, outcome.problem.code) == (WriteStatus.FAILED, Code.UNAVAILABLE)
    assert clock.slept == [1, 2, 4, 8]
    assert len(outcome.requests) == len(sent(server)) == 1 + MOST


async def test_waits_are_spread_so_that_those_who_failed_together_do_not_come_back_together(clock):
    left = [[Unavailable("Busy.")] for _ in range(3)]

    async def send():
        return left.pop() if left else []

    await Repeats(clock.retries(chance=0.5)).run(HOME, send)
    assert clock.slept == [0.75, 1.5, 3]


async def test_a_longer_wait_than_a_call_has_time_for_is_told_and_not_waited(server, adapter, clock):
    server.faults.add(WRITE, Fault(status=429, retry_after=f"{LONGEST:.0f}"))
    (outcome,) = await write(adapter, HOME, drafts(1))
    assert outcome.problem.code is Code.RATE_LIMITED
    assert outcome.problem.retryable
    assert outcome.problem.retry_after.total_seconds() == LONGEST
    assert clock.slept == []
    assert len(sent(server)) == 1


async def test_steps_that_are_put_off_together_wait_together(clock):
    repeats = Repeats(clock.retries())
    left = [[RateLimited("Later.", retry_after=10 * SECOND)] for _ in range(4)]

    async def send(errors):
        return [errors.pop()] if errors else []

    await asyncio.gather(*(repeats.run(HOME, partial(send, errors)) for errors in left))
    assert clock.slept == [10, 0, 0, 0]


async def test_once_repeating_got_nowhere_the_calendars_other_events_are_not_repeated(server, adapter):
    server.faults.add(WRITE, Fault(status=503))
    plan = await adapter.plan(HOME, drafts(4))
    for step in plan.steps:
        await adapter.apply(step)
    assert len(sent(server)) == 1 + MOST + 3


# Places


async def test_with_fewer_places_than_a_batch_takes_all_go_one_by_one(server, open_adapter):
    outcomes = await write(open_adapter(requests_per_mailbox=2), HOME, drafts(6))
    assert {outcome.status for outcome in outcomes} == {WriteStatus.CREATED}
    assert sizes(server) == [1] * 6


async def test_a_batch_clock_for_all_places_and_two_of_them_do_not_block_each_other():
    gate, order = Gate(4), []

    @asynccontextmanager
    async def entered(name, places):
        async with gate.enter(places):
            order.append(name)
            yield

    async def enter(name, places):
        async with entered(name, places):
            await asyncio.sleep(0)

    async with entered("single", 1):
        waiting = [asyncio.create_task(enter(name, 4)) for name in ("batch", "other batch")]
        late = asyncio.create_task(enter("late", 1))
        given_up = asyncio.create_task(enter("given up", 9))
        for _ in range(5):
            await asyncio.sleep(0)
        given_up.cancel()
        assert order == ["single"]
    await asyncio.gather(*waiting, late)
    assert order == ["single", "batch", "other batch", "late"]


# The batch itself


def post(body):
    return UpstreamRequest(source=SOURCE, method="POST", path="/beta/me/events", body=body)


class Sized:
    """A request whose body has a length, and no more of it."""

    def __init__(self, *, length, **values):
        self.path, self.body = values["path"], range(length)


def test_a_batch_stays_below_what_graph_takes_of_a_request():
    posts = [post(b'"%s"' % (b"x" * 1_500_000)) for _ in range(5)]
    bundles = list(batch.bundles(posts))
    assert [len(bundle) for bundle in bundles] == [2, 2, 1]
    assert max(len(batch.pack(bundle, headers={}).body) for bundle in bundles) <= batch.MAX_BYTES


@given(st.lists(st.integers(min_value=2, max_value=batch.MAX_BYTES), max_size=60))
def test_bundles_hold_all_requests_once_in_order_and_no_more_than_a_batch_takes(lengths):
    posts = [Sized(source=SOURCE, method="POST", path=f"/beta/{n}", length=n) for n in lengths]
    bundles = list(batch.bundles(posts))
    assert [one for bundle in bundles for one in bundle] == posts
    assert all(1 <= len(bundle) <= batch.MAX_ITEMS for bundle in bundles)
    for bundle in bundles:
        assert len(bundle) == 1 or sum(len(one.body) for one in bundle) <= batch.MAX_BYTES
    for bundle, following in pairwise(bundles):
        full = len(bundle) == batch.MAX_ITEMS
        room = batch.MAX_BYTES - sum(len(one.body) for one in [*bundle, following[0]])
        assert full or room < 600 * batch.MAX_ITEMS


@given(st.permutations(range(8)), st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7)))
def test_whatever_the_order_each_item_has_its_own_answer_or_an_error(order, lost, doubled):
    shown = [number for number in order if number not in lost]
    shown += [number for number in shown if number in doubled]
    answers = [{"id": str(number + 1), "status": 201, "body": {"n": number}} for number in shown]
    body = msgspec.json.encode({"responses": answers})
    found = batch.unpack(Answer(status=200, headers={}, body=body), post(b"{}"), 8)
    for number, answer in enumerate(found):
        if number in lost | doubled:
            assert isinstance(answer, UnexpectedAnswer)
        else:
            assert msgspec.json.decode(answer.body) == {"n": number}


def test_what_is_packed_is_unpacked_again():
    posts = [post(b'{"subject":"%d"}' % number) for number in range(7)]
    packed = batch.pack(posts, headers={"Prefer": "x"})
    assert packed.path == "/beta/$batch"
    assert batch.items_of(packed) == posts
    assert batch.items_of(posts[0]) == posts[:1]


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"responses":[{"id":1}]}', b'{"responses":[', b"\xff"])
def test_a_batch_that_is_answered_unreadably_has_an_error_for_each_item(body):
    answers = batch.unpack(Answer(status=200, headers={}, body=body), post(b"{}"), 3)
    assert [type(answer) for answer in answers] == [UnexpectedAnswer] * 3


async def test_large_events_go_in_batches_that_graph_takes(server, adapter):
    large = [msgspec.structs.replace(one, body=EventBody(text="x" * 900_000)) for one in drafts(6)]
    outcomes = await write(adapter, HOME, large)
    assert {outcome.status for outcome in outcomes} == {WriteStatus.CREATED}
    assert sizes(server) == [4, 2]
    assert titles(await read(adapter, HOME)) == [one.title for one in large]
