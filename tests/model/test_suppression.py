"""What events mute: whole buckets of the jobs that a calendar's names mean."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InvalidTime
from gateway.model.suppression import (
    Job,
    MutedJobs,
    begun_before,
    bucket_start,
    by_bucket_span,
    muted_jobs,
    suppression_windows,
)
from gateway.model.time import EPOCH, from_millis, parse_instant

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
LATENCY = Job(id="latency", groups=("payments",), bucket_span=5 * MINUTE)
VOLUME = Job(id="volume", groups=("payments", "web"), bucket_span=15 * MINUTE)
TRAFFIC = Job(id="traffic", groups=("web",), bucket_span=DAY)
JOBS = (TRAFFIC, VOLUME, LATENCY)
INSTANTS = st.integers(946_684_800_000, 7_226_582_400_000).map(from_millis)
SPANS = st.integers(1, 10 * 86_400).map(lambda seconds: timedelta(seconds=seconds))


def window(start: str, end: str, *jobs: Job) -> list[tuple[str, str, tuple[str, ...]]]:
    found = suppression_windows(parse_instant(start), parse_instant(end), by_bucket_span(jobs))
    return [(f"{it.start:%d %H:%M:%S}", f"{it.end:%d %H:%M:%S}", it.job_ids) for it in found]


@pytest.mark.parametrize(
    ("names", "jobs", "unknown"),
    [
        ((), (), ()),
        (("volume",), (VOLUME,), ()),
        (("payments",), (LATENCY, VOLUME), ()),
        (("payments", "web", "volume"), (LATENCY, TRAFFIC, VOLUME), ()),
        (("_all",), (LATENCY, TRAFFIC, VOLUME), ()),
        (("volume", "volum", "all"), (VOLUME,), ("all", "volum")),
    ],
)
def test_a_calendar_names_jobs_groups_or_all(names: tuple[str, ...], jobs: object, unknown: object):
    assert muted_jobs(names, JOBS) == MutedJobs(jobs=jobs, unknown=unknown)


def test_windows_are_rounded_outward_by_bucket_span_the_shortest_first():
    assert window("2026-11-20T21:07:00Z", "2026-11-20T21:11:00Z", *JOBS) == [
        ("20 21:05:00", "20 21:15:00", ("latency",)),
        ("20 21:00:00", "20 21:15:00", ("volume",)),
        ("20 00:00:00", "21 00:00:00", ("traffic",)),
    ]


def test_jobs_of_one_span_share_a_window():
    twin = Job(id="errors", bucket_span=5 * MINUTE)
    assert window("2026-11-20T21:00:00Z", "2026-11-20T21:05:00Z", LATENCY, twin) == [
        ("20 21:00:00", "20 21:05:00", ("errors", "latency"))
    ]


def test_milliseconds_are_dropped_before_rounding():
    assert window("2026-11-20T21:04:59.999Z", "2026-11-20T21:10:00.999Z", LATENCY) == [
        ("20 21:00:00", "20 21:10:00", ("latency",))
    ]


def test_an_event_within_one_second_on_a_boundary_mutes_nothing():
    (found,) = suppression_windows(
        parse_instant("2026-11-20T21:05:00.100Z"),
        parse_instant("2026-11-20T21:05:00.900Z"),
        by_bucket_span([LATENCY]),
    )
    assert found.is_empty


def test_a_day_of_berlin_mutes_two_of_a_job_with_buckets_of_a_day():
    assert window("2026-11-19T23:00:00Z", "2026-11-20T23:00:00Z", TRAFFIC) == [
        ("19 00:00:00", "21 00:00:00", ("traffic",))
    ]


def test_what_leads_beyond_the_calendar_is_said_so():
    with pytest.raises(InvalidTime):
        window("9999-12-31T23:00:00Z", "9999-12-31T23:59:59Z", TRAFFIC)


@given(start=INSTANTS, length=st.integers(1, 10**9), span=SPANS)
def test_a_window_is_the_shortest_run_of_whole_buckets_that_holds_the_events_whole_seconds(
    start: datetime, length: int, span: timedelta
):
    end = start + timedelta(milliseconds=length)
    (found,) = suppression_windows(start, end, {span: ("job",)})
    first, last = bucket_start(start, SECOND), bucket_start(end, SECOND)
    assert (found.start - EPOCH) % span == (found.end - EPOCH) % span == timedelta(0)
    assert found.start <= first < found.start + span
    assert found.end - span < last <= found.end
    assert found.is_empty is (first == last == found.start)


@pytest.mark.parametrize(
    ("latest", "behind"),
    [("21:04:59", []), ("21:05:00", []), ("21:09:59", []), ("21:10:00", [LATENCY]), ("21:15:00", [LATENCY])],
)
def test_a_job_is_past_an_event_when_it_has_left_the_bucket_of_its_start(latest: str, behind: list[Job]):
    at = parse_instant(f"2026-11-20T{latest}Z")
    found = begun_before(parse_instant("2026-11-20T21:07:00Z"), [LATENCY, VOLUME], {"latency": at})
    assert found == behind
