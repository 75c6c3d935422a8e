"""How much of a call is on its way at once: so many requests to a source, fewer to one place, and no more."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from gateway.sandbox.elasticsearch.state import Calendar
from gateway.sandbox.faults import HELD, Fault
from gateway.sandbox.http import Request
from gateway.sandbox.server import EmulatorServer

from .test_coverage import COVERAGE

pytestmark = pytest.mark.anyio

PER_SOURCE, PER_PLACE = 16, 4
STILL = 100
"""After so many turns of the loop without anything new, nothing more is coming."""
CALENDARS = [f"elasticsearch:calendar-{number:02}" for number in range(PER_SOURCE * 2 + 3)]
OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
WRITE = "mutation ($input: %sInput!) { %s(input: $input) { status results { status eventId } } }"
WINDOW = {"start": "2027-02-01T00:00:00Z", "end": "2027-02-28T00:00:00Z"}
KEYS = ("K-0", "K-1")


class Tide:
    """Holds all that reaches an emulator, and lets it go whenever nothing more comes: so it sees the most."""

    def __init__(self, server: EmulatorServer[Any]) -> None:
        self._server = server
        self.most = self.most_at_a_place = 0

    async def carry(self, asked: Coroutine[Any, Any, Any]) -> Any:
        """What comes of a call."""
        self._server.faults.add("*", Fault(delay=HELD))
        task = asyncio.create_task(asked)
        while not task.done():
            await self._rise(task)
            places = Counter(map(place, self._server.running))
            self.most = max(self.most, places.total())
            self.most_at_a_place = max(self.most_at_a_place, *places.values(), 0)
            self._server.faults.release()
        self._server.faults.clear()
        return await task

    async def _rise(self, task: asyncio.Task[Any]) -> None:
        turns, before = 0, 0
        while turns < STILL and not task.done():
            await asyncio.sleep(0)
            there = len(self._server.running)
            turns = turns + 1 if there and there == before else 0
            before = there


def place(request: Request) -> str:
    """The ML calendar or the mailbox that a request is about."""
    return unquote("/".join(urlsplit(request.target).path.split("/")[:4]))


async def write(gateway: Any, name: str, **given: Any) -> dict[str, Any]:
    kind = name[0].upper() + name[1:]
    return (await gateway.ask(WRITE % (kind, name), {"input": given}))[name]


def upgrade(hour: int, **values: Any) -> dict[str, Any]:
    start = {"instant": f"2027-02-{2 + hour // 12:02}T{8 + hour % 12:02}:00:00Z"}
    return {"title": f"Upgrade {hour}", "start": start, "end": {"after": "PT1H"}, **values}


def add(gateway: Any, **given: Any) -> Coroutine[Any, Any, Any]:
    events = [upgrade(number) for number in range(2)]
    return write(gateway, "addEvents", **{"calendars": CALENDARS, "events": events, **given})


def add_keyed(gateway: Any, **given: Any) -> Coroutine[Any, Any, Any]:
    return add(gateway, events=[upgrade(number, key=key) for number, key in enumerate(KEYS)], **given)


def by_key(key: str) -> dict[str, Any]:
    return {"key": {"key": key, "calendars": CALENDARS}}


def move(gateway: Any) -> Coroutine[Any, Any, Any]:
    later = {"start": {"instant": "2027-02-20T08:00:00Z"}}
    return write(gateway, "updateEvents", changes=[{"target": by_key(key), "set": later} for key in KEYS])


def remove(gateway: Any) -> Coroutine[Any, Any, Any]:
    return write(gateway, "removeEvents", removals=[{"target": by_key(key)} for key in KEYS])


def add_and_take_back(gateway: Any) -> Coroutine[Any, Any, Any]:
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    return add_keyed(gateway, calendars=[*CALENDARS, OUTLOOK], atomicity="ALL_OR_NOTHING")


async def reconcile(gateway: Any) -> dict[str, Any]:
    """Half of the mutes are to be moved and the others to go."""
    given = {"announced": [OUTLOOK], "suppressed": CALENDARS, "window": WINDOW, "maxChanges": 100}
    return await write(gateway, "reconcile", **given, dryRun=False)


async def coverage(gateway: Any) -> dict[str, Any]:
    given = {"announced": [OUTLOOK], "suppressed": CALENDARS, "window": WINDOW}
    report = (await gateway.ask(COVERAGE, given))["coverage"]
    return {"status": "SUCCEEDED" if report["isComplete"] else "PARTIAL"}


@pytest.fixture
async def gateway(front: Any) -> Any:
    """A gateway over a cluster with many calendars of one job, and an announcement."""
    gateway = await front()
    cluster = gateway.sandbox.elasticsearch.emulator.cluster
    (job, *_) = cluster.jobs
    for name in CALENDARS:
        cluster.put(Calendar(calendar_id=name.partition(":")[2], job_ids=(job,), description=None))
    await add(gateway, calendars=[OUTLOOK], events=[upgrade(5, key=KEYS[0])])
    return gateway


@pytest.mark.parametrize(
    ("call", "is_there", "status"),
    [
        (add, False, "SUCCEEDED"),
        (add_keyed, False, "SUCCEEDED"),
        (add_and_take_back, False, "FAILED"),
        (move, True, "SUCCEEDED"),
        (remove, True, "SUCCEEDED"),
        (reconcile, True, "SUCCEEDED"),
        (coverage, True, "SUCCEEDED"),
    ],
)
async def test_a_source_has_so_many_requests_of_a_call_at_once_and_no_more(
    gateway: Any, call: Callable[[Any], Coroutine[Any, Any, Any]], is_there: bool, status: str
) -> None:
    if is_there:
        await add_keyed(gateway)
    tide = Tide(gateway.sandbox.elasticsearch)
    report = await tide.carry(call(gateway))
    assert report["status"] == status, report
    assert tide.most == PER_SOURCE


@pytest.mark.parametrize(
    ("calendar", "source", "most"),
    [(CALENDARS[0], "elasticsearch", PER_PLACE), (OUTLOOK, "msgraph", PER_PLACE)],
)
async def test_a_calendar_or_a_mailbox_has_fewer(gateway: Any, calendar: str, source: str, most: int) -> None:
    events = [upgrade(number) for number in range(3 * PER_PLACE)]
    there = [row["eventId"] for row in (await add(gateway, calendars=[calendar], events=events))["results"]]
    changes = [{"target": {"id": event}, "set": {"title": "Changed"}} for event in there]
    tide = Tide(getattr(gateway.sandbox, source))
    report = await tide.carry(write(gateway, "updateEvents", changes=changes))
    assert {row["status"] for row in report["results"]} == {"UPDATED"}
    assert tide.most_at_a_place == most
