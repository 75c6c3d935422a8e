"""Adding events: a row each, nothing sent that was refused, and the truth about the rest."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec
import pytest
from structlog.testing import capture_logs

from gateway.adapters.base import OnExisting, Plan, Step
from gateway.adapters.byproducts import EffectKind
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.upstream import Call
from gateway.errors import Code, InvalidInput, InvalidTime, Unauthenticated, Unavailable
from gateway.model.event import Attendee, Draft, EventBody
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId
from gateway.model.time import EventTime
from gateway.service.audit import AuditTrail
from gateway.service.audit_line import fingerprints
from gateway.service.call_limits import MAX_CALENDARS, MAX_ROWS, CallLimits
from gateway.service.catalog import Alias
from gateway.service.drafts import AddEvents
from gateway.service.guard import SourceMode
from gateway.service.loss import LossPolicy
from gateway.service.report import BatchStatus, WriteReport
from gateway.service.session import Session
from gateway.service.writes import add_events

from .fakes import INVITING, NOON, FakeAdapter, FakeSource, configured, session

pytestmark = pytest.mark.anyio

Maker = Callable[[str | None], Draft]


def draft(title: str, *emails: str, hours: float = 1, body: str | None = None) -> Maker:
    def make(_: str | None) -> Draft:
        return Draft(
            title=title,
            start=EventTime(instant=NOON),
            end=EventTime(instant=NOON + timedelta(hours=hours)),
            body=None if body is None else EventBody(text=body),
            attendees=tuple(Attendee(email=email) for email in emails) or None,
        )

    return make


def bad(_: str | None) -> Draft:
    raise InvalidInput("An event needs a title.", path=("title",))


def in_zone(zone: str | None) -> Draft:
    """An all-day event that does not say where."""
    if zone is None:
        raise InvalidTime("An event that lasts whole days needs a time zone.", path=("start", "allDay"))
    return draft(f"in {zone}")(zone)


async def write(
    call: Session,
    calendars: list[str],
    drafts: Sequence[Draft | Maker],
    *,
    keys: Sequence[str | None] | None = None,
    **options: object,
) -> tuple[WriteReport, list[dict[str, object]]]:
    lines: list[bytes] = []
    names = [None] * len(drafts) if keys is None else keys
    command = AddEvents(calendars=calendars, keys=names, drafts=lambda: drafts, **options)
    report = await add_events(call, AuditTrail(lines.append), command)
    return report, [json.loads(line) for line in b"".join(lines).splitlines()]


@pytest.mark.parametrize(
    ("calendars", "events"), [(["es:ops"], 0), (["es:ops"], 1001), ([], 1), (["es:ops"] * 11, 1000)]
)
async def test_of_a_call_that_is_refused_whole_no_draft_is_made(calendars: list[str], events: int) -> None:
    def drafts() -> Sequence[Draft]:
        raise AssertionError("Somebody wants drafts.")

    command = AddEvents(calendars=calendars, keys=[None] * events, drafts=drafts)
    report = await add_events(session(FakeSource("es")), AuditTrail([].append), command)
    assert report.status is BatchStatus.FAILED
    assert len(report.problems) == 1


def two(*, journal: list[str] | None = None) -> tuple[FakeSource, FakeSource]:
    """A source that writes in silence, and one that invites."""
    return FakeSource("es", journal=journal), FakeSource("graph", capabilities=INVITING, journal=journal)


def applied(source: FakeSource) -> list[str]:
    return [entry.removeprefix("apply ") for entry in source.journal if entry.startswith("apply ")]


def places(report: WriteReport) -> list[tuple[int, int, str | None, WriteStatus]]:
    return [(row.event_index, row.calendar_index, row.calendar_id, row.status) for row in report.rows]


def codes(report: WriteReport) -> list[Code | None]:
    return [row.problem and row.problem.code for row in report.rows]


CREATED, FAILED, PLANNED, UNKNOWN = (
    WriteStatus.CREATED,
    WriteStatus.FAILED,
    WriteStatus.PLANNED,
    WriteStatus.UNKNOWN,
)


async def test_rows_come_in_the_order_asked_events_outside_and_calendars_inside() -> None:
    es, graph = two()
    call = session(es, graph, payments=["graph:a", "es:a"])
    report, _ = await write(call, ["es:b", "payments", "graph:b"], [draft("one"), draft("two")])
    calendars = [(0, "es:b"), (1, "graph:a"), (1, "es:a"), (2, "graph:b")]
    assert places(report) == [
        (event, index, calendar, CREATED) for event in (0, 1) for index, calendar in calendars
    ]
    assert report.status is BatchStatus.SUCCEEDED
    assert report.problems == ()


async def test_a_calendar_named_several_times_is_written_once_where_it_was_named_first() -> None:
    es, graph = two()
    call = session(es, graph, payments=["graph:own", "es:a"])
    report, _ = await write(call, ["es:%61", "payments", "graph:me", "es:a"], [draft("one")])
    assert places(report) == [(0, 0, "es:a", CREATED), (0, 1, "graph:own", CREATED)]
    assert (applied(es), applied(graph)) == (["es:a one"], ["graph:own one"])


async def test_a_row_knows_its_event_and_its_requests() -> None:
    es, graph = two()
    report, _ = await write(session(es, graph), ["es:a", "graph:b"], [draft("one"), draft("two")])
    for row in report.rows:
        assert row.event is not None
        assert row.event.calendar_id == row.calendar_id
        assert row.stored
        (index,) = row.requests
        request = report.requests[index]
        assert (request.source, request.status) == (row.event.source, 200)
        assert json.loads(request.body or b"") == {"title": row.event.title}


async def test_a_bad_event_costs_only_its_rows_and_nothing_of_it_is_sent() -> None:
    es, graph = two()
    report, audit = await write(session(es, graph), ["es:a", "graph:b"], [draft("one"), bad, draft("three")])
    assert [row.status for row in report.rows] == [CREATED, CREATED, FAILED, FAILED, CREATED, CREATED]
    assert report.status is BatchStatus.PARTIAL
    for row in report.rows[2:4]:
        assert row.problem is not None
        assert (row.problem.code, row.problem.path) == (Code.INVALID_INPUT, ("events", "1", "title"))
        assert (row.requests, row.event, row.stored) == ((), None, False)
    assert applied(es) == ["es:a one", "es:a three"]
    assert len(audit) == 4


async def test_a_bad_calendar_costs_only_its_rows() -> None:
    es = FakeSource("es")
    call = session(es, payments=["es:b"])
    names = ["nowhere:a", "es:a", "paymants", "es:..", "es:a/b"]
    report, _ = await write(call, names, [draft("one"), draft("two")])
    assert [(row.calendar_index, row.status) for row in report.rows[:5]] == [
        (0, FAILED),
        (1, CREATED),
        (2, FAILED),
        (3, FAILED),
        (4, FAILED),
    ]
    wrong = [Code.UNKNOWN_SOURCE, None, Code.UNKNOWN_ALIAS, Code.INVALID_ID, Code.INVALID_ID]
    assert codes(report) == wrong * 2
    assert [row.problem and row.problem.path for row in report.rows[:3]] == [
        ("calendars", "0"),
        None,
        ("calendars", "2"),
    ]
    assert report.status is BatchStatus.PARTIAL


async def test_an_event_that_planning_refuses_costs_only_its_row() -> None:
    es, graph = two()
    es.refused = frozenset({"two"})
    drafts = [bad, draft("one"), draft("two"), draft("three")]
    report, _ = await write(session(es, graph), ["es:a", "graph:a"], drafts)
    row = report.rows[4]
    assert (row.event_index, row.calendar_id, row.status) == (2, "es:a", FAILED)
    assert row.problem is not None
    assert row.problem.path == ("events", "2", "title")
    assert applied(es) == ["es:a one", "es:a three"]
    assert applied(graph) == ["graph:a one", "graph:a two", "graph:a three"]
    assert [row.event and row.event.title for row in report.rows[6:]] == ["three", "three"]


async def test_a_calendar_that_cannot_be_planned_costs_only_its_rows() -> None:
    es, graph = two()
    graph.broken["graph:a"] = Unauthenticated("Who are you?", request_id="up-9")
    report, _ = await write(session(es, graph), ["graph:a", "es:a"], [draft("one"), draft("two")])
    assert [row.status for row in report.rows] == [FAILED, CREATED, FAILED, CREATED]
    problem = report.rows[2].problem
    assert problem is not None
    assert (problem.code, problem.path, problem.request_id) == (
        Code.UNAUTHENTICATED,
        ("calendars", "0"),
        "up-9",
    )


async def test_who_me_is_may_stay_unknown_and_the_row_says_why_it_failed() -> None:
    graph = FakeSource("graph", capabilities=INVITING)
    graph.broken["graph:me"] = Unavailable("Down.")
    report, _ = await write(session(graph), ["graph:me", "graph:b"], [draft("one")])
    assert places(report) == [(0, 0, None, FAILED), (0, 1, "graph:b", CREATED)]
    assert codes(report) == [Code.UNAVAILABLE, None]


async def test_a_dry_run_shows_the_requests_and_sends_none() -> None:
    es, graph = two()
    drafts = [draft("one", "bob@contoso.com", body="long"), draft("two")]
    report, audit = await write(session(es, graph), ["graph:me", "es:a"], drafts, dry_run=True)
    assert places(report) == [
        (0, 0, "graph:own", PLANNED),
        (0, 1, "es:a", PLANNED),
        (1, 0, "graph:own", PLANNED),
        (1, 1, "es:a", PLANNED),
    ]
    assert report.status is BatchStatus.PLANNED
    assert (applied(es), applied(graph), audit) == ([], [], [])
    for row in report.rows:
        (index,) = row.requests
        assert report.requests[index].status is None
        assert not row.stored
    assert [request.path for request in report.requests] == ["/a/events"] * 2 + ["/me/events"] * 2
    first = report.rows[0]
    assert [warning.field for warning in first.warnings] == ["description"]
    assert [(effect.kind, effect.count) for effect in first.effects] == [(EffectKind.SENDS_INVITATIONS, 1)]


async def test_a_dry_run_shows_what_the_real_run_sends() -> None:
    def requests(report: WriteReport) -> list[list[object]]:
        rows = [[report.requests[index] for index in row.requests] for row in report.rows]
        return [[(it.source, it.method, it.path, it.body) for it in row] for row in rows]

    drafts = [draft("one", "bob@contoso.com"), bad, draft("two")]
    names = ["graph:a", "es:a", "nobody"]
    shown, _ = await write(session(*two()), names, drafts, dry_run=True)
    sent, _ = await write(session(*two()), names, drafts)
    assert requests(shown) == requests(sent)
    assert codes(shown) == codes(sent)


async def test_a_read_only_source_refuses_writes_and_warns_of_that_in_a_dry_run() -> None:
    es = FakeSource("es")
    call = session(configured(es, mode=SourceMode.READ))
    refused, audit = await write(call, ["es:a"], [draft("one")])
    assert codes(refused) == [Code.READ_ONLY_SOURCE]
    assert refused.status is BatchStatus.FAILED
    assert (applied(es), audit, refused.requests) == ([], [], [])
    planned, _ = await write(call, ["es:a"], [draft("one")], dry_run=True)
    (row,) = planned.rows
    assert row.status is PLANNED
    assert [(warning.code, warning.field) for warning in row.warnings] == [("READ_ONLY_SOURCE", "dryRun")]


async def test_a_calendar_that_is_not_allowed_is_refused_before_it_is_asked_for() -> None:
    es = FakeSource("es")
    call = session(configured(es, "planned-*"), payments=["es:other"])
    for dry_run in (False, True):
        report, _ = await write(call, ["es:secret", "payments"], [draft("one")], dry_run=dry_run)
        assert codes(report) == [Code.CALENDAR_NOT_ALLOWED, None]
    assert applied(es) == ["es:other one"]
    assert not [entry for entry in es.journal if "secret" in entry]


@pytest.mark.parametrize(("limit", "sends"), [(None, True), (4, True), (3, False), (0, False)])
async def test_invitations_are_counted_over_the_whole_call(limit: int | None, sends: bool) -> None:
    es, graph = two()
    drafts = [draft("one", "a@x.org", "b@x.org"), draft("two"), draft("none")]
    report, _ = await write(session(es, graph), ["graph:a", "graph:b", "es:a"], drafts, max_invitations=limit)
    refused = [row for row in report.rows if row.problem is not None]
    assert [(row.event_index, row.calendar_index) for row in refused] == ([] if sends else [(0, 0), (0, 1)])
    assert all(row.problem.code is Code.TOO_MANY_INVITATIONS for row in refused if row.problem)
    assert all(row.problem.path == ("events", "0", "attendees") for row in refused if row.problem)
    assert ("graph:a one" in applied(graph)) is sends
    assert "graph:a two" in applied(graph)
    assert "es:a one" in applied(es)


class Later(dict[str, Exception]):
    """What breaks only when it is asked for again."""

    def __init__(self, errors: dict[str, Exception]) -> None:
        super().__init__()
        self._errors = errors

    def get(self, name: str, default: Exception | None = None) -> Exception | None:  # type: ignore[override]
        before = super().get(name, default)
        self[name] = self._errors[name]
        return before


async def test_what_was_refused_is_not_sent_where_the_rest_cannot_be_planned_anew() -> None:
    graph = FakeSource("graph", capabilities=INVITING)
    graph.broken = Later({"graph:a": Unavailable("Nobody is there.")})
    drafts = [draft("one", "a@x.org", "b@x.org"), draft("two")]
    report, lines = await write(session(graph), ["graph:a"], drafts, max_invitations=1)
    assert codes(report) == [Code.TOO_MANY_INVITATIONS, Code.UNAVAILABLE]
    assert (applied(graph), lines) == ([], [])


class NarrowSource(FakeSource):
    """It says of a plan's first event alone what it cannot hold: the next is the first when planned anew."""

    def adapter(self, call: Call) -> FakeAdapter:
        return NarrowAdapter(self, call)


