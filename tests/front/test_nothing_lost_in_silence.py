"""Each field that is given is readable afterwards as it was given, or a warning names it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, build_schema, get_named_type
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.schema.build import client_sdl

from .conftest import Front
from .event_read import lost, read, strayed
from .events_given import events, patches

pytestmark = pytest.mark.anyio

World = Callable[[], Front]
CALENDARS = ("msgraph:users/outages@contoso.com/calendar", "elasticsearch:planned-outages")
KEY = "CHG-4711"
ROWS = """
  results { status eventId problem { code message } warnings { code field } requestIndexes }
  requests { method }
"""
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
LOSSES = {"NOT_HELD", "CHANGED", "CUT_OFF"}
REFUSALS = {"INVALID_INPUT", "INVALID_TIME", "REFUSED", "UNSUPPORTED"}
BOUNDED = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def add(gateway: Front, event: dict[str, Any], **rest: Any) -> list[dict[str, Any]]:
    given_event = {"calendars": CALENDARS, "events": [event], **rest}
    rows: list[dict[str, Any]] = (await gateway.ask(ADD, {"input": given_event}))["addEvents"]["results"]
    return rows


def is_named(field: str, warnings: list[dict[str, str]]) -> bool:
    """Whether a warning is about the field, or about a part of it."""
    return any(it["field"] == field or it["field"].startswith(f"{field}.") for it in warnings)


IN_OTHER_WORDS = {
    "title": "Upgrade",
    "start": {"instant": "2026-11-29T10:00:00+00:00"},
    "end": {"after": "PT1H"},
    "recurrence": {"rule": "FREQ=MONTHLY;BYMONTHDAY=29;COUNT=2"},
}
"""A series whose rule Graph holds in other words."""
BEFORE_THE_NEXT = {
    "title": "Upgrade",
    "start": {"zoned": {"local": "2026-11-19T05:00:00", "timeZone": "America/New_York"}},
    "end": {"after": "PT1H"},
    "recurrence": {"rule": "FREQ=DAILY;INTERVAL=2;UNTIL=20261128T051500Z"},
}
"""A series whose end Graph shows as the end of the day before."""


@BOUNDED
@given(event=events(), key=st.sampled_from((None, KEY)))
@example(IN_OTHER_WORDS, None)
@example(BEFORE_THE_NEXT, None)
async def test_what_is_lost_is_named_and_what_is_not_named_is_kept(
    world: World, event: dict[str, Any], key: str | None
) -> None:
    event = {**event, "key": key}
    gateway = world()
    for row in await add(gateway, event):
        if row["status"] != "CREATED":
            assert row["problem"]["code"] in REFUSALS, row
            continue
        held = await read(gateway, row["eventId"])
        for field in lost(event, held):
            assert is_named(field, row["warnings"]), (field, event.get(field), held, row["warnings"])


BY_ANOTHER_CLOCK: dict[str, Any] = {
    "title": "Upgrade",
    "start": {"zoned": {"local": "2026-11-19T00:00:00", "timeZone": "America/New_York"}},
    "end": {"instant": "2026-11-20T00:45:00+00:00"},
    "recurrence": {"rule": "FREQ=DAILY;COUNT=3", "timeZone": "Europe/Berlin"},
}
WHOLE_DAY: dict[str, Any] = {
    "title": "Upgrade",
    "start": {"allDay": {"date": "2026-11-19", "timeZone": "America/New_York"}},
    "end": {"allDay": "2026-11-20"},
}
NO_ZONE = {"allDay": {"date": "2026-11-19"}}
"""A day that stays in the zone in which it is."""
ONE_DAY_LESS = {**BY_ANOTHER_CLOCK["recurrence"], "exceptDates": ["2026-11-20"]}
"""A series whose start is the same, and still by another clock than its own."""


@BOUNDED
@given(event=events(), patch=patches(), key=st.sampled_from((None, KEY)))
@example(BY_ANOTHER_CLOCK, {"start": BY_ANOTHER_CLOCK["start"]}, None)
@example(WHOLE_DAY, {**WHOLE_DAY, "start": NO_ZONE, "recurrence": {"rule": "FREQ=DAILY;COUNT=3"}}, None)
async def test_of_a_change_too_what_is_lost_is_named_and_what_it_does_not_name_stays(
    world: World, event: dict[str, Any], patch: dict[str, Any], key: str | None
) -> None:
    gateway = world()
    for made in await add(gateway, {**event, "key": key}):
        if made["status"] != "CREATED":
            continue
        before = await read(gateway, made["eventId"])
        change = {"target": {"id": made["eventId"]}, "set": patch}
        answer = await gateway.ask(UPDATE, {"input": {"changes": [change]}})
        (row,) = answer["updateEvents"]["results"]
        if row["status"] not in {"UPDATED", "UNCHANGED"}:
            assert row["problem"]["code"] in REFUSALS, row
            continue
        after = await read(gateway, row["eventId"])
        for field in lost(patch, after):
            assert is_named(field, row["warnings"]), (field, patch.get(field), after, row["warnings"])
        for field in strayed(patch, before, after):
            assert is_named(field, row["warnings"]), (field, patch, before, after, row["warnings"])


@BOUNDED
@given(event=events(), other=events())
@example(BY_ANOTHER_CLOCK, {**BY_ANOTHER_CLOCK, "recurrence": ONE_DAY_LESS})
async def test_of_what_an_event_under_a_key_is_made_into_what_is_lost_is_named(
    world: World, event: dict[str, Any], other: dict[str, Any]
) -> None:
    gateway = world()
    await add(gateway, {**event, "key": KEY})
    for row in await add(gateway, {**other, "key": KEY}, onExisting="UPDATE"):
        if row["status"] not in {"CREATED", "UPDATED", "UNCHANGED"}:
            assert row["problem"]["code"] in REFUSALS, row
            continue
        held = await read(gateway, row["eventId"])
        for field in lost({**other, "key": KEY}, held):
            assert is_named(field, row["warnings"]), (field, other.get(field), held, row["warnings"])


@BOUNDED
@given(event=events())
async def test_with_reject_nothing_of_an_event_is_sent_where_a_part_would_be_lost(
    world: World, event: dict[str, Any]
) -> None:
    gateway = world()
    shown = await add(gateway, event, dryRun=True)
    for before, after in zip(shown, await add(gateway, event, onLoss="REJECT"), strict=True):
        if before["status"] != "PLANNED":
            assert after["problem"] == before["problem"]
        elif any(warning["code"] in LOSSES for warning in before["warnings"]):
            assert (after["status"], after["problem"]["code"]) == ("FAILED", "LOSS_REFUSED")
            assert after["requestIndexes"] == []
        else:
            assert after["status"] == "CREATED"


# That no field is left out


SCHEMA = build_schema(client_sdl())


def leaves(type_: GraphQLInputObjectType, at: str = "") -> Iterator[str]:
    """The paths of all fields of an input that have no fields of their own."""
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType):
            yield from leaves(inner, f"{at}{name}.")
        else:
            yield f"{at}{name}"


def paths(value: Any, at: str = "") -> Iterator[str]:
    """The paths of all that is in a value, and of what that is in."""
    if at:
        yield at.removeprefix(".")
    if isinstance(value, dict):
        for name, part in value.items():
            yield from paths(part, f"{at}.{name}")
    if isinstance(value, list):
        for part in value:
            yield from paths(part, at)


@pytest.mark.parametrize(("name", "inputs"), [("EventInput", events()), ("EventPatch", patches())])
def test_these_tests_give_every_field_that_there_is(name: str, inputs: st.SearchStrategy[Any]) -> None:
    found = {"key"}  # which the tests add

    @settings(max_examples=400, derandomize=True, database=None)
    @given(inputs)
    def look(value: dict[str, Any]) -> None:
        found.update(paths(value))

    look()
    type_ = SCHEMA.type_map[name]
    assert isinstance(type_, GraphQLInputObjectType)
    assert {*leaves(type_)} - found == set()
