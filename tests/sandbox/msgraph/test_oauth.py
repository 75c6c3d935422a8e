"""The token endpoint: an application's token, a user's, and how they are refused."""

import base64
import hashlib
import json
from urllib.parse import urlencode

import msgspec
import pytest

from gateway.sandbox import seed
from gateway.sandbox.http import Request
from gateway.sandbox.msgraph import MSGraphEmulator
from gateway.sandbox.msgraph.auth import APP_ID, TENANT, jwt
from gateway.sandbox.msgraph.oauth import BEARER, ON_BEHALF_OF, SECRET, THUMBPRINT
from gateway.sandbox.world import MSGraphWorld, World

from .conftest import LUNCH, Client


def token(emulator, tenant=TENANT, **form):
    sent = {"client_id": APP_ID, "client_secret": SECRET, **form}
    body = urlencode({name: value for name, value in sent.items() if value is not None}).encode()
    answer = emulator.answer(Request(method="POST", target=f"/{tenant}/oauth2/v2.0/token", body=body))
    return answer.status, json.loads(answer.body)


CLIENT_CREDENTIALS = {
    "grant_type": "client_credentials",
    "scope": "https://graph.microsoft.com/.default",
}


def test_an_application_gets_a_token_that_works_until_it_expires(emulator, clock):
    status, body = token(emulator, **CLIENT_CREDENTIALS)
    assert (status, body["token_type"], body["expires_in"]) == (200, "Bearer", 3599)
    client = Client(emulator, f"Bearer {body['access_token']}")
    assert client.get(f"/users/{seed.BOB}/calendar").status == 200
    clock.pass_(hours=1)
    assert client.get(f"/users/{seed.BOB}/calendar").status == 401


def test_a_certificate_stands_for_the_secret(emulator):
    by_certificate = {"client_secret": None, "client_assertion_type": BEARER}
    known = assertion(THUMBPRINT, "x5t#S256")
    assert token(emulator, **CLIENT_CREDENTIALS, **by_certificate, client_assertion=known)[0] == 200
    unknown = jwt(iss=APP_ID, sub=APP_ID) + "signature"
    status, body = token(emulator, **CLIENT_CREDENTIALS, **by_certificate, client_assertion=unknown)
    assert (status, body["error"]) == (401, "invalid_client")


def assertion(thumbprint, name):
    """An assertion of our application, by a certificate that the header names so."""
    head, claims, _ = jwt(iss=APP_ID, sub=APP_ID).split(".")
    del head
    header = base64.urlsafe_b64encode(json.dumps({"alg": "PS256", name: thumbprint}).encode()).decode()
    return f"{header.rstrip('=')}.{claims}.signature"


def digest(pem, algorithm):
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    return hashlib.new(algorithm, der).digest()


def encoded(thumbprint):
    return base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")


WAYS = [("x5t", "sha1"), ("x5t#S256", "sha256")]


@pytest.mark.parametrize(("name", "algorithm"), WAYS)
@pytest.mark.parametrize("write", ["pem", "key and pem", "hex", "colons", "base64url"])
def test_a_certificate_of_the_seed_is_known_however_it_is_written(
    clock, client_certificate, name, algorithm, write
):
    thumbprint = digest(client_certificate.certificate, algorithm)
    written = {
        "pem": client_certificate.certificate,
        "key and pem": client_certificate.pem,
        "hex": thumbprint.hex(),
        "colons": thumbprint.hex(":").upper(),
        "base64url": encoded(thumbprint),
    }[write]
    emulator = MSGraphEmulator(MSGraphWorld(certificates=(written,)), now=clock)
    proof = {"client_secret": None, "client_assertion_type": BEARER}
    sent = assertion(encoded(thumbprint), name)
    assert token(emulator, **CLIENT_CREDENTIALS, **proof, client_assertion=sent)[0] == 200
    other = assertion(encoded(thumbprint[::-1]), name)
    assert token(emulator, **CLIENT_CREDENTIALS, **proof, client_assertion=other)[0] == 401


@pytest.mark.parametrize("written", ["", "no thumbprint", "abcd", "-----BEGIN CERTIFICATE-----"])
def test_what_is_no_certificate_is_refused_with_its_place(written):
    content = json.dumps({"msgraph": {"certificates": [written]}})
    with pytest.raises(msgspec.ValidationError, match=r"a certificate is PEM text.+at `\$\.msgraph`"):
        msgspec.json.decode(content, type=World)


def on_behalf_of(emulator, **form):
    wanted = {
        "grant_type": ON_BEHALF_OF,
        "assertion": emulator.tokens.incoming(seed.BOB),
        "requested_token_use": "on_behalf_of",
        "scope": "https://graph.microsoft.com/Calendars.ReadWrite offline_access",
    }
    return token(emulator, **{**wanted, **form})


def test_a_users_token_is_exchanged_on_behalf_of_that_user(emulator):
    status, body = on_behalf_of(emulator)
    assert status == 200
    client = Client(emulator, f"Bearer {body['access_token']}")
    assert client.post("/me/events", LUNCH).body["organizer"]["emailAddress"]["address"] == seed.BOB
    assert client.get("/groups/" + seed.user_id("sre@contoso.com") + "/events").status == 403


def test_a_refresh_token_gets_another_and_a_new_one(emulator):
    _, first = on_behalf_of(emulator)
    status, second = token(emulator, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert Client(emulator, f"Bearer {second['access_token']}").get("/me/calendar").status == 200


def test_without_offline_access_there_is_no_refresh_token(emulator):
    _, body = on_behalf_of(emulator, scope="https://graph.microsoft.com/.default")
    assert "refresh_token" not in body


@pytest.mark.parametrize(
    ("form", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": None}, 401, "invalid_client", 7000218),
        ({"client_id": "other"}, 400, "unauthorized_client", 700016),
        ({"tenant": "fabrikam.com"}, 400, "invalid_request", 90002),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": ""}, 400, "invalid_request", 900144),
        ({"scope": "Calendars.Read"}, 400, "invalid_scope", 1002012),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant", 9002313),
    ],
)
def test_a_token_that_is_not_due_is_refused(emulator, form, status, error, number):
    found, body = token(emulator, **{**CLIENT_CREDENTIALS, **form})
    assert (found, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")


def test_an_assertion_for_somebody_else_is_refused(emulator):
    for_graph = emulator.tokens.of(seed.BOB).value
    assert on_behalf_of(emulator, assertion=for_graph)[1]["error_codes"] == [50013]
    assert on_behalf_of(emulator, scope="https://graph.microsoft.com/Mail.Send")[1]["error_codes"] == [65001]
