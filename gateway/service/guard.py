"""Guard rails: what the configuration lets callers do with a source, so that a slip is not an incident."""

import re
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Final, Self
from urllib.parse import unquote

import msgspec

from gateway.errors import CalendarNotAllowed, GroupAddress, MuteTooLong, ReadOnlySource, Refused
from gateway.model.calendar import Calendar
from gateway.model.event import Attendee
from gateway.model.ids import CalendarId, ResourceId
from gateway.model.suppression import ALL_JOBS
from gateway.model.time import to_iso_duration

MAX_MUTE: Final = timedelta(days=31)
MAX_INVITATIONS: Final = 50


class SourceMode(StrEnum):
    """What may be done with a source; dry runs are reads."""

    READ = "read"
    WRITE = "write"


class CalendarPattern(msgspec.Struct, frozen=True):
    """Calendars named by their path in their source: `planned-*`, `users/outages@contoso.com/*`.

    `*` stands for any characters within one segment, and as the last segment for all that follows, if
    anything does. Segments are compared decoded, so an encoded slash is never taken for a separator. Segments
    that are addresses are compared ignoring case, all others exactly.
    """

    segments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The pattern that `text` spells, percent-encoded as ids are. Raises InvalidId."""
        ResourceId.parse(f"pattern:{text.replace('*', 'x')}")
        return cls(tuple(text.split("/")))

    @property
    def is_exact(self) -> bool:
        """Whether it names one calendar."""
        return not any("*" in segment for segment in self.segments)

    def matches(self, calendar: ResourceId) -> bool:
        """Whether the calendar, of whatever source, is one of those named."""
        globs, path = self.segments, calendar.segments
        if globs[-1] == "*":
            globs = globs[:-1]
            path = path[: len(globs)]
        return len(globs) == len(path) and all(map(_fits, globs, path))


class SourcePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The guard rails of one source. `calendars` holds the targets of aliases too."""

    mode: SourceMode = SourceMode.READ
    calendars: tuple[CalendarPattern, ...] = ()
    max_mute: timedelta = MAX_MUTE
    max_invitations: int = MAX_INVITATIONS
    group_addresses: tuple[str, ...] = ()
    allow_group_addresses: tuple[str, ...] = ()
    time_zone: str | None = None
    allow_all_jobs: bool = False

    @property
    def allows_all(self) -> bool:
        """Whether every calendar of the source may be read."""
        return any(pattern.segments == ("*",) for pattern in self.calendars)

    def names(self, calendar: ResourceId) -> bool:
        """Whether an entry names the calendar."""
        return any(pattern.matches(calendar) for pattern in self.calendars)

    def names_exactly(self, calendar: ResourceId) -> bool:
        """Whether an entry without a wildcard, or an alias, names the calendar."""
        return any(pattern.is_exact and pattern.matches(calendar) for pattern in self.calendars)

    def allows(self, calendar: Calendar) -> bool:
        """Whether a calendar that was found may be read, by either of its ids."""
        return any(map(self.names, _ids(calendar)))

    def check_calendar(self, calendar: ResourceId, *, by_alias: bool = False) -> None:
        """Raises CalendarNotAllowed unless the configuration names the calendar."""
        if not by_alias and not self.names(calendar):
            raise _not_allowed(calendar)

    def check_found(self, calendar: Calendar) -> None:
        """Raises CalendarNotAllowed unless a calendar that was found may be read, by either of its ids."""
        if not self.allows(calendar):
            raise _not_allowed(CalendarId.parse(calendar.id))

    def check_mutes(self, calendar: Calendar) -> None:
        """Raises CalendarNotAllowed for a calendar that mutes all jobs and is named by a wildcard only.

        Whoever writes to it silences the whole cluster: that is no accident of a pattern.
        """
        if calendar.mutes_all_jobs and not any(map(self.names_exactly, _ids(calendar))):
            raise CalendarNotAllowed(
                f"{calendar.id} applies to all anomaly detection jobs, and no entry of its own allows it.",
                hint=f"Name it without a wildcard in `calendars` of the source {calendar.source!r}.",
            )

    def check_jobs(self, source: str, names: Sequence[str]) -> None:
        """Raises Refused for `_all` unless calendars may be made to apply to every job."""
        if ALL_JOBS in names and not self.allow_all_jobs:
            raise Refused(
                f"{ALL_JOBS} stands for every anomaly detection job of {source!r}, and none may be set so.",
                path=("jobs", names.index(ALL_JOBS)),
                hint=f"Name jobs or groups, or set allow_all_jobs = true in [sources.{source}].",
            )

    def check_write(self, source: str) -> None:
        """Raises ReadOnlySource unless the source, called so in the configuration, may be written to."""
        if self.mode is not SourceMode.WRITE:
            raise ReadOnlySource(
                f"The source {source!r} is read-only here.",
                hint=f'Use a dry run, or set mode = "write" in [sources.{source}] of the configuration.',
            )

    def longest_mute(self, lowered_to: timedelta | None = None) -> timedelta:
        """The source's limit or the caller's, whichever is lower."""
        return self.max_mute if lowered_to is None else min(self.max_mute, lowered_to)

    def check_mute(self, length: timedelta, *, lowered_to: timedelta | None = None) -> None:
        """Raises MuteTooLong if `length` is above the source's limit or the caller's, which may be lower."""
        limit = self.longest_mute(lowered_to)
        if length > limit:
            raise MuteTooLong(
                f"A mute of {to_iso_duration(length)} is longer than {to_iso_duration(limit)}.",
                path=("end",),
                hint="Split it, or raise max_mute of the source.",
            )

    def check_group_addresses(self, attendees: Sequence[Attendee]) -> None:
        """Raises GroupAddress for the first attendee who may be many: nobody knows who gets the mail."""
        for index, attendee in enumerate(attendees):
            address = attendee.email.strip()
            if _any_fits(self.group_addresses, address) and not _any_fits(
                self.allow_group_addresses, address
            ):
                raise GroupAddress(
                    f"{address} is a group's address by the configuration: who is behind it is unknown.",
                    path=("attendees", index, "email"),
                    hint="Invite people by name, or add the address to allow_group_addresses of the source.",
                )


def _ids(calendar: Calendar) -> list[CalendarId]:
    return [CalendarId.parse(text) for text in (calendar.id, calendar.default_id) if text is not None]


def _not_allowed(calendar: ResourceId) -> CalendarNotAllowed:
    return CalendarNotAllowed(
        f"{calendar} is not among the calendars that the configuration allows.",
        hint=f"Name it in `calendars` of the source {calendar.source!r}, or in an alias.",
    )


def _any_fits(globs: Sequence[str], address: str) -> bool:
    return any(_fits(glob, address) for glob in globs)


def _fits(glob: str, text: str) -> bool:
    """Whether `text`, decoded, is of the form of `glob`, percent-encoded. Addresses ignore case."""
    return _regex(glob, ignore_case="@" in text).fullmatch(text) is not None


@cache
def _regex(glob: str, *, ignore_case: bool) -> re.Pattern[str]:
    literals = (re.escape(unquote(literal)) for literal in glob.split("*"))
    return re.compile(".*".join(literals), re.ASCII | re.DOTALL | (re.IGNORECASE if ignore_case else 0))
