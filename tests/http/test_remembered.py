"""What callers send is remembered only as far as it is short and little."""

import pytest

from gateway.http.graphql import _MEDIA
from gateway.http.headers import TAKES_GZIP
from gateway.http.operation import _check_content_type
from gateway.http.remembered import Remembered


class Making:
    """Makes texts small, and knows which it was asked to."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    def __call__(self, key: str | None) -> str:
        self.asked.append(key)
        return (key or "").lower()


def test_what_is_short_is_made_once() -> None:
    making = Making()
    remembered = Remembered(making, longest=3)
    assert [remembered[key] for key in ("ABC", None, "ABC", None)] == ["abc", "", "abc", ""]
    assert making.asked == ["ABC", None]


def test_what_is_long_is_made_each_time_and_does_not_stay() -> None:
    making = Making()
    remembered = Remembered(making, longest=3)
    assert [remembered["ABCD"], remembered["ABCD"]] == ["abcd", "abcd"]
    assert making.asked == ["ABCD", "ABCD"]
    assert not remembered


def test_never_more_than_the_most_stay() -> None:
    remembered = Remembered(Making(), most=3)
    sizes = []
    for number in range(10):
        assert remembered[f"X{number}"] == f"x{number}"
        sizes.append(len(remembered))
    assert max(sizes) == 3
    assert "X9" in remembered


@pytest.mark.parametrize("remembered", [TAKES_GZIP, _MEDIA, _check_content_type.__self__])
def test_no_long_header_stays(remembered: Remembered[str | None, object]) -> None:
    long = "application/json;" + " " * 60_000
    for _ in range(2):
        remembered[long]
    assert long not in remembered