class NarrowAdapter(FakeAdapter):
    async def plan(
        self, calendar: CalendarId, drafts: Sequence[Draft], *, on_existing: OnExisting = OnExisting.RETURN
    ) -> Plan:
        self._source.journal.append(f"plan {' '.join(it.title for it in drafts)}")
        others = [msgspec.structs.replace(it, body=None) for it in drafts[1:]]
        return await super().plan(calendar, [drafts[0], *others], on_existing=on_existing)


@pytest.mark.parametrize("last", [None, "x"])
async def test_what_shows_only_when_it_is_planned_anew_is_refused_too_until_nothing_more_is(
    last: str | None,
) -> None:
    es = NarrowSource("es")
    drafts = [draft("one", body="x"), draft("two", body="x"), draft("three", body=last)]
    report, lines = await write(session(es), ["es:a"], drafts, on_loss=LossPolicy.REJECT)
    assert codes(report) == [Code.LOSS_REFUSED, Code.LOSS_REFUSED, Code.LOSS_REFUSED if last else None]
    assert [it for it in es.journal if it.startswith("plan")] == [
        "plan one two three",
        "plan two three",
        "plan three",
    ]
    assert (applied(es), len(lines)) == (([], 0) if last else (["es:a three"], 1))


async def test_a_caller_cannot_raise_the_number_of_invitations() -> None:
    graph = FakeSource("graph", capabilities=INVITING)
    call = session(configured(graph, max_invitations=1))
    report, _ = await write(call, ["graph:a"], [draft("one", "a@x.org", "b@x.org")], max_invitations=99)
    assert codes(report) == [Code.TOO_MANY_INVITATIONS]
    assert applied(graph) == []


