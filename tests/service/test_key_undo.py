"""Events with keys are taken back by what is under their keys, before the call and after it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from gateway.adapters.base import EventChange, EventRemoval
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.upstream import Call
from gateway.app import sandboxed
from gateway.errors import Conflict, NoAnswer
from gateway.model.event import Draft, Recurrence, draft_of
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import EventTime
from gateway.sandbox import Sandbox
from gateway.sandbox.faults import Fault
from gateway.service.atomicity import Atomicity
from gateway.service.audit import AuditTrail
from gateway.service.calendar_write import AddEvents
from gateway.service.edits import differing
from gateway.service.key_lookup import Wanted, look_up
from gateway.service.key_undo import Difference, KeyUndo
from gateway.service.report import WriteReport
from gateway.service.session import Session
from gateway.service.undo import Undo, stranded
from gateway.service.writes import add_events

from .fakes import event

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
START = EventTime(instant=NOW + timedelta(days=2), zone="UTC")
END = EventTime(instant=NOW + timedelta(days=2, hours=1), zone="UTC")
WRITE = "POST /_ml/calendars/{calendar_id}/events"
BOTH = ("elasticsearch:planned-outages", "elasticsearch:holidays")
DAILY = Recurrence(rule=RecurrenceRule.parse("FREQ=DAILY;COUNT=5"), time_zone="UTC")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=lambda: NOW) as sandbox:
        yield sandbox


async def add(
    sandbox: Sandbox, *calendars: str, key: str = "CHG-1", recurrence: Recurrence | None = None
) -> WriteReport:
    catalog = sandboxed(sandbox)
    draft = Draft(title="Upgrade", start=START, end=END, key=key, recurrence=recurrence)
    command = AddEvents(
        calendars=calendars,
        keys=[key],
        drafts=lambda: [draft],
        atomicity=Atomicity.ALL_OR_NOTHING,
    )
    try:
        return await add_events(Session(catalog, Call(request_id="r")), AuditTrail([].append), command)
    finally:
        for source in catalog.sources.values():
            await source.source.aclose()


@pytest.mark.parametrize("recurrence", [None, DAILY])
async def test_what_was_made_under_a_key_is_removed_again_and_can_be_added_once_more(
    sandbox: Sandbox, recurrence: Recurrence | None
) -> None:
    sandbox.elasticsearch.faults.add(WRITE, Fault(status=403), calls=(2,))
    report = await add(sandbox, *BOTH, recurrence=recurrence)
    assert {row.status for row in report.rows} == {WriteStatus.ROLLED_BACK, WriteStatus.FAILED}
    report = await add(sandbox, *BOTH, recurrence=recurrence)
    assert [row.status for row in report.rows] == [WriteStatus.CREATED] * 2  # so nothing was there any more


async def test_what_is_there_under_the_key_already_is_not_touched(sandbox: Sandbox) -> None:
    (given,) = (await add(sandbox, BOTH[0])).rows
    sandbox.elasticsearch.faults.add(WRITE, Fault(status=403))
    report = await add(sandbox, *BOTH)
    assert [row.status for row in report.rows] == [WriteStatus.UNCHANGED, WriteStatus.FAILED]
    assert report.rows[0].event_ids == given.event_ids
    sandbox.elasticsearch.faults.clear()
    (again,) = (await add(sandbox, BOTH[0])).rows
    assert (again.status, again.event_ids) == (WriteStatus.UNCHANGED, given.event_ids)


async def undo_unknown(sandbox: Sandbox) -> Outcome:
    """What comes of a row that was left unknown, where nothing was under the key before."""
    catalog = sandboxed(sandbox)
    session, source = Session(catalog, Call(request_id="r")), catalog.sources["elasticsearch"]
    target = catalog.calendar(BOTH[0])
    done = Outcome(index=0, status=WriteStatus.UNKNOWN, problem=NoAnswer("It did not answer.").problem)
    (now,) = await look_up(session, [Wanted(target=target, key="CHG-1")])
    undone = await KeyUndo(Undo(session, source), before=(), now=now).run(done)
    await source.source.aclose()
    await catalog.sources["msgraph"].source.aclose()
    assert undone is not None
    return undone


async def test_what_nobody_knows_of_and_is_there_under_its_key_stays_and_is_named(sandbox: Sandbox) -> None:
    (made,) = (await add(sandbox, BOTH[0])).rows
    undone = await undo_unknown(sandbox)
    assert (undone.status, undone.ids) == (WriteStatus.ROLLBACK_FAILED, made.event_ids)
    assert undone.problem is not None
    assert made.event_ids[0] in undone.problem.message
    assert "Another call may have written it" in undone.problem.message
    assert [row.status for row in (await add(sandbox, BOTH[0])).rows] == [WriteStatus.UNCHANGED]


async def test_what_nobody_knows_of_and_is_not_there_stays_unknown(sandbox: Sandbox) -> None:
    undone = await undo_unknown(sandbox)
    assert undone.status is WriteStatus.UNKNOWN
    assert undone.problem is not None
    assert undone.problem.message.startswith("It is as before the call, when looked at afterwards")


async def test_an_event_with_the_key_in_another_case_is_not_taken_for_one_of_the_calls(
    sandbox: Sandbox,
) -> None:
    (others,) = (await add(sandbox, BOTH[0], key="chg-1")).rows
    undone = await undo_unknown(sandbox)
    assert (undone.status, undone.ids) == (WriteStatus.UNKNOWN, ())
    (again,) = (await add(sandbox, BOTH[0], key="chg-1")).rows
    assert (again.status, again.event_ids) == (WriteStatus.UNCHANGED, others.event_ids)


def test_what_is_there_of_a_row_that_failed_is_told_where_no_time_is_left_to_take_it_back() -> None:
    why = NoAnswer("It did not answer.").problem
    part = Outcome(
        index=0, status=WriteStatus.FAILED, event=event("es:a", 0, "first"), is_partial=True, problem=why
    )
    nothing = Outcome(index=1, status=WriteStatus.FAILED, problem=why)
    (left,) = stranded([part, nothing], why)
    assert (left.index, left.status, left.ids) == (0, WriteStatus.ROLLBACK_FAILED, ("es:a/events/first",))


# What is to be done


def test_new_events_are_removed_and_changed_ones_are_changed_back() -> None:
    old, new = event("es:a", 0, "kept"), event("es:a", 10, "new")
    other = msgspec.structs.replace(old, title="Other", revision="2")
    first, second = Difference.between([old], [other, new]).backwards()
    assert first == EventRemoval(event=new)
    assert isinstance(second, EventChange)
    assert (second.event, second.draft.title, second.changed) == (other, "kept", {"title"})


def test_an_event_that_took_the_place_of_another_is_changed_back_to_it() -> None:
    old, new = event("es:a", 0, "old"), event("es:a", 10, "new")
    (back,) = Difference.between([old], [new]).backwards()
    assert isinstance(back, EventChange)
    assert (back.event, back.draft) == (new, draft_of(old))
    assert back.changed == {"title", "start", "end"}


def test_events_that_several_others_replaced_cannot_be_made_again() -> None:
    gone = [event("es:a", minutes, f"old{minutes}") for minutes in (0, 10)]
    difference = Difference.between(gone, [event("es:a", 20, "new")])
    with pytest.raises(Conflict, match="old0, es:a/events/old10"):
        difference.check_reversible()


def test_where_nothing_differs_nothing_is_done() -> None:
    there = [event("es:a", minutes, f"e{minutes}") for minutes in (0, 10)]
    difference = Difference.between(there, there)
    assert not difference
    assert list(difference.backwards()) == []
    assert differing(draft_of(there[0]), draft_of(there[0])) == frozenset()
