"""The explorer's page: its tabs, its policy, and what it says where it was not built."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, build_schema, parse, validate
from graphql.language import ObjectValueNode, VariableNode
from graphql.utilities import value_from_ast_untyped
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gateway.http.graphiql.page import CONTENT_SECURITY_POLICY, Explorer, embedded
from gateway.http.graphiql.tabs import Tab, tabs
from gateway.sandbox import seed
from gateway.schema.build import client_sdl

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
EVERY_TAB = [
    pytest.param(tab, id=f"{'sandbox' if sandbox else 'sources'}-{position}")
    for sandbox in (True, False)
    for position, tab in enumerate(tabs(NOW, sandbox=sandbox), start=1)
]


def operation(tab: Tab) -> OperationDefinitionNode:
    (definition,) = parse(tab.query).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def names(*, sandbox: bool) -> list[str]:
    return [node.name.value for tab in tabs(NOW, sandbox=sandbox) if (node := operation(tab)).name]


def test_the_sandbox_has_its_tabs_in_order():
    assert names(sandbox=True) == [
        "AnnounceAndMute",
        "PlannedThisWeek",
        "WhatIsNotMuted",
        "OneEventInFull",
        "OneSourceFails",
    ]


def test_real_sources_are_looked_at_before_anything_is_planned():
    assert names(sandbox=False) == [
        "WhatIsThere",
        "PlannedThisWeek",
        "WhatIsNotMuted",
        "AnnounceDryRun",
    ]


@pytest.mark.parametrize("tab", EVERY_TAB)
def test_a_tab_begins_with_what_it_is_for_in_lines_that_fit_the_editor(tab: Tab):
    comment = [line for line in tab.query.splitlines() if line.startswith("#")]
    assert tab.query.startswith(comment[0])
    assert max(map(len, comment)) <= 58


@pytest.mark.parametrize("tab", EVERY_TAB)
def test_a_tab_gives_just_the_variables_that_it_declares(tab: Tab):
    declared = {variable.variable.name.value for variable in operation(tab).variable_definitions or ()}
    assert set(json.loads(tab.variables or "{}")) == declared


@pytest.mark.parametrize("tab", EVERY_TAB)
def test_a_tab_is_valid_in_the_schema_for_clients(tab: Tab):
    assert validate(build_schema(client_sdl()), parse(tab.query)) == []


def mutations(*, sandbox: bool) -> list[Tab]:
    return [tab for tab in tabs(NOW, sandbox=sandbox) if operation(tab).operation.value == "mutation"]


def test_the_mutation_of_the_sandbox_is_a_dry_run_as_it_stands():
    (tab,) = mutations(sandbox=True)
    assert dry_run(tab, json.loads(tab.variables or "{}")) is True


def test_no_variable_makes_the_mutation_for_real_sources_write():
    (tab,) = mutations(sandbox=False)
    assert dry_run(tab, {"dryRun": False}) is True


def dry_run(tab: Tab, variables: dict[str, Any]) -> object:
    """What `dryRun` of the tab's mutation comes to."""
    (field,) = operation(tab).selection_set.selections
    assert isinstance(field, FieldNode)
    given_input = field.arguments[0].value
    assert isinstance(given_input, ObjectValueNode)
    value = next(part.value for part in given_input.fields if part.name.value == "dryRun")
    return variables[value.name.value] if isinstance(value, VariableNode) else value_from_ast_untyped(value)


YEARS = {"min_value": datetime(2020, 1, 1), "max_value": datetime(2200, 1, 1)}  # noqa: DTZ001  given a zone


@given(now=st.datetimes(**YEARS, timezones=st.just(UTC)))
def test_the_announced_outage_is_on_the_next_saturday_and_within_the_fortnight_that_is_listed(now: datetime):
    announced, listed, *_ = tabs(now, sandbox=True)
    (outage,) = days(announced)
    first, last = days(listed)
    assert (outage.isoweekday(), first.isoweekday(), last.isoweekday()) == (6, 1, 1)
    assert now.date() < outage <= now.date() + timedelta(days=7)
    assert first <= now.date() < outage < last


def days(tab: Tab) -> list[date]:
    return [date.fromisoformat(day) for day in re.findall(r"\d{4}-\d\d-\d\d", tab.query)]


def test_the_event_shown_in_full_is_in_the_seed_world():
    ids = {event.id for user in seed.world(NOW).msgraph.users for event in user.events}
    (shown,) = re.findall(
        r'calendarEvent\(id: "msgraph:users/[^/]+/events/([^"]+)"', tabs(NOW, sandbox=True)[3].query
    )
    assert shown in ids


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A bundle as the build hook leaves it, but small."""
    (tmp_path / "stamp").write_text("0123abcd")
    (tmp_path / "graphiql.js").write_text("// " + "x" * 2000)
    return tmp_path


def test_the_page_brings_its_tabs_as_data(built: Path):
    page = text(Explorer(sandbox=True, built=built))
    (samples,) = re.findall(r'<script type="application/json" id="samples">(.*?)</script>', page, re.DOTALL)
    assert json.loads(samples) == [
        {"query": tab.query, "variables": tab.variables} for tab in tabs(NOW, sandbox=True)
    ]


def text(explorer: Explorer) -> str:
    return bytes(explorer.response(NOW).body).decode()


def test_a_tab_cannot_end_the_element_that_carries_it():
    assert "<" not in embedded((Tab(query="# </script><script>alert(1)</script>"),))


def test_no_script_stands_in_the_page_itself(built: Path):
    page = text(Explorer(sandbox=True, built=built))
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert [body for attributes, body in scripts if "application/json" not in attributes] == [""]
    assert not re.search(r"\son\w+=|javascript:|https?://", page)


def test_the_policy_names_no_host_and_lets_no_inline_script_run(built: Path):
    response = Explorer(sandbox=True, built=built).response(NOW)
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    directives = dict(part.strip().split(" ", 1) for part in CONTENT_SECURITY_POLICY.split(";"))
    allowed = {word for sources in directives.values() for word in sources.split()}
    assert allowed == {"'none'", "'self'", "data:", "'unsafe-inline'"}
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"


def test_the_page_says_sandbox_only_where_it_is_one(built: Path):
    assert "<strong>Sandbox.</strong>" in text(Explorer(sandbox=True, built=built))
    assert "sandbox" not in text(Explorer(sandbox=False, built=built)).lower()


def test_the_page_is_never_cached_for_it_carries_dates(built: Path):
    assert Explorer(sandbox=True, built=built).response(NOW).headers["cache-control"] == "no-store"


def test_scripts_are_served_for_good_zipped_and_under_the_same_policy(built: Path):
    explorer = Explorer(sandbox=True, built=built)
    (path,) = re.findall(r'src="(graphql/static/[^"]+)"', text(explorer))
    with TestClient(Starlette(routes=explorer.routes())) as client:
        response = client.get(f"/{path}")
    assert response.status_code == 200
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_a_page_that_was_not_built_says_how_to_build_it(tmp_path: Path):
    explorer = Explorer(sandbox=True, built=tmp_path / "static")
    assert explorer.routes() == []
    assert "EXPLORER=require scripts/setup" in text(explorer)
    assert explorer.response(NOW).headers["content-security-policy"] == CONTENT_SECURITY_POLICY
