"""Pages of events and calendars, each with how its sources fared."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.errors import located
from gateway.model.event import Event
from gateway.schema.context import Context
from gateway.schema.enums import ReadStatus, by_name
from gateway.schema.event import CalendarEvent
from gateway.schema.problem import Problem
from gateway.schema.scalars import milliseconds
from gateway.schema.selection import fields_of_page
from gateway.schema.shown import Rows, column, shown
from gateway.schema.source import CalendarSource
from gateway.schema.time import TimeWindowInput
from gateway.service.calendars import CalendarPage
from gateway.service.cursor import EventCursor
from gateway.service.reads import EventPage, SourceRead, read_events

if TYPE_CHECKING:
    from gateway.schema.calendar import Calendar

LazyCalendar = Annotated["Calendar", strawberry.lazy("gateway.schema.calendar")]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more rows follow, as far as is known.")
    end_cursor: str | None = strawberry.field(description="Pass it as `after` for the next page.")


@strawberry.type(description="How one source fared in a read. Down is not empty.")
class SourceResult:
    source: CalendarSource = strawberry.field(description="Which source.")
    status: ReadStatus = strawberry.field(description="Whether all, some or nothing was read.")
    fetched: int = strawberry.field(description="How many rows were read from it for this page.")
    duration_ms: float = strawberry.field(description="How long was spent waiting for it, in milliseconds.")
    problem: Problem | None = strawberry.field(description="What went wrong first, if anything.")
    problems: list[Problem] = strawberry.field(description="All that went wrong, for each calendar.")

    @classmethod
    def of(cls, read: SourceRead, context: Context) -> Self:
        problems = [Problem.of(problem) for problem in read.problems]
        return cls(
            source=CalendarSource(configured=context.session.catalog.sources[read.source]),
            status=by_name(ReadStatus, read.status),
            fetched=read.fetched,
            duration_ms=milliseconds(read.duration),
            problem=problems[0] if problems else None,
            problems=problems,
        )


def _cursor(order: tuple[datetime, str]) -> str:
    return EventCursor.behind(order).encode()


@strawberry.type(description="One row of a page of events.")
class CalendarEventEdge:
    event: strawberry.Private[Event]

    cursor: str = shown(
        "event.order", description="Pass it as `after` to go on behind this row.", view=_cursor
    )

    @strawberry.field(description="The event.", metadata=column(""))
    def node(self) -> CalendarEvent:
        return CalendarEvent.of(self.event)

    @classmethod
    def of(cls, event: Event) -> Self:
        return cls(event=event)


@strawberry.type(description="A page of events, ordered by start and id.")
class CalendarEventConnection:
    page: strawberry.Private[EventPage]

    @strawberry.field(description="The rows, with a cursor each.")
    def edges(self) -> Sequence[CalendarEventEdge]:
        return Rows(CalendarEventEdge.of, self.page.events)

    @strawberry.field(description="The rows.")
    def nodes(self) -> Sequence[CalendarEvent]:
        return CalendarEvent.rows(self.page.events)

    @strawberry.field(description="Where the page stands.")
    def page_info(self) -> PageInfo:
        last = self.page.events[-1:]
        cursor = EventCursor.at(last[0]).encode() if last else None
        return PageInfo(has_next_page=self.page.has_next, end_cursor=cursor)

    @strawberry.field(description="How each source that was asked fared.")
    def sources(self, info: strawberry.Info[Context]) -> list[SourceResult]:
        return [SourceResult.of(read, info.context) for read in self.page.sources]

    @strawberry.field(description="Names of calendars that mean nothing here.")
    def problems(self) -> list[Problem]:
        return [Problem.of(problem) for problem in self.page.problems]

    @strawberry.field(
        description="Whether nothing is missing from this page. A source that failed is not caught up later."
    )
    def is_complete(self) -> bool:
        return self.page.is_complete


@strawberry.type(description="One row of a page of calendars.")
class CalendarEdge:
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this row.")
    node: LazyCalendar = strawberry.field(description="The calendar.")


@strawberry.type(description="A page of calendars, ordered by id.")
class CalendarConnection:
    edges: list[CalendarEdge] = strawberry.field(description="The rows, with a cursor each.")
    nodes: list[LazyCalendar] = strawberry.field(description="The rows.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    sources: list[SourceResult] = strawberry.field(description="How each source that was asked fared.")
    is_complete: bool = strawberry.field(description="Whether every source could be listed.")

    @classmethod
    def of(cls, page: CalendarPage, context: Context) -> Self:
        from gateway.schema.calendar import Calendar  # noqa: PLC0415 - calendars list events in connections

        nodes = [Calendar.of(calendar) for calendar in page.calendars]
        return cls(
            edges=[CalendarEdge(cursor=node.id, node=node) for node in nodes],
            nodes=nodes,
            page_info=PageInfo(has_next_page=page.has_next, end_cursor=nodes[-1].id if nodes else None),
            sources=[SourceResult.of(read, context) for read in page.sources],
            is_complete=page.is_complete,
        )


async def events_page(
    info: strawberry.Info[Context],
    calendars: Sequence[str],
    window: TimeWindowInput,
    *,
    first: int,
    after: str | None,
) -> CalendarEventConnection:
    """A page of events of all the calendars, with what is selected of them.

    Raises InvalidInput for the window, the cursor or the size.
    """
    with located("window"):
        span = window.to_model()
    cursor = None if after is None else EventCursor.parse(after)
    fields = fields_of_page(info)
    page = await read_events(info.context.session, calendars, span, first=first, after=cursor, fields=fields)
    return CalendarEventConnection(page=page)
