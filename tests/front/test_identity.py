"""Who calls, what he may do, and where what he shows goes: nowhere."""

import json
import logging
import re
import time
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.http.identity.api_keys import hashed
from gateway.http.logging import configure
from gateway.sandbox import Sandbox
from gateway.sandbox.faults import Fault
from gateway.sandbox.msgraph.auth import APP_ID, TENANT
from gateway.sandbox.msgraph.oauth import SECRET
from gateway.sandbox.seed import OUTAGES
from tests.command_line import run, run_beside
from tests.http.openid_provider import Provider, Served

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
READER, WRITER, MUTER, VIEWER = "cgw_reads-kX2", "cgw_writes-qT7", "cgw_mutes-bW4", "cgw_views-zL9"
READERS = f'[api_keys.reader]\nsha256 = "{hashed(READER)}"\n'
KEYS = READERS + "".join(
    f'[api_keys.{name}]\nsha256 = "{hashed(key)}"\nscopes = {json.dumps(scopes)}\n'
    for name, key, scopes in (
        ("writer", WRITER, ["write"]),
        ("muter", MUTER, ["write:elasticsearch"]),
        ("viewer", VIEWER, ["read:msgraph"]),
    )
)
WITH_KEYS = CONFIGURATION + KEYS
BOTH = "payments-maintenance"
ADD = """
mutation($input: AddEventsInput!) {
  addEvents(input: $input) {
    status
    results { status problem { code message hint path } warnings { code } }
  }
}
"""
UPGRADE = {
    "title": "Upgrade",
    "start": {"instant": "2026-11-25T22:00:00Z"},
    "end": {"after": "PT2H"},
}
WEEK = 'window: { start: "2026-11-16T00:00:00Z", end: "2026-11-23T00:00:00Z" }'


def bearer(credential: str) -> dict[str, str]:
    return {"authorization": f"Bearer {credential}"}


async def add(front: Any, credential: str, **more: Any) -> dict[str, Any]:
    given = {"calendars": [BOTH], "events": [UPGRADE], **more}
    return (await front.ask(ADD, {"input": given}, **bearer(credential)))["addEvents"]


