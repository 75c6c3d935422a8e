"""Changing and removing by key: a row per copy, nothing done where it is unclear which event is meant."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec
import pytest

from gateway.adapters.outcome import WriteStatus
from gateway.errors import Code, Moved, Unavailable, Unsupported
from gateway.model.elasticsearch import ElasticsearchEventDetails
from gateway.model.event import Draft, Event, draft_of
from gateway.service.amendments import Amendments, carry_out
from gateway.service.audit import AuditTrail
from gateway.service.call_limits import MAX_CALENDARS
from gateway.service.event_order import Copies, EventOrder
from gateway.service.guard import SourceMode
from gateway.service.report import BatchStatus, WriteReport
from gateway.service.session import Session

from .fakes import FakeSource, at, configured, event, session
from .test_writes import codes, two

pytestmark = pytest.mark.anyio

UPDATED, UNCHANGED, DELETED, CONFLICT, FAILED, PLANNED, UNKNOWN = (
    WriteStatus.UPDATED,
    WriteStatus.UNCHANGED,
    WriteStatus.DELETED,
    WriteStatus.CONFLICT,
    WriteStatus.FAILED,
    WriteStatus.PLANNED,
    WriteStatus.UNKNOWN,
)


def retitled(title: str) -> Callable[[Event, str | None], tuple[Draft, frozenset[str]]]:
    def amend(event: Event, _: str | None) -> tuple[Draft, frozenset[str]]:
        changed = {"title"} if event.title != title else set[str]()
        return msgspec.structs.replace(draft_of(event), title=title), frozenset(changed)

    return amend


def order(
    calendars: Sequence[str] | str, key: str = "CHG-1", *, title: str | None = "new", index: int = 0
) -> EventOrder:
    """A change of the title, or a removal; `calendars` may be the id of an event instead."""
    return EventOrder(
        target=calendars if isinstance(calendars, str) else Copies(key=key, calendars=tuple(calendars)),
        path=("orders", index),
        amend=None if title is None else retitled(title),
    )


async def amend(
    call: Session, *orders: EventOrder, dry_run: bool = False
) -> tuple[WriteReport, list[dict[str, object]]]:
    lines: list[bytes] = []
    numbered = [
        msgspec.structs.replace(order, path=("orders", index), dry_run=dry_run)
        for index, order in enumerate(orders)
    ]
    command = Amendments(orders=numbered, name="orders", dry_run=dry_run)
    report = await carry_out(call, AuditTrail(lines.append), command)
    return report, [json.loads(line) for line in b"".join(lines).splitlines()]


def series(calendar: str, count: int, key: str = "CHG-1") -> list[Event]:
    """A series as an ML calendar holds it."""
    found = [event(calendar, 60 * n, f"e{n}", key=key) for n in range(count)]
    return [
        msgspec.structs.replace(
            each, details=ElasticsearchEventDetails(event_id=f"e{n}", occurrence=at(60 * n))
        )
        for n, each in enumerate(found)
    ]


def written(source: FakeSource) -> list[str]:
    return [entry for entry in source.journal if entry.startswith(("PATCH", "DELETE"))]


async def test_every_copy_has_a_row_that_says_which_calendar_of_the_target_it_is_in() -> None:
    es, graph = two()
    es.held.append(event("es:a", 0, key="CHG-1"))
    graph.held.append(event("graph:own", 0, key="CHG-1"))
    call = session(es, graph, both=["graph:me", "es:a"])
    report, audit = await amend(call, order(["nowhere:x", "both"]))
    assert [(row.event_index, row.calendar_index, row.calendar_id, row.status) for row in report.rows] == [
        (0, 0, None, FAILED),
        (0, 1, "graph:own", UPDATED),
        (0, 1, "es:a", UPDATED),
    ]
    assert {row.key for row in report.rows} == {"CHG-1"}
    assert report.status is BatchStatus.PARTIAL
    assert [(line["key"], line["action"]) for line in audit] == [("CHG-1", "change")] * 2
    problem = report.rows[0].problem
    assert problem is not None
    assert problem.path == ("orders", "0", "target", "key", "calendars", "0")


async def test_a_calendar_that_is_named_twice_has_one_row() -> None:
    es = FakeSource("es", [event("es:a", 0, key="CHG-1")])
    report, _ = await amend(session(es), order(["es:a", "es:%61"], title=None))
    assert [(row.calendar_index, row.status) for row in report.rows] == [(0, DELETED)]
    assert written(es) == ["DELETE es:a/events/e"]


async def test_where_no_event_has_the_key_a_change_fails_and_a_removal_is_done() -> None:
    es = FakeSource("es", [event("es:a", 0, key="chg-1")])
    report, audit = await amend(session(es), order(["es:a"]), order(["es:b"], title=None))
    assert [row.status for row in report.rows] == [FAILED, DELETED]
    assert codes(report) == [Code.NOT_FOUND, None]
    assert not audit
    assert not written(es)


async def test_two_events_under_a_key_are_shown_and_left_alone() -> None:
    es = FakeSource("es", [event("es:a", 0, name, key="CHG-1") for name in ("x", "y")])
    for title in ("new", None):
        report, _ = await amend(session(es), order(["es:a"], title=title))
        (row,) = report.rows
        assert (row.status, codes(report)) == (CONFLICT, [Code.AMBIGUOUS_KEY])
        assert row.event_ids == ("es:a/events/x", "es:a/events/y")
        assert all(id_ in str(row.problem) for id_ in row.event_ids)
    assert not written(es)


async def test_a_series_that_is_held_as_several_events_is_one_row() -> None:
    es = FakeSource("es", series("es:a", 3))
    report, audit = await amend(session(es), order(["es:a"]))
    (row,) = report.rows
    assert (row.status, row.stored, row.calendar_id) == (UPDATED, True, "es:a")
    assert row.event_ids == tuple(f"es:a/events/e{n}" for n in range(3))
    assert row.event is not None
    assert row.event.id == "es:a/events/e0"
    assert [report.requests[index].path for index in row.requests] == [f"/es:a/events/e{n}" for n in range(3)]
    assert len(audit) == 3


async def test_the_row_of_a_series_has_the_worst_of_its_occurrences_statuses() -> None:
    es = FakeSource("es", series("es:a", 3))
    es.crashing = frozenset({"e1"})
    report, _ = await amend(session(es), order(["es:a"], title=None))
    (row,) = report.rows
    assert row.status is UNKNOWN
    assert row.problem is not None
    assert row.problem.message.startswith("1 of 3 occurrences: ")
    assert row.problem.path == ("orders", "0")


async def test_an_occurrence_that_is_already_so_does_not_hide_that_the_others_were_changed() -> None:
    first, *rest = series("es:a", 3)
    es = FakeSource("es", [msgspec.structs.replace(first, title="new"), *rest])
    report, _ = await amend(session(es), order(["es:a"]))
    assert [row.status for row in report.rows] == [UPDATED]
    assert len(written(es)) == 2
    report, _ = await amend(session(es), order(["es:a"]))
    assert [row.status for row in report.rows] == [UNCHANGED]


async def test_what_cannot_be_done_to_a_whole_series_is_refused_and_can_be_done_to_a_single_event() -> None:
    def refuse() -> None:
        raise Unsupported("Not to all.", path=("set", "start"))

    es = FakeSource("es", [*series("es:a", 2), event("es:b", 0, "single", key="CHG-1")])
    report, _ = await amend(
        session(es), msgspec.structs.replace(order(["es:a", "es:b"]), check_series=refuse)
    )
    assert [row.status for row in report.rows] == [FAILED, UPDATED]
    problem = report.rows[0].problem
    assert problem is not None
    assert problem.path == ("orders", "0", "set", "start")


async def test_a_calendar_that_cannot_be_read_is_not_one_without_the_key() -> None:
    es, graph = two()
    es.broken["es:a"] = Unavailable("Down.")
    graph.held.append(event("graph:b", 0, key="CHG-1"))
    report, _ = await amend(session(es, graph), order(["es:a", "graph:b"], title=None))
    assert [row.status for row in report.rows] == [FAILED, DELETED]
    assert codes(report) == [Code.UNAVAILABLE, None]
    assert report.rows[0].calendar_id == "es:a"


async def test_one_look_at_a_calendar_finds_the_events_of_all_keys() -> None:
    es = FakeSource("es", [event("es:a", n, f"e{n}", key=f"CHG-{n}") for n in range(5)])
    orders = [order(["es:a", "es:b"], f"CHG-{n}", title=None) for n in range(5)]
    report, _ = await amend(session(es), *orders)
    assert {row.status for row in report.rows} == {DELETED}
    looks = [entry for entry in es.journal if entry.startswith("by_keys")]
    assert looks == [f"by_keys es:{name} CHG-0 CHG-1 CHG-2 CHG-3 CHG-4" for name in "ab"]


async def test_an_event_that_was_moved_is_neither_changed_nor_said_to_be_removed() -> None:
    es = FakeSource("es", [event("es:a", 0, key="CHG-2")])
    es.odd_keys["CHG-1"] = Moved("It is in es:b.")
    report, _ = await amend(session(es), order(["es:a"], title=None), order(["es:a"], "CHG-2", title=None))
    assert [row.status for row in report.rows] == [FAILED, DELETED]
    assert codes(report) == [Code.MOVED, None]
    assert report.rows[0].problem is not None
    assert report.rows[0].problem.path == ("orders", "0", "target", "key", "calendars", "0")


async def test_guard_rails_hold_for_copies_before_anything_is_looked_up() -> None:
    es = FakeSource("es", [event("es:a", 0, key="CHG-1")])
    narrow = session(configured(es, "b"))
    report, _ = await amend(narrow, order(["es:a"]))
    assert codes(report) == [Code.CALENDAR_NOT_ALLOWED]
    reading = session(configured(es, mode=SourceMode.READ))
    report, _ = await amend(reading, order(["es:a"]))
    assert codes(report) == [Code.READ_ONLY_SOURCE]
    assert es.journal == []


async def test_what_is_no_key_is_refused_without_a_look() -> None:
    es = FakeSource("es")
    report, _ = await amend(session(es), order(["es:a"], key="no key"))
    assert codes(report) == [Code.INVALID_INPUT]
    assert report.rows[0].problem is not None
    assert report.rows[0].problem.path == ("orders", "0", "target", "key", "key")
    assert es.journal == []


async def test_an_event_that_is_reached_by_its_key_and_by_its_id_is_left_alone() -> None:
    es = FakeSource("es", [event("es:a", 0, key="CHG-1"), event("es:a", 60, "other")])
    orders = [order(["es:a"]), order("es:a/events/e", title=None), order("es:a/events/other", title=None)]
    report, _ = await amend(session(es), *orders)
    assert [row.status for row in report.rows] == [FAILED, FAILED, DELETED]
    assert codes(report)[:2] == [Code.INVALID_INPUT, Code.INVALID_INPUT]
    assert written(es) == ["DELETE es:a/events/other"]


@pytest.mark.parametrize(
    ("orders", "code"),
    [
        ([order(["es:a"]), order(["es:a"])], Code.INVALID_INPUT),
        ([order([])], Code.INVALID_INPUT),
        ([order([f"es:{n}" for n in range(MAX_CALENDARS + 1)])], Code.TOO_MANY),
        ([order([f"es:{n}" for n in range(100)], f"K{k}") for k in range(101)], Code.TOO_MANY),
    ],
)
async def test_a_call_that_cannot_be_meant_is_refused_as_a_whole(
    orders: list[EventOrder], code: Code
) -> None:
    es = FakeSource("es", [event("es:a", 0, key="CHG-1")])
    report, _ = await amend(session(es), *orders)
    assert report.rows == ()
    assert [problem.code for problem in report.problems] == [code]
    assert es.journal == []


async def test_a_dry_run_by_key_shows_the_requests_for_every_copy_and_sends_none() -> None:
    es = FakeSource("es", [*series("es:a", 2), event("es:b", 0, "single", key="CHG-1")])
    report, audit = await amend(session(es), order(["es:a", "es:b"], title=None), dry_run=True)
    assert [row.status for row in report.rows] == [PLANNED, PLANNED]
    assert [len(row.requests) for row in report.rows] == [2, 1]
    assert not audit
    assert not written(es)


async def test_all_day_events_under_an_alias_are_changed_in_its_zone() -> None:
    zones: list[str | None] = []

    def amend_in(event: Event, zone: str | None) -> tuple[Draft, frozenset[str]]:
        zones.append(zone)
        return retitled("new")(event, zone)

    es = FakeSource("es", [event("es:a", 0, key="CHG-1")])
    call = session(configured(es, time_zone="Asia/Tokyo", max_mute=timedelta(days=1)))
    target = msgspec.structs.replace(order(["es:a"]), amend=amend_in)
    await amend(call, target)
    assert zones == ["Asia/Tokyo"]
