"""The unified calendar event, in the schema."""

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

    title: str = strawberry.field(description="What it is: Graph's subject, Elasticsearch's description.")
    description: EventBody | None = strawberry.field(description="The longer text; Elasticsearch has none.")
    start: EventTime = strawberry.field(description="When it begins.")
    end: EventTime = strawberry.field(description="When it ends; this instant is no longer part of it.")
    duration: Duration = strawberry.field(description="How long it lasts.")
    is_all_day: bool = strawberry.field(description="Whether it lasts whole days.")
    status: EventStatus = strawberry.field(description="Whether it takes place.")
    show_as: ShowAs | None = strawberry.field(description="How the time appears to others.")
    location: EventLocation | None = strawberry.field(description="Where it takes place.")
    locations: list[EventLocation] = strawberry.field(description="All places where it takes place.")
    categories: list[str] = strawberry.field(description="Labels.")
    attendees: list[Attendee] = strawberry.field(description="Who is invited.")
    organizer: EventPerson | None = strawberry.field(description="Who organizes it.")
    recurrence: Recurrence | None = strawberry.field(
        description="When the series takes place that the event stands for. Null for single events and for "
        "occurrences, and where no rule can say it: `msgraph` then shows how Graph does."
    )
    key: str | None = strawberry.field(
        description="The caller's own name for it, shared by all its copies, its `counterparts`. An "
        "occurrence has that of its series."
    )
    series_id: strawberry.ID | None = strawberry.field(description="The series that it is an occurrence of.")
    web_url: URL | None = strawberry.field(description="Where to open it in a browser.")
    created_at: DateTime | None = strawberry.field(description="When it was created.")
    updated_at: DateTime | None = strawberry.field(description="When it was last changed.")
    revision: str | None = strawberry.field(description="Changes with every change of the event.")

    warnings: list[EventWarning] = strawberry.field(
        description="What could not be read as the source means it. Mostly none."
    )

    @strawberry.field(description="The id of the calendar that holds it.")
    async def calendar_id(self, info: strawberry.Info[Context]) -> strawberry.ID:
        known = self.event.calendar_id
        return strawberry.ID(known or (await info.context.calendars_of.load(self.event.id)).id)

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

        if self.key is None:
            return []
        found = await info.context.under_key(self.key, calendars, fields_of_events(info))
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
        return ElasticsearchEventDetails.of(details, self.event)

    @strawberry.field(description="What only a Graph event has.")
    def msgraph(self) -> MSGraphEventDetails | None:
        details = self.event.details
        return MSGraphEventDetails.of(details) if isinstance(details, msgraph.MSGraphEventDetails) else None

    @classmethod
    def of(cls, event: model.Event) -> Self:
        return cls(
            id=strawberry.ID(event.id),
            event=event,
            title=event.title,
            description=EventBody.of(event.body) if event.body else None,
            start=EventTime.of(event.start),
            end=EventTime.of(event.end),
            duration=elapsed(event.end.instant - event.start.instant),
            is_all_day=event.is_all_day,
            status=by_name(EventStatus, event.status),
            show_as=by_name(ShowAs, event.show_as),
            location=EventLocation.of(event.location) if event.location else None,
            locations=[EventLocation.of(place) for place in event.locations],
            categories=list(event.categories),
            attendees=[Attendee.of(attendee) for attendee in event.attendees],
            organizer=EventPerson.of(event.organizer) if event.organizer else None,
            recurrence=Recurrence.of(event.recurrence) if event.recurrence else None,
            key=event.key,
            series_id=None if event.series_id is None else strawberry.ID(event.series_id),
            web_url=None if event.web_url is None else URL(event.web_url),
            created_at=None if event.created_at is None else DateTime(event.created_at),
            updated_at=None if event.updated_at is None else DateTime(event.updated_at),
            revision=event.revision,
            warnings=[EventWarning.of(warning) for warning in event.warnings],
        )
