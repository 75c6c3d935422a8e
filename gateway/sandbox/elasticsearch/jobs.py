"""Anomaly detection jobs, as far as calendars need them: configurations and statistics, read only."""

from collections.abc import Callable
from functools import partial
from typing import Any

from gateway.sandbox.elasticsearch.call import Action, Call
from gateway.sandbox.elasticsearch.dates import millis
from gateway.sandbox.elasticsearch.errors import NO_JOB
from gateway.sandbox.elasticsearch.events import time_json
from gateway.sandbox.elasticsearch.pages import matches
from gateway.sandbox.elasticsearch.state import Cluster
from gateway.sandbox.world import Job

GET, STATS = "cluster:monitor/xpack/ml/job/get", "cluster:monitor/xpack/ml/job/stats/get"


def get(call: Call) -> Action:
    call.flag("exclude_generated", default=False)
    return Action(name=GET, run=partial(_answer, *_asked(call), config))


def stats(call: Call) -> Action:
    show = partial(statistics, is_human=call.is_human)
    return Action(name=STATS, run=partial(_answer, *_asked(call), show))


def _asked(call: Call) -> tuple[str, bool]:
    """The expression, and whether it may name nothing."""
    return call.path.get("job_id", "_all"), call.flag("allow_no_match", default=True)


def _answer(
    expression: str, may_be_none: bool, show: Callable[[Job], dict[str, Any]], cluster: Cluster
) -> dict[str, Any]:
    for name in expression.split(","):
        is_pattern = name == "_all" or "*" in name
        if not (is_pattern and may_be_none) and not any(
            _is_named(name, job) for job in cluster.jobs.values()
        ):
            raise NO_JOB(name)
    found = [show(job) for job in cluster.jobs.values() if _is_named(expression, job)]
    return {"count": len(found), "jobs": found}


def _is_named(expression: str, job: Job) -> bool:
    """Whether an expression names a job, or a group that it is in."""
    return any(matches(expression, name) for name in (job.id, *job.groups))


def config(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "job_type": "anomaly_detector",
        **({"groups": list(job.groups)} if job.groups else {}),
        "analysis_config": {
            "bucket_span": job.bucket_span,
            "detectors": [{"detector_description": "count", "function": "count", "detector_index": 0}],
            "influencers": [],
        },
        "data_description": {"time_field": "@timestamp", "time_format": "epoch_ms"},
        "model_snapshot_retention_days": 10,
        "daily_model_snapshot_retention_after_days": 1,
        "results_index_name": "shared",
        "allow_lazy_open": False,
    }


def statistics(job: Job, *, is_human: bool) -> dict[str, Any]:
    latest = job.latest_record
    counts: dict[str, Any] = {"job_id": job.id, "processed_record_count": 0 if latest is None else 100_000}
    if latest is not None:
        counts |= time_json("latest_record_timestamp", millis(latest), is_human=is_human)
    return {"job_id": job.id, "data_counts": counts, "state": "opened"}
