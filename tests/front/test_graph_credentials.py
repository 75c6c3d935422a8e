"""Whose credential goes to Microsoft Graph, from the caller's header to the request line."""

import asyncio
import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox.certificate import Certificate
from gateway.sandbox.faults import HELD, Fault
from gateway.sandbox.http import Request, Response
from gateway.sandbox.msgraph.auth import APP_ID, TENANT
from gateway.sandbox.msgraph.jwt import unsigned
from gateway.sandbox.msgraph.oauth import SECRET
from gateway.sandbox.seed import ALICE, BOB, OUTAGES, user_id
from gateway.sandbox.server import utc_now
from tests.command_line import run_beside

from .conftest import NOW

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
TOKEN = "POST /{tenant}/oauth2/v2.0/token"
MAILBOX = f"msgraph:users/{OUTAGES}/calendar"
CALENDAR = "query($id: ID!) { calendar(id: $id) { id name } }"
SOURCES = (
    "{ calendarSources { name health { isHealthy problem { code upstreamCode message hint claims } } } }"
)
ADD = """
mutation($input: AddEventsInput!) {
  addEvents(input: $input) {
    results { status stored problem { code upstreamCode message hint path retryable } }
    requests { method path }
  }
}
"""
EVENT = {
    "title": "Upgrade",
    "start": {"instant": "2026-11-25T22:00:00Z"},
    "end": {"after": "PT2H"},
}
GRAPH = """
[sources.msgraph]
kind = "msgraph"
url = "{graph}"
token_url = "{graph}"
mode = "write"
"""
APPLICATION = f"""{GRAPH}
tenant = "{TENANT}"
client_id = "{APP_ID}"
client_secret = "{SECRET}"
calendars = ["*"]
mailboxes = ["{OUTAGES}"]
"""
ON_BEHALF_OF = APPLICATION.replace("calendars =", 'credential = "on-behalf-of"\ncalendars =')


def tokens_got(gateway: Any) -> list[dict[str, str]]:
    """The forms that reached the token endpoint."""
    exchanges = gateway.sandbox.msgraph.exchanges
    return [it.request.body.decode() for it in exchanges if it.route == TOKEN]


def to_graph(gateway: Any) -> list[Request]:
    """What reached Graph itself."""
    return [it.request for it in gateway.sandbox.msgraph.exchanges if it.route != TOKEN]


async def refused(gateway: Any, calendar: str = MAILBOX, **headers: str) -> dict[str, Any]:
    """The extensions of the one error of asking for a calendar."""
    (error,) = (await gateway.answer(CALENDAR, {"id": calendar}, **headers))["errors"]
    return {**error["extensions"], "message": error["message"]}


async def add(gateway: Any, *calendars: str, **options: Any) -> Any:
    given = {"calendars": list(calendars), "events": [EVENT], **options}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]


# The caller's own


async def test_a_source_takes_the_callers_token_from_the_header_that_it_names(front: Any) -> None:
    gateway = await front(f'{GRAPH}credential_header = "X-Graph-Authorization"\n')
    alice = gateway.sandbox.credentials.msgraph_alice
    headers = {"authorization": "Bearer for-somebody-else", "x-graph-authorization": alice}
    data = await gateway.ask(CALENDAR, {"id": "msgraph:me/calendar"}, **headers)
    assert data["calendar"]["id"].startswith(f"msgraph:users/{user_id(ALICE)}")
    assert {request.headers["authorization"] for request in to_graph(gateway)} == {alice}


async def test_each_source_gets_what_is_in_its_own_header_and_no_other(front: Any) -> None:
    gateway = await front(
        f"""{GRAPH}
[sources.elasticsearch]
kind = "elasticsearch"
url = "{{es}}"
credential = "caller"
credential_header = "x-elasticsearch-authorization"
"""
    )
    alice, manage = (
        gateway.sandbox.credentials.msgraph_alice,
        gateway.sandbox.credentials.elasticsearch_manage,
    )
    headers = {"authorization": alice, "x-elasticsearch-authorization": manage}
    data = await gateway.ask("{ calendars { isComplete } }", **headers)
    assert data["calendars"]["isComplete"]
    assert {it.headers["authorization"] for it in gateway.seen("elasticsearch", "GET")} == {manage}
    assert {it.headers["authorization"] for it in to_graph(gateway)} == {alice}


