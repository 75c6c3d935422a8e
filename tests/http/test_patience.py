"""What takes longer than others is lost, whatever came in time before and after it."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.http.patience import Patience


class Loop:
    """A clock that the test moves, and timers that go off by it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[..., None], *arguments: Any) -> None:
        self.timers.append((self.now + delay, lambda: callback(*arguments)))

    def go_on(self, until: float) -> None:
        while due := [timer for timer in self.timers if timer[0] <= until]:
            first = min(due, key=lambda timer: timer[0])
            self.timers.remove(first)
            self.now = first[0]
            first[1]()
        self.now = until


@pytest.fixture
def loop() -> Any:
    return Loop()


@pytest.fixture
def lost() -> list[str]:
    return []


@pytest.fixture
def patience(lost: list[str]) -> Patience[str]:
    return Patience(10, lost.append)


def test_each_is_lost_when_its_own_time_is_up(patience: Patience[str], lost: list[str], loop: Any) -> None:
    seen = []
    for name in "abc":
        patience.begin(name, loop)
        loop.go_on(loop.now + 3)
    for now in (9.9, 10, 12.9, 13, 15.9, 16):
        loop.go_on(now)
        seen.append("".join(lost))
    assert seen == ["", "a", "a", "ab", "ab", "abc"]


def test_what_came_is_not_lost_nor_what_comes_again(
    patience: Patience[str], lost: list[str], loop: Any
) -> None:
    patience.begin("a", loop)
    patience.begin("b", loop)
    patience.end("a")
    loop.go_on(8)
    patience.begin("a", loop)
    loop.go_on(17.9)
    assert lost == ["b"]
    patience.end("a")
    patience.end("nothing")
    loop.go_on(100)
    assert lost == ["b"]
    patience.begin("c", loop)
    loop.go_on(110)
    assert lost == ["b", "c"]


def test_there_is_one_timer_for_all_and_none_where_nothing_is_waited_for(
    patience: Patience[str], loop: Any
) -> None:
    for name in "abc":
        patience.begin(name, loop)
    assert len(loop.timers) == 1
    for name in "abc":
        patience.end(name)
    loop.go_on(10)
    assert loop.timers == []


def test_in_another_loop_it_begins_anew(patience: Patience[str], lost: list[str], loop: Any) -> None:
    patience.begin("a", loop)
    other: Any = Loop()
    patience.begin("b", other)
    loop.go_on(100)
    assert lost == []
    other.go_on(10)
    assert lost == ["b"]
