"""The queries that the gateway answers."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.errors import InvalidInput, TooMany, located
from gateway.model.fields import Fields
from gateway.schema.calendar import After, Calendar, First, Window
from gateway.schema.connection import CalendarConnection, CalendarEventConnection, events_page
from gateway.schema.context import Context
from gateway.schema.coverage import CoverageReport
from gateway.schema.event import CalendarEvent, CalendarNames
from gateway.schema.node import Node
from gateway.schema.selection import fields_of_events, fields_of_report
from gateway.schema.source import CalendarSource
from gateway.service.calendars import list_calendars
from gateway.service.coverage import coverage

MAX_NODES = 100

Info = strawberry.Info[Context]
Key = Annotated[str, strawberry.argument(description="The caller's own name for the event.")]
Names = Annotated[list[strawberry.ID], strawberry.argument(description="Ids of calendars, or aliases.")]
Announced = Annotated[
    list[strawberry.ID],
    strawberry.argument(description="Ids of calendars that people see, or aliases."),
]
Suppressed = Annotated[
    list[strawberry.ID],
    strawberry.argument(description="Ids of calendars that mute anomaly detection, or aliases."),
]
CalendarName = Annotated[
    strawberry.ID, strawberry.argument(description="Its id, or an alias of just one calendar.")
]
AnyId = Annotated[strawberry.ID, strawberry.argument(description="The id of a calendar or an event.")]
EventName = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
AnyIds = Annotated[
    list[strawberry.ID], strawberry.argument(description="Ids of calendars and events, at most 100.")
]


@strawberry.type(name="Query", description="What is planned, everywhere.")
class SubgraphQuery:
    """All queries but `node` and `nodes`, which two subgraphs of one supergraph cannot both have."""

    @strawberry.field(description="The configured upstreams.")
    def calendar_sources(self, info: Info) -> list[CalendarSource]:
        sources = info.context.session.catalog.sources.values()
        return [CalendarSource(configured=source) for source in sources]

    @strawberry.field(description="All calendars of all sources, by id.")
    async def calendars(self, info: Info, first: First = 50, after: After = None) -> CalendarConnection:
        page = await list_calendars(info.context.session, first=first, after=after)
        return CalendarConnection.of(page, info.context)

    @strawberry.field(description="One calendar; null if its source has no such calendar.")
    async def calendar(self, info: Info, id: CalendarName) -> Calendar | None:  # noqa: A002 - the field's word
        found = await info.context.calendars.load(id)
        return None if found is None else Calendar.of(found)

    @strawberry.field(description="The events of any calendars that overlap a window, by start and id.")
    async def calendar_events(
        self, info: Info, calendars: Names, window: Window, first: First = 50, after: After = None
    ) -> CalendarEventConnection:
        if not calendars:
            raise _no_calendars()
        return await events_page(info, calendars, window, first=first, after=after)

    @strawberry.field(
        description="What is announced against what is muted, per job: announced and not muted, muted and "
        "not announced. An alias stands on each side for its calendars of that side."
    )
    async def coverage(
        self, info: Info, announced: Announced, suppressed: Suppressed, window: Window
    ) -> CoverageReport:
        with located("window"):
            span = window.to_model()
        report = await coverage(info.context.session, announced, suppressed, span, fields_of_report(info))
        return CoverageReport.of(report, info.context)

    @strawberry.field(description="One event; null if its source has no such event.")
    async def calendar_event(self, info: Info, id: EventName) -> CalendarEvent | None:  # noqa: A002 - as above
        found = await info.context.event(id, fields_of_events(info))
        return None if found is None else CalendarEvent.of(found)

    @strawberry.field(
        description="The events under a key, by start and id: all copies, and of a series in an ML calendar "
        "every occurrence. Null, with an error, where one of the calendars cannot be read."
    )
    async def calendar_events_by_key(
        self, info: Info, key: Key, calendars: CalendarNames
    ) -> Sequence[CalendarEvent] | None:
        if not calendars:
            raise _no_calendars()
        found = await info.context.under_key(key, calendars, fields_of_events(info))
        return CalendarEvent.rows(found)


def _no_calendars() -> InvalidInput:
    return InvalidInput("There are no calendars.", path=("calendars",), hint="Give at least one id or alias.")


@strawberry.type(description="What is planned, everywhere.")
class Query(SubgraphQuery):
    @strawberry.field(description="Whatever an id names; null if its source has nothing of that id.")
    async def node(self, info: Info, id: AnyId) -> Node | None:  # noqa: A002 - the specification's word
        return await find_node(info.context, id, fields_of_events(info))

    @strawberry.field(description="Whatever each id names, in the order asked.")
    async def nodes(self, info: Info, ids: AnyIds) -> list[Node | None]:
        if len(ids) > MAX_NODES:
            raise TooMany(f"{len(ids)} ids are too many: at most {MAX_NODES}.", path=("ids",))
        fields = fields_of_events(info)
        return await asyncio.gather(  # type: ignore[return-value]  # an exception is that row's error
            *(find_node(info.context, id_, fields) for id_ in ids), return_exceptions=True
        )


async def find_node(context: Context, name: str, fields: Fields) -> Node | None:
    """The calendar, or the event with those fields, of an id; None if there is none. Raises GatewayError."""
    if context.session.catalog.is_event(name):
        event = await context.event(name, fields)
        return None if event is None else CalendarEvent.of(event)
    calendar = await context.calendars.load(name)
    return None if calendar is None else Calendar.of(calendar)