@pytest.mark.parametrize(
    "value", ["Basic YTpi", "ApiKey abc", "eyJ0.a.b", "Bearer", "Bearer a b", "Bearer ä"]
)
async def test_what_is_no_bearer_token_is_refused_with_a_hint_and_not_sent(front: Any, value: str) -> None:
    gateway = await front(f'{GRAPH}credential_header = "x-graph-authorization"\n')
    found = await refused(gateway, **{"x-graph-authorization": value.encode()})
    assert found["code"] == "UNAUTHENTICATED"
    assert found["message"] == "The credential for the source msgraph is no bearer token."
    assert "`X-Graph-Authorization: Bearer …` with a Microsoft Graph token" in found["hint"]
    assert not gateway.sandbox.msgraph.exchanges


# The application's own


async def test_an_application_gets_one_token_for_all_that_is_asked_at_once(front: Any) -> None:
    gateway = await front(APPLICATION)
    data = await asyncio.gather(*(gateway.ask(CALENDAR, {"id": MAILBOX}) for _ in range(8)))
    assert {it["calendar"]["id"] for it in data} == {MAILBOX}
    assert len(tokens_got(gateway)) == 1
    assert len({it.headers["authorization"] for it in to_graph(gateway)}) == 1


async def test_a_callers_token_does_not_go_to_a_source_with_a_credential_of_its_own(front: Any) -> None:
    gateway = await front(APPLICATION)
    alice = gateway.sandbox.credentials.msgraph_alice
    await gateway.ask(CALENDAR, {"id": MAILBOX}, authorization=alice)
    assert alice not in {it.headers["authorization"] for it in to_graph(gateway)}


async def test_an_application_announces_and_lists_what_it_was_given(front: Any) -> None:
    gateway = await front(APPLICATION)
    report = await add(gateway, MAILBOX)
    assert [(row["status"], row["stored"]) for row in report["results"]] == [("CREATED", True)]
    assert [it["path"].split("?")[0] for it in report["requests"]] == [
        f"/v1.0/users/{OUTAGES.replace('@', '%40')}/calendar/events"
    ], "no request for a token is shown, for there is a secret in it"
    (source,) = (await gateway.ask(SOURCES))["calendarSources"]
    assert source["health"]["isHealthy"]


async def proved_by(certificate: Any, front: Any, folder: Path) -> Any:
    """A gateway whose application has that certificate."""
    file = folder / "graph.pem"
    file.write_text(certificate.pem)
    by_certificate = f"certificate = {{ file = {str(file)!r} }}"
    gateway = await front(APPLICATION.replace(f'client_secret = "{SECRET}"', by_certificate))
    known = gateway.sandbox.msgraph.emulator.tokens.certificates
    known.append(Certificate.parse(certificate.certificate))
    return gateway


@pytest.mark.parametrize("clock", [utc_now])
async def test_a_certificate_stands_for_the_secret(
    front: Any, client_certificate: Any, tmp_path: Path
) -> None:
    gateway = await proved_by(client_certificate, front, tmp_path)
    assert (await gateway.ask(CALENDAR, {"id": MAILBOX}))["calendar"]["id"] == MAILBOX


@pytest.mark.parametrize("clock", [lambda: utc_now() + timedelta(minutes=11)])
async def test_a_clock_that_is_wrong_is_named_where_a_certificate_is_refused_for_it(
    front: Any, client_certificate: Any, tmp_path: Path
) -> None:
    found = await refused(await proved_by(client_certificate, front, tmp_path))
    assert (found["code"], found["upstreamCode"]) == ("UNAUTHENTICATED", "AADSTS700024")
    assert found["hint"].startswith("Check the clock of this machine")


@pytest.mark.parametrize(
    ("calendar", "reason", "way_out"),
    [
        ("me/calendar", "An application has no `me`", "Write users/<id or principal name>"),
        (f"groups/{user_id('sre@contoso.com')}/calendar", "closed to applications", "Use a shared mailbox"),
    ],
)
async def test_what_an_application_cannot_reach_is_refused_before_anything_is_sent(
    front: Any, calendar: str, reason: str, way_out: str
) -> None:
    gateway = await front(APPLICATION)
    found = await refused(gateway, f"msgraph:{calendar}")
    real, dry = [await add(gateway, f"msgraph:{calendar}", dryRun=dry) for dry in (False, True)]
    problems = [found, real["results"][0]["problem"], dry["results"][0]["problem"]]
    assert {it["code"] for it in problems} == {"FORBIDDEN"}
    assert all(reason in it["message"] and way_out in it["hint"] for it in problems)
    assert not gateway.sandbox.msgraph.exchanges


async def test_a_callers_token_that_is_an_applications_is_known_by_its_claims(front: Any) -> None:
    gateway = await front(GRAPH)
    found = await refused(
        gateway, "msgraph:me/calendar", authorization=f"Bearer {unsigned(idtyp='app', oid=user_id(BOB))}"
    )
    assert found["code"] == "FORBIDDEN"
    assert not gateway.sandbox.msgraph.exchanges


