"""Planning to make, delete or change an ML calendar: what a look settles, and the exact requests."""

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from typing import Final

import msgspec

from gateway.adapters.byproducts import TranslationWarning
from gateway.adapters.elasticsearch import requests
from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.drafts import MAX_DESCRIPTION_BYTES
from gateway.adapters.elasticsearch.ids import name_of
from gateway.adapters.elasticsearch.jobs import ClusterJobs
from gateway.adapters.elasticsearch.wire import CalendarList, to_calendar
from gateway.adapters.losses import Notice
from gateway.adapters.management import (
    CalendarCreation,
    CalendarDeletion,
    CalendarOrder,
    CalendarOutcome,
    CalendarStep,
    JobsChange,
)
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.errors import Conflict, InvalidInput, NotFound, UnexpectedAnswer, Unsupported
from gateway.model.calendar import Calendar
from gateway.model.elasticsearch import ElasticsearchCalendarDetails
from gateway.model.ids import CalendarId
from gateway.model.suppression import muted_jobs

_LONGEST_PATH: Final = 3000
"""Elasticsearch refuses a request line of more than 4 kB."""


class _Count(msgspec.Struct, frozen=True):
    count: int


class _Body(msgspec.Struct, frozen=True, omit_defaults=True):
    job_ids: tuple[str, ...]
    description: str | None = None


class CalendarPlanner:
    """Plans orders. What it reads goes into a log of its own."""

    def __init__(self, api: MLApi, jobs: ClusterJobs) -> None:
        self._api = api
        self._jobs = jobs

    async def plan(self, order: CalendarOrder) -> CalendarStep:
        """Raises NotFound for a calendar that is to be there, InvalidInput for names that mean no job.

        Raises Unsupported for a name that is held and cannot be taken out.
        """
        present = await find(self._api, order.calendar, log=self._api.new_log())
        if isinstance(order, CalendarCreation):
            return await self._creation(order, present)
        if present is None:
            raise NotFound(f"There is no calendar {order.calendar}.", hint="Nothing was written.")
        if isinstance(order, CalendarDeletion):
            return await self._deletion(order, present)
        return await self._jobs_change(order, present)

    async def _creation(self, order: CalendarCreation, present: Calendar | None) -> CalendarStep:
        if present is not None:
            return CalendarStep(order=order, present=present, settled=exists(present))
        if order.description is not None:
            _check_description(order.description)
        await self._check_names(order.job_ids, held=())
        body = msgspec.json.encode(_Body(order.job_ids, order.description))
        return CalendarStep(
            order=order,
            requests=(requests.put_calendar(order.calendar, body), requests.calendar(order.calendar)),
            warnings=tuple(_no_jobs(order)),
        )

    async def _deletion(self, order: CalendarDeletion, present: Calendar) -> CalendarStep:
        count = await count_events(self._api, order.calendar, log=self._api.new_log())
        settled = check_count(order, present, count)
        looks = (requests.event_count(order.calendar), requests.calendar(order.calendar))
        delete = requests.delete_calendar(order.calendar)
        return CalendarStep(
            order=order,
            present=present,
            event_count=count,
            requests=() if settled else (looks[0], delete, looks[1]),
            settled=settled,
        )

    async def _jobs_change(self, order: JobsChange, present: Calendar) -> CalendarStep:
        """What a calendar holds already may stay there, even if it means nothing any more."""
        held = names_of(present)
        unknown = await self._check_names(order.job_ids, held=held)
        added = [name for name in order.job_ids if name not in held]
        removed = sorted(held - set(order.job_ids))
        for name in removed:
            _check_removable(name)
        look = requests.calendar(order.calendar)
        changes = (
            *(requests.add_jobs(order.calendar, names) for names in _batches(added)),
            *(requests.remove_jobs(order.calendar, names) for names in _batches(removed)),
        )
        unchanged = CalendarOutcome(status=WriteStatus.UNCHANGED, calendar=present)
        return CalendarStep(
            order=order,
            present=present,
            requests=(look, *changes, look) if changes else (),
            warnings=(*_no_jobs(order), *_unknown(order, unknown)),
            settled=None if changes else unchanged,
        )

    async def _check_names(self, names: Sequence[str], *, held: Collection[str]) -> Sequence[str]:
        """The names that mean no job or group. Raises InvalidInput for one that is not held already."""
        if not names:
            return ()
        jobs = await self._jobs.all()
        unknown = muted_jobs(names, jobs).unknown
        known = sorted({job.id for job in jobs} | {group for job in jobs for group in job.groups})
        for index, name in enumerate(names):
            if name in unknown and name not in held:
                close = get_close_matches(name, known, n=1)
                raise InvalidInput(
                    f"{self._api.source} has no job or group {name!r}.",
                    path=("jobs", index),
                    hint=f"Did you mean {close[0]}?"
                    if close
                    else "Elasticsearch would take it, and mute nothing.",
                )
        return unknown