async def test_refused_events_do_not_count_as_invitations() -> None:
    graph = FakeSource("graph", capabilities=INVITING)
    policy = configured(graph, max_invitations=2, group_addresses=("all@*",))
    drafts = [draft("one", "all@x.org", "b@x.org", "c@x.org"), draft("two", "a@x.org", "b@x.org")]
    report, _ = await write(session(policy), ["graph:a"], drafts)
    assert codes(report) == [Code.GROUP_ADDRESS, None]
    assert report.rows[0].problem is not None
    assert report.rows[0].problem.path == ("events", "0", "attendees", "0", "email")


async def test_a_group_address_matters_only_where_mail_is_sent() -> None:
    es, graph = two()
    call = session(configured(es, group_addresses=("all@*",)), configured(graph, group_addresses=("all@*",)))
    report, _ = await write(call, ["graph:a", "es:a"], [draft("one", "all@x.org")])
    assert codes(report) == [Code.GROUP_ADDRESS, None]


@pytest.mark.parametrize(
    ("hours", "lowered", "code"),
    [
        (31 * 24, None, None),
        (31 * 24 + 1, None, Code.MUTE_TOO_LONG),
        (2, timedelta(hours=2), None),
        (2.5, timedelta(hours=2), Code.MUTE_TOO_LONG),
        (31 * 24 + 1, timedelta(days=90), Code.MUTE_TOO_LONG),
        (1, timedelta(0), Code.MUTE_TOO_LONG),
    ],
)
async def test_a_mute_has_a_longest_that_the_caller_can_lower(
    hours: float, lowered: timedelta | None, code: Code | None
) -> None:
    es, graph = two()
    report, _ = await write(
        session(es, graph), ["es:a", "graph:a"], [draft("one", hours=hours)], max_mute=lowered
    )
    assert codes(report) == [code, None]
    if code:
        assert report.rows[0].problem is not None
        assert report.rows[0].problem.path == ("events", "0", "end")
        assert applied(es) == []


