"""The token endpoint: an application's token, a user's, and how they are refused."""

import base64
import hashlib
import json
from urllib.parse import urlencode

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.sandbox import seed
from gateway.sandbox.http import Request
from gateway.sandbox.msgraph import MSGraphEmulator
from gateway.sandbox.msgraph.auth import APP_ID, TENANT
from gateway.sandbox.msgraph.oauth import BEARER, ON_BEHALF_OF, SECRET
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


ENDPOINT = f"http://127.0.0.1:9281/{TENANT}/oauth2/v2.0/token"
PADDINGS = {"PS256": PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH), "RS256": PKCS1v15()}


def assertion(clock, certificate, header=None, **claims):
    """An assertion of our application, signed by its certificate; what is None is left out."""
    now = int(clock().timestamp())
    head = {"alg": "PS256", "x5t#S256": certificate.thumbprint, **(header or {})}
    said = {"iss": APP_ID, "sub": APP_ID, "aud": ENDPOINT, "nbf": now, "exp": now + 300, **claims}
    parts = ({name: it for name, it in part.items() if it is not None} for part in (head, said))
    content = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    padding = PADDINGS.get(head["alg"], PKCS1v15())
    return f"{content}.{encoded(certificate.private_key.sign(content.encode(), padding, SHA256()))}"


def by_certificate(emulator, sent):
    proof = {"client_secret": None, "client_assertion_type": BEARER, "client_assertion": sent}
    return token(emulator, **CLIENT_CREDENTIALS, **proof)


@pytest.fixture
def trusting(clock, client_certificate):
    """An emulator whose application has the certificate."""
    return MSGraphEmulator(MSGraphWorld(certificates=(client_certificate.certificate,)), now=clock)


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
def test_what_a_certificate_has_signed_stands_for_the_secret(trusting, clock, client_certificate, algorithm):
    sent = assertion(clock, client_certificate, {"alg": algorithm})
    assert by_certificate(trusting, sent)[0] == 200
    content, _, signature = sent.rpartition(".")
    for forged in (
        f"{content}.{signature[:-6]}AAAAAA",
        f"{content}.",
        content,
        "",
        assertion(clock, client_certificate, {"alg": "none"}),
    ):
        status, body = by_certificate(trusting, forged)
        assert (status, body["error"], body["error_codes"]) == (401, "invalid_client", [700027])


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"iss": "another"}, 700021),
        ({"sub": None}, 700021),
        ({"aud": None}, 700023),
        ({"aud": "https://graph.microsoft.com"}, 700023),
        ({"aud": ENDPOINT.replace(TENANT, "another")}, 700023),
        ({"exp": None}, 700024),
        ({"exp": "soon"}, 700024),
    ],
)
def test_an_assertion_of_somebody_else_for_somewhere_else_or_without_an_end_is_refused(
    trusting, clock, client_certificate, claims, number
):
    status, body = by_certificate(trusting, assertion(clock, client_certificate, **claims))
    assert (status, body["error_codes"]) == (401, [number])


@pytest.mark.parametrize(
    ("seconds", "number"), [(-301, 700024), (-299, None), (0, None), (599, None), (600, 700024)]
)
def test_an_assertion_is_good_from_its_beginning_to_its_end_and_clocks_may_differ_by_five_minutes(
    trusting, clock, client_certificate, seconds, number
):
    sent = assertion(clock, client_certificate)
    clock.pass_(seconds=seconds)
    status, body = by_certificate(trusting, sent)
    assert (status, body.get("error_codes")) == ((401, [number]) if number else (200, None))


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
    for digits, expected in ((thumbprint, 200), (thumbprint[::-1], 401)):
        header = {"x5t#S256": None, name: encoded(digits)}
        assert by_certificate(emulator, assertion(clock, client_certificate, header))[0] == expected


EMPTY = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"


@pytest.mark.parametrize("written", ["", "no thumbprint", "abcd", "-----BEGIN CERTIFICATE-----", EMPTY])
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