async def status_of(front: Any, **headers: str) -> int:
    answer = await front.client.post("/graphql", json={"query": "{__typename}"}, headers=headers)
    return answer.status_code


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer cgw_wrong"},
        {"authorization": f"Basic {READER}"},
        {"authorization": f"Bearer {READER} {READER}"},
        {"authorization": f"Bearer {hashed(READER)}"},
        {"x-gateway-authorization": f"Bearer {READER}"},
    ],
)
async def test_nobody_is_served_whom_nobody_knows(front: Any, headers: dict[str, str]) -> None:
    gateway = await front(WITH_KEYS)
    answer = await gateway.client.post("/graphql", json={"query": "{__typename}"}, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "cgw_" not in answer.text
    assert "data" not in answer.json()


@pytest.mark.parametrize("written", [f"Bearer {READER}", f"bearer  {READER}", f"ApiKey {READER}", READER])
async def test_a_key_is_recognized_however_it_is_introduced(front: Any, written: str) -> None:
    assert await status_of(await front(WITH_KEYS), authorization=written) == 200


async def test_the_body_of_a_stranger_is_not_even_read(front: Any) -> None:
    gateway = await front(WITH_KEYS)
    answer = await gateway.client.post("/graphql", content=b"{", headers={"content-type": "text/plain"})
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes_need_no_credential(front: Any, path: str) -> None:
    assert (await (await front(WITH_KEYS)).client.get(path)).status_code == 200


async def test_who_may_read_reads_and_plans_and_writes_nothing(front: Any) -> None:
    gateway = await front(WITH_KEYS)
    page = await gateway.ask(
        f'{{ calendarEvents(calendars: ["{BOTH}"], {WEEK}) {{ isComplete }} }}', **bearer(READER)
    )
    assert page["calendarEvents"]["isComplete"]
    planned = await add(gateway, READER, dryRun=True)
    assert planned["status"] == "PLANNED"
    assert {row["warnings"][-1]["code"] for row in planned["results"]} == {"MISSING_SCOPE"}
    refused = await add(gateway, READER)
    assert [row["problem"]["code"] for row in refused["results"]] == ["MISSING_SCOPE"] * 2
    assert gateway.seen("elasticsearch") == gateway.seen("msgraph") == []
    assert gateway.audit == []


async def test_who_may_write_writes_and_is_named_in_the_audit_log(front: Any) -> None:
    gateway = await front(WITH_KEYS)
    assert (await add(gateway, WRITER))["status"] == "SUCCEEDED"
    assert [line["caller"] for line in gateway.audit] == ["key:writer"] * 2


async def test_a_scope_of_one_source_is_worth_nothing_in_another(front: Any) -> None:
    gateway = await front(WITH_KEYS)
    rows = (await add(gateway, MUTER))["results"]
    assert sorted((row["status"], (row["problem"] or {}).get("code")) for row in rows) == [
        ("CREATED", None),
        ("FAILED", "MISSING_SCOPE"),
    ]
    assert gateway.seen("msgraph") == gateway.seen("msgraph", "GET") == []


async def test_a_source_that_the_caller_may_not_read_is_missing_and_said_to_be(front: Any) -> None:
    gateway = await front(WITH_KEYS)
    data = await gateway.ask(
        f"""{{
          calendarEvents(calendars: ["{BOTH}"], {WEEK}) {{
            isComplete sources {{ source {{ name }} status problem {{ code hint }} }}
          }}
          calendars {{ isComplete nodes {{ id }} sources {{ source {{ name }} problem {{ code }} }} }}
        }}""",
        **bearer(MUTER),
    )
    page = data["calendarEvents"]
    assert not page["isComplete"]
    problems = {row["source"]["name"]: row["problem"] for row in page["sources"]}
    assert problems["elasticsearch"] is None
    assert problems["msgraph"]["code"] == "MISSING_SCOPE"
    assert "read:msgraph" in problems["msgraph"]["hint"]
    assert not data["calendars"]["isComplete"]
    assert {calendar["id"].partition(":")[0] for calendar in data["calendars"]["nodes"]} == {"elasticsearch"}


@pytest.mark.parametrize("key", [MUTER, VIEWER])
async def test_what_is_covered_cannot_be_told_by_who_sees_one_side_only(front: Any, key: str) -> None:
    gateway = await front(WITH_KEYS)
    query = f"""{{
      coverage(announced: ["{BOTH}"], suppressed: ["{BOTH}"], {WEEK}) {{
        isComplete sources {{ problem {{ code }} }}
      }}
    }}"""
    report = (await gateway.ask(query, **bearer(key)))["coverage"]
    assert not report["isComplete"]
    assert "MISSING_SCOPE" in {(row["problem"] or {}).get("code") for row in report["sources"]}


@pytest.mark.parametrize(
    "query",
    [
        f'{{ calendar(id: "msgraph:users/{OUTAGES}/calendar") {{ id }} }}',
        f'{{ calendarEvent(id: "msgraph:users/{OUTAGES}/events/x") {{ id }} }}',
        f'{{ node(id: "msgraph:users/{OUTAGES}/events/x") {{ id }} }}',
        (
            f'{{ _entities(representations: [{{__typename: "Calendar", id: "msgraph:users/{OUTAGES}"}}])'
            " { __typename } }"
        ),
        "{ calendarSources { name health { isHealthy } } }",
    ],
)
async def test_no_way_leads_to_a_source_without_its_scope(front: Any, query: str) -> None:
    gateway = await front(WITH_KEYS)
    answer = await gateway.answer(query, **bearer(MUTER))
    assert "MISSING_SCOPE" in {error["extensions"]["code"] for error in answer["errors"]}
    assert gateway.seen("msgraph", "GET") == []


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("updateEvents", {"changes": [{"target": {"id": "{event}"}, "set": {"title": "New"}}]}),
        ("removeEvents", {"removals": [{"target": {"id": "{event}"}}]}),
        ("createCalendar", {"id": "elasticsearch:planned-new"}),
        ("deleteCalendar", {"calendar": "elasticsearch:planned-outages", "expectedEventCount": 0}),
        ("setCalendarJobs", {"calendar": "elasticsearch:planned-outages", "jobs": []}),
    ],
)
async def test_no_way_leads_to_a_write_without_its_scope(
    front: Any, operation: str, given: dict[str, Any]
) -> None:
    gateway = await front(WITH_KEYS)
    page = await gateway.ask(
        f'{{ calendarEvents(calendars: ["elasticsearch:planned-outages"], {WEEK}) {{ nodes {{ id }} }} }}',
        **bearer(READER),
    )
    event = page["calendarEvents"]["nodes"][0]["id"]
    given = json.loads(json.dumps(given).replace("{event}", event))
    kind = operation[0].upper() + operation[1:] + "Input"
    rows = "results { problem { code } }" if operation.endswith("Events") else "problem { code }"
    query = f"mutation($input: {kind}!) {{ {operation}(input: $input) {{ {rows} }} }}"
    report = (await gateway.ask(query, {"input": given}, **bearer(READER)))[operation]
    problems = [row["problem"] for row in report.get("results", [report])]
    assert [problem["code"] for problem in problems] == ["MISSING_SCOPE"]
    written = {"POST", "PUT", "DELETE"}
    assert [method for method in written if gateway.seen("elasticsearch", method)] == []


