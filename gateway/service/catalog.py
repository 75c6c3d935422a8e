"""The configured sources and aliases, and what the names in a call mean."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, Self

import msgspec

from gateway.adapters.base import CalendarSource
from gateway.adapters.byproducts import TranslationWarning
from gateway.adapters.capabilities import Capability, Fidelity
from gateway.errors import (
    GatewayError,
    InvalidId,
    MissingScope,
    Problem,
    ReadOnlySource,
    UnknownAlias,
    UnknownSource,
    located,
)
from gateway.model.announcement import Announcement
from gateway.model.event import Draft, SourceKind
from gateway.model.ids import CalendarId, EventId, ResourceId, is_alias
from gateway.service.guard import SourcePolicy
from gateway.service.scopes import READ, WRITE, Scopes, may_read, may_write

_SHOWN_NAMES: Final = 20
_REMEMBERED_NAMES: Final = 512
_REMEMBERED_SCOPES: Final = 32


class ConfiguredSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source with what the configuration says of it, and what the caller may do: `scopes`, None for all."""

    source: CalendarSource
    policy: SourcePolicy
    is_sandbox: bool = False
    scopes: Scopes | None = None

    @property
    def name(self) -> str:
        return self.source.name

    def can(self, capability: Capability) -> bool:
        """Whether the source can hold or do it at all."""
        note = self.source.capabilities.get(capability)
        return note is not None and note.fidelity is not Fidelity.UNSUPPORTED

    def check_read(self) -> None:
        """Raises MissingScope unless the caller may read the source."""
        if not may_read(self.scopes, self.source.name):
            raise _missing(READ, self.name)

    def check_write(self) -> None:
        """Raises ReadOnlySource or MissingScope unless the source may be written to, and by the caller."""
        self.policy.check_write(self.source.name)
        if not may_write(self.scopes, self.source.name):
            raise _missing(WRITE, self.name)

    def dry_run_warnings(self) -> tuple[TranslationWarning, ...]:
        """What a dry run must say of the source: that a real run would be refused."""
        try:
            self.check_write()
        except (ReadOnlySource, MissingScope) as exc:
            return (TranslationWarning(code=exc.code, field="dryRun", given=True, message=str(exc)),)
        return ()


