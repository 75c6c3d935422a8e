"""What a call wants done to an event, by its id, or to all its copies, by their key."""

from collections.abc import Callable
from datetime import timedelta

import msgspec

from gateway.model.event import Draft, Event
from gateway.service.loss import LossPolicy

Amend = Callable[[Event, str | None], tuple[Draft, frozenset[str]]]
"""What an event is to become, and which attributes change, given the zone of all-day events."""


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """All events under a key in any calendars, each named by its id or an alias."""

    key: str
    calendars: tuple[str, ...]

    def __str__(self) -> str:
        return f"of the key {self.key}"


class EventOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done to one event, or to all copies of one: change as `amend` says, or remove without it.

    `check_series` raises GatewayError for a change that cannot be made to all occurrences of a series alike.
    `path` leads to the order in the input; `max_mute` may only lower what the source allows.
    """

    target: str | Copies
    path: tuple[str, int]
    amend: Amend | None = None
    check_series: Callable[[], None] | None = None
    revision: str | None = None
    on_loss: LossPolicy = LossPolicy.WARN
    comment: str | None = None
    max_mute: timedelta | None = None
    dry_run: bool = False