ML = "elasticsearch:planned-outages"
BY_KEY = {"target": {"key": {"key": "CHG-1", "calendars": [ML]}}}
NEXT_WEEK = {"start": "2026-11-23T00:00:00Z", "end": "2026-11-30T00:00:00Z"}


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("addEvents", {"calendars": [ML], "events": [{**UPGRADE, "key": "CHG-1"}], "onExisting": "UPDATE"}),
        ("updateEvents", {"changes": [{**BY_KEY, "set": {"title": "New"}}]}),
        ("removeEvents", {"removals": [BY_KEY]}),
        (
            "reconcile",
            {
                "announced": [f"msgraph:users/{OUTAGES}/calendar"],
                "suppressed": [ML],
                "window": NEXT_WEEK,
                "dryRun": False,
            },
        ),
    ],
)
async def test_a_key_is_no_way_around_a_scope(front: Any, operation: str, given: dict[str, Any]) -> None:
    gateway = await front(WITH_KEYS)
    await add(gateway, WRITER, calendars=[ML], events=[{**UPGRADE, "key": "CHG-1"}])
    before = {method: len(gateway.seen("elasticsearch", method)) for method in ("POST", "PUT", "DELETE")}
    kind = operation[0].upper() + operation[1:] + "Input"
    query = (
        f"mutation($input: {kind}!) {{ {operation}(input: $input) {{ results {{ problem {{ code }} }} }} }}"
    )
    report = (await gateway.ask(query, {"input": given}, **bearer(READER)))[operation]
    assert [row["problem"]["code"] for row in report["results"]] == ["MISSING_SCOPE"]
    assert before == {method: len(gateway.seen("elasticsearch", method)) for method in before}


# Where credentials go


CALLERS_TOKEN = f"""
[sources.msgraph]
kind = "msgraph"
url = "{{graph}}"
credential_header = "x-graph-authorization"
{READERS}"""


