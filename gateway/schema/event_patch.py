"""A change of an event as a caller writes it: what is absent stays, what is null is cleared."""

from datetime import timedelta
from typing import Any

import msgspec
import strawberry

from gateway.errors import InvalidInput, InvalidTime, Unsupported, located
from gateway.model.event import Draft, Event, SourceKind, draft_of, on_clock_of_series
from gateway.model.event import ShowAs as ShowAsModel
from gateway.model.time import EventTime, add_days, midnight
from gateway.schema.elasticsearch import ElasticsearchEventOptions
from gateway.schema.enums import ShowAs, by_name
from gateway.schema.event_input import EventBodyInput, check_title
from gateway.schema.location import EventLocationInput
from gateway.schema.msgraph_options import MSGraphEventOptions
from gateway.schema.person import AttendeeInput
from gateway.schema.recurrence import RecurrenceInput, fitted
from gateway.schema.time_input import (
    EventEndInput,
    EventTimeInput,
    check_clock,
    end_of,
    start_of,
    zones_given,
)

UNSET = strawberry.UNSET


@strawberry.input(
    description="What is to change of an event. Absent fields stay as they are; null clears. A start alone "
    "keeps the duration."
)
class EventPatch:
    title: str | None = strawberry.field(default=UNSET, description="What it is; cannot be cleared.")
    start: EventTimeInput | None = strawberry.field(
        default=UNSET, description="When it begins; cannot be cleared."
    )
    end: EventEndInput | None = strawberry.field(
        default=UNSET, description="When it ends, exclusive; cannot be cleared."
    )
    description: EventBodyInput | None = strawberry.field(default=UNSET, description="A longer text.")
    location: EventLocationInput | None = strawberry.field(
        default=UNSET, description="Where it takes place. Give this or `locations`."
    )
    locations: list[EventLocationInput] | None = strawberry.field(
        default=UNSET, description="All places where it takes place. Give this or `location`."
    )
    categories: list[str] | None = strawberry.field(default=UNSET, description="Labels; all of them.")
    show_as: ShowAs | None = strawberry.field(default=UNSET, description="How the time appears to others.")
    attendees: list[AttendeeInput] | None = strawberry.field(
        default=UNSET, description="Who is invited; all of them. They are sent mail."
    )
    recurrence: RecurrenceInput | None = strawberry.field(
        default=UNSET, description="When the series takes place; null makes it a single event."
    )
    elasticsearch: ElasticsearchEventOptions | None = strawberry.field(
        default=UNSET, description="What only Elasticsearch understands; flags that are absent or null stay."
    )
    msgraph: MSGraphEventOptions | None = strawberry.field(
        default=UNSET, description="What only Graph understands; properties that are absent or null stay."
    )

    def amend(self, event: Event, default_zone: str | None) -> tuple[Draft, frozenset[str]]:
        """What the event is to become, and which of its attributes change. Raises InvalidInput."""
        with located("set"):
            before = draft_of(event)
            values = self._simple() | self._places() | self._people() | self._times(event, default_zone)
            values |= self._recurrence(before, values.get("start", before.start))
            options, changed_options = self._options(before)
            after = on_clock_of_series(
                msgspec.structs.replace(before, **values, options=options), zones_given(self.start, self.end)
            )
        changed = {name for name in values if getattr(before, name) != getattr(after, name)}
        return after, frozenset(changed | changed_options)

    def check_series(self) -> None:
        """Raises Unsupported for what cannot be done alike to events that are the occurrences of a series."""
        moves = {
            "start": bool(self.start),
            "end": bool(self.end and not self.end.after),
            "recurrence": self.recurrence is not UNSET,
        }
        for name in (name for name, is_given in moves.items() if is_given):
            raise Unsupported(
                "A series that is held as single events is not moved as a whole by a change.",
                path=("set", name),
                hint="Add it again as it is to be, under its key and with onExisting: UPDATE.",
            )

    def _simple(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if self.title is not UNSET:
            if self.title is None:
                raise InvalidInput("A title cannot be cleared.", path=("title",))
            check_title(self.title)
            values["title"] = self.title
        if self.description is not UNSET:
            values["body"] = None if self.description is None else self.description.to_model()
        if self.show_as is not UNSET:
            values["show_as"] = by_name(ShowAsModel, self.show_as)
        if self.categories is not UNSET:
            values["categories"] = tuple(self.categories or ()) or None
        return values

    def _places(self) -> dict[str, Any]:
        if self.location and self.locations is not UNSET and self.locations is not None:
            raise InvalidInput("An event has either location or locations, not both.", path=("locations",))
        if self.location:
            with located("location"):
                return {"location": self.location.to_model(), "locations": None}
        if (self.location, self.locations) == (UNSET, UNSET):
            return {}
        found = []
        for index, place in enumerate(self.locations or ()):
            with located("locations", index):
                found.append(place.to_model())
        return {"location": None, "locations": tuple(found) or None}

    def _people(self) -> dict[str, Any]:
        if self.attendees is UNSET:
            return {}
        found = []
        for index, attendee in enumerate(self.attendees or ()):
            with located("attendees", index):
                found.append(attendee.to_model())
        return {"attendees": tuple(found) or None}

    def _times(self, event: Event, default_zone: str | None) -> dict[str, Any]:
        for name in ("start", "end"):
            if getattr(self, name) is None:
                raise InvalidInput(f"The {name} cannot be cleared.", path=(name,))
        if not self.start and not self.end:
            return {}
        zone = event.start.zone if event.is_all_day else default_zone
        start = start_of(self.start, zone) if self.start else event.start
        end = end_of(start, self.end) if self.end else _moved_end(event, start)
        return {"start": start, "end": end, "is_all_day": start.day is not None}

    def _recurrence(self, before: Draft, start: EventTime) -> dict[str, Any]:
        """The recurrence that the event is to have: its own, as far as it fits the new start, or another."""
        if self.recurrence is None:
            return {"recurrence": None}
        if self.recurrence is not UNSET:
            check_clock(self.start or None, self.end or None, start)
            with located("recurrence"):
                return {"recurrence": self.recurrence.to_model(start, before.recurrence)}
        if before.recurrence is None or start == before.start:
            return {}
        check_clock(self.start or None, self.end or None, start)
        with located("start"):
            return {"recurrence": fitted(before.recurrence, start)}

    def _options(self, before: Draft) -> tuple[dict[SourceKind, msgspec.Struct], set[str]]:
        options = dict(before.options)
        changed: set[str] = set()
        inputs = ((SourceKind.ELASTICSEARCH, self.elasticsearch), (SourceKind.MSGRAPH, self.msgraph))
        for kind, given in inputs:
            if not given:
                continue
            with located(kind.value):
                wanted = given.to_model()
            values = {name: value for name, value in _asdict(wanted).items() if value is not None}
            old = _asdict(options[kind]) if kind in options else {}
            changed |= {f"{kind}.{name}" for name, value in values.items() if old.get(name) != value}
            options[kind] = msgspec.structs.replace(options.get(kind, wanted), **values)
        return options, changed


def _asdict(options: msgspec.Struct) -> dict[str, Any]:
    return msgspec.structs.asdict(options)


def _moved_end(event: Event, start: EventTime) -> EventTime:
    """The end of an event that begins at another time and lasts as long as before."""
    if (start.day is not None) != event.is_all_day:
        raise InvalidTime(
            "An event that gets or loses whole days needs a new end, too.",
            path=("end",),
            hint="Give start and end together.",
        )
    if start.day and event.start.day and event.end.day:
        length: timedelta = event.end.day - event.start.day
        return midnight(add_days(start.day, length.days), start.zone, latest=True)
    return EventTime(instant=start.instant + (event.end.instant - event.start.instant), zone=start.zone)
