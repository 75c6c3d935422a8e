"""What events in an ML calendar really mute, as far as its jobs are known: warnings and effects. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gateway.adapters.byproducts import EffectKind, SideEffect, TranslationWarning
from gateway.adapters.elasticsearch.drafts import effects
from gateway.adapters.elasticsearch.ids import name_of
from gateway.adapters.elasticsearch.wire import SentEvent
from gateway.adapters.losses import Notice
from gateway.model.ids import CalendarId
from gateway.model.suppression import (
    MAX_EVENTS_PER_JOB,
    Job,
    SuppressionWindow,
    begun_before,
    suppression_windows,
)
from gateway.model.time import from_millis, to_iso_duration, to_rfc3339

_SHOWN: Final = 5
_NOTICED: Final = 2
"""A window so many times as long as the event is worth a warning."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say of a draft."""

    warnings: tuple[TranslationWarning, ...]
    effects: tuple[SideEffect, ...]


class Muting(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs that a calendar's events mute. `jobs` is None, and `untold` says why, where nobody can tell.

    `spans` are the same jobs by their bucket span; `latest` is how far each job has come; `ahead` is how many
    events each has ahead of it with those of this call, for jobs that have too many.
    """

    calendar: CalendarId
    jobs: tuple[Job, ...] | None = None
    spans: Mapping[timedelta, tuple[str, ...]] = {}
    unknown: tuple[str, ...] = ()
    latest: Mapping[str, datetime] = {}
    ahead: Mapping[str, int] = {}
    untold: tuple[str, ...] = ()

    def tell(self, drafts: Iterable[Sequence[SentEvent]]) -> list[Told]:
        """What to know of each draft, given the events that it becomes, and its effects on the jobs."""
        calendar, crowd = tuple(self._of_calendar()), tuple(self._of_crowd())
        return [self._tell(sent, calendar, crowd) for sent in drafts]

    def _tell(
        self,
        sent: Sequence[SentEvent],
        calendar: Iterable[TranslationWarning],
        crowd: Iterable[TranslationWarning],
    ) -> Told:
        found = [(event, window) for event in sent for window in _windows(event, self.spans)]
        windows = _of_windows(found) if found else ()
        return Told(
            warnings=(*calendar, *windows, *self._too_late(sent[0]), *crowd),
            effects=self._effects(sent, [window for _, window in found if not window.is_empty]),
        )

    def _effects(
        self, sent: Sequence[SentEvent], windows: Sequence[SuppressionWindow]
    ) -> tuple[SideEffect, ...]:
        """With the jobs that are muted, if they are known; where none is, that is no effect."""
        if self.jobs is None:
            return tuple(effects(sent, self.calendar))
        return (_suppression(windows),) if windows and sent[0].skip_result is not False else ()

    def _of_calendar(self) -> Iterator[TranslationWarning]:
        name = name_of(self.calendar)
        for why in self.untold:
            yield _notice(Notice.JOBS_NOT_READ, f"What {name} mutes could not be told: {why}")
        if self.unknown:
            listed = _listed(self.unknown)
            yield _notice(Notice.UNKNOWN_JOBS, f"{name} names {listed}: there is no such job or group.")
        elif self.jobs == ():
            yield _notice(Notice.NO_JOBS, f"{name} applies to no job: its events mute nothing.")

    def _too_late(self, first: SentEvent) -> Iterator[TranslationWarning]:
        if not self.latest:
            return
        behind = begun_before(from_millis(first.start_time), self.jobs or (), self.latest)
        if behind:
            furthest = max(behind, key=lambda job: self.latest[job.id]).id
            yield _notice(
                Notice.TOO_LATE,
                f"{_listed([job.id for job in behind])} have left its first bucket behind ({furthest} is at"
                f" {to_rfc3339(self.latest[furthest])}): results that are there are not revised.",
                field="start",
                given=to_rfc3339(from_millis(first.start_time)),
            )

    def _of_crowd(self) -> Iterator[TranslationWarning]:
        if self.ahead:
            job, count = max(self.ahead.items(), key=lambda item: item[1])
            yield _notice(
                Notice.TOO_MANY_EVENTS,
                f"{job} would have {count} events ahead of it, and takes the first {MAX_EVENTS_PER_JOB}:"
                " later ones mute nothing until it loads them anew.",
            )


def _of_windows(found: Sequence[tuple[SentEvent, SuppressionWindow]]) -> Iterator[TranslationWarning]:
    """About one of the events whose time is not muted as it is given."""
    empty = next((window for _, window in found if window.is_empty), None)
    if empty is not None:
        yield _notice(
            Notice.MUTES_NOTHING,
            f"It is shorter than a second, on a boundary of buckets: {_listed(empty.job_ids)} ignore"
            " nothing.",
            field="end",
        )
    wide = [(event, it) for event, it in found if it.length >= _NOTICED * _length(event)]
    if wide:
        event, window = max(wide, key=lambda pair: pair[1].length)
        span = to_iso_duration(window.bucket_span)
        yield _notice(
            Notice.MUTES_MORE,
            f"{_listed(window.job_ids)} work in buckets of {span} and ignore whole ones, from"
            f" {to_rfc3339(window.start)} to {to_rfc3339(window.end)}.",
            field="start",
            given=to_iso_duration(_length(event)),
            sent=to_iso_duration(window.length),
        )


def _windows(event: SentEvent, spans: Mapping[timedelta, tuple[str, ...]]) -> list[SuppressionWindow]:
    """None for an event that has no effect on a job: it is stored, and that is all."""
    if event.skip_result is False and event.skip_model_update is False:
        return []
    return suppression_windows(from_millis(event.start_time), from_millis(event.end_time), spans)


def _length(event: SentEvent) -> timedelta:
    return from_millis(event.end_time) - from_millis(event.start_time)


def _suppression(windows: Sequence[SuppressionWindow]) -> SideEffect:
    shown = "; ".join(
        f"{_listed(it.job_ids)} from {to_rfc3339(it.start)} to {to_rfc3339(it.end)}"
        for it in windows[:_SHOWN]
    )
    more = f"; and {len(windows) - _SHOWN} more windows" if len(windows) > _SHOWN else ""
    message = f"Anomaly detection jobs report nothing: {shown}{more}."
    return SideEffect(kind=EffectKind.SUPPRESSES_ANOMALIES, message=message, windows=tuple(windows))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _notice(
    code: Notice, message: str, *, field: str = "calendars", given: object = None, sent: object = None
) -> TranslationWarning:
    return TranslationWarning(code=code, field=field, message=message, given=given, sent=sent)
