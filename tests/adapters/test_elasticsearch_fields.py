"""What travels of an event: what is wanted, and no more."""

from contextlib import aclosing
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.elasticsearch.fields import WHOLE, wire_fields
from gateway.errors import UnexpectedAnswer
from gateway.model.elasticsearch import ElasticsearchEventDetails, ElasticsearchEventOptions
from gateway.model.event import SourceKind
from gateway.model.fields import ALWAYS, EVERYTHING
from gateway.model.ids import EventId
from gateway.sandbox.http import Response

from .conformance import EVERYTHING as ALL_YEAR
from .conformance import draft, read
from .elasticsearch_bench import EMPTY, READ, behind_proxy, open_bench, sent

pytestmark = pytest.mark.anyio

DETAILS = {
    f"elasticsearch.{name}": name
    for name in ElasticsearchEventDetails.__struct_fields__
    if f"elasticsearch.{name}" in EVERYTHING
}
TOLD = ("id", "calendar_id", "start", "end", "title", "key", "revision")


@pytest.fixture
async def bench(anyio_backend):
    async with open_bench() as bench:
        options = ElasticsearchEventOptions(skip_result=False, skip_model_update=True, force_time_shift=-3600)
        shifted = msgspec.structs.replace(draft("shifted"), options={SourceKind.ELASTICSEARCH: options})
        await bench.write(draft("plain"), shifted)
        yield bench


def shown(event, fields):
    """What an event says of the attributes that were wanted."""
    own = {name: getattr(event, name) for name in TOLD if name in fields}
    return own | {name: getattr(event.details, DETAILS[name]) for name in fields & set(DETAILS)}


async def events(adapter, fields):
    async with aclosing(adapter.events(EMPTY, ALL_YEAR, page=10, fields=fields)) as runs:
        return [event async for run in runs for event in run]


@given(st.frozensets(st.sampled_from(sorted(EVERYTHING))))
def test_nothing_travels_that_is_not_wanted_or_needed(fields):
    travelling = wire_fields(fields)
    assert [field for field in WHOLE if field in travelling] == list(travelling)
    assert ("description" in travelling) is bool(
        fields & {"title", "key", "elasticsearch.occurrence", "revision"}
    )
    assert ("force_time_shift" in travelling) is bool(fields & {"elasticsearch.force_time_shift", "revision"})


@pytest.mark.parametrize("wanted", [*({name} for name in (*TOLD, *DETAILS)), set(), {"title", *DETAILS}])
async def test_what_is_wanted_is_the_same_as_where_everything_is(bench, wanted):
    fields = ALWAYS | wanted
    whole = await events(bench.adapter(), EVERYTHING)
    some = await events(bench.adapter(), fields)
    assert [shown(event, fields) for event in some] == [shown(event, fields) for event in whole]
    found = await bench.adapter().find(EventId.parse(whole[0].id), fields=fields)
    assert shown(found, fields) == shown(whole[0], fields)


async def test_only_what_is_wanted_is_answered(bench):
    await events(bench.adapter(), ALWAYS)
    exchange = bench.server.exchanges[-1]
    query = parse_qs(urlsplit(exchange.request.target).query)
    assert query["filter_path"] == ["count,events.event_id,events.start_time,events.end_time"]
    answer = msgspec.json.decode(exchange.response.body)
    assert set(answer) == {"count", "events"}
    assert {name for event in answer["events"] for name in event} == {"event_id", "start_time", "end_time"}


async def test_an_empty_calendar_of_which_little_is_wanted_is_empty(bench):
    for event in await events(bench.adapter(), ALWAYS):
        bench.server.emulator.cluster.meta.pop(event.details.event_id)
    assert await events(bench.adapter(), ALWAYS) == []
    assert msgspec.json.decode(bench.server.exchanges[-1].response.body) == {"count": 0}


async def test_where_all_is_wanted_nothing_is_filtered(bench):
    await events(bench.adapter(), EVERYTHING)
    assert "filter_path" not in sent(bench, "GET")[-1].target


async def test_an_event_without_the_title_that_was_asked_for_is_an_unexpected_answer(bench):
    body = b'{"count":1,"events":[{"event_id":"x","start_time":1,"end_time":2}]}'
    answer = Response(status=200, headers={"X-Elastic-Product": "Elasticsearch"}, body=body)
    with pytest.raises(UnexpectedAnswer):
        await behind_proxy(bench, {READ: answer}, lambda adapter: read(adapter, EMPTY))
