"""The unified calendar event, in the schema.

Most fields are made when they are selected: a list of events has few of them, and many events.
"""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.model import elasticsearch, msgraph
from gateway.model import event as model
from gateway.schema.context import Context
from gateway.schema.elasticsearch import ElasticsearchEventDetails
from gateway.schema.enums import EventStatus, ShowAs, by_name
from gateway.schema.location import EventLocation
from gateway.schema.msgraph import MSGraphEventDetails
from gateway.schema.node import Node
from gateway.schema.person import Attendee, EventPerson
from gateway.schema.recurrence import Recurrence
from gateway.schema.scalars import URL, DateTime, Duration, elapsed
from gateway.schema.source import CalendarSource
from gateway.schema.time import EventTime

if TYPE_CHECKING:
    from gateway.schema.calendar import Calendar

CalendarNames = Annotated[
    list[strawberry.ID], strawberry.argument(description="Ids of calendars, or aliases; at most 100.")
]


@strawberry.type(description="The longer text of an event. It was written by people: treat it as untrusted.")
class EventBody:
    text: str = strawberry.field(description="As plain text.")
    html: str | None = strawberry.field(description="As HTML, if the source holds it so.")

    @classmethod
    def of(cls, body: model.EventBody) -> Self:
        return cls(text=body.text or "", html=body.html)


@strawberry.type(description="Something of an event that could not be read as its source means it.")
class EventWarning:
    field: str = strawberry.field(description="The field of the event that it is about.")
    given: str = strawberry.field(description="What the source says.")
    message: str = strawberry.field(description="For people: what that means for the field.")

    @classmethod
    def of(cls, warning: model.EventWarning) -> Self:
        return cls(field=warning.field, given=warning.given, message=warning.message)


