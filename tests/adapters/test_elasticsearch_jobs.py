"""The cluster's jobs as its API shows them, and what it may show instead."""

import json
from datetime import timedelta

import pytest

from gateway.adapters.elasticsearch.jobs import parse_span
from gateway.errors import Forbidden, UnexpectedAnswer
from gateway.model.suppression import Job
from gateway.sandbox.faults import Fault
from gateway.sandbox.http import Response

from .elasticsearch_bench import behind_proxy, open_bench

pytestmark = pytest.mark.anyio

JOBS, STATISTICS = "GET /_ml/anomaly_detectors", "GET /_ml/anomaly_detectors/_stats"


@pytest.fixture
async def bench(anyio_backend):
    async with open_bench() as bench:
        yield bench


def answer(body: object) -> Response:
    headers = {"Content-Type": "application/json", "X-elastic-product": "Elasticsearch"}
    return Response(status=200, headers=headers, body=json.dumps(body).encode())


def job(**rest: object) -> dict[str, object]:
    return {"job_id": "job", "analysis_config": {"bucket_span": "15m"}, **rest}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("90s", 90), ("15m", 900), ("1h", 3600), ("1d", 86_400), ("900000ms", 900), ("1500ms", 1)],
)
def test_a_bucket_span_is_read_as_elasticsearch_writes_times(text: str, seconds: int) -> None:
    assert parse_span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "15", "m", "1w", "-1m", "0s", "999ms", "1.5h", "٣m"])
def test_what_is_no_bucket_span_is_no_answer(text: str) -> None:
    with pytest.raises(UnexpectedAnswer):
        parse_span(text)


async def test_a_job_without_groups_or_with_fields_of_another_version_is_a_job(bench) -> None:
    body = {"count": 1, "jobs": [job(custom_settings={"created_by": "x"})]}
    found = await behind_proxy(bench, {JOBS: answer(body)}, lambda adapter: adapter.jobs.all())
    assert found == (Job(id="job", bucket_span=timedelta(minutes=15)),)


async def test_a_cluster_without_jobs_has_none(bench) -> None:
    assert await behind_proxy(bench, {JOBS: answer({"count": 0})}, lambda it: it.jobs.all()) == ()


async def test_a_list_that_is_cut_short_is_not_taken_for_all_jobs(bench) -> None:
    body = {"count": 10_001, "jobs": [job()]}
    with pytest.raises(UnexpectedAnswer, match="counts 10001 jobs and shows 1"):
        await behind_proxy(bench, {JOBS: answer(body)}, lambda adapter: adapter.jobs.all())


async def test_a_job_that_has_processed_nothing_has_no_latest_record(bench) -> None:
    body = {"jobs": [{"job_id": "new", "data_counts": {}}, {"job_id": "newer"}]}
    assert await behind_proxy(bench, {STATISTICS: answer(body)}, lambda it: it.jobs.latest()) == {}


async def test_what_was_refused_once_is_not_asked_again_in_a_call(bench) -> None:
    bench.server.faults.add(JOBS, Fault(status=403))
    adapter = bench.adapter()
    for _ in range(3):
        with pytest.raises(Forbidden) as refused:
            await adapter.jobs.all()
        assert "monitor_ml" in (refused.value.problem.hint or "")
    assert [exchange.route for exchange in bench.server.exchanges].count(JOBS) == 1