async def find(api: MLApi, calendar: CalendarId, *, log: UpstreamLog) -> Calendar | None:
    """The calendar as it is, None where there is none. Raises UpstreamError."""
    try:
        found = await api.read(requests.calendar(calendar), CalendarList, log=log)
    except NotFound:
        return None
    if len(found.calendars) != 1:
        raise UnexpectedAnswer(f"{api.source} shows {len(found.calendars)} calendars for {calendar}.")
    return to_calendar(found.calendars[0], api.source)


async def count_events(api: MLApi, calendar: CalendarId, *, log: UpstreamLog) -> int:
    """How many events a calendar holds. Raises UpstreamError."""
    return (await api.read(requests.event_count(calendar), _Count, log=log)).count


def names_of(calendar: Calendar) -> frozenset[str]:
    """The jobs, groups or `_all` that a calendar holds."""
    details = calendar.details
    return frozenset(details.job_ids if isinstance(details, ElasticsearchCalendarDetails) else ())


def exists(present: Calendar) -> CalendarOutcome:
    """The outcome of making a calendar that is there."""
    error = Conflict(
        f"There is a calendar {present.id} already.",
        hint="It is shown as it is. Its jobs are changed by setCalendarJobs; its description stays.",
    )
    return CalendarOutcome(status=WriteStatus.CONFLICT, calendar=present, problem=error.problem)


def check_count(order: CalendarDeletion, present: Calendar, count: int) -> CalendarOutcome | None:
    """The outcome of a deletion that did not expect so many events."""
    if count == order.expected_events:
        return None
    error = Conflict(
        f"{present.id} holds {count} events, and {order.expected_events} were expected.",
        path=("expectedEventCount",),
        hint="Look at its events, and decide again. Nothing was deleted.",
    )
    return CalendarOutcome(
        status=WriteStatus.CONFLICT, calendar=present, event_count=count, problem=error.problem
    )


def _check_description(description: str) -> None:
    try:
        length = len(description.encode())
    except UnicodeEncodeError as exc:
        raise InvalidInput("The description holds half of a character.", path=("description",)) from exc
    if length > MAX_DESCRIPTION_BYTES:
        raise InvalidInput(
            f"A description of {length} bytes is too long: at most {MAX_DESCRIPTION_BYTES}.",
            path=("description",),
        )


def _check_removable(name: str) -> None:
    """Raises Unsupported for a name that a path cannot say: it would name other jobs, or the calendar."""
    if "," in name or name != name.strip() or name in {"", ".", ".."}:
        raise Unsupported(
            f"The calendar holds {name!r}, which the API of Elasticsearch cannot take out.",
            path=("jobs",),
            hint="Keep it among the jobs, or make another calendar. Nothing was written.",
        )


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """The names in lists that fit into a path."""
    batch: list[str] = []
    length = 0
    for name in names:
        size = 3 * len(name.encode()) + 3  # percent-encoded, with a comma
        if batch and length + size > _LONGEST_PATH:
            yield batch
            batch, length = [], 0
        batch.append(name)
        length += size
    if batch:
        yield batch


def _no_jobs(order: CalendarCreation | JobsChange) -> Iterator[TranslationWarning]:
    if not order.job_ids:
        message = f"{name_of(order.calendar)} applies to no job: its events mute nothing."
        yield TranslationWarning(code=Notice.NO_JOBS, field="jobs", message=message)


def _unknown(order: JobsChange, unknown: Sequence[str]) -> Iterator[TranslationWarning]:
    if unknown:
        message = f"{name_of(order.calendar)} keeps {', '.join(unknown)}: there is no such job or group."
        yield TranslationWarning(code=Notice.UNKNOWN_JOBS, field="jobs", message=message)


def writes(planned: Sequence[UpstreamRequest]) -> list[UpstreamRequest]:
    """Those of the requests that change something."""
    return [request for request in planned if request.method != "GET"]
