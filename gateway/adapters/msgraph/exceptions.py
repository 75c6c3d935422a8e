"""The days that a series leaves out: which they are, and which requests take them out. Pure.

Graph takes no such days with a series: each is an occurrence, which is looked up and removed by itself.
Sources: Graph's property cancelledOccurrences, and the instances of an event.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote

import msgspec

from gateway.adapters.base import EventChange, Step
from gateway.adapters.msgraph.drafts import ASSIGNED
from gateway.adapters.msgraph.patch import members_of
from gateway.adapters.msgraph.paths import event_in_mailbox_of
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.msgraph.times import read_time
from gateway.adapters.msgraph.view import MAX_VIEW, widened
from gateway.adapters.msgraph.wire import CancelledOccurrences, Instance
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import Refused, TooMany, UnexpectedAnswer, Unsupported
from gateway.model.event import Draft, Event, Recurrence
from gateway.model.ids import CalendarId, EventId
from gateway.model.recurrence.occurrences import without_occurrence
from gateway.model.time import Window, add_days, midnight, on_clock, parse_instant

MAX_DAYS: Final = 100
_PATH: Final = ("recurrence", "exceptDates")
_DAY: Final = re.compile(r".*\.(\d{4}-\d\d-\d\d)", re.ASCII | re.DOTALL)


class Exceptions(msgspec.Struct, frozen=True, kw_only=True):
    """Days to take out of a series that keeps the clock of `zone`; some of them may be out `already`."""

    series: EventId
    zone: str
    days: tuple[date, ...]
    already: frozenset[date] = frozenset()


def of_step(step: Step) -> Mapping[int, Exceptions]:
    """The days that the new series of a step leave out, by the index of the event."""
    found: dict[int, Exceptions] = {}
    for planned in step.events:
        recurrence = planned.draft.recurrence
        if recurrence is not None and recurrence.except_dates:
            series = event_in_mailbox_of(step.calendar, ASSIGNED)
            found[planned.index] = Exceptions(
                series=series, zone=recurrence.time_zone, days=recurrence.except_dates
            )
    return found


def leaves_out_days(draft: Draft) -> bool:
    return draft.recurrence is not None and bool(draft.recurrence.except_dates)


def of_change(change: EventChange) -> Exceptions | None:
    """The days that are taken out with a change: new ones, and those that a new pattern may bring back.

    Of both only those that the rule picks: on any other day nothing takes place. None if the days cannot
    become others. Raises Refused, Unsupported, TooMany.
    """
    after, before = change.draft.recurrence, change.event.recurrence
    is_sent = "recurrence" in members_of(change)
    if after is None or not (is_sent or "recurrence" in change.changed):
        return None
    given, old = _picked(after, change.draft), frozenset(_picked(before, change.draft))
    _check_count(given)
    new = tuple(day for day in given if day not in old)
    is_meeting = bool(change.event.attendees or change.draft.attendees)
    if new and is_meeting:
        raise _would_mail()
    if not is_sent and old - {*given}:
        raise _gone(min(old - {*given}))
    days = given if is_sent and not is_meeting else new
    if not days and not (is_sent and before and before.except_dates):
        return None
    series = EventId.parse(change.event.id)
    return Exceptions(series=series, zone=after.time_zone, days=days, already=old)


def _picked(recurrence: Recurrence | None, draft: Draft) -> tuple[date, ...]:
    """The days that a recurrence leaves out, without those that the rule of a draft does not pick."""
    if recurrence is None or draft.recurrence is None or not recurrence.except_dates:
        return ()
    start = on_clock(draft.start, draft.recurrence.time_zone)
    gone = without_occurrence(draft.recurrence.rule, start, recurrence.except_dates)
    return tuple(day for day in recurrence.except_dates if day not in gone)


def check_new(draft: Draft) -> None:
    """Raises TooMany, and Refused where leaving out a day of a series that is made would send mail."""
    _check_count(draft.recurrence.except_dates if draft.recurrence else ())
    if draft.attendees and leaves_out_days(draft):
        raise _would_mail()


def _check_count(days: Sequence[date]) -> None:
    """Raises TooMany."""
    if len(days) > MAX_DAYS:
        raise TooMany(
            f"{len(days)} days that a series leaves out are too many: at most {MAX_DAYS}.",
            path=_PATH,
            hint="Each takes a request of its own. Several shorter series leave out fewer each.",
        )


def check_written(exceptions: Exceptions, event: Event) -> None:
    """Raises Refused where a series as it is written would send mail.

    Exchange may have invited a group to its own event.
    """
    if exceptions.days and event.attendees:
        raise _would_mail()


def planned(exceptions: Exceptions, requests: Requests) -> Iterator[UpstreamRequest]:
    """What is sent once the series is written, as far as ids are known before."""
    occurrence = event_in_mailbox_of(exceptions.series, ASSIGNED)
    sent = [
        *(requests.instances(exceptions.series, window) for window in windows(exceptions)),
        *(requests.remove_event(occurrence) for _ in exceptions.days),
        *looks(exceptions.series, requests),
    ]
    yield from map(_shown, sent)


def planned_look(calendar: CalendarId, requests: Requests) -> UpstreamRequest:
    """How the days are read that a series leaves out which is not made yet."""
    return _shown(requests.cancelled_occurrences(event_in_mailbox_of(calendar, ASSIGNED)))


def _shown(request: UpstreamRequest) -> UpstreamRequest:
    """A request with the ids that nobody knows yet as they are shown."""
    return msgspec.structs.replace(request, path=request.path.replace(quote(ASSIGNED), ASSIGNED))


def looks(series: EventId, requests: Requests) -> Sequence[UpstreamRequest]:
    """How a series is seen as it is in the end."""
    return requests.event(series), requests.cancelled_occurrences(series)


def windows(exceptions: Exceptions) -> Iterator[Window]:
    """The windows in which the occurrences of the days are found, as few as Graph allows."""
    days = list(exceptions.days)
    while days:
        first = days[0]
        together = [day for day in days if day - first < MAX_VIEW - timedelta(days=4)]
        start = midnight(first, exceptions.zone).instant
        end = midnight(add_days(together[-1], 1), exceptions.zone, latest=True).instant
        yield widened(Window(start=start, end=end))
        days = days[len(together) :]


def day_of(instance: Instance, zone: str) -> date:
    """The day on which an occurrence begins by the rule, whenever it was moved to."""
    if instance.is_all_day:
        return read_time(instance.start, None).local.date()
    start = read_time(instance.start, None)
    if instance.original_start is not None:
        start = msgspec.structs.replace(start, instant=parse_instant(instance.original_start))
    return on_clock(start, zone).local.date()


def cancelled_days(found: CancelledOccurrences) -> tuple[date, ...]:
    """The days that a series leaves out, of ids such as `OID.{series}.{day}`. Raises UnexpectedAnswer."""
    days = []
    for name in found.cancelled_occurrences or ():
        match = _DAY.fullmatch(name)
        if match is None:
            raise UnexpectedAnswer(f"Graph names a cancelled occurrence {name!r}, which tells no day.")
        days.append(date.fromisoformat(match[1]))
    return tuple(sorted(days))


def _would_mail() -> Refused:
    return Refused(
        "People are invited to the series: each of them would be sent a cancellation for each day left out.",
        path=_PATH,
        hint="Let the rule leave out those days, or remove the occurrences one by one.",
    )


def _gone(day: date) -> Unsupported:
    return Unsupported(
        f"The occurrence on {day} was removed, and Graph cannot bring it back.",
        path=_PATH,
        hint="Add an event of its own for that day, or make a new series.",
    )