class Alias(msgspec.Struct, frozen=True, kw_only=True):
    """A name for several calendars. `time_zone` is where its all-day events take place.

    `announcement` is for those of Graph.
    """

    calendars: tuple[CalendarId, ...]
    time_zone: str | None = None
    announcement: Announcement = Announcement()


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One calendar of a call. `index` is the place in the input that named it, alone or with others.

    `known_id` is the canonical id, or None where only the upstream can tell; `canonical` is as the calendar
    was addressed then. `is_allowed` says whether the configuration names the calendar, and `is_named` whether
    it does so by an alias, or without a wildcard; `can_mute` and `can_invite` what its source can.
    """

    index: int
    calendar: CalendarId
    canonical: CalendarId
    known_id: str | None
    source: ConfiguredSource
    by_alias: bool = False
    is_allowed: bool = False
    is_named: bool = False
    can_mute: bool = False
    can_invite: bool = False
    time_zone: str | None = None
    announcement: Announcement | None = None

    @classmethod
    def of(cls, source: ConfiguredSource, calendar: CalendarId, alias: Alias | None = None) -> Self:
        known = source.source.canonical_id(calendar)
        canonical = known or calendar
        is_outlook = source.source.kind is SourceKind.MSGRAPH
        return cls(
            index=0,
            calendar=calendar,
            canonical=canonical,
            known_id=None if known is None else str(known),
            source=source,
            by_alias=alias is not None,
            is_allowed=alias is not None or source.policy.names(canonical),
            is_named=alias is not None or source.policy.names_exactly(canonical),
            can_mute=source.can(Capability.ANOMALY_SUPPRESSION),
            can_invite=source.can(Capability.ATTENDEES),
            time_zone=(alias.time_zone if alias else None) or source.policy.time_zone,
            announcement=alias.announcement if alias and is_outlook else None,
        )

    def announced(self, drafts: Sequence[Draft]) -> Sequence[Draft]:
        """Drafts as this calendar gets them."""
        return drafts if self.announcement is None else [*map(self.announcement.of, drafts)]

    def check_allowed(self) -> None:
        """Raises CalendarNotAllowed unless the configuration names the calendar."""
        if not self.is_allowed:
            self.source.policy.check_calendar(self.canonical, by_alias=self.by_alias)


class Unresolved(msgspec.Struct, frozen=True, kw_only=True):
    """A name in the input that means nothing here, and why."""

    index: int
    problem: Problem


class Catalog:
    """All that ids and aliases can name. Holds no state of calls, but what names meant that came last."""

    def __init__(self, sources: Iterable[ConfiguredSource], aliases: Mapping[str, Alias]) -> None:
        self.sources: Final = {source.name: source for source in sources}
        self.aliases: Final = dict(aliases)
        self._meant = lru_cache(_REMEMBERED_NAMES)(self._meaning)
        self._seen = lru_cache(_REMEMBERED_SCOPES)(self._seen_with)

    def seen_with(self, scopes: Scopes | None) -> "Catalog":
        """The catalog as a caller sees it who has these scopes."""
        return self if scopes is None else self._seen(scopes)

    def _seen_with(self, scopes: Scopes) -> "Catalog":
        seen = (msgspec.structs.replace(source, scopes=scopes) for source in self.sources.values())
        return Catalog(seen, self.aliases)

    def resolve(self, names: Sequence[str]) -> list[Target | Unresolved]:
        """What each name means, aliases expanded, in the order asked. A bad name costs itself only."""
        found: list[Target | Unresolved] = []
        for index, name in enumerate(names):
            try:
                found.extend(self._targets(index, name))
            except GatewayError as exc:
                found.append(Unresolved(index=index, problem=exc.problem.at("calendars", index)))
        return found

    def targets(self, names: Sequence[str]) -> list[Target]:
        """The calendars that the names stand for. Raises InvalidId, UnknownSource, UnknownAlias for any."""
        found: list[Target] = []
        for index, name in enumerate(names):
            with located("calendars", index):
                found.extend(self._targets(index, name))
        return found

    def calendar(self, name: str) -> Target:
        """The one calendar that `name` means. Raises InvalidId, UnknownSource, UnknownAlias."""
        targets = self._targets(0, name)
        if len(targets) > 1:
            spelled = ", ".join(str(target.calendar) for target in targets)
            raise InvalidId(f"The alias {name!r} names several calendars.", hint=f"Ask for one of {spelled}.")
        return targets[0]

    def event(self, name: str) -> tuple[ConfiguredSource, EventId]:
        """The event that `name` means. Raises InvalidId, UnknownSource."""
        written, source = self._parse(name)
        event = source.source.event_id(written)
        if event is None:
            raise InvalidId(f"{name!r} is the id of a calendar, not of an event.")
        return source, event

    def is_event(self, name: str) -> bool:
        """Whether `name` is of the form of an event's id. Raises InvalidId, UnknownSource."""
        written, source = self._parse(name)
        return source.source.event_id(written) is not None

    def _targets(self, index: int, name: str) -> Sequence[Target]:
        meant = self._meant(name)
        return meant if index == 0 else [msgspec.structs.replace(target, index=index) for target in meant]

    def _meaning(self, name: str) -> tuple[Target, ...]:
        if not is_alias(name):
            written, source = self._parse(name)
            return (Target.of(source, source.source.calendar_id(written)),)
        alias = self.aliases.get(name)
        if alias is None:
            raise UnknownAlias(f"There is no alias {name!r}.", hint=_known(name, self.aliases, "aliases"))
        return tuple(Target.of(self.sources[it.source], it, alias) for it in alias.calendars)

    def _parse(self, name: str) -> tuple[ResourceId, ConfiguredSource]:
        written = ResourceId.parse(name)
        source = self.sources.get(written.source)
        if source is None:
            raise UnknownSource(
                f"There is no source {written.source!r}.",
                hint=_known(written.source, self.sources, "sources"),
            )
        return written, source


def _missing(scope: str, source: str) -> MissingScope:
    return MissingScope(
        f"Your key or token lacks the scope {scope!r} for the source {source!r}.",
        hint=f"It takes `{scope}`, or `{scope}:{source}` for this source alone.",
    )


def _known(name: str, names: Iterable[str], what: str) -> str:
    known = sorted(names)
    close = get_close_matches(name, known, n=1)
    listed = ", ".join(known[:_SHOWN_NAMES]) or "none"
    more = f" and {len(known) - _SHOWN_NAMES} more" if len(known) > _SHOWN_NAMES else ""
    return f"{f'Did you mean {close[0]}? ' if close else ''}The known {what} are: {listed}{more}."
