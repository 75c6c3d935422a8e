"""What is read of an event follows from what an operation selects of it, wherever that stands."""

from typing import Any

import pytest
from graphql import build_schema, get_named_type, is_composite_type

from gateway.model.fields import ALWAYS, EVERYTHING, Fields
from gateway.schema.build import client_sdl
from tests.schema.conftest import Execute
from tests.service.fakes import FakeSource, event

pytestmark = pytest.mark.anyio

EVENT = "es:a/events/e"
WINDOW = 'window: {start: "2027-03-01T00:00:00Z", end: "2027-03-02T00:00:00Z"}'
PAGE = f'calendarEvents(calendars: ["es:a"], {WINDOW})'


async def asked(execute: Execute, es: FakeSource, query: str, **variables: Any) -> list[set[str]]:
    """What each read of an event was asked for, less what always is."""
    es.held = [event("es:a", 0)]
    result = await execute(query, **variables)
    assert result.errors is None, result.errors
    return [set(fields - ALWAYS) for _, fields in es.asked]


@pytest.mark.parametrize(
    ("selected", "fields"),
    [
        ("id", set()),
        ("__typename id start { instant } duration isAllDay source { name }", set()),
        ("title", {"title"}),
        ("what: title when: start { date }", {"title"}),
        ("description { text } showAs webUrl", {"body", "show_as", "web_url"}),
        ("msgraph { iCalUId importance __typename }", {"msgraph.i_cal_uid", "msgraph.importance"}),
        ("elasticsearch { skipResult }", {"elasticsearch.skip_result"}),
        ("title @skip(if: true) status @include(if: false) revision", {"revision"}),
        ("title @skip(if: $no) status @include(if: $yes) revision @skip(if: $yes)", {"title", "status"}),
        (
            "... { title } ... @include(if: $no) { status } ... @skip(if: $no) { revision }",
            {"title", "revision"},
        ),
        ("...A", {"title", "body"}),
        ("...A @skip(if: $yes) revision", {"revision"}),
        ("... on Node { id ... on CalendarEvent { title } }", {"title"}),
        ("attendees { email } msgraph { ...M }", {"attendees", "msgraph.type", "msgraph.uid"}),
    ],
)
async def test_attributes_are_read_as_fields_are_selected(
    execute: Execute, es: FakeSource, selected: str, fields: set[str]
) -> None:
    query = (
        f"query ($yes: Boolean = true, $no: Boolean = false) {{ {PAGE} {{ nodes {{ {selected} }} }} "
        f"calendarEvent(id: {EVENT!r}) {{ id @skip(if: $no) @include(if: $yes) ...A ...M2 }} }} "
        "fragment A on CalendarEvent { title ...B } fragment B on CalendarEvent { description { html } } "
        "fragment M on MSGraphEventDetails { type uid } "
        "fragment M2 on CalendarEvent { msgraph { ...M } }"
    ).replace("'", '"')
    page, found = await asked(execute, es, query)
    assert page == fields
    assert found == {"title", "body", "msgraph.type", "msgraph.uid"}


@pytest.mark.parametrize(
    "query",
    [
        f"{{ {PAGE} {{ edges {{ cursor node {{ title }} }} nodes {{ status }} }} }}",
        f"""{{ {PAGE} {{ ...C edges {{ node {{ status }} }} }} }}
        fragment C on CalendarEventConnection {{ edges {{ ...E }} }}
        fragment E on CalendarEventEdge {{ node {{ title }} }}""",
        f'{{ calendar(id: "es:a") {{ name description events({WINDOW}) {{ nodes {{ title status }} }} }} }}',
        f"""{{ node(id: "{EVENT}") {{
          id ... on Calendar {{ description name }} ... on CalendarEvent {{ title }}
          ... on Node {{ ... on CalendarEvent {{ status }} }}
        }} }}""",
        f'{{ nodes(ids: ["{EVENT}"]) {{ ... on CalendarEvent {{ title status }} }} }}',
        f"""{{ _entities(representations: [{{__typename: "CalendarEvent", id: "{EVENT}"}}]) {{
          ... on CalendarEvent {{ title status }} ... on Calendar {{ name isDefault }}
        }} }}""",
    ],
)
async def test_events_are_read_alike_wherever_they_are_selected(
    execute: Execute, es: FakeSource, query: str
) -> None:
    assert await asked(execute, es, query) == [{"title", "status"}]


async def test_one_event_that_is_asked_for_in_two_places_is_read_once(
    execute: Execute, es: FakeSource
) -> None:
    query = f"""{{ a: calendarEvent(id: "{EVENT}") {{ title }}
                  b: node(id: "{EVENT}") {{ ... on CalendarEvent {{ status }} }} }}"""
    assert await asked(execute, es, query) == [{"title", "status"}]


async def test_a_document_under_other_flags_reads_other_attributes_each_time(
    execute: Execute, es: FakeSource
) -> None:
    query = f"""query ($no: Boolean!) {{
        {PAGE} {{ nodes {{ title @skip(if: $no) ...A @include(if: $no) }} edges {{ node {{ revision }} }} }}
        calendarEvent(id: "{EVENT}") {{ ...A }}
    }} fragment A on CalendarEvent {{ status }}"""
    for no, fields in [(False, {"title"}), (True, {"status"}), (False, {"title"}), (True, {"status"})]:
        es.asked.clear()
        assert await asked(execute, es, query, no=no) == [fields | {"revision"}, {"status"}]


async def test_every_field_of_an_event_says_what_it_reads(execute: Execute, es: FakeSource) -> None:
    for name, field in build_schema(client_sdl()).get_type("CalendarEvent").fields.items():
        es.asked.clear()
        below = "{ __typename }" if is_composite_type(get_named_type(field.type)) else ""
        given = "(calendars: [])" if "calendars" in field.args else ""
        (read,) = await asked(execute, es, f'{{ calendarEvent(id: "{EVENT}") {{ {name}{given} {below} }} }}')
        assert read < EVERYTHING - ALWAYS, name


def test_everything_is_the_event_and_both_kinds_of_details() -> None:
    everything: Fields = EVERYTHING
    assert {"title", "start", "msgraph.type", "elasticsearch.skip_result"} | ALWAYS <= everything
    assert "details" not in everything
