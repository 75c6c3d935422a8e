"""The token endpoint: what it is sent, and what its answers mean."""

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.adapters.msgraph.certificate import Certificate
from gateway.adapters.msgraph.oauth import Client, ClientSecret, TokenEndpoint
from gateway.adapters.transport import Transport
from gateway.errors import Code, InvalidInput, UpstreamError
from gateway.sandbox.certificate import Certificate as Known
from gateway.sandbox.faults import HELD, Cut, Fault, Garble
from gateway.sandbox.http import Response
from gateway.sandbox.msgraph import MSGraphEmulator
from gateway.sandbox.msgraph.auth import APP_ID, TENANT
from gateway.sandbox.msgraph.oauth import SECRET
from gateway.sandbox.seed import BOB, user_id, world
from gateway.sandbox.server import EmulatorServer

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 18, 15, 30, 12, tzinfo=UTC)
SCOPE = "https://graph.microsoft.com/.default"
TOKEN = "POST /{tenant}/oauth2/v2.0/token"


class Scripted:
    """An upstream that always gives one answer."""

    name = "scripted"

    def __init__(self, status: int, body: object, **headers: str) -> None:
        encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = {
            "content-type": "application/json",
            **{name.replace("_", "-"): headers[name] for name in headers},
        }
        self._response = Response(status=status, headers=kind, body=encoded)

    def route(self, request):
        return request.path

    def answer(self, request, *, lose=frozenset()):
        return self._response

    def error(self, status, retry_after=None):
        return Response(status=status)


@pytest.fixture
async def server(anyio_backend):
    async with EmulatorServer(MSGraphEmulator(world(NOW).msgraph, now=lambda: NOW)) as server:
        yield server


@pytest.fixture
async def endpoint():
    """Makes token endpoints, and closes them."""
    made = []

    def make(url, *, tenant=TENANT, client_id=APP_ID, proof=None, scope=SCOPE, timeout=20.0):
        transport = Transport(url, source="the token endpoint of graph", timeout=timedelta(seconds=timeout))
        client = Client(tenant=tenant, client_id=client_id, proof=proof or ClientSecret(SECRET))
        made.append(TokenEndpoint("graph", transport=transport, client=client, scope=scope, now=lambda: NOW))
        return made[-1]

    yield make
    for it in made:
        await it.aclose()


def forms(server):
    """The forms that were sent."""
    return [dict(parse_qsl(exchange.request.body.decode())) for exchange in server.exchanges]


async def problem(awaitable):
    with pytest.raises(UpstreamError) as caught:
        await awaitable
    return caught.value.problem


async def answered(endpoint, status, body, **headers):
    """The problem with an endpoint's answer."""
    async with EmulatorServer(Scripted(status, body, **headers)) as server:
        return await problem(endpoint(server.url, proof=ClientSecret("tOpSeCrEt")).on_behalf_of("aSsErTiOn"))


async def test_an_application_gets_its_own_token(server, endpoint):
    token = await endpoint(server.url).for_application()
    assert token.expires == NOW + timedelta(seconds=3599)
    assert server.emulator.tokens._known[token.value].user_id is None
    assert server.exchanges[0].request.target == f"/{TENANT}/oauth2/v2.0/token"
    assert forms(server) == [
        {
            "client_id": APP_ID,
            "scope": SCOPE,
            "client_secret": SECRET,
            "grant_type": "client_credentials",
        }
    ]


async def test_a_users_token_for_the_application_becomes_one_for_graph(server, endpoint):
    token = await endpoint(server.url).on_behalf_of(server.emulator.tokens.incoming(BOB))
    assert server.emulator.tokens._known[token.value].user_id == user_id(BOB)
    (form,) = forms(server)
    assert form["requested_token_use"] == "on_behalf_of"
    assert form["scope"] == SCOPE


async def test_a_certificate_signs_what_proves_who_asks(server, endpoint, client_certificate):
    server.emulator.tokens.certificates.append(Known.parse(client_certificate.certificate))
    proof = Certificate.parse(client_certificate.pem)
    maker = endpoint(server.url, proof=proof)
    assert (await maker.for_application()).value
    assert (await maker.for_application()).value
    first, second = forms(server)
    assert "client_secret" not in first
    key = RSAKey.import_key(client_certificate.private_key.public_key())
    read = jwt.decode(first["client_assertion"], key, algorithms=["PS256"])
    assert read.header == {"alg": "PS256", "typ": "JWT", "x5t#S256": client_certificate.thumbprint}
    jti = read.claims.pop("jti")
    assert read.claims == {
        "aud": f"{server.url}/{TENANT}/oauth2/v2.0/token",
        "iss": APP_ID,
        "sub": APP_ID,
        "nbf": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 300,
    }
    again = jwt.decode(second["client_assertion"], key, algorithms=["PS256"])
    assert again.claims["jti"] != jti


def test_a_certificates_thumbprint_is_that_of_its_der_form(client_certificate):
    proof = Certificate.parse(client_certificate.certificate + client_certificate.key)
    assert proof.thumbprint == client_certificate.thumbprint
    assert len(proof.thumbprint) == len(hashlib.sha256().digest()) * 4 // 3 + 1


