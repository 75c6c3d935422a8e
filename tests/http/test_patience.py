"""What takes longer than others is lost, whatever came in time before and after it."""

from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

import pytest

from gateway.http.logging import REQUEST_ID
from gateway.http.patience import Patience


class Loop:
    """A clock that the test moves, and timers that go off by it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(
        self, delay: float, callback: Callable[..., None], *arguments: Any, context: Context | None = None
    ) -> None:
        begun_in = copy_context() if context is None else context
        self.timers.append((self.now + delay, lambda: begun_in.run(callback, *arguments)))

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


def test_a_thing_whose_loss_raises_keeps_no_other_from_being_lost(loop: Any) -> None:
    lost = []

    def lose(name: str) -> None:
        lost.append(name)
        if name in "ac":
            raise ZeroDivisionError(name)

    patience = Patience(10, lose)
    for name in "abc":
        patience.begin(name, loop)
    loop.now = 3
    patience.begin("d", loop)
    for raised in "ac":
        with pytest.raises(ZeroDivisionError, match=raised):
            loop.go_on(12)
    loop.go_on(12)
    assert lost == ["a", "b", "c"]
    loop.go_on(13)
    assert lost == ["a", "b", "c", "d"]
    patience.begin("e", loop)
    loop.go_on(23)
    assert lost == ["a", "b", "c", "d", "e"]


def test_after_the_last_thing_s_loss_has_raised_it_waits_for_others(loop: Any) -> None:
    patience = Patience(10, {"b": 1}.pop)
    patience.begin("a", loop)
    with pytest.raises(KeyError):
        loop.go_on(10)
    patience.begin("b", loop)
    loop.go_on(19.9)
    assert len(loop.timers) == 1
    loop.go_on(20)
    assert loop.timers == []


def test_what_is_begun_for_a_lost_thing_is_begun_in_no_request_s_name(loop: Any) -> None:
    names: list[str | None] = []
    patience = Patience[str](10, lambda _: names.append(REQUEST_ID.get(None)))
    bound = REQUEST_ID.set("who came first")
    try:
        patience.begin("a", loop)
        loop.go_on(5)
        patience.begin("b", loop)
        loop.go_on(15)
    finally:
        REQUEST_ID.reset(bound)
    assert names == [None, None]
