"""What is compiled answers just as Strawberry and graphql-core do, to the byte."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from graphql import parse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import event as note
from hypothesis import strategies as st

from gateway.adapters.upstream import Call
from gateway.model import event as model
from gateway.model.elasticsearch import ElasticsearchEventDetails
from gateway.model.event import Event
from gateway.model.msgraph import MSGraphEventDetails, OnlineMeeting, Phone
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import EventTime
from gateway.schema.build import core_schema
from gateway.schema.compiled_execution import CompiledExecution
from gateway.schema.context import Context
from gateway.schema.variants import Completions
from gateway.service.audit import AuditTrail
from gateway.service.catalog import Catalog
from gateway.service.session import Session
from tests.schema.both_ways import ours, theirs, written
from tests.schema.selections import operations
from tests.service.fakes import INVITING, FakeSource, at, configured, event

pytestmark = pytest.mark.anyio


def plain(name: str = "plain", **changes: Any) -> Event:
    changes = {"details": ElasticsearchEventDetails(event_id=name, skip_result=True), **changes}
    return msgspec.structs.replace(event("es:a", 0, name, key="CHG-1"), **changes)


def full(name: str = "full", **changes: Any) -> Event:
    """An event of Graph's with something in every field."""
    place = model.EventLocation(display_name="Room", location_type=model.LocationType.HOTEL)
    berlin = EventTime(instant=at(30), zone="Europe/Berlin")
    return msgspec.structs.replace(
        event("graph:a", 0, name, key="CHG-1"),
        end=berlin,
        body=model.EventBody(text="Long", html="<b>Long</b>"),
        show_as=model.ShowAs.OUT_OF_OFFICE,
        location=place,
        locations=(place, model.EventLocation(display_name=None)),
        categories=("red", "green"),
        attendees=(model.Attendee(email="a@contoso.com", responded_at=at(1), proposed_start=berlin),),
        organizer=model.EventPerson(email="o@contoso.com"),
        recurrence=model.Recurrence(
            rule=RecurrenceRule.parse("FREQ=DAILY;COUNT=3"), time_zone="UTC", except_dates=(date(2027, 3, 2),)
        ),
        created_at=datetime(2027, 1, 1, tzinfo=UTC),
        warnings=(model.EventWarning(field="end", given="x", message="Odd."),),
        details=MSGraphEventDetails(
            event_id=name, online_meeting=OnlineMeeting(phones=(Phone(number="1"), Phone(type="mobile")))
        ),
        **changes,
    )


ODD: dict[str, Any] = {
    "title": None,
    "status": "no member",
    "start": EventTime(instant=at(1), zone="Nowhere/AtAll"),
    "categories": ("red", None, 7, ValueError("a category")),
    "revision": 7,
    "is_all_day": "yes",
    "attendees": (model.Attendee(email="a@contoso.com"), model.Attendee(email=None)),  # type: ignore[arg-type]
    "locations": (None,),
    "created_at": "yesterday",
    "details": ElasticsearchEventDetails(event_id="odd", skip_result=1, force_time_shift=2**40),  # type: ignore[arg-type]
    "calendar_id": None,
}
"""What no adapter should give: each is an error, or not, just as graphql-core has it."""


def catalog(*events: Event) -> Catalog:
    es = [it for it in events if it.source == "es"]
    graph = [it for it in events if it.source == "graph"]
    sources = (FakeSource("es", es), FakeSource("graph", graph, capabilities=INVITING))
    return Catalog([configured(source) for source in sources], {})


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),  # shrinking an operation takes minutes
)
@given(operations(), st.sets(st.sampled_from(sorted(ODD)), max_size=3))
async def test_any_query_is_answered_the_same_both_ways(query: str, odd: set[str]) -> None:
    world = catalog(plain(), full(), *(plain("odd", **{name: ODD[name]}) for name in sorted(odd)))
    expected = written(await theirs(world, query))
    note("with errors" if b'"errors":[]' not in expected else "without")
    assert written(await ours(world, query)) == expected


STARTS: dict[str, Any] = {"instant": "2027-03-01T12:00:00Z"}
EVENT: dict[str, Any] = {"title": "Works", "key": "CHG-2", "start": STARTS, "end": {"after": "PT1H"}}
ROWS = "status counts { created } results { status event { id title start { instant } } problem { path } }"


@pytest.mark.parametrize(
    ("declared", "given_input", "variables"),
    [
        ("$i: AddEventsInput!", "$i", {"i": {"calendars": ["es:a", "graph:a"], "events": [EVENT] * 2}}),
        ("$e: [EventInput!]!", '{calendars: ["es:a"], events: $e, dryRun: true}', {"e": [EVENT]}),
        ("$e: [EventInput!]!", '{calendars: ["es:a"], events: $e}', {"e": EVENT}),
        ("$e: EventInput!", '{calendars: "es:a", events: [$e, $e], onLoss: REJECT}', {"e": EVENT}),
        (
            '$s: EventTimeInput!, $l: LossPolicy = WARN, $o: OnExisting! = FAIL, $t: String = "It"',
            '{calendars: "es:a", onLoss: $l onExisting: $o events: {title: $t start: $s end: {instant: 0}}}',
            {"s": STARTS},
        ),
        ("$i: AddEventsInput!", "$i", {"i": {"calendars": ["es:a"], "events": [{**EVENT, "start": {}}]}}),
        ("$i: AddEventsInput!", "$i", {"i": {"calendars": ["es:a"], "events": [{**EVENT, "nothing": 1}]}}),
        ("$i: AddEventsInput!", "$i", {"i": {"calendars": ["es:a"]}}),
        ("$i: AddEventsInput!", "$i", {}),
        ("$i: AddEventsInput!", "$i", {"i": {"calendars": [], "events": [EVENT], "maxMute": "PT1H"}}),
    ],
)
async def test_any_way_to_write_an_input_means_the_same_both_ways(
    declared: str, given_input: str, variables: dict[str, Any]
) -> None:
    query = f"mutation ({declared}) {{ addEvents(input: {given_input}) {{ {ROWS} }} }}"
    expected = written(await theirs(catalog(plain(), full()), query, variables))
    assert written(await ours(catalog(plain(), full()), query, variables)) == expected