def test_a_certificate_without_its_key_and_a_key_without_its_certificate_are_refused(client_certificate):
    for pem in (client_certificate.certificate, client_certificate.key, "", "x", "-----BEGIN -----"):
        with pytest.raises(InvalidInput, match="cannot be read"):
            Certificate.parse(pem)


@pytest.mark.parametrize(
    ("wrong", "code", "hint"),
    [
        ({"proof": ClientSecret("tOpSeCrEt")}, "AADSTS7000215", "client_secret"),
        ({"tenant": "fabrikam.com"}, "AADSTS90002", "tenant"),
        ({"client_id": "tOpSeCrEt"}, "AADSTS700016", "client_id"),
        (
            {"scope": "https://graph.microsoft.us/.default"},
            "AADSTS1002012",
            "Without a token nothing was sent",
        ),
    ],
)
async def test_a_refusal_says_which_setting_is_wrong(server, endpoint, wrong, code, hint):
    found = await problem(endpoint(server.url, **wrong).for_application())
    assert (found.code, found.upstream_code) == (Code.UNAUTHENTICATED, code)
    assert code in found.message
    assert "Trace ID" not in found.message
    assert hint in found.hint
    assert found.request_id
    assert not found.retryable


async def test_an_unknown_certificate_is_refused_with_what_to_do(server, endpoint, client_certificate):
    found = await problem(
        endpoint(server.url, proof=Certificate.parse(client_certificate.pem)).for_application()
    )
    assert found.upstream_code == "AADSTS700027"
    assert "Upload the certificate" in found.hint


async def test_a_token_for_another_audience_is_not_exchanged(server, endpoint):
    found = await problem(endpoint(server.url).on_behalf_of(server.emulator.tokens.of(BOB).value))
    assert found.upstream_code == "AADSTS50013"
    assert "issued for the gateway's own application" in found.hint


async def test_a_demand_for_more_from_the_user_is_passed_on(endpoint):
    claims = '{"access_token":{"capolids":{"essential":true,"values":["x"]}}}'
    body = {
        "error": "interaction_required",
        "error_description": "AADSTS50076: Multi-factor authentication.\r\nTrace ID: x",
        "error_codes": [50076],
        "claims": claims,
    }
    found = await answered(endpoint, 400, body)
    assert (found.code, found.upstream_code, found.claims) == (
        Code.UNAUTHENTICATED,
        "AADSTS50076",
        claims,
    )
    assert "`claims` of this problem" in found.hint
    assert found.message == "There is no token for graph: AADSTS50076: Multi-factor authentication."


@pytest.mark.parametrize("secret", ["tOpSeCrEt", "aSsErTiOn"])
async def test_a_secret_that_the_endpoint_repeats_is_not_passed_on(endpoint, secret):
    body = {"error": "invalid_client", "error_description": f"AADSTS1: {secret}", "error_codes": [1]}
    found = await answered(endpoint, 401, body)
    assert secret not in f"{found}"
    assert found.message == "There is no token for graph: invalid_client."


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (429, {"error": "too_many"}, Code.RATE_LIMITED),
        (500, b"<html>", Code.UNAVAILABLE),
        (503, {"error": "temporarily_unavailable"}, Code.UNAVAILABLE),
        (400, {"error": "temporarily_unavailable"}, Code.UNAVAILABLE),
    ],
)
async def test_trouble_of_the_endpoints_own_passes(endpoint, status, body, code):
    found = await answered(endpoint, status, body, retry_after="7")
    assert (found.code, found.retryable, found.retry_after) == (code, True, timedelta(seconds=7))
    assert "nothing was sent to Graph" in found.hint


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>"),
        (200, {"token_type": "Bearer"}),
        (200, {"access_token": "x", "expires_in": -1}),
        (200, {"access_token": "x", "expires_in": 10**30}),
        (200, b"[" * 100_000),
        (302, b""),
        (404, b"<html>"),
        (400, {"error": {"code": "BadRequest"}}),
        (400, b"\xff"),
    ],
)
async def test_what_is_no_token_endpoint_is_said_to_be_none(endpoint, status, body):
    found = await answered(endpoint, status, body)
    assert found.code is Code.UNAUTHENTICATED
    assert found.message == (
        f"What answered for the token endpoint of graph is none: {status} with application/json."
    )
    assert "token_url" in found.hint


@pytest.mark.parametrize(
    "fault",
    [
        Fault(cut=Cut.BEFORE_WRITE),
        Fault(cut=Cut.AFTER_WRITE),
        Fault(garble=Garble.TRUNCATED),
        Fault(delay=HELD),
    ],
)
async def test_without_an_answer_nothing_went_to_graph_and_the_call_can_be_repeated(server, endpoint, fault):
    server.faults.add(TOKEN, fault)
    found = await problem(endpoint(server.url, timeout=0.3).for_application())
    assert (found.code, found.retryable) == (Code.UNREACHABLE, True)
    assert "nothing was sent to Graph" in found.hint


async def test_an_endpoint_that_is_down_is_unreachable(server, endpoint):
    url = server.url
    await server.__aexit__(None, None, None)
    found = await problem(endpoint(url).for_application())
    assert found.code is Code.UNREACHABLE
    assert "token endpoint of graph" in found.message


def test_nobody_without_a_certificate_waits_for_cryptography_to_load():
    program = "import gateway.app, sys; sys.exit('cryptography' in sys.modules or 'joserfc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
