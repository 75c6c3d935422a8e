"""An event as a caller writes it, and its way into a draft."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import strawberry

from gateway.errors import InvalidInput, located
from gateway.model import event as model
from gateway.model.event import SourceKind
from gateway.model.time import EventTime
from gateway.schema.elasticsearch import ElasticsearchEventOptions
from gateway.schema.enums import ShowAs, by_name
from gateway.schema.location import EventLocationInput
from gateway.schema.msgraph_options import MSGraphEventOptions
from gateway.schema.person import AttendeeInput
from gateway.schema.recurrence import RecurrenceInput
from gateway.schema.time_input import EventEndInput, EventTimeInput, check_clock, span, zones_given

_KEY_SUFFIX: Final = re.compile(r"\[#[A-Za-z0-9._:-]{1,64}(?:@[0-9TZ]+)?\]\s*\Z")


@strawberry.input(one_of=True, description="A longer text, as plain text or as HTML.")
class EventBodyInput:
    text: str | None = strawberry.field(default=strawberry.UNSET, description="As plain text.")
    html: str | None = strawberry.field(default=strawberry.UNSET, description="As HTML.")

    def to_model(self) -> model.EventBody:
        return model.EventBody(text=self.text or None, html=self.html or None)


@strawberry.input(
    description="An event to write. What a calendar cannot hold comes back as a warning, field by field."
)
class EventInput:
    title: str = strawberry.field(description="What it is; not empty.")
    start: EventTimeInput = strawberry.field(description="When it begins.")
    end: EventEndInput = strawberry.field(description="When it ends, exclusive.")
    description: EventBodyInput | None = strawberry.field(default=None, description="A longer text.")
    location: EventLocationInput | None = strawberry.field(
        default=None, description="Where it takes place. Give this or `locations`."
    )
    locations: list[EventLocationInput] | None = strawberry.field(
        default=None, description="All places where it takes place. Give this or `location`."
    )
    categories: list[str] | None = strawberry.field(default=None, description="Labels.")
    show_as: ShowAs | None = strawberry.field(default=None, description="How the time appears to others.")
    attendees: list[AttendeeInput] | None = strawberry.field(
        default=None, description="Whom to invite. They are sent mail, which cannot be suppressed."
    )
    recurrence: RecurrenceInput | None = strawberry.field(
        default=None,
        description="Makes it a series, of which this is the first occurrence. An ML calendar holds it as "
        "single events, up to a horizon.",
    )
    key: str | None = strawberry.field(
        default=None,
        description="Your own name for the event, such as a change ticket's, shared by all its copies: 1 to "
        "64 of `A-Z a-z 0-9 . _ : -`, unique ignoring case within a calendar. With it the call can be "
        "repeated.",
    )
    elasticsearch: ElasticsearchEventOptions | None = strawberry.field(
        default=None, description="What only Elasticsearch understands."
    )
    msgraph: MSGraphEventOptions | None = strawberry.field(
        default=None, description="What only Graph understands."
    )

    def to_draft(self, default_zone: str | None) -> model.Draft:
        """The draft, all-day events in `default_zone` unless they say otherwise. Raises InvalidInput."""
        check_title(self.title)
        if self.location is not None and self.locations is not None:
            raise InvalidInput(
                "An event has either location or locations, not both.",
                path=("locations",),
                hint="Put the place into the list, and leave location out.",
            )
        start, end = span(self.start, self.end, default_zone)
        draft = model.Draft(title=self.title, start=start, end=end, is_all_day=start.day is not None)
        more = self._more(start)
        if more:
            draft = msgspec.structs.replace(draft, **more)
        if draft.recurrence is None:
            return draft
        return model.on_clock_of_series(draft, zones_given(self.start, self.end))

    def _more(self, start: EventTime) -> dict[str, Any]:
        """What is given beside the title and the times."""
        given: dict[str, Any] = {}
        if self.description:
            given["body"] = self.description.to_model()
        if self.show_as is not None:
            given["show_as"] = by_name(model.ShowAs, self.show_as)
        if self.location is not None:
            given["location"] = self._location(self.location)
        if self.locations is not None:
            given["locations"] = self._locations(self.locations)
        if self.categories is not None:
            given["categories"] = tuple(self.categories)
        if self.attendees is not None:
            given["attendees"] = self._attendees(self.attendees)
        if self.recurrence is not None:
            given["recurrence"] = self._recurrence(self.recurrence, start)
        if self.elasticsearch or self.msgraph:
            given["options"] = self._options()
        return given

    def _recurrence(self, recurrence: RecurrenceInput, start: EventTime) -> model.Recurrence:
        check_clock(self.start, self.end, start)
        with located("recurrence"):
            return recurrence.to_model(start)

    def _location(self, location: EventLocationInput) -> model.EventLocation:
        with located("location"):
            return location.to_model()

    def _locations(self, locations: Sequence[EventLocationInput]) -> tuple[model.EventLocation, ...]:
        found = []
        for index, place in enumerate(locations):
            with located("locations", index):
                found.append(place.to_model())
        return tuple(found)

    def _attendees(self, attendees: Sequence[AttendeeInput]) -> tuple[model.Attendee, ...]:
        found = []
        for index, attendee in enumerate(attendees):
            with located("attendees", index):
                found.append(attendee.to_model())
        return tuple(found)

    def _options(self) -> Mapping[SourceKind, msgspec.Struct]:
        options: dict[SourceKind, msgspec.Struct] = {}
        if self.elasticsearch:
            options[SourceKind.ELASTICSEARCH] = self.elasticsearch.to_model()
        if self.msgraph:
            with located("msgraph"):
                options[SourceKind.MSGRAPH] = self.msgraph.to_model()
        return options


def check_title(title: str) -> None:
    text = title.strip()
    if not text:
        raise InvalidInput("An event needs a title.", path=("title",), hint="Say what is planned.")
    if text[-1] == "]" and (suffix := _KEY_SUFFIX.search(title)):
        raise InvalidInput(
            f"A title cannot end with {suffix.group()!r}: that is how events are marked with their key.",
            path=("title",),
            hint="Put something after it, or write it differently.",
        )
