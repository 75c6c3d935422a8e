"""A dry run shows just the requests that a real run then sends, byte for byte."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse, value_from_ast_untyped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Front
from .events_given import events, patches
from .rehearsal import add, rehearsed

pytestmark = pytest.mark.anyio

World = Callable[[], Front]
CASES = sorted((Path(__file__).parent.parent / "cases" / "operations").glob("*.graphql"))
OUTLOOK, ML = "msgraph:users/outages@contoso.com/calendar", "elasticsearch:planned-outages"
OTHERS = ("elasticsearch:holidays", "msgraph:users/alice.nguyen@contoso.com/calendar")
CALENDARS = ("payments-maintenance", *OTHERS, "elasticsearch:not-there")
KEYS = ("CHG-1", "CHG-2", "OPS.7")
BOUNDED = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])

commands = st.fixed_dictionaries(
    {
        "calendars": st.lists(st.sampled_from(CALENDARS), unique=True, min_size=1, max_size=3),
        "onLoss": st.sampled_from(("WARN", "WARN", "REJECT")),
        "atomicity": st.sampled_from(("BEST_EFFORT", "ALL_OR_NOTHING")),
    }
)
copies = st.fixed_dictionaries(
    {
        "key": st.sampled_from(KEYS),
        "calendars": st.sampled_from((["payments-maintenance"], [ML, *OTHERS], [OUTLOOK])),
    }
)


@st.composite
def keyed(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A few events, each under a key of its own."""
    given = draw(st.lists(events(), min_size=1, max_size=3))
    return [{**event, "key": key} for event, key in zip(given, KEYS, strict=False)]


# Events


@BOUNDED
@given(added=st.lists(events(), min_size=1, max_size=3), command=commands)
async def test_what_is_added_is_sent_as_it_was_shown(
    world: World, added: list[Any], command: dict[str, Any]
) -> None:
    await rehearsed(world(), "addEvents", {**command, "events": added})


@BOUNDED
@given(
    before=keyed(), after=keyed(), command=commands, on_existing=st.sampled_from(("RETURN", "UPDATE", "FAIL"))
)
async def test_what_is_added_under_keys_that_are_there_is_sent_as_it_was_shown(
    world: World, before: list[Any], after: list[Any], command: dict[str, Any], on_existing: str
) -> None:
    gateway = world()
    await add(gateway, before, "payments-maintenance", OTHERS[0])
    await rehearsed(gateway, "addEvents", {**command, "events": after, "onExisting": on_existing})


@BOUNDED
@given(
    added=keyed(),
    changes=st.lists(patches(), min_size=1, max_size=4),
    target=copies,
    atomicity=st.sampled_from(("BEST_EFFORT", "ALL_OR_NOTHING")),
)
async def test_what_is_changed_is_sent_as_it_was_shown(
    world: World, added: list[Any], changes: list[Any], target: dict[str, Any], atomicity: str
) -> None:
    gateway = world()
    ids = await add(gateway, added, "payments-maintenance", OTHERS[1])
    targets = [{"key": target}, *({"id": id_} for id_ in ids)]
    given = [{"target": one, "set": change} for one, change in zip(targets, changes, strict=False)]
    await rehearsed(gateway, "updateEvents", {"changes": given, "atomicity": atomicity})


@BOUNDED
@given(added=keyed(), target=copies, most=st.integers(0, 4), comment=st.sampled_from((None, "Not today.")))
async def test_what_is_removed_is_sent_as_it_was_shown(
    world: World, added: list[Any], target: dict[str, Any], most: int, comment: str | None
) -> None:
    gateway = world()
    ids = await add(gateway, added, "payments-maintenance", OTHERS[1])
    removals = [{"target": one} for one in ({"key": target}, *({"id": id_} for id_ in ids[:most]))]
    await rehearsed(gateway, "removeEvents", {"removals": removals, "comment": comment})


@BOUNDED
@given(announced=keyed(), muted=keyed())
async def test_what_mutes_become_is_sent_as_it_was_shown(
    world: World, announced: list[Any], muted: list[Any]
) -> None:
    gateway = world()
    await add(gateway, announced, OUTLOOK)
    await add(gateway, muted, ML, OTHERS[0])
    window = {"start": "2026-11-19T00:00:00Z", "end": "2027-11-01T00:00:00Z"}
    given = {"announced": [OUTLOOK], "suppressed": [ML, OTHERS[0]], "window": window}
    await rehearsed(gateway, "reconcile", given)


