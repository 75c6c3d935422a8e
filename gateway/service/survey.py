"""What is announced and what is muted under the keys of a window, and what becomes of the mutes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from gateway.adapters.outcome import WriteStatus
from gateway.errors import Conflict, GatewayError, NotUnderKey, Problem
from gateway.model.event import Event, EventStatus
from gateway.model.fields import ALWAYS
from gateway.model.key import folded
from gateway.service.catalog import Target
from gateway.service.following import Following, announced_under, draft_following, strays
from gateway.service.key_lookup import Found, Wanted, check_unambiguous, look_up
from gateway.service.session import Session
from gateway.service.side import Side

NEEDED = ALWAYS | {"key", "status", "series_id", "msgraph.original_start"}
"""What is read of the events of a window. All that is under their keys is read in full."""


class MutedCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar that mutes, and what its mutes with keys follow, by key."""

    target: Target
    followings: Mapping[str, Following]


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """`problems` are why not all mutes are known. Complete only if all of both sides could be read."""

    calendars: tuple[MutedCalendar, ...]
    problems: tuple[Problem, ...] = ()
    is_complete: bool = True


async def survey(session: Session, ours: Side, theirs: Side) -> Survey:
    """What the mutes are to follow: all under any key in the window, on whichever side it is there.

    An announcement is looked for by its key, wherever in time it is by now. Only reads.
    """
    keys = sorted({event.key for event in (*ours.events, *theirs.events) if event.key is not None})
    held = await _under(session, theirs.targets, keys)
    muted = [key for key in keys if any(_events(found[key]) for found in held)]
    announced = await _announced(session, ours, muted)
    view = _View(ours, announced)
    unread = [_unread(target, found) for target, found in zip(theirs.targets, held, strict=True)]
    problems = (*theirs.all_problems, *(problem for problem in unread if problem is not None))
    return Survey(
        calendars=tuple(
            MutedCalendar(target=target, followings=_followings(view, found))
            for target, found in zip(theirs.targets, held, strict=True)
        ),
        problems=tuple({(each.code, each.message): each for each in problems}.values()),
        is_complete=not problems and view.is_complete,
    )


async def _announced(session: Session, ours: Side, keys: Sequence[str]) -> Sequence[Mapping[str, Found]]:
    """What each calendar announces under each key. What none does may have been moved: that is looked for."""
    found = await _under(session, ours.targets, keys)
    missing = [key for key in keys if not any(by_key[key] for by_key in found)]
    again = await _under(session, ours.targets, missing, wide=True)
    return [{**by_key, **more} for by_key, more in zip(found, again, strict=True)]


async def _under(
    session: Session, targets: Sequence[Target], keys: Sequence[str], *, wide: bool = False
) -> Sequence[Mapping[str, Found]]:
    """What each calendar has under each key."""
    wanted = [Wanted(target=target, key=key) for target in targets for key in keys]
    found = iter(await look_up(session, wanted, wide=wide))
    return [{key: next(found) for key in keys} for _ in targets]


def _events(found: Found) -> tuple[Event, ...]:
    return () if isinstance(found, GatewayError) else tuple(found)


def _unread(target: Target, found: Mapping[str, Found]) -> Problem | None:
    """Why a calendar does not tell what is under the keys."""
    error = next(filter(None, map(_failure, found.values())), None)
    return None if error is None else error.problem.at("suppressed", target.index)


def _failure(found: Found) -> GatewayError | None:
    """What kept a calendar from telling what is under a key."""
    return found if isinstance(found, GatewayError) and not isinstance(found, NotUnderKey) else None


def _followings(view: "_View", found: Mapping[str, Found]) -> Mapping[str, Following]:
    """What becomes of the mutes of one calendar, and which keys are those of its mutes but for their case."""
    mutes = {key: events for key, each in found.items() if (events := _events(each))}
    spelled = {folded(key) for key in mutes}
    return {key: view.following(key, events) for key, events in mutes.items()} | {
        key: Following.left_for(each, key)
        for key, each in found.items()
        if isinstance(each, NotUnderKey) and folded(key) not in spelled
    }


class _View:
    """What is announced, as far as it could be read."""

    def __init__(self, ours: Side, announced: Sequence[Mapping[str, Found]]) -> None:
        self._ours = ours
        self._announced = announced
        self._live = [event for event in ours.events if event.status is not EventStatus.CANCELLED]
        self._shown = {folded(event.key): event for event in self._live if event.key is not None}

    @property
    def is_complete(self) -> bool:
        found = (each for by_key in self._announced for each in by_key.values())
        return self._ours.is_complete and not any(map(_failure, found))

    def following(self, key: str, mutes: tuple[Event, ...]) -> Following:
        """What becomes of the mutes under a key in one calendar."""
        try:
            event = announced_under(key, [by_key[key] for by_key in self._announced])
            if event is None:
                return self._called_off(key, mutes)
            draft = draft_following(event, mutes)
        except GatewayError as exc:
            return Following.left_for(exc, key, mutes)
        occurrences = [it for it in self._live if it.key == key and it.series_id is not None]
        return Following(
            key=key,
            mutes=mutes,
            announced=event,
            draft=draft,
            warnings=tuple(strays(event, occurrences)),
        )

    def _called_off(self, key: str, mutes: tuple[Event, ...]) -> Following:
        """The mutes that go. Raises Conflict where it is not clear that nothing announces them."""
        check_unambiguous(key, mutes)
        shown = self._shown.get(folded(key))
        if shown is not None:
            raise Conflict(
                f"{shown.id} bears the key {shown.key}, and is not found by the key {key}.",
                hint="It may be found later: repeat the call. It will not if the two are not written alike.",
            )
        if not self._ours.is_complete:
            why = self._ours.all_problems[0]
            message = f"It may be announced where not all could be read, and is not removed: {why.message}"
            problem = replace(why, message=message)
            return Following(key=key, mutes=mutes, left=WriteStatus.FAILED, problem=problem)
        return Following(key=key, mutes=mutes)
