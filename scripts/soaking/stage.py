"""The upstreams of a soak: the seed world, more mailboxes, and as many ML calendars as are asked for."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import httpx2
import msgspec

from gateway.sandbox import Sandbox
from gateway.sandbox import seed as seeds
from gateway.sandbox.journal import Journal
from gateway.sandbox.msgraph.unknowns import Unknowns
from gateway.sandbox.world import GraphCalendar, User

MAILBOXES: Final = tuple(f"soak-{number}@contoso.com" for number in range(12))
"""So many that clients need not wait for each other: few requests at once may go to one."""


def sandbox_in(mode: Unknowns, seed: int, journal: Journal | None = None) -> Sandbox:
    """The upstreams; in the journal each write is kept, with its time."""
    world = seeds.world(datetime.now(UTC))
    graph = msgspec.structs.replace(world.msgraph, users=(*world.msgraph.users, *map(_mailbox, MAILBOXES)))
    whole = msgspec.structs.replace(world, msgraph=graph)
    return Sandbox(world=whole, seed=seed, unknowns=mode, journal=journal)


async def make_ml_calendars(sandbox: Sandbox, client: httpx2.AsyncClient, names: Sequence[str]) -> None:
    headers = {"authorization": sandbox.credentials.elasticsearch_manage}
    for name in names:
        url = f"{sandbox.elasticsearch.url}/_ml/calendars/{name}"
        (await client.put(url, headers=headers)).raise_for_status()


def _mailbox(mail: str) -> User:
    calendar = GraphCalendar(id=seeds.calendar_id(mail, "Calendar"), name="Calendar", is_default=True)
    return User(id=seeds.user_id(mail), upn=mail, mail=mail, display_name=mail, calendars=(calendar,))
