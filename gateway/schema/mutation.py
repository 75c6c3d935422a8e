"""The mutations that the gateway answers."""

from typing import Annotated

import strawberry

from gateway.schema.context import Context
from gateway.schema.writes import AddEventsInput, EventWritePayload
from gateway.service.writes import add_events

Adding = Annotated[AddEventsInput, strawberry.argument(description="What to add, and where.")]


@strawberry.type(description="Writing to calendars. Trouble with an event is data in its row, not an error.")
class Mutation:
    @strawberry.mutation(
        description="Announce and mute: add events to calendars of either kind, silent sources first."
    )
    async def add_events(self, info: strawberry.Info[Context], input: Adding) -> EventWritePayload:  # noqa: A002 - GraphQL's word
        context = info.context
        return EventWritePayload(report=await add_events(context.session, context.audit, input.to_model()))
