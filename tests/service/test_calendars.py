"""Calendars and single events, by id or listed over all sources."""

import pytest
from msgspec.structs import replace

from gateway.errors import CalendarNotAllowed, Code, Forbidden, InvalidId, InvalidInput, NotFound, Unavailable
from gateway.model.calendar import Calendar
from gateway.model.event import Event
from gateway.service.calendars import calendars_of, find_calendar, find_events, list_calendars
from gateway.service.doctor import examine
from gateway.service.reads import ReadStatus

from .fakes import FakeSource, configured, event, session

pytestmark = pytest.mark.anyio


def es(*calendars: str) -> FakeSource:
    return FakeSource("es", [event(f"es:{calendar}", 5) for calendar in calendars])


def graph(*calendars: str) -> FakeSource:
    return FakeSource("graph", [event(f"graph:{calendar}", 5) for calendar in calendars])


async def test_calendars_of_all_sources_are_listed_by_id() -> None:
    page = await list_calendars(session(graph("b", "a"), es("z", "y")), first=50, after=None)
    assert [calendar.id for calendar in page.calendars] == ["es:y", "es:z", "graph:a", "graph:b"]
    assert page.is_complete
    assert not page.has_next


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
async def test_pages_of_calendars_are_the_whole_without_gap_or_repeat(size: int) -> None:
    call = session(graph("b", "a"), es("z", "y"))
    ids: list[str] = []
    after, has_next = None, True
    while has_next:
        page = await list_calendars(call, first=size, after=after)
        ids += [calendar.id for calendar in page.calendars]
        after, has_next = ids[-1], page.has_next
    assert ids == ["es:y", "es:z", "graph:a", "graph:b"]


async def test_a_source_that_cannot_be_listed_costs_only_its_own_rows() -> None:
    down = es("a")
    down.broken["*"] = Unavailable("Down.")
    page = await list_calendars(session(down, graph("a")), first=50, after=None)
    assert [calendar.id for calendar in page.calendars] == ["graph:a"]
    assert [(read.source, read.status, read.fetched) for read in page.sources] == [
        ("es", ReadStatus.FAILED, 0),
        ("graph", ReadStatus.OK, 1),
    ]
    assert [problem.code for problem in page.sources[0].problems] == [Code.UNAVAILABLE]
    assert not page.is_complete


async def test_a_source_that_is_listed_in_part_says_what_is_missing() -> None:
    source = graph("a", "b")
    source.unlisted = (Forbidden("The calendars of graph:c are not listed.").problem,)
    page = await list_calendars(session(source, es("a")), first=50, after=None)
    assert [calendar.id for calendar in page.calendars] == ["es:a", "graph:a", "graph:b"]
    assert [(read.status, read.fetched) for read in page.sources] == [
        (ReadStatus.PARTIAL, 2),
        (ReadStatus.OK, 1),
    ]
    assert page.sources[0].problems == source.unlisted
    assert not page.is_complete


async def test_the_doctor_shows_what_is_listed_and_what_is_not() -> None:
    part, down, well = graph("a", "b"), es("a"), FakeSource("more", [event("more:a", 5)])
    part.unlisted = (Forbidden("The calendars of graph:c are not listed.").problem,)
    down.broken["*"] = Unavailable("Down.")
    findings = await examine(session(configured(part, "a"), down, well))
    assert [(it.calendars, [problem.code for problem in it.problems]) for it in findings] == [
        (1, [Code.FORBIDDEN]),
        (None, [Code.UNAVAILABLE]),
        (1, []),
    ]


async def test_only_allowed_calendars_are_listed() -> None:
    page = await list_calendars(session(configured(es("secret", "open-1"), "open-*")), first=50, after=None)
    assert [calendar.id for calendar in page.calendars] == ["es:open-1"]


@pytest.mark.parametrize("first", [0, 1001])
async def test_a_page_of_an_unserved_size_is_refused(first: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        await list_calendars(session(), first=first, after=None)
    assert refused.value.problem.path == ("first",)


async def test_a_calendar_is_found_by_id_and_by_the_alias_of_one() -> None:
    call = session(configured(es("a"), "a"), ledger=["es:a"])
    for name in ("es:a", "ledger"):
        found = await find_calendar(call, name)
        assert found is not None
        assert found.id == "es:a"


async def test_a_calendar_that_is_gone_is_none_and_one_that_is_hidden_is_an_error() -> None:
    source = es("a")
    source.broken["es:gone"] = NotFound("No such calendar.")
    source.broken["es:hidden"] = Forbidden("Not you.")
    assert await find_calendar(session(source), "es:gone") is None
    with pytest.raises(Forbidden):
        await find_calendar(session(source), "es:hidden")


async def test_a_calendar_that_is_not_allowed_is_not_asked_for() -> None:
    source = es("a")
    with pytest.raises(CalendarNotAllowed):
        await find_calendar(session(configured(source, "b")), "es:a")
    assert source.journal == []


async def test_events_are_found_by_their_ids_each_in_its_place() -> None:
    call = session(es("a"), FakeSource("other", [event("other:b", 5)]))
    names = ["other:b/events/e", "es:a/events/e", "es:a/events/gone", "nonsense", "es:a", "es:a/events/e"]
    found = await find_events(call, names)
    assert [one.id for one in found if isinstance(one, Event)] == [names[0], names[1], names[5]]
    assert found[2] is None
    assert isinstance(found[3], InvalidId)
    assert isinstance(found[4], InvalidId)


async def test_an_event_of_a_calendar_that_is_not_allowed_is_refused() -> None:
    call = session(configured(es("a", "b"), "b"))
    names = ["es:a/events/e", "es:b/events/e"]
    refused, found = await find_events(call, names)
    assert isinstance(refused, CalendarNotAllowed)
    assert isinstance(found, Event)
    refused_home, home = await calendars_of(call, names)
    assert isinstance(refused_home, CalendarNotAllowed)
    assert isinstance(home, Calendar)
    assert home.id == "es:b"


async def test_an_event_whose_id_does_not_tell_its_calendar_is_held_against_it_all_the_same() -> None:
    homeless = replace(event("es:a", 5), calendar_id=None)
    (refused,) = await find_events(session(configured(FakeSource("es", [homeless]), "b")), [homeless.id])
    assert isinstance(refused, CalendarNotAllowed)
    assert await find_events(session(configured(FakeSource("es", [homeless]), "a")), [homeless.id]) == [
        homeless
    ]
