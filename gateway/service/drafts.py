"""A call that adds events, and its drafts: each with its key, or why it cannot be made."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final, cast

import msgspec

from gateway.adapters.base import OnExisting
from gateway.errors import GatewayError, InvalidInput, Problem
from gateway.model.event import Draft
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.key import checked, folded
from gateway.service.atomicity import Atomicity
from gateway.service.loss import LossPolicy

DraftMaker = Callable[[str | None], Draft]
"""Makes a draft, given the time zone of all-day events. Raises GatewayError."""
Made = tuple[Mapping[int, Draft], Mapping[int, Problem]]


class AddEvents(msgspec.Struct, frozen=True, kw_only=True):
    """A request to add events.

    `keys` has one for each, None where it has none. `drafts` is called if nothing is wrong with the call as a
    whole: it gives the draft of each, or what makes one for the zone that all-day events of a calendar take.
    `max_invitations` and `max_mute` may only lower what the sources allow. `fields` are those that are to be
    shown of the events; `foretells` says that the effects of the write are to be shown, too.
    """

    calendars: Sequence[str]
    keys: Sequence[str | None]
    drafts: Callable[[], Sequence[Draft | DraftMaker]]
    on_existing: OnExisting = OnExisting.RETURN
    on_loss: LossPolicy = LossPolicy.WARN
    max_invitations: int | None = None
    max_mute: timedelta | None = None
    atomicity: Atomicity = Atomicity.BEST_EFFORT
    dry_run: bool = False
    fields: Fields = EVERYTHING
    foretells: bool = True

    @property
    def read(self) -> Fields:
        """What is to be read of what is written: what may be taken back must be known whole."""
        return self.fields if self.atomicity is Atomicity.BEST_EFFORT else EVERYTHING


class Drafts:
    """Each draft is made once per time zone. `keys` has one for each, None where it has none.

    They stay as they were given, whether or not there can be a draft.
    """

    def __init__(self, given: Sequence[Draft | DraftMaker], keys: Sequence[str | None]) -> None:
        self._given = given
        self.keys: Final = keys
        self._counts = Counter(map(folded, filter(None, keys))) if any(keys) else {}
        self._made: dict[str | None, Made] = {}

    def in_zone(self, time_zone: str | None) -> Made:
        """Those that can be meant, and why the others cannot, by their index."""
        if time_zone not in self._made:
            self._made[time_zone] = self._make(time_zone)
        return self._made[time_zone]

    def _make(self, time_zone: str | None) -> Made:
        given, keys = self._given, self.keys
        if given and type(given[0]) is Draft and {Draft} == {*map(type, given)} and {None} == {*keys}:
            return dict(enumerate(cast("Sequence[Draft]", given))), {}
        drafts: dict[int, Draft] = {}
        refused: dict[int, Problem] = {}
        for index, (it, key) in enumerate(zip(given, keys, strict=True)):
            try:
                if key is not None:
                    self._check(key)
                draft = it if isinstance(it, Draft) else it(time_zone)
                drafts[index] = draft if key is None else msgspec.structs.replace(draft, key=key)
            except GatewayError as exc:
                refused[index] = exc.problem.at("events", index)
        return drafts, refused

    def _check(self, key: str) -> None:
        """Raises InvalidInput for what is no key, and for one that several events of the call have."""
        if self._counts[folded(checked(key))] > 1:
            raise InvalidInput(
                f"Several events of the call have the key {key}.",
                path=("key",),
                hint="Only one event of a calendar can have it, whatever its case. None of these is written.",
            )
