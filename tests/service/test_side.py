"""One side of a comparison is read page by page, and says so if anything of it is missing."""

import pytest

from gateway.errors import Code, Unavailable
from gateway.model.event import Event
from gateway.model.fields import ALWAYS
from gateway.service import side
from gateway.service.reads import ReadStatus
from gateway.service.side import MAX_EVENTS, Side

from .fakes import DAY, INVITING, FakeSource, event, session

pytestmark = pytest.mark.anyio


def announced(source: str, count: int) -> list[Event]:
    """Events of a source, all in the first hours of the day."""
    return [event(f"{source}:a", number / 10, f"e{number:04}", lasts=1) for number in range(count)]


async def read(*sources: FakeSource) -> Side:
    names = [f"{source.name}:a" for source in sources]
    chosen = await side.choose(session(*sources), names, name="announced", mutes=False)
    return await side.read(session(*sources), chosen, DAY, ALWAYS)


async def test_all_pages_together_are_the_side() -> None:
    one, other = (FakeSource(name, announced(name, 700), capabilities=INVITING) for name in ("one", "other"))
    found = await read(one, other)
    assert sorted(found.events, key=lambda event: event.order) == list(found.events)
    assert {event.id for event in found.events} == {event.id for event in (*one.held, *other.held)}
    assert found.is_complete


async def test_what_a_source_missed_on_one_page_is_missing_though_it_answers_for_the_next() -> None:
    many = FakeSource("many", announced("many", 1001), capabilities=INVITING)
    lapsing = FakeSource("lapsing", announced("lapsing", 1001), capabilities=INVITING)
    lapsing.lapses["lapsing:a"] = Unavailable("The source is busy.")
    found = await read(many, lapsing)
    assert [(it.source, it.status) for it in found.sources] == [
        ("many", ReadStatus.OK),
        ("lapsing", ReadStatus.PARTIAL),
    ]
    assert [problem.code for problem in found.all_problems] == [Code.UNAVAILABLE]
    assert not found.is_complete
    assert len(found.events) < 2002


async def test_more_events_than_are_compared_make_a_side_incomplete() -> None:
    found = await read(FakeSource("many", announced("many", MAX_EVENTS + 1), capabilities=INVITING))
    assert len(found.events) == MAX_EVENTS
    assert [(problem.code, problem.path) for problem in found.problems] == [(Code.TOO_MANY, ("window",))]
    assert not found.is_complete