async def test_a_crash_while_writing_is_unknown_and_costs_no_other_row() -> None:
    es, graph = two()
    es.crashing = frozenset({"one"})
    with capture_logs() as logs:
        report, audit = await write(session(es, graph), ["es:a", "graph:a"], [draft("one"), draft("two")])
    assert [row.status for row in report.rows] == [UNKNOWN, CREATED, CREATED, CREATED]
    assert report.status is BatchStatus.PARTIAL
    row = report.rows[0]
    assert row.problem is not None
    assert (row.problem.code, row.problem.path) == (Code.INTERNAL, ("events", "0"))
    assert "fault of ours" not in row.problem.message
    assert [entry["event"] for entry in logs] == ["write.crashed"]
    assert sorted(str(line["status"]) for line in audit) == ["created"] * 3 + ["unknown"]


async def test_unknown_is_not_failed_even_if_it_is_all_there_is() -> None:
    es = FakeSource("es")
    es.crashing = frozenset({"one"})
    with capture_logs():
        report, _ = await write(session(es), ["es:a"], [draft("one")])
    assert report.status is BatchStatus.PARTIAL


async def test_silent_sources_are_written_before_those_that_invite() -> None:
    journal: list[str] = []
    es, graph = two(journal=journal)
    await write(session(graph, es), ["graph:a", "es:a", "graph:b", "es:b"], [draft("one"), draft("two")])
    order = [entry.split()[1].partition(":")[0] for entry in journal if entry.startswith("apply")]
    assert order == ["es"] * 4 + ["graph"] * 4


