"""Who may come in, and what the refusals look like."""

from base64 import b64encode

import pytest

from gateway.sandbox import principals
from tests import loopback

from .answers import error

pytestmark = pytest.mark.anyio

CHALLENGES = ['Basic realm="security", charset="UTF-8"', 'Bearer realm="security"', "ApiKey"]
REJECTED = (
    "unable to authenticate with provided credentials and anonymous access is not allowed for this request"
)


@pytest.fixture
async def stranger(server):
    async with loopback.client(base_url=server.url) as client:
        yield client


def basic(name, secret):
    return f"Basic {b64encode(f'{name}:{secret}'.encode()).decode()}"


@pytest.mark.parametrize(
    ("authorization", "reason", "tried"),
    [
        (None, "missing authentication credentials for REST request [/_ml/calendars?size=1]", None),
        ("Negotiate x", "missing authentication credentials for REST request [/_ml/calendars?size=1]", None),
        (
            basic("elastic", "wrong"),
            "unable to authenticate user [elastic] for REST request [/_ml/calendars?size=1]",
            None,
        ),
        (basic("a", "b").replace("Basic", "ApiKey"), REJECTED, "API key: unable to find apikey with id a"),
        (
            basic(principals.MANAGE_ML.id, "b").replace("Basic", "ApiKey"),
            REJECTED,
            f"API key: invalid credentials for API key [{principals.MANAGE_ML.id}]",
        ),
        (principals.EXPIRED.authorization, REJECTED, "API key: api key is expired"),
        ("Bearer nonsense", REJECTED, "oauth2 token: invalid token"),
        ("ApiKey !", REJECTED, "API key: unable to find apikey with id "),
    ],
)
async def test_whoever_is_not_known_gets_401_with_challenges(stranger, authorization, reason, tried):
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await stranger.get("/_ml/calendars?size=1", headers=headers)
    assert error(answer) == (401, "security_exception", reason)
    body = answer.json()["error"]
    assert body["header"] == {"WWW-Authenticate": CHALLENGES}
    assert body.get("additional_unsuccessful_credentials") == tried
    assert answer.headers.get_list("www-authenticate") == CHALLENGES
    assert "x-elastic-product" not in answer.headers


@pytest.mark.parametrize(
    "principal", [principals.MANAGE_ML, principals.MONITOR_ML, principals.ELASTIC, principals.TOKEN]
)
async def test_who_may_monitor_can_read(stranger, principal):
    answer = await stranger.get("/_ml/calendars", headers={"Authorization": principal.authorization})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("principal", "subject"),
    [
        (principals.MONITOR_ML, f"API key id [{principals.MONITOR_ML.id}] of user [gateway]"),
        (principals.READER, "user [kibana_reader] with effective roles [viewer]"),
    ],
)
async def test_who_may_not_manage_cannot_write(stranger, principal, subject):
    event = {"description": "a", "start_time": 1, "end_time": 2}
    answer = await stranger.post(
        "/_ml/calendars/empty/events",
        json={"events": [event]},
        headers={"Authorization": principal.authorization},
    )
    assert error(answer) == (
        403,
        "security_exception",
        (
            f"action [cluster:admin/xpack/ml/calendars/events/post] is unauthorized for {subject}, "
            "this action is granted by the cluster privileges [manage_ml,manage,all]"
        ),
    )
    assert "x-elastic-product" not in answer.headers


async def test_a_malformed_request_is_refused_before_the_privileges_are_looked_at(stranger):
    headers = {"Authorization": principals.READER.authorization}
    answer = await stranger.post("/_ml/calendars/empty/events", json={"events": []}, headers=headers)
    assert error(answer)[2] == "At least 1 event is required"


async def test_a_key_for_machine_learning_does_not_open_the_banner(stranger):
    answer = await stranger.get("/", headers={"Authorization": principals.MONITOR_ML.authorization})
    assert error(answer)[2].startswith("action [cluster:monitor/main] is unauthorized for API key id")
