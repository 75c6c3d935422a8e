"""A Graph emulator over the seed world, and clients that ask it directly, without a socket."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from gateway.sandbox import seed
from gateway.sandbox.http import Request
from gateway.sandbox.msgraph import MSGraphEmulator, Unknowns
from gateway.sandbox.msgraph.auth import Token

NOW = datetime(2026, 11, 18, 15, 30, 12, tzinfo=UTC)
NOON = {"dateTime": "2026-11-19T12:00:00", "timeZone": "UTC"}
ONE = {"dateTime": "2026-11-19T13:00:00", "timeZone": "UTC"}
LUNCH = {"subject": "Lunch", "start": NOON, "end": ONE}


class Clock:
    def __init__(self):
        self.time = NOW

    def __call__(self):
        return self.time

    def pass_(self, **amount):
        self.time += timedelta(**amount)


@dataclass
class Answer:
    status: int
    headers: dict
    body: object

    @property
    def code(self):
        return self.body["error"]["code"]

    @property
    def message(self):
        return self.body["error"]["message"]

    @property
    def subjects(self):
        return [event["subject"] for event in self.body["value"]]


@dataclass
class Client:
    """One caller. `prefer` goes with every request."""

    emulator: MSGraphEmulator
    authorization: str
    version: str = "v1.0"
    prefer: str = ""
    headers: dict = field(default_factory=dict)

    def send(self, method, path, body=None, *, lose=frozenset(), **headers):
        sent = {"host": "127.0.0.1:8080", "authorization": self.authorization, **self.headers}
        if self.prefer:
            sent["prefer"] = self.prefer
        if body is not None:
            sent["content-type"] = "application/json"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request = Request(method=method, target=f"/{self.version}{path}", headers=sent, body=content)
        answer = self.emulator.answer(request, lose=lose)
        is_json = "json" in answer.headers.get("Content-Type", "")
        return Answer(
            answer.status, dict(answer.headers), json.loads(answer.body) if is_json else answer.body
        )

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def post(self, path, body=None, **more):
        return self.send("POST", path, body, **more)

    def patch(self, path, body, **headers):
        return self.send("PATCH", path, body, **headers)

    def delete(self, path, **headers):
        return self.send("DELETE", path, **headers)

    def view(self, start, end, place="/me", more=""):
        path = f"{place}/calendarView?startDateTime={quote(start)}&endDateTime={quote(end)}&$top=1000{more}"
        return self.get(path)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def emulate(clock):
    """An emulator with some open questions settled otherwise."""

    def make(**unknowns):
        return MSGraphEmulator(seed.world(NOW).msgraph, now=clock, unknowns=Unknowns(**unknowns))

    return make


@pytest.fixture
def emulator(emulate):
    return emulate()


@pytest.fixture
def alice(emulator):
    return Client(emulator, emulator.tokens.of(seed.ALICE).authorization)


@pytest.fixture
def bob(emulator):
    return Client(emulator, emulator.tokens.of(seed.BOB).authorization)


@pytest.fixture
def app(emulator):
    return Client(emulator, emulator.tokens.app.authorization)


@pytest.fixture
def reader(emulator):
    return Client(emulator, emulator.tokens.reader.authorization)


def as_alice(emulator, **more):
    return Client(emulator, emulator.tokens.of(seed.ALICE).authorization, **more)


def client_with(emulator, *allowed, upn=None):
    """A caller with exactly these permissions."""
    user_id = None if upn is None else seed.user_id(upn)
    token = Token(value=f"{upn}:{allowed}", user_id=user_id, allowed=frozenset(allowed))
    emulator.tokens.add(token)
    return Client(emulator, token.authorization)
