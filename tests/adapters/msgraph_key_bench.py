"""Calls with keys on the Graph emulator: each by an adapter of its own, and what the mailbox then holds."""

from contextlib import asynccontextmanager

import msgspec
import pytest

from gateway.adapters.base import OnExisting
from gateway.adapters.msgraph import keys
from gateway.adapters.upstream import Call
from gateway.model.ids import CalendarId
from gateway.model.time import EventTime
from gateway.sandbox.msgraph import MSGraphEmulator, Unknowns
from gateway.sandbox.seed import ALICE, OUTAGES, world
from gateway.sandbox.server import EmulatorServer

from .conformance import draft
from .key_conformance import finish
from .msgraph_bench import EMPTY, NOW, REQUEST_ID, SOURCE, connect

HOME = CalendarId(SOURCE, ("users", OUTAGES, "calendars", EMPTY))
DEFAULT = CalendarId(SOURCE, ("users", OUTAGES, "calendar"))
KEY = "CHG-4711"
"""What nobody in the seed has."""
PLACES = pytest.mark.parametrize("place", [HOME, DEFAULT], ids=["named", "default"])


@asynccontextmanager
async def tenant(*, now=lambda: NOW, emulator=MSGraphEmulator, limits=None, **unknowns):
    """The emulator behind a socket, with some of what nobody knows of Graph chosen."""
    made = emulator(world(NOW).msgraph, now=now, unknowns=Unknowns(**unknowns), limits=limits)
    for owner in (ALICE, OUTAGES):
        made.state.add_calendar(owner, EMPTY, "Empty")
    async with EmulatorServer(made, now=now) as server:
        yield server


@asynccontextmanager
async def adapter(server, *, authorization=None, **options):
    """One call's view of the source."""
    authorization = authorization or server.emulator.tokens.app.authorization
    source = connect(server.url, authorization=authorization, **options)
    try:
        yield source.adapter(Call(request_id=REQUEST_ID))
    finally:
        await source.aclose()


def at(instant):
    return EventTime(instant=instant)


def keyed(title="Maintenance", key=KEY, **values):
    return msgspec.structs.replace(draft(title), key=key, **values)


async def add(server, *drafts, place=HOME, on_existing=OnExisting.RETURN, **options):
    """What became of the drafts in a call of its own."""
    async with adapter(server, **options) as own:
        plan = await own.plan(place, drafts, on_existing=on_existing)
        assert not plan.refused, plan.refused
        return await finish(own, plan)


async def find(server, key=KEY, *, place=HOME, **options):
    async with adapter(server, **options) as own:
        return (await own.by_keys(place, [key]))[key]


def stored(server, owner=OUTAGES, *, is_group=False):
    """The items of a mailbox, to be changed as Outlook's users change them."""
    return server.emulator.state.find(owner, is_group=is_group).items


def change_stored(server, key=KEY, owner=OUTAGES, **changes):
    (item,) = items(server, owner, key)
    changed = stored(server, owner)[item.id] = item.changed(NOW, **changes)
    return changed


def items(server, owner=OUTAGES, key=KEY):
    """The events of a mailbox that bear the key, as they are stored."""
    return [item for item in stored(server, owner).values() if item.single_values.get(keys.KEY) == key]
