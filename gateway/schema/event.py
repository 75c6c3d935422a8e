"""The unified calendar event, in the schema.

Most fields are made when they are selected: a list of events has few of them, and many events.
"""

from collections.abc import Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.model import elasticsearch, msgraph
from gateway.model import event as model
from gateway.model.run import as_run
from gateway.schema.context import Context
from gateway.schema.elasticsearch import ElasticsearchEventDetails
from gateway.schema.enums import EventStatus, ShowAs, by_name
from gateway.schema.location import EventLocation
from gateway.schema.msgraph import MSGraphEventDetails
from gateway.schema.node import NODE_ID, Node
from gateway.schema.person import Attendee, EventPerson
from gateway.schema.recurrence import Recurrence
from gateway.schema.scalars import URL, DateTime, Duration, elapsed
from gateway.schema.shown import Rows, column, each, shown
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

    id: strawberry.ID = shown("event.id", description=NODE_ID)
    title: str = shown("event.title", description="What it is: Graph's subject, Elasticsearch's description.")

    description: EventBody | None = shown(
        "event.body", description="The longer text; Elasticsearch has none.", view=EventBody.of
    )

    start: EventTime = shown("event.start", description="When it begins.", view=EventTime.of)

    end: EventTime = shown(
        "event.end", description="When it ends; this instant is no longer part of it.", view=EventTime.of
    )

    duration: Duration = shown("event.length", description="How long it lasts.", view=elapsed)
    is_all_day: bool = shown("event.is_all_day", description="Whether it lasts whole days.")

    status: EventStatus = shown(
        "event.status", description="Whether it takes place.", view=partial(by_name, EventStatus)
    )

    show_as: ShowAs | None = shown(
        "event.show_as", description="How the time appears to others.", view=partial(by_name, ShowAs)
    )

    location: EventLocation | None = shown(
        "event.location", description="Where it takes place.", view=EventLocation.of
    )

    locations: list[EventLocation] = shown(
        "event.locations", description="All places where it takes place.", view=each(EventLocation.of)
    )

    categories: list[str] = shown("event.categories", description="Labels.", view=list)

    attendees: list[Attendee] = shown(
        "event.attendees", description="Who is invited.", view=each(Attendee.of)
    )

    organizer: EventPerson | None = shown(
        "event.organizer", description="Who organizes it.", view=EventPerson.of
    )

    recurrence: Recurrence | None = shown(
        "event.recurrence",
        description="When the series takes place that the event stands for. Null for single events and for "
        "occurrences, and where no rule can say it: `msgraph` then shows how Graph does.",
        view=Recurrence.of,
    )

    key: str | None = shown(
        "event.key",
        description="The caller's own name for it, shared by all its copies, its `counterparts`. An "
        "occurrence has that of its series.",
    )

    series_id: strawberry.ID | None = shown(
        "event.series_id", description="The series that it is an occurrence of."
    )

    web_url: URL | None = shown("event.web_url", description="Where to open it in a browser.")

    created_at: DateTime | None = shown("event.created_at", description="When it was created.")

    updated_at: DateTime | None = shown("event.updated_at", description="When it was last changed.")

    revision: str | None = shown("event.revision", description="Changes with every change of the event.")

    warnings: list[EventWarning] = shown(
        "event.warnings",
        description="What could not be read as the source means it. Mostly none.",
        view=each(EventWarning.of),
    )

    @strawberry.field(
        graphql_type=strawberry.ID,
        description="The id of the calendar that holds it.",
        metadata=column("calendar_id"),
    )
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
    ) -> Sequence["CalendarEvent"] | None:
        from gateway.schema.selection import fields_of_events  # noqa: PLC0415 - it knows events by their fields

        if self.event.key is None:
            return []
        found = await info.context.under_key(self.event.key, calendars, fields_of_events(info))
        own, calendar = self.event.id, self.event.calendar_id
        others = [event for event in found if event.id != own and event.calendar_id != calendar]
        return CalendarEvent.rows(others)

    @strawberry.field(description="The source that it comes from.")
    def source(self, info: strawberry.Info[Context]) -> CalendarSource:
        return CalendarSource(configured=info.context.session.catalog.sources[self.event.source])

    @strawberry.field(description="What only an Elasticsearch event has.", metadata=column("elasticsearch"))
    def elasticsearch(self) -> ElasticsearchEventDetails | None:
        details = self.event.details
        if not isinstance(details, elasticsearch.ElasticsearchEventDetails):
            return None
        return ElasticsearchEventDetails(details=details, event=self.event)

    @strawberry.field(description="What only a Graph event has.", metadata=column("msgraph"))
    def msgraph(self) -> MSGraphEventDetails | None:
        details = self.event.details
        return (
            MSGraphEventDetails(details=details) if isinstance(details, msgraph.MSGraphEventDetails) else None
        )

    @classmethod
    def of(cls, event: model.Event) -> Self:
        return cls(event=event)

    @classmethod
    def rows(cls, events: Sequence[model.Event]) -> Rows[Self]:
        """A list of them."""
        return Rows(cls.of, as_run(events))