async def test_a_change_of_what_a_calendar_does_not_hold_is_shown_to_change_nothing(world: World) -> None:
    gateway = world()
    start = {"instant": "2027-03-26T08:00:00Z"}
    (id_,) = await add(gateway, [{"title": "Backup", "start": start, "end": {"after": "PT1H"}}], ML)
    change = {"target": {"id": id_}, "set": {"location": {"displayName": "Bridge"}}}
    report = await rehearsed(gateway, "updateEvents", {"changes": [change]})
    assert [row["status"] for row in report["results"]] == ["UNCHANGED"]
    (request,) = report["requests"][1:]
    assert request["method"] == "GET"


async def test_how_many_get_mail_and_what_is_muted_when_is_shown_of_each_kind_of_write(world: World) -> None:
    gateway = world()
    start = {"instant": "2027-03-26T08:02:00Z"}
    people = [{"email": f"{name}@fabrikam.com"} for name in ("a", "b", "c")]
    event = {
        "key": "OPS.7",
        "title": "Backup",
        "start": start,
        "end": {"after": "PT1H"},
        "attendees": people[:2],
    }
    target = {"key": {"key": "OPS.7", "calendars": ["payments-maintenance"]}}
    moved = {"start": {"instant": "2027-03-26T10:02:00Z"}, "attendees": people[1:]}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("addEvents", {"calendars": ["payments-maintenance"], "events": [event]}),
        ("updateEvents", {"changes": [{"target": target, "set": moved}]}),
        ("removeEvents", {"removals": [{"target": target}]}),
    ]
    told = []
    for name, given_input in calls:
        outlook, muted = (await rehearsed(gateway, name, given_input))["results"]
        windows = [it["start"][11:16] for effect in muted["effects"] for it in effect["windows"]]
        told.append(([(it["kind"], it["count"]) for it in outlook["effects"]], windows))
    assert told == [
        ([("SENDS_INVITATIONS", 2)], ["08:00", "08:00"]),
        ([("SENDS_INVITATIONS", 3)], ["10:00", "10:00"]),
        ([("SENDS_INVITATIONS", 2)], []),
    ]


# Calendars


JOBS = st.lists(
    st.sampled_from(("web", "payments", "auth-failures", "not-there", "_all")), unique=True, max_size=3
)
IDS = st.sampled_from((ML, "elasticsearch:new-one", "elasticsearch:empty", OUTLOOK))


@BOUNDED
@given(id_=IDS, jobs=JOBS, description=st.none() | st.sampled_from(("Work", "計画停止")))
async def test_a_calendar_is_made_as_it_was_shown(
    world: World, id_: str, jobs: list[str], description: str | None
) -> None:
    await rehearsed(world(), "createCalendar", {"id": id_, "jobs": jobs, "description": description})


@BOUNDED
@given(calendar=IDS, jobs=JOBS)
async def test_a_calendar_gets_its_jobs_as_it_was_shown(world: World, calendar: str, jobs: list[str]) -> None:
    await rehearsed(world(), "setCalendarJobs", {"calendar": calendar, "jobs": jobs})


@pytest.mark.parametrize("count", [0, 4])
@pytest.mark.parametrize("calendar", [ML, "elasticsearch:empty", "elasticsearch:not-there", OUTLOOK])
async def test_a_calendar_goes_as_it_was_shown(world: World, calendar: str, count: int) -> None:
    await rehearsed(world(), "deleteCalendar", {"calendar": calendar, "expectedEventCount": count})


# The cases


def mutations(case: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The mutations of a case, each with its input, in order."""
    for operation in parse(case.read_text(encoding="utf-8")).definitions:
        if isinstance(operation, OperationDefinitionNode) and operation.operation.value == "mutation":
            for field in operation.selection_set.selections:
                assert isinstance(field, FieldNode)
                (argument,) = field.arguments
                yield field.name.value, value_from_ast_untyped(argument.value)


@pytest.mark.parametrize("case", [it for it in CASES if [*mutations(it)]], ids=lambda case: case.stem)
async def test_what_the_cases_write_is_sent_as_it_is_shown(world: World, case: Path) -> None:
    gateway = world()
    for name, given_input in mutations(case):
        await rehearsed(gateway, name, given_input)