async def test_an_application_without_mailboxes_is_told_to_name_some(front: Any) -> None:
    gateway = await front(APPLICATION.replace("mailboxes", "#mailboxes"))
    (source,) = (await gateway.ask(SOURCES))["calendarSources"]
    assert source["health"]["problem"]["code"] == "FORBIDDEN"
    assert "name in `mailboxes` what is to be listed" in source["health"]["problem"]["hint"]


async def test_a_wrong_secret_costs_the_row_its_write_and_says_why(front: Any) -> None:
    gateway = await front(APPLICATION.replace(SECRET, "tOpSeCrEt"))
    response = await gateway.client.post("/graphql", json={"query": ADD, "variables": {"input": {
        "calendars": [MAILBOX], "events": [EVENT]}}})  # fmt: skip
    assert "tOpSeCrEt" not in response.text
    (row,) = response.json()["data"]["addEvents"]["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "UNAUTHENTICATED")
    assert row["problem"]["upstreamCode"] == "AADSTS7000215"
    assert "client_secret" in row["problem"]["hint"]
    assert not to_graph(gateway)


async def test_a_write_without_a_token_is_no_write_that_may_have_happened(front: Any) -> None:
    gateway = await front(f"{APPLICATION}upstream_timeout_seconds = 0.3\n")
    gateway.sandbox.msgraph.faults.add(TOKEN, Fault(delay=HELD))
    (row,) = (await add(gateway, MAILBOX))["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "UNREACHABLE")
    assert row["problem"]["retryable"]
    assert not to_graph(gateway)


async def test_a_token_that_graph_refuses_is_replaced_for_the_next_call(front: Any) -> None:
    gateway = await front(APPLICATION)
    await gateway.ask(CALENDAR, {"id": MAILBOX})
    gateway.sandbox.msgraph.emulator.tokens._known.clear()
    assert (await refused(gateway))["code"] == "UNAUTHENTICATED"
    await gateway.ask(CALENDAR, {"id": MAILBOX})
    assert len(tokens_got(gateway)) == 2


# On behalf of the caller


def incoming(gateway: Any, upn: str, **claims: Any) -> str:
    """A user's token for the gateway."""
    if not claims:
        return f"Bearer {gateway.sandbox.msgraph.emulator.tokens.incoming(upn)}"
    return f"Bearer {unsigned(aud=APP_ID, oid=user_id(upn), tid=TENANT, upn=upn, **claims)}"


async def test_a_callers_token_for_the_gateway_becomes_one_for_graph(front: Any) -> None:
    gateway = await front(ON_BEHALF_OF)
    for upn in (ALICE, BOB, ALICE):
        data = await gateway.ask(
            CALENDAR, {"id": "msgraph:me/calendar"}, authorization=incoming(gateway, upn)
        )
        assert data["calendar"]["id"].startswith(f"msgraph:users/{user_id(upn)}")
    assert len(tokens_got(gateway)) == 2, "one for each caller"
    sent = {it.headers["authorization"] for it in to_graph(gateway)}
    assert len(sent) == 2
    assert not sent & {incoming(gateway, ALICE), incoming(gateway, BOB)}


async def test_a_member_writes_to_the_calendar_of_a_group_on_behalf_of_whom_an_application_could_not(
    front: Any,
) -> None:
    gateway = await front(ON_BEHALF_OF)
    group = f"msgraph:groups/{user_id('sre@contoso.com')}/calendar"
    given = {"calendars": [group], "events": [EVENT]}
    data = await gateway.ask(ADD, {"input": given}, authorization=incoming(gateway, ALICE))
    (row,) = data["addEvents"]["results"]
    assert row["status"] == "CREATED", row


async def test_a_token_for_graph_is_not_exchanged(front: Any) -> None:
    gateway = await front(ON_BEHALF_OF)
    found = await refused(gateway, authorization=gateway.sandbox.credentials.msgraph_alice)
    assert (found["code"], found["upstreamCode"]) == ("UNAUTHENTICATED", "AADSTS50013")
    assert "issued for the gateway's own application" in found["hint"]
    assert not to_graph(gateway)


async def test_without_a_token_the_caller_is_told_for_which_application_to_get_one(front: Any) -> None:
    gateway = await front(ON_BEHALF_OF)
    assert f"a token for the application {APP_ID}" in (await refused(gateway))["hint"]
    assert not gateway.sandbox.msgraph.exchanges


async def test_an_expired_token_opens_nothing_although_its_exchange_is_still_good(front: Any) -> None:
    gateway = await front(ON_BEHALF_OF)
    expired = incoming(gateway, ALICE, exp=int((NOW - timedelta(days=3650)).timestamp()))
    found = await refused(gateway, authorization=expired)
    assert found["code"] == "UNAUTHENTICATED"
    assert "has expired" in found["message"]
    assert not gateway.sandbox.msgraph.exchanges


async def test_the_audit_line_names_the_caller_and_not_the_token_that_graph_saw(front: Any) -> None:
    gateway = await front(ON_BEHALF_OF)
    for upn in (ALICE, BOB):
        given = {"calendars": ["msgraph:me/calendar"], "events": [EVENT]}
        await gateway.ask(ADD, {"input": given}, authorization=incoming(gateway, upn))
    callers = [line["caller"] for line in gateway.audit]
    assert len(set(callers)) == 2
    assert all(caller.startswith("sha256:") for caller in callers)


# Claims challenges


@pytest.fixture
def challenged(front: Any) -> Any:
    """Makes a front whose Graph answers 401 with a header."""

    async def make(header: str) -> Any:
        gateway = await front(GRAPH)
        emulator = gateway.sandbox.msgraph.emulator
        refusal = {
            "error": {"code": "InvalidAuthenticationToken", "message": "Continuous access evaluation."}
        }
        gateway.sandbox.msgraph.emulator = Challenging(emulator, header, json.dumps(refusal).encode())
        return gateway

    return make


class Challenging:
    """An emulator that wants more of every token."""

    def __init__(self, emulator: Any, header: str, body: bytes) -> None:
        self.name = emulator.name
        self.route = emulator.route
        self.error = emulator.error
        self._response = Response(
            status=401,
            headers={"Content-Type": "application/json", "WWW-Authenticate": header},
            body=body,
        )

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        return self._response


CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1702682181"}}}'


@pytest.mark.parametrize(
    "written",
    [
        base64.b64encode(CLAIMS.encode()).decode(),
        base64.urlsafe_b64encode(CLAIMS.encode()).decode().rstrip("="),
        CLAIMS.replace('"', '\\"'),
    ],
)
async def test_a_claims_challenge_reaches_the_caller(challenged: Any, written: str) -> None:
    gateway = await challenged(f'Bearer realm="", error="insufficient_claims", claims="{written}"')
    alice = gateway.sandbox.credentials.msgraph_alice
    found = await refused(gateway, authorization=alice)
    assert (found["code"], found["claims"]) == ("UNAUTHENTICATED", CLAIMS)
    assert "`claims` of this problem" in found["hint"]
    (source,) = (await gateway.ask(SOURCES, authorization=alice))["calendarSources"]
    assert source["health"]["problem"]["claims"] == CLAIMS


async def test_a_refusal_without_a_challenge_has_no_claims(challenged: Any) -> None:
    gateway = await challenged('Bearer realm="", error="invalid_token"')
    found = await refused(gateway, authorization=gateway.sandbox.credentials.msgraph_alice)
    assert found["code"] == "UNAUTHENTICATED"
    assert "claims" not in found


# The doctor


async def test_the_doctor_shows_a_callers_token_to_the_sources_of_its_header_only(
    sandbox: Any, tmp_path: Any
) -> None:
    configuration, credential = tmp_path / "gateway.toml", tmp_path / "token"
    configuration.write_text(
        f"""{GRAPH.replace("{graph}", sandbox.msgraph.url)}
[sources.elasticsearch]
kind = "elasticsearch"
url = "{sandbox.elasticsearch.url}"
credential = "caller"
credential_header = "x-elasticsearch-authorization"
"""
    )
    credential.write_text(sandbox.credentials.msgraph_alice)
    done = await run_beside("doctor", "--config", configuration, "--credential", credential)
    assert "UNAUTHENTICATED" in done.text
    assert {it.request.headers["authorization"] for it in sandbox.msgraph.exchanges} == {
        sandbox.credentials.msgraph_alice
    }
    assert not sandbox.elasticsearch.exchanges


async def test_the_doctor_shows_the_calendars_of_the_mailboxes_beside_one_that_is_not_there(
    sandbox: Any, tmp_path: Any
) -> None:
    configuration = tmp_path / "gateway.toml"
    configuration.write_text(f"""
[sources.tenant]
kind = "msgraph"
url = "{sandbox.msgraph.url}"
access_token = "{sandbox.credentials.msgraph_app.partition(" ")[2]}"
calendars = ["*"]
mailboxes = ["nobody@contoso.com", "outages@contoso.com"]
""")
    done = await run_beside("doctor", "--config", configuration)
    first, second, *_ = done.text.splitlines()
    assert first.startswith("PART  tenant (msgraph, read): version v1.0, ")
    assert second.startswith(
        "      NOT_FOUND: The calendars of tenant:users/nobody@contoso.com are not listed: "
    )
    assert done.code == 1