async def test_what_the_caller_shows_the_gateway_reaches_no_upstream(front: Any) -> None:
    gateway = await front(CALLERS_TOKEN)
    graph = gateway.sandbox.credentials.msgraph_alice
    query = '{ calendar(id: "msgraph:me/calendar") { id } }'
    data = await gateway.ask(query, **bearer(READER), **{"x-graph-authorization": graph})
    assert data["calendar"]["id"]
    without = await gateway.answer(query, **bearer(READER))
    assert without["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    sent = gateway.seen("msgraph", "GET")
    assert {request.headers["authorization"] for request in sent} == {graph}
    assert READER not in repr(sent)


async def test_no_credential_is_in_a_log_or_an_answer(front: Any, capfd: Any) -> None:
    before = logging.getLogger().handlers
    configure("json", "debug")
    try:
        gateway = await front(CALLERS_TOKEN)
        graph = gateway.sandbox.credentials.msgraph_alice
        headers = {"x-graph-authorization": graph}
        gateway.sandbox.msgraph.faults.add("GET *", Fault(status=500))
        answers = [
            await gateway.client.post("/graphql", json={"query": query}, headers={**headers, **who})
            for query in ('{ calendar(id: "msgraph:me/calendar") { id } }', "{", "{nope}")
            for who in (bearer(READER), bearer(f"{READER}x"), {"authorization": f"Basic {READER}"})
        ]
    finally:
        logging.getLogger().handlers = before
    said = capfd.readouterr().err + "".join(answer.text + repr(answer.headers) for answer in answers)
    said += repr(gateway.audit)
    assert '"caller": "key:reader"' in said
    assert "upstream.failed" in said
    for secret in (READER, hashed(READER), graph.partition(" ")[2]):
        assert secret not in said


# Tokens


@pytest.fixture
async def provider() -> AsyncIterator[Served]:
    async with Served(Provider()) as served:
        yield served


def with_tokens(served: Served, *, audience: str = "calendar-gateway") -> str:
    return f'[oidc]\nissuer = "{served.url}"\naudience = ["{audience}"]\n'


async def test_a_token_of_the_issuer_opens_what_its_scopes_say(front: Any, provider: Served) -> None:
    gateway = await front(WITH_KEYS + with_tokens(provider))
    issued = _now_token(provider, scope="openid write")
    assert (await add(gateway, issued))["status"] == "SUCCEEDED"
    assert {line["caller"] for line in gateway.audit} == {"oidc:mia"}
    assert (await add(gateway, WRITER))["status"] != "FAILED"
    none = await add(gateway, _now_token(provider), dryRun=True)
    assert {row["problem"]["code"] for row in none["results"]} == {"MISSING_SCOPE"}


async def test_a_token_that_has_expired_is_401_and_an_issuer_that_is_down_503(
    front: Any, provider: Served
) -> None:
    gateway = await front(WITH_KEYS + with_tokens(provider))
    provider.emulator.down = True
    down = await gateway.client.post("/graphql", json={"query": "{a}"}, headers=bearer(_now_token(provider)))
    assert (down.status_code, down.headers["retry-after"]) == (503, "10")
    assert down.json()["errors"][0]["extensions"] == {
        "code": "UNAVAILABLE",
        "retryable": True,
        "retryAfter": "PT10S",
    }
    fresh = await front(CONFIGURATION + with_tokens(provider))
    provider.emulator.down = False
    expired = provider.emulator.token(exp=1)
    answer = await fresh.client.post("/graphql", json={"query": "{a}"}, headers=bearer(expired))
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (401, "The token has expired.")


async def test_only_a_token_is_exchanged_on_behalf_of_its_bearer_and_never_a_key(
    front: Any, provider: Served
) -> None:
    source = f"""
        [sources.msgraph]
        kind = "msgraph"
        url = "{{graph}}"
        token_url = "{{graph}}"
        tenant = "{TENANT}"
        client_id = "{APP_ID}"
        client_secret = "{SECRET}"
        credential = "on-behalf-of"
    """
    gateway = await front(source + READERS + with_tokens(provider, audience=APP_ID))
    query = '{ calendar(id: "msgraph:me/calendar") { id } }'
    by_key = await gateway.answer(query, **bearer(READER))
    assert by_key["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert gateway.seen("msgraph") == []
    token = _now_token(provider, aud=APP_ID, scope="read")
    await gateway.answer(query, **bearer(token))
    (exchange,) = gateway.seen("msgraph")
    assert token.encode() in exchange.body


def _now_token(served: Served, **claims: Any) -> str:
    return served.emulator.token(now=time.time(), **claims)


# The commands


async def test_the_doctor_brings_a_caller_s_token_where_the_source_takes_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    configuration, token = tmp_path / "gateway.toml", tmp_path / "token"
    configuration.write_text(CALLERS_TOKEN.replace("{graph}", sandbox.msgraph.url))
    token.write_text(sandbox.credentials.msgraph_alice)
    done = await run_beside("doctor", "--config", configuration, "--credential", token)
    assert (done.code, done.text.split()[:2]) == (0, ["ok", "msgraph"])


def test_a_key_that_is_made_opens_what_its_lines_say() -> None:
    made = run("key", "pipeline", "--scope", "write:elasticsearch").text
    (key,) = re.findall(r"cgw_[\w-]{43}", made)
    table = tomllib.loads(made)["api_keys"]["pipeline"]
    assert table == {"sha256": hashed(key), "scopes": ["write:elasticsearch"]}


def test_a_key_with_a_scope_that_does_not_exist_is_not_made() -> None:
    refused = run("key", "pipeline", "--scope", "admin")
    assert (refused.code, refused.text) == (2, "")
    assert "read:<source>" in refused.complaint