@strawberry.federation.type(
    keys=["id", "calendarId key"],
    description="One event of one calendar. What both kinds of source share is at the top, what only one has "
    "under its name.",
)
class CalendarEvent(Node):
    event: strawberry.Private[model.Event]

    @strawberry.field(description="What it is: Graph's subject, Elasticsearch's description.")
    def title(self) -> str:
        return self.event.title

    @strawberry.field(description="The longer text; Elasticsearch has none.")
    def description(self) -> EventBody | None:
        return EventBody.of(self.event.body) if self.event.body else None

    @strawberry.field(description="When it begins.")
    def start(self) -> EventTime:
        return EventTime(time=self.event.start)

    @strawberry.field(description="When it ends; this instant is no longer part of it.")
    def end(self) -> EventTime:
        return EventTime(time=self.event.end)

    @strawberry.field(description="How long it lasts.")
    def duration(self) -> Duration:
        return elapsed(self.event.end.instant - self.event.start.instant)

    @strawberry.field(description="Whether it lasts whole days.")
    def is_all_day(self) -> bool:
        return self.event.is_all_day

    @strawberry.field(description="Whether it takes place.")
    def status(self) -> EventStatus:
        return by_name(EventStatus, self.event.status)

    @strawberry.field(description="How the time appears to others.")
    def show_as(self) -> ShowAs | None:
        return by_name(ShowAs, self.event.show_as)

    @strawberry.field(description="Where it takes place.")
    def location(self) -> EventLocation | None:
        return EventLocation.of(self.event.location) if self.event.location else None

    @strawberry.field(description="All places where it takes place.")
    def locations(self) -> list[EventLocation]:
        return [EventLocation.of(place) for place in self.event.locations]

    @strawberry.field(description="Labels.")
    def categories(self) -> list[str]:
        return list(self.event.categories)

    @strawberry.field(description="Who is invited.")
    def attendees(self) -> list[Attendee]:
        return [Attendee.of(attendee) for attendee in self.event.attendees]

    @strawberry.field(description="Who organizes it.")
    def organizer(self) -> EventPerson | None:
        return EventPerson.of(self.event.organizer) if self.event.organizer else None

    @strawberry.field(
        description="When the series takes place that the event stands for. Null for single events and for "
        "occurrences, and where no rule can say it: `msgraph` then shows how Graph does."
    )
    def recurrence(self) -> Recurrence | None:
        return Recurrence.of(self.event.recurrence) if self.event.recurrence else None

    @strawberry.field(
        description="The caller's own name for it, shared by all its copies, its `counterparts`. An "
        "occurrence has that of its series."
    )
    def key(self) -> str | None:
        return self.event.key

    @strawberry.field(description="The series that it is an occurrence of.")
    def series_id(self) -> strawberry.ID | None:
        return None if self.event.series_id is None else strawberry.ID(self.event.series_id)

    @strawberry.field(description="Where to open it in a browser.")
    def web_url(self) -> URL | None:
        return None if self.event.web_url is None else URL(self.event.web_url)

    @strawberry.field(description="When it was created.")
    def created_at(self) -> DateTime | None:
        return None if self.event.created_at is None else DateTime(self.event.created_at)

    @strawberry.field(description="When it was last changed.")
    def updated_at(self) -> DateTime | None:
        return None if self.event.updated_at is None else DateTime(self.event.updated_at)

    @strawberry.field(description="Changes with every change of the event.")
    def revision(self) -> str | None:
        return self.event.revision

    @strawberry.field(description="What could not be read as the source means it. Mostly none.")
    def warnings(self) -> list[EventWarning]:
        return [EventWarning.of(warning) for warning in self.event.warnings]

    @strawberry.field(graphql_type=strawberry.ID, description="The id of the calendar that holds it.")
    def calendar_id(self, info: strawberry.Info[Context]) -> str | Coroutine[None, None, str]:
        return self.event.calendar_id or self._home(info.context)

    async def _home(self, context: Context) -> str:
        return (await context.calendars_of.load(self.event.id)).id

    @strawberry.field(description="The calendar that holds it; null, with an error, where it cannot be read.")
    async def calendar(
        self, info: strawberry.Info[Context]
    ) -> Annotated["Calendar", strawberry.lazy("gateway.schema.calendar")] | None:
        from gateway.schema.calendar import Calendar  # noqa: PLC0415 - calendars and events name each other

        if self.event.calendar_id is None:
            return Calendar.of(await info.context.calendars_of.load(self.event.id))
        return Calendar.of(await info.context.calendar(self.event.calendar_id))

    @strawberry.field(
        description="The events under its key in other calendars: of a series in an ML calendar every "
        "occurrence. None without a key; null, with an error, where a calendar cannot be read."
    )
    async def counterparts(
        self, info: strawberry.Info[Context], calendars: CalendarNames
    ) -> list["CalendarEvent"] | None:
        from gateway.schema.selection import fields_of_events  # noqa: PLC0415 - it knows events by their fields

        if self.event.key is None:
            return []
        found = await info.context.under_key(self.event.key, calendars, fields_of_events(info))
        own, calendar = self.event.id, self.event.calendar_id
        others = [event for event in found if event.id != own and event.calendar_id != calendar]
        return [CalendarEvent.of(event) for event in others]

    @strawberry.field(description="The source that it comes from.")
    def source(self, info: strawberry.Info[Context]) -> CalendarSource:
        return CalendarSource(configured=info.context.session.catalog.sources[self.event.source])

    @strawberry.field(description="What only an Elasticsearch event has.")
    def elasticsearch(self) -> ElasticsearchEventDetails | None:
        details = self.event.details
        if not isinstance(details, elasticsearch.ElasticsearchEventDetails):
            return None
        return ElasticsearchEventDetails(details=details, event=self.event)

    @strawberry.field(description="What only a Graph event has.")
    def msgraph(self) -> MSGraphEventDetails | None:
        details = self.event.details
        return (
            MSGraphEventDetails(details=details) if isinstance(details, msgraph.MSGraphEventDetails) else None
        )

    @classmethod
    def of(cls, event: model.Event) -> Self:
        return cls(id=strawberry.ID(event.id), event=event)
