"""One calendar's mutes on their way to what is announced: what is written, what is removed, a row per key."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Final

import msgspec

from gateway.adapters.base import OnExisting
from gateway.adapters.byproducts import TranslationWarning
from gateway.adapters.losses import Notice
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.together import together
from gateway.service.audit import AuditTrail
from gateway.service.calendar_write import CalendarWrite
from gateway.service.catalog import Target
from gateway.service.drafts import AddEvents, Drafts
from gateway.service.event_order import EventOrder
from gateway.service.event_write import EventFound, EventWrite
from gateway.service.fan_out import Write
from gateway.service.following import Following
from gateway.service.lanes import Lanes, Work
from gateway.service.report import EventRow, combined
from gateway.service.session import Session

_NOT_ANNOUNCED: Final = TranslationWarning(
    code=Notice.NOT_ANNOUNCED, field="key", message="Nothing announces it any more: its mutes go."
)


class MuteWrite:
    """What becomes of the mutes of one calendar. Those that have ended by `now` are not removed."""

    def __init__(
        self,
        session: Session,
        audit: AuditTrail,
        target: Target,
        followings: Mapping[str, Following],
        *,
        now: datetime,
        dry_run: bool,
    ) -> None:
        self.followings = followings
        self._session = session
        self._audit = audit
        self._target = target
        self._now = now
        self._dry_run = dry_run
        self._drafts = {key: each.draft for key, each in followings.items() if each.draft is not None}
        self._adding = self._calendar_write()
        self._removals = {key: self._going(each) for key, each in followings.items() if each.is_called_off}

    @property
    def writes(self) -> Sequence[Write]:
        return (self._adding, *self._all_removals)

    @property
    def changes(self) -> int:
        """How many rows are not yet as they are to be."""
        made = sum(len(step.events) for step in self._adding.steps)
        return made + sum(any(write.steps for write in writes) for writes in self._removals.values())

    async def prepare(self, lanes: Lanes) -> None:
        """Checks and plans all that is to be done. Writes nothing."""
        if self._drafts:
            adding = self._adding
            await lanes.run(Work(lane=adding.lane, step=adding.prepare, skip=adding.refuse))
        removals = self._all_removals
        await together(lanes.run(Work(lane=it.lane, step=it.check, skip=it.refuse)) for it in removals)
        going = [write for write in removals if write.event_id is not None]
        await together(lanes.run(Work(lane=it.lane, step=it.plan, skip=it.refuse)) for it in going)

    def show(self) -> None:
        """Puts the planned requests into the log, as a dry run shows them."""
        self._adding.show()
        for write in self._all_removals:
            write.show()

    def row(self, key: str, index: int) -> EventRow:
        """The row of a key, whatever became of its mutes."""
        following = self.followings[key]
        row = self._row(following)
        return msgspec.structs.replace(
            row,
            event_index=index,
            calendar_index=self._target.index,
            calendar_id=row.calendar_id or self._target.known_id,
            key=key,
            problem=row.problem and replace(row.problem, path=()),
            warnings=(*row.warnings, *following.warnings),
        )

    @property
    def _all_removals(self) -> list[EventWrite]:
        return [write for writes in self._removals.values() for write in writes]

    @cached_property
    def _added(self) -> Mapping[str, EventRow]:
        """The rows of those that are to be there, once all is done."""
        return dict(zip(self._drafts, self._adding.rows([*self._drafts]), strict=True))

    def _calendar_write(self) -> CalendarWrite:
        command = AddEvents(
            calendars=(), keys=(), drafts=tuple, on_existing=OnExisting.UPDATE, dry_run=self._dry_run
        )
        drafts = Drafts(list(self._drafts.values()), list(self._drafts))
        return CalendarWrite(self._session, self._audit, command, self._target, drafts)

    def _going(self, following: Following) -> Sequence[EventWrite]:
        return [
            EventWrite(
                self._session,
                self._audit,
                EventOrder(target=event.id, path=("suppressed", self._target.index), dry_run=self._dry_run),
                event.id,
                EventFound(event=event, time_zone=self._target.time_zone),
            )
            for event in following.mutes
            if event.end.instant > self._now
        ]

    def _row(self, following: Following) -> EventRow:
        key = following.key
        if following.left is not None:
            return _left(following, following.left)
        if key in self._drafts:
            return self._added[key]
        removals = self._removals[key]
        if not removals:
            return _left(following, WriteStatus.UNCHANGED)
        row = combined([write.row(0) for write in removals])
        return msgspec.structs.replace(row, warnings=(_NOT_ANNOUNCED, *row.warnings))


def _left(following: Following, status: WriteStatus) -> EventRow:
    """The row of mutes that are there as they were."""
    return EventRow(
        event_index=0,
        outcome=Outcome(index=0, status=status, event=following.event, stored=bool(following.mutes)),
        event_ids=following.ids,
        problem=following.problem,
    )
