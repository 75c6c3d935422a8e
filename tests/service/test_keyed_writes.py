"""Adding events under keys: a row says what is there already, and one key is one event."""

from collections.abc import Sequence

import pytest

from gateway.adapters.outcome import WriteStatus
from gateway.errors import Code
from gateway.service.drafts import DraftMaker
from gateway.service.report import BatchStatus, WriteReport
from gateway.service.session import Session

from .fakes import FakeSource, event, session
from .test_writes import applied, bad, codes, draft, two, write

pytestmark = pytest.mark.anyio

CREATED, UNCHANGED, CONFLICT, FAILED = (
    WriteStatus.CREATED,
    WriteStatus.UNCHANGED,
    WriteStatus.CONFLICT,
    WriteStatus.FAILED,
)


async def keyed(
    call: Session, calendars: Sequence[str], *events: tuple[str | None, DraftMaker], **options: object
) -> tuple[WriteReport, list[dict[str, object]]]:
    """Adds events, each given as its key and what makes its draft."""
    keys = [key for key, _ in events]
    return await write(call, list(calendars), [maker for _, maker in events], keys=keys, **options)


async def test_a_row_and_its_line_in_the_audit_trail_name_the_key() -> None:
    es, graph = two()
    report, audit = await keyed(
        session(es, graph), ["es:a", "graph:b"], ("CHG-1", draft("one")), (None, draft("two"))
    )
    assert [row.key for row in report.rows] == ["CHG-1", "CHG-1", None, None]
    assert [row.event and row.event.key for row in report.rows] == ["CHG-1", "CHG-1", None, None]
    assert sorted(str(line["key"]) for line in audit) == ["CHG-1", "CHG-1", "None", "None"]


async def test_drafts_that_are_made_already_have_keys_like_those_that_are_not() -> None:
    made = draft("one")(None)
    report, _ = await write(session(es := FakeSource("es")), ["es:a"], [made, made, made, draft("two")],
                            keys=["CHG-1", "chg-1", "", None])  # fmt: skip
    assert [row.problem and row.problem.path for row in report.rows] == [
        ("events", "0", "key"), ("events", "1", "key"), ("events", "2", "key"), None,
    ]  # fmt: skip
    assert applied(es) == ["es:a two"]


async def test_what_is_there_already_is_not_sent_and_leaves_no_line_in_the_audit_trail() -> None:
    es = FakeSource("es", [event("es:a", 0, "one", key="CHG-1")])
    report, audit = await keyed(session(es), ["es:a", "es:b"], ("CHG-1", draft("one")))
    assert [(row.status, row.stored) for row in report.rows] == [(UNCHANGED, True), (CREATED, True)]
    assert [row.event_ids for row in report.rows] == [("es:a/events/one",), ("es:b/events/one",)]
    assert report.status is BatchStatus.SUCCEEDED
    assert applied(es) == ["es:b one"]
    assert [line["calendar"] for line in audit] == ["es:b"]


async def test_what_is_there_and_differs_is_a_conflict_that_costs_only_its_row() -> None:
    es = FakeSource("es", [event("es:a", 0, "another", key="CHG-1")])
    report, _ = await keyed(session(es), ["es:a"], ("CHG-1", draft("one")), ("CHG-2", draft("two")))
    conflict, created = report.rows
    assert (conflict.status, created.status) == (CONFLICT, CREATED)
    assert conflict.event is not None
    assert conflict.event.title == "another"
    assert conflict.problem is not None
    assert conflict.problem.path == ("events", "0", "key")
    assert report.status is BatchStatus.PARTIAL


async def test_two_events_under_a_key_are_a_conflict_that_names_both() -> None:
    es = FakeSource("es", [event("es:a", 0, name, key="CHG-1") for name in ("x", "y")])
    report, _ = await keyed(session(es), ["es:a"], ("CHG-1", draft("x")))
    assert (report.rows[0].status, codes(report)) == (CONFLICT, [Code.AMBIGUOUS_KEY])
    assert report.rows[0].event_ids == ("es:a/events/x", "es:a/events/y")
    assert report.status is BatchStatus.FAILED


async def test_rows_of_drafts_that_were_settled_keep_their_places_among_the_others() -> None:
    es = FakeSource("es", [event("es:a", 0, "two", key="CHG-2")])
    events = [(None, bad), ("CHG-1", draft("one")), ("CHG-2", draft("two")), ("CHG-3", draft("three"))]
    report, _ = await keyed(session(es), ["es:a"], *events)
    assert [(row.event_index, row.status) for row in report.rows] == [
        (0, FAILED),
        (1, CREATED),
        (2, UNCHANGED),
        (3, CREATED),
    ]
    assert [row.event and row.event.title for row in report.rows] == [None, "one", "two", "three"]


async def test_one_key_twice_in_a_call_is_refused_whatever_its_case_and_costs_no_other_row() -> None:
    es = FakeSource("es")
    events = [("CHG-1", draft("one")), ("CHG-2", draft("two")), ("chg-1", draft("three"))]
    report, _ = await keyed(session(es), ["es:a"], *events)
    assert [row.status for row in report.rows] == [FAILED, CREATED, FAILED]
    assert codes(report) == [Code.INVALID_INPUT, None, Code.INVALID_INPUT]
    assert [row.problem and row.problem.path for row in report.rows] == [
        ("events", "0", "key"),
        None,
        ("events", "2", "key"),
    ]
    assert applied(es) == ["es:a two"]


@pytest.mark.parametrize("key", ["", "a b", "CHG#1", "x" * 65, "CHG-1\n", "ümlaut"])
async def test_what_is_no_key_is_refused_and_shown_in_its_row(key: str) -> None:
    es = FakeSource("es")
    report, _ = await keyed(session(es), ["es:a", "nowhere:b"], (key, draft("one")))
    assert [row.key for row in report.rows] == [key, key]
    assert codes(report) == [Code.INVALID_INPUT, Code.UNKNOWN_SOURCE]
    assert report.rows[0].problem is not None
    assert report.rows[0].problem.path == ("events", "0", "key")
    assert applied(es) == []


async def test_a_dry_run_says_what_is_there_already_and_is_planned_as_a_whole() -> None:
    es = FakeSource("es", [event("es:a", 0, "one", key="CHG-1")])
    report, _ = await keyed(session(es), ["es:a"], ("CHG-1", draft("one")), dry_run=True)
    assert [row.status for row in report.rows] == [UNCHANGED]
    assert report.status is BatchStatus.PLANNED
