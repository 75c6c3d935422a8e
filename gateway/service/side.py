"""One side of a comparison: the calendars that announce, or those that mute, and their events in a window."""

from collections.abc import Sequence
from typing import Final

import msgspec

from gateway.adapters.capabilities import Capability
from gateway.errors import GatewayError, Problem, TooMany, Unsupported
from gateway.model.event import Event
from gateway.model.fields import Fields
from gateway.model.time import Window
from gateway.service.call_limits import check_calendars
from gateway.service.catalog import Target, Unresolved
from gateway.service.cursor import EventCursor
from gateway.service.reads import ReadStatus, SourceRead, read_page
from gateway.service.session import Session

MAX_EVENTS: Final = 5000
"""Of each side. More in one window are not compared."""
_PAGE: Final = 1000


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """The calendars of one side, and their events as far as they could be read."""

    targets: tuple[Target, ...] = ()
    events: tuple[Event, ...] = ()
    sources: tuple[SourceRead, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.problems and all(source.status is ReadStatus.OK for source in self.sources)

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """Those of the sources too."""
        return (*self.problems, *(problem for source in self.sources for problem in source.problems))


async def choose(session: Session, names: Sequence[str], *, name: str, mutes: bool) -> Side:
    """The calendars that the names stand for on this side, with nothing of them read.

    Raises InvalidInput, TooMany. An alias stands for those of its calendars that announce, or that mute.
    `name` is what the input calls the names.
    """
    resolved = session.catalog.resolve(names)
    check_calendars(len(resolved), (name,))
    problems = [item.problem.at(name) for item in resolved if isinstance(item, Unresolved)]
    targets: list[Target] = []
    for target in (item for item in resolved if isinstance(item, Target)):
        if target.source.can(Capability.ANOMALY_SUPPRESSION) is mutes:
            targets.append(target)
        elif not target.by_alias:
            problems.append(_misplaced(target, name, mutes=mutes).problem)
    return Side(targets=tuple(await session.distinct(targets)), problems=tuple(problems))


async def read(session: Session, side: Side, window: Window, fields: Fields) -> Side:
    """The same side with all events of its calendars, page by page, up to the most that are compared."""
    events: list[Event] = []
    after: EventCursor | None = None
    sources: tuple[SourceRead, ...] = ()
    while True:
        page = await read_page(session, side.targets, window, first=_PAGE, after=after, fields=fields)
        events += page.events
        sources = tuple(map(_together, sources, page.sources)) if sources else page.sources
        if not page.has_next or len(events) >= MAX_EVENTS:
            break
        after = EventCursor.at(page.events[-1])
    problems = side.problems
    if page.has_next:
        error = TooMany(
            f"There are more than {len(events)} events: those after them are not compared.",
            path=("window",),
            hint="Ask for a shorter window.",
        )
        problems = (*problems, error.problem)
    return msgspec.structs.replace(side, events=tuple(events), sources=sources, problems=problems)


def _together(before: SourceRead, after: SourceRead) -> SourceRead:
    """How a source fared over all pages: what it missed on one is not caught up on the next."""
    is_same = before.status is after.status
    return SourceRead(
        source=after.source,
        status=after.status if is_same else ReadStatus.PARTIAL,
        fetched=before.fetched + after.fetched,
        duration=before.duration + after.duration,
        problems=tuple(dict.fromkeys((*before.problems, *after.problems))),
    )


def _misplaced(target: Target, name: str, *, mutes: bool) -> GatewayError:
    what = "mutes no anomaly detection" if mutes else "announces nothing to people"
    return Unsupported(f"{target.calendar} {what}.", path=(name, target.index))
