"""A calendar, in the schema."""

from typing import Annotated, Self

import strawberry

from gateway.model import calendar as model
from gateway.model import elasticsearch, msgraph
from gateway.schema.connection import CalendarEventConnection, events_page
from gateway.schema.context import Context
from gateway.schema.elasticsearch import ElasticsearchCalendarDetails
from gateway.schema.msgraph import MSGraphCalendarDetails
from gateway.schema.node import Node
from gateway.schema.source import CalendarSource
from gateway.schema.time import TimeWindowInput

Window = Annotated[TimeWindowInput, strawberry.argument(description="Events that overlap it are listed.")]
First = Annotated[int, strawberry.argument(description="How many rows the page has at most, 1 to 1000.")]
After = Annotated[str | None, strawberry.argument(description="`pageInfo.endCursor` of the page before.")]


@strawberry.federation.type(keys=["id"], description="A calendar of one source.")
class Calendar(Node):
    calendar: strawberry.Private[model.Calendar]

    name: str = strawberry.field(description="What people call it.")
    description: str | None = strawberry.field(description="What it is for.")
    is_default: bool = strawberry.field(description="Whether it is its owner's default calendar.")
    can_edit: bool = strawberry.field(
        description="False if the upstream says that this credential may not write. Elasticsearch never says."
    )

    @strawberry.field(description="The source that it comes from.")
    def source(self, info: strawberry.Info[Context]) -> CalendarSource:
        return CalendarSource(configured=info.context.session.catalog.sources[self.calendar.source])

    @strawberry.field(description="Its events in a window, by start and id.")
    async def events(
        self, info: strawberry.Info[Context], window: Window, first: First = 50, after: After = None
    ) -> CalendarEventConnection:
        return await events_page(info, [self.calendar.id], window, first=first, after=after)

    @strawberry.field(description="What only an Elasticsearch calendar has.")
    def elasticsearch(self) -> ElasticsearchCalendarDetails | None:
        details = self.calendar.details
        if not isinstance(details, elasticsearch.ElasticsearchCalendarDetails):
            return None
        return ElasticsearchCalendarDetails.of(details, self.calendar.source)

    @strawberry.field(description="What only a Graph calendar has.")
    def msgraph(self) -> MSGraphCalendarDetails | None:
        details = self.calendar.details
        if not isinstance(details, msgraph.MSGraphCalendarDetails):
            return None
        return MSGraphCalendarDetails.of(details)

    @classmethod
    def of(cls, calendar: model.Calendar) -> Self:
        return cls(
            id=strawberry.ID(calendar.id),
            calendar=calendar,
            name=calendar.name,
            description=calendar.description,
            is_default=calendar.is_default,
            can_edit=calendar.can_edit,
        )
