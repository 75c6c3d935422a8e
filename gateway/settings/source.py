"""The settings that sources of all kinds have: whose credential one gets, and what may be done with it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import timedelta

from pydantic import Field

from gateway.model.ids import ResourceId, encode_segment
from gateway.service.guard import CalendarPattern, SourceMode, SourcePolicy
from gateway.settings.value import Header, Patterns, Table, TimeZone


class AnySource(Table, ABC):
    mode: SourceMode = Field(
        SourceMode.READ,
        description="`read` for reads and dry runs only, or `write`.",
    )
    calendars: Patterns | None = Field(
        None,
        description="The calendars that may be read and written, by their path after the source's name;"
        " those of aliases may be, too. `*` stands for any characters in a segment, or at the end for all"
        " segments that follow. Needed if the gateway holds the credential; else, all of the caller's.",
    )
    time_zone: TimeZone | None = Field(
        None,
        description="The zone of all-day events that come without one, if no alias says otherwise.",
    )
    upstream_timeout_seconds: float = Field(
        30.0,
        gt=0,
        le=600,
        description="The longest that one request to the upstream may take.",
    )

    credential_header: Header = Field(
        "authorization",
        description="The header of a call in which the caller's own credential for this source comes.",
    )

    @property
    @abstractmethod
    def authorization(self) -> str | None:
        """The Authorization header, if it is always the same."""

    @property
    @abstractmethod
    def audience(self) -> tuple[str, ...]:
        """Where a caller's credential goes: sources that take it from one header must agree in that."""

    @property
    def takes_callers_credential(self) -> bool:
        """Whether each caller's own credential is passed on."""
        return self.authorization is None

    @property
    def exchanged_for(self) -> str | None:
        """The application that each caller's token must be for, if it is exchanged and not passed on."""
        return None

    @property
    def timeout(self) -> timedelta:
        return timedelta(seconds=self.upstream_timeout_seconds)

    def policy(self, aliased: Iterable[ResourceId] = ()) -> SourcePolicy:
        """The guard rails. `aliased` are the calendars of this source that aliases name, canonical."""
        everything = (CalendarPattern(("*",)),) if self.takes_callers_credential else ()
        named = everything if self.calendars is None else self.calendars
        exact = (CalendarPattern(tuple(map(encode_segment, calendar.segments))) for calendar in aliased)
        return SourcePolicy(mode=self.mode, calendars=(*named, *exact), time_zone=self.time_zone)