class TogetherSource(FakeSource):
    """It writes all events of a plan in one step."""

    def adapter(self, call: Call) -> FakeAdapter:
        return TogetherAdapter(self, call)


class TogetherAdapter(FakeAdapter):
    async def plan(
        self, calendar: CalendarId, drafts: Sequence[Draft], *, on_existing: OnExisting = OnExisting.RETURN
    ) -> Plan:
        plan = await super().plan(calendar, drafts, on_existing=on_existing)
        events = tuple(event for step in plan.steps for event in step.events)
        return Plan(steps=(msgspec.structs.replace(plan.steps[0], events=events),))

    async def apply(self, step: Step, *, fields: Fields = EVERYTHING) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for each in step.events:
            if each.draft.title in self._source.crashing:
                outcomes.append(Outcome(index=each.index, status=FAILED))
            else:
                alone = msgspec.structs.replace(step, calendar=CalendarId("graph", ("own",)), events=(each,))
                outcomes += await super().apply(alone, fields=fields)
        return outcomes


async def test_the_audit_lines_of_calendars_that_only_the_answer_tells_are_of_one_calendar_each() -> None:
    """Whether neighbours were written or not, each line is in its place and of its own event."""
    graph = TogetherSource("graph", capabilities=INVITING)
    graph.crashing = frozenset({"two", "three"})
    drafts = [draft(title) for title in ("zero", "one", "two", "three", "four")]
    _, audit = await write(session(graph), ["graph:me"], drafts)
    known, unknown = "graph:own", None
    assert [line["calendar"] for line in audit] == [known, known, unknown, unknown, known]
    names = ["zero", "one", None, None, "four"]
    assert [line["event_ids"] for line in audit] == [[f"graph:own/events/{it}"] if it else [] for it in names]
    made = [each(None) for each in drafts]
    assert [line["fingerprint"] for line in audit] == fingerprints(made)


