"""Until when the events under a key mute, of calendars that mute anomaly detection."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from gateway.errors import GatewayError
from gateway.model.elasticsearch import ElasticsearchEventDetails
from gateway.model.event import Event
from gateway.model.fields import ALWAYS
from gateway.service.key_lookup import Wanted, look_up
from gateway.service.session import Session

_FIELDS: Final = ALWAYS | {"key", "elasticsearch.skip_result", "elasticsearch.skip_model_update"}
Place = tuple[str, str]
"""The id of a calendar, and a key."""


async def muted_until(session: Session, places: Sequence[Place]) -> list[datetime | GatewayError | None]:
    """For each key the end of the last event under it that mutes anything, None if there is none.

    One look per calendar; in place of what cannot be looked up is the error.
    """
    wanted = [Wanted(target=session.catalog.calendar(name), key=key) for name, key in places]
    found = await look_up(session, wanted, _FIELDS)
    return [each if isinstance(each, GatewayError) else _last_end(each) for each in found]


def _last_end(events: Sequence[Event]) -> datetime | None:
    return max((event.end.instant for event in events if _mutes(event)), default=None)


def _mutes(event: Event) -> bool:
    return isinstance(event.details, ElasticsearchEventDetails) and event.details.mutes
