"""What the mutes under a key are to become, given what is announced under it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Self

import msgspec

from gateway.adapters.byproducts import TranslationWarning
from gateway.adapters.losses import Notice
from gateway.adapters.outcome import WriteStatus
from gateway.errors import AmbiguousKey, GatewayError, NotUnderKey, Problem, Unsupported
from gateway.model.event import Draft, Event, EventStatus, EventWarning, draft_of
from gateway.model.msgraph import MSGraphEventDetails
from gateway.model.time import EventTime, to_rfc3339
from gateway.service.key_lookup import Found, check_unambiguous

_DAYS_LEFT_OUT = "recurrence"


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """The mutes of one calendar under a key, and the event that they follow.

    With a `draft` they are made so. `left` is the status of those that are left alone, and the problem why.
    With neither nothing announces them, and those that have not ended go.
    """

    key: str
    mutes: tuple[Event, ...]
    announced: Event | None = None
    draft: Draft | None = None
    left: WriteStatus | None = None
    problem: Problem | None = None
    warnings: tuple[TranslationWarning, ...] = ()

    @classmethod
    def left_for(cls, error: GatewayError, key: str, mutes: tuple[Event, ...] = ()) -> Self:
        """Of mutes that are left alone for an error; without any, those of the key in another case are."""
        return cls(key=key, mutes=mutes, left=WriteStatus.of(error.problem), problem=error.problem)

    @property
    def ids(self) -> tuple[str, ...]:
        """Those of the mutes."""
        return tuple(event.id for event in self.mutes)

    @property
    def event(self) -> Event | None:
        """What it is about: the announced event, else the first of the mutes."""
        return self.announced or next(iter(self.mutes), None)

    @property
    def is_called_off(self) -> bool:
        return self.draft is None and self.left is None


def announced_under(key: str, found: Sequence[Found]) -> Event | None:
    """The event that is announced under a key, given what each calendar has; None if all say there is none.

    Several calendars may announce it, if they agree. Raises AmbiguousKey where they do not, or where one has
    two, and whatever kept a calendar from telling.
    """
    absent = [each for each in found if isinstance(each, GatewayError)]
    for error in absent:
        if not isinstance(error, NotUnderKey):
            raise error
    live = [_live(each) for each in found if not isinstance(each, GatewayError)]
    for events in live:
        check_unambiguous(key, events)
    firsts = [events[0] for events in live if events]
    if not firsts and absent:
        raise absent[0]
    _check_agree(key, firsts)
    return firsts[0] if firsts else None


def draft_following(event: Event, mutes: Sequence[Event]) -> Draft:
    """The mute that an announced event wants, with the flags that its mutes have. Raises Unsupported."""
    _check_told(event.warnings)
    whole = draft_of(event)
    return Draft(
        title=event.title,
        start=whole.start if event.recurrence else _exact(event.start),
        end=whole.end if event.recurrence else _exact(event.end),
        is_all_day=event.is_all_day and event.recurrence is not None,
        recurrence=whole.recurrence,
        key=event.key,
        options=draft_of(mutes[0]).options,
    )


def strays(series: Event, occurrences: Iterable[Event]) -> Iterator[TranslationWarning]:
    """A warning for each occurrence of an announced series that takes place otherwise than by its rule."""
    length = series.end.instant - series.start.instant
    for event in occurrences:
        details = event.details
        begins = details.original_start if isinstance(details, MSGraphEventDetails) else None
        if begins is None or (event.start.instant, event.end.instant) == (begins, begins + length):
            continue
        when = f"from {to_rfc3339(event.start.instant)} to {to_rfc3339(event.end.instant)}"
        yield TranslationWarning(
            code=Notice.OCCURRENCE_MOVED,
            field="recurrence",
            message=f"The occurrence of {to_rfc3339(begins)} is announced {when}, and muted by the rule.",
            given=to_rfc3339(event.start.instant),
            sent=to_rfc3339(begins),
        )


def _live(events: Sequence[Event]) -> Sequence[Event]:
    return [event for event in events if event.status is not EventStatus.CANCELLED]


def _check_agree(key: str, events: Sequence[Event]) -> None:
    if len({_content(event) for event in events}) > 1:
        there = " and ".join(event.id for event in events)
        raise AmbiguousKey(
            f"The key {key} is announced in several calendars, and not alike: {there}.",
            hint="Make them alike, or name the calendar that counts.",
        )


def _content(event: Event) -> tuple[object, ...]:
    """What mutes follow of an event."""
    return event.title, event.start.instant, event.end.instant, event.recurrence


def _check_told(warnings: Iterable[EventWarning]) -> None:
    """Raises Unsupported for a series of which its source does not tell when it takes place."""
    for warning in warnings:
        if warning.field.startswith(_DAYS_LEFT_OUT):
            raise Unsupported(
                warning.message, hint="Write its mutes by addEvents, with all that it leaves out."
            )


def _exact(time: EventTime) -> EventTime:
    """The instant alone, which is all that a mute holds of a time."""
    return EventTime(instant=time.instant)