NAMED = "__typename eventIndex calendarIndex calendarId key status eventId eventIds previousId stored"
KINDS = """stored event {
    __typename id title calendarId isAllDay status showAs revision start { instant timeZone date }
    elasticsearch { eventId skipResult forceTimeShift occurrence } msgraph { bodyPreview importance } }"""
OF_ROWS = (
    NAMED,
    KINDS,
    "event { location { displayName address { city } } attendees { email respondedAt } categories } eventId",
    "warnings { code message given } effects { kind count windows { start } } problem { code path hint } key",
    "event @skip(if: true) { id } a: event { id } b: event { x: title ...F } ... on EventWriteResult { key }",
    "event { elasticsearch { __typename } msgraph { onlineMeeting { phones { number } } } } requestIndexes",
    "status event { id } overlaps { id }",
    "event { source { name } duration calendar { id } }",
)


@pytest.mark.parametrize("selected", OF_ROWS)
@pytest.mark.parametrize(
    ("rest", "odd"),
    [({}, None), ({"dryRun": True}, None), ({"onExisting": "FAIL"}, None), *(({}, name) for name in ODD)],
)
async def test_the_rows_of_a_write_are_answered_the_same_both_ways(
    selected: str, rest: dict[str, Any], odd: str | None
) -> None:
    """Some have no event, some a problem, those under keys that are taken an event of either kind."""
    held = plain() if odd is None else plain("plain", **{odd: ODD[odd]})
    titles = {"plain": "CHG-1", "full": "CHG-1", "Works": None}
    events = [{**EVENT, "title": title, "key": key} for title, key in titles.items()]
    query = f"""mutation ($i: AddEventsInput!) {{ addEvents(input: $i) {{ results {{ {selected} }} }} }}
        {"fragment F on CalendarEvent { start { instant } }" if "...F" in selected else ""}"""
    for given_events in (events[:1] + events[2:], events[1:], [{**EVENT, "attendees": [{"email": "a@b.c"}]}]):
        calendars = ["es:a", "graph:a", "nothing"]
        variables = {"i": {"calendars": calendars, "events": given_events, **rest}}
        expected = written(await theirs(catalog(held, full()), query, variables))
        assert written(await ours(catalog(held, full()), query, variables)) == expected


async def left(query: str) -> list[set[str]]:
    """The fields that were left to graphql-core, of each thing that was compiled."""
    completions = Completions(parse(query))
    context = Context(Session(catalog(plain(), full()), Call(request_id="r-1")), AuditTrail([].append), str)
    execution: Any = CompiledExecution.build(
        core_schema(), completions.document, context_value=context, completions=completions
    )
    result = await execution.execute_operation()
    assert result.errors is None
    return [{*completion.left} for completion in completions.under({}).values() if completion is not None]


PAGE = (
    'calendarEvents(calendars: ["es:a", "graph:a"], '
    'window: {start: "2027-03-01T00:00:00Z", end: "2027-03-09T00:00:00Z"})'
)


async def test_a_page_is_compiled_as_one() -> None:
    selected = "id title start { instant } attendees { type } source { name } elasticsearch { skipResult }"
    query = (
        f"{{ {PAGE} {{ nodes {{ {selected} }} edges {{ node {{ ... on Node {{ id }} }} }} isComplete }} }}"
    )
    assert await left(query) == [set()]


@pytest.mark.parametrize("selected", [*OF_ROWS[:4], OF_ROWS[5]])
async def test_the_rows_of_a_write_are_compiled_as_one(selected: str) -> None:
    given_input = '{calendars: "es:a", events: {title: "It", start: {instant: 0}, end: {after: "PT1H"}}}'
    query = f"mutation {{ addEvents(input: {given_input}) {{ status results {{ {selected} }} }} }}"
    assert await left(query) == [set()]


async def test_only_fields_that_await_or_have_arguments_are_left() -> None:
    query = f"{{ {PAGE} {{ isComplete nodes {{ id calendar {{ id source {{ name }} }} }} }} }}"
    assert await left(query) == [{"nodes"}, {"calendar"}, set()]


async def test_what_is_of_several_types_is_compiled_for_each_of_them() -> None:
    query = '{ nodes(ids: ["es:a", "es:a/events/plain"]) { __typename id ... on Calendar { name } } }'
    assert await left(query) == [set()]


async def test_names_of_an_answer_are_nothing_but_names() -> None:
    aliases = "__import__ it run listed refuse None x v o1"
    query = f"{{ {PAGE} {{ nodes {{ {' '.join(f'{alias}: id' for alias in aliases.split())} }} }} }}"
    world = catalog(plain())
    assert written(await ours(world, query)) == written(await theirs(world, query))


async def test_combinations_of_flags_are_not_kept_without_end() -> None:
    document = parse("query (" + " ".join(f"$f{n}: Boolean" for n in range(9)) + ") { __typename }")
    completions = Completions(document)
    first = completions.under({})
    assert completions.under({}) is first
    for number in range(100):
        completions.under({f"f{n}": bool(number & 1 << n) for n in range(9)})
    assert completions.under({}) is not first
