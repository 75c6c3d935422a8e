"""How often one may ask, and how many at once: under a clock that the test moves."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.places import Places
from gateway.http.rate import Rate
from gateway.http.refusal import Later


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_after_a_burst_requests_come_back_one_by_one():
    clock = Clock()
    rate = Rate(30, 3, clock=clock)
    for _ in range(3):
        rate.take("mia")
    with pytest.raises(Later) as caught:
        rate.take("mia")
    assert (caught.value.status, caught.value.code) == (429, "RATE_LIMITED")
    assert (caught.value.headers["retry-after"], caught.value.retry_after) == ("2", timedelta(seconds=2))
    clock.seconds = 2
    rate.take("mia")
    with pytest.raises(Later):
        rate.take("mia")


def test_one_caller_s_haste_is_not_another_s():
    rate = Rate(1, 1, clock=Clock())
    rate.take("mia")
    rate.take("ben")
    with pytest.raises(Later):
        rate.take("mia")


def test_a_long_rest_gives_no_more_than_a_burst():
    clock = Clock()
    rate = Rate(6000, 2, clock=clock)
    rate.take("mia")
    clock.seconds = 1e6
    rate.take("mia")
    rate.take("mia")
    with pytest.raises(Later):
        rate.take("mia")


@given(
    st.integers(1, 600),
    st.integers(1, 20),
    st.lists(st.floats(0, 120, allow_nan=False), min_size=1, max_size=60),
)
def test_in_any_time_no_more_get_through_than_the_burst_and_what_flows_in(per_minute, burst, waits):
    clock, through = Clock(), 0
    rate = Rate(per_minute, burst, clock=clock)
    for wait in waits:
        clock.seconds += wait
        with suppress(Later):
            rate.take("mia")
            through += 1
    assert through <= burst + clock.seconds * per_minute / 60 + 1e-6


def test_callers_who_have_gone_are_forgotten():
    rate = Rate(60, 1, clock=Clock())
    for number in range(12_000):
        rate.take(f"address:{number}")
    assert len(rate._buckets) == 10_000


def test_a_place_is_free_again_when_its_request_is_done():
    places = Places(1)
    for _ in range(2):
        places.take("mia")
        with pytest.raises(Later) as caught:
            places.take("mia")
        assert (caught.value.status, caught.value.code) == (503, "UNAVAILABLE")
        places.leave("mia")
