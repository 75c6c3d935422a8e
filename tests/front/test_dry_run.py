"""A dry run shows just the requests that a real run then sends, byte for byte."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .events_given import events

pytestmark = pytest.mark.anyio

ASSIGNED = "<assigned>"
CASES = {
    case.stem: text
    for case in sorted((Path(__file__).parent.parent / "cases" / "operations").glob("*_dry_run*.graphql"))
    if "dryRun: true" in (text := case.read_text(encoding="utf-8"))
}
"""Those that say so: `reconcile` plans of itself, and its case first writes what it is to follow."""
CALENDARS = (
    "payments-maintenance",
    "elasticsearch:holidays",
    "msgraph:users/alice.nguyen@contoso.com/calendar",
    "elasticsearch:not-there",
)
ROWS = """
  status
  results {
    status calendarId problem { code path message } warnings { code field given sent }
    effects { kind count } requestIndexes
  }
  requests { source { name } method path body status }
"""
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
BOUNDED = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def requests(report: dict[str, Any], row: dict[str, Any]) -> list[list[Any]]:
    sent = [report["requests"][index] for index in row["requestIndexes"]]
    return [[it["source"]["name"], it["method"], it["path"], it["body"]] for it in sent]


def is_shown(planned: Any, sent: Any) -> bool:
    """Whether what was sent is what was planned, values aside that only the upstream can assign."""
    text = json.dumps(planned, ensure_ascii=False)
    pattern = '[^"/]+'.join(map(re.escape, text.split(ASSIGNED)))
    return re.fullmatch(pattern, json.dumps(sent, ensure_ascii=False)) is not None


@BOUNDED
@given(
    given_events=st.lists(events(), min_size=1, max_size=3),
    calendars=st.lists(st.sampled_from(CALENDARS), unique=True, min_size=1, max_size=3),
    policy=st.fixed_dictionaries(
        {
            "onLoss": st.sampled_from(("WARN", "WARN", "REJECT")),
            "atomicity": st.sampled_from(("BEST_EFFORT", "ALL_OR_NOTHING")),
        }
    ),
)
async def test_what_is_added_is_sent_as_it_was_shown(
    front: Any, given_events: list[Any], calendars: list[str], policy: dict[str, str]
) -> None:
    gateway = await front()
    command = {"calendars": calendars, "events": given_events, **policy}
    planned = (await gateway.ask(ADD, {"input": {**command, "dryRun": True}}))["addEvents"]
    real = (await gateway.ask(ADD, {"input": command}))["addEvents"]
    for before, after in zip(planned["results"], real["results"], strict=True):
        if before["status"] == "PLANNED":
            assert after["status"] == "CREATED", after
            assert is_shown(requests(planned, before), requests(real, after))
            assert after["effects"] == before["effects"]
            assert after["warnings"][: len(before["warnings"])] == before["warnings"]
        elif before["problem"]["code"] not in {"NOT_FOUND", "NOT_ALL"}:  # of a calendar only a look tells
            assert (after["status"], after["problem"]) == (before["status"], before["problem"])


@BOUNDED
@given(
    drafts=st.lists(events(), min_size=1, max_size=3),
    keys=st.lists(st.sampled_from(("CHG-1", "CHG-2", "OPS.7")), unique=True, min_size=3, max_size=3),
    calendars=st.lists(st.sampled_from(CALENDARS[:3]), unique=True, min_size=1, max_size=3),
    on_existing=st.sampled_from(("RETURN", "UPDATE", "FAIL")),
)
async def test_what_is_written_under_keys_is_sent_as_it_was_shown(
    front: Any, drafts: list[Any], keys: list[str], calendars: list[str], on_existing: str
) -> None:
    gateway = await front()
    keyed = [{**draft, "key": key} for draft, key in zip(drafts, keys, strict=False)]
    command = {"calendars": calendars, "events": keyed, "onExisting": on_existing}
    planned = (await gateway.ask(ADD, {"input": {**command, "dryRun": True}}))["addEvents"]
    real = (await gateway.ask(ADD, {"input": command}))["addEvents"]
    for before, after in zip(planned["results"], real["results"], strict=True):
        if before["status"] == "PLANNED":
            assert after["status"] in {"CREATED", "UPDATED"}, after
            assert is_shown(requests(planned, before), requests(real, after))
        else:
            assert (after["status"], after["problem"]) == (before["status"], before["problem"])


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
async def test_what_the_cases_show_is_what_is_sent(front: Any, text: str) -> None:
    gateway = await front()
    (planned,) = (await gateway.ask(text)).values()
    (real,) = (await gateway.ask(text.replace("dryRun: true", "dryRun: false"))).values()
    assert planned["requests"]
    shown, sent = ([{**it, "status": None} for it in each["requests"]] for each in (planned, real))
    for before, after in zip(sorted(shown, key=str), sorted(sent, key=str), strict=True):
        assert is_shown(before, after)