async def test_each_write_leaves_an_audit_line() -> None:
    es = FakeSource("es")
    _, audit = await write(session(es), ["es:a"], [draft("one"), bad, draft("two")])
    assert [(line["calendar"], line["event_ids"], line["stored"]) for line in audit] == [
        ("es:a", ["es:a/events/one"], True),
        ("es:a", ["es:a/events/two"], True),
    ]


@pytest.mark.parametrize(
    ("calendars", "events", "options", "path", "code"),
    [
        (["es:a"], 0, {}, ("events",), Code.INVALID_INPUT),
        ([], 1, {}, ("calendars",), Code.INVALID_INPUT),
        (["es:a"], CallLimits().events + 1, {}, ("events",), Code.TOO_MANY),
        ([f"es:c{n}" for n in range(MAX_ROWS // 1000 + 1)], 1000, {}, ("events",), Code.TOO_MANY),
        ([f"es:c{n}" for n in range(MAX_CALENDARS + 1)], 1, {}, ("calendars",), Code.TOO_MANY),
        (["es:a"], 1, {"max_invitations": -1}, ("maxInvitations",), Code.INVALID_INPUT),
    ],
)
async def test_a_call_that_cannot_be_meant_is_refused_whole(
    calendars: list[str], events: int, options: dict[str, int], path: tuple[str, ...], code: Code
) -> None:
    es = FakeSource("es")
    report, audit = await write(session(es), calendars, [draft("one")] * events, **options)
    assert [(problem.path, problem.code) for problem in report.problems] == [(path, code)]
    assert (report.rows, report.status) == ((), BatchStatus.FAILED)
    assert (es.journal, audit, report.requests) == ([], [], ())


async def test_the_most_events_of_a_call_are_written() -> None:
    es = FakeSource("es")
    report, _ = await write(session(es), ["es:a"], [draft("one")] * CallLimits().events)
    assert len(report.rows) == CallLimits().events
    assert report.status is BatchStatus.SUCCEEDED


async def test_aliases_count_with_all_their_calendars() -> None:
    es = FakeSource("es")
    call = session(es, wide=[f"es:c{n}" for n in range(11)])
    report, _ = await write(call, ["wide"], [draft("one")] * 1000)
    assert [problem.code for problem in report.problems] == [Code.TOO_MANY]


@pytest.mark.parametrize(
    ("patterns", "names", "code"),
    [
        (["*"], ["es:a"], Code.CALENDAR_NOT_ALLOWED),
        (["a*"], ["es:a"], Code.CALENDAR_NOT_ALLOWED),
        (["*", "a"], ["es:a"], None),
        (["*"], ["payments"], None),
    ],
)
async def test_a_calendar_that_mutes_all_jobs_needs_an_entry_of_its_own(
    patterns: list[str], names: list[str], code: Code | None
) -> None:
    es = FakeSource("es")
    es.mutes_all_jobs = True
    for dry_run in (False, True):
        call = session(configured(es, *patterns), payments=["es:a"])
        report, _ = await write(call, names, [draft("one")], dry_run=dry_run)
        assert codes(report) == [code]
    assert applied(es) == ([] if code else ["es:a one"])


async def test_whole_days_are_those_of_the_alias_else_of_the_source_else_refused() -> None:
    zoned = configured(FakeSource("es"), time_zone="Europe/Berlin")
    unzoned = configured(FakeSource("bare"))
    tokyo = Alias(calendars=(CalendarId("es", ("b",)), CalendarId("bare", ("b",))), time_zone="Asia/Tokyo")
    plain = Alias(calendars=(CalendarId("es", ("c",)),))
    call = session(zoned, unzoned, tokyo=tokyo, plain=plain)
    report, _ = await write(call, ["es:a", "bare:a", "tokyo", "plain"], [in_zone])
    assert [row.event and row.event.title for row in report.rows] == [
        "in Europe/Berlin",
        None,
        "in Asia/Tokyo",
        "in Asia/Tokyo",
        "in Europe/Berlin",
    ]
    problem = report.rows[1].problem
    assert problem is not None
    assert (problem.code, problem.path) == (Code.INVALID_TIME, ("events", "0", "start", "allDay"))


async def test_nothing_good_is_failed() -> None:
    report, _ = await write(session(FakeSource("es")), ["es:a", "nobody"], [bad])
    assert report.status is BatchStatus.FAILED
    report, _ = await write(session(FakeSource("es")), ["es:a"], [bad], dry_run=True)
    assert report.status is BatchStatus.FAILED
