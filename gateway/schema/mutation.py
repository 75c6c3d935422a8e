"""The mutations that the gateway answers."""

from typing import Annotated

import strawberry

from gateway.schema.amendments import RemoveEventsInput, UpdateEventsInput
from gateway.schema.calendar_management import (
    CalendarPayload,
    CreateCalendarInput,
    DeleteCalendarInput,
    DeleteCalendarPayload,
    SetCalendarJobsInput,
)
from gateway.schema.context import Context
from gateway.schema.reconcile import ReconcileInput
from gateway.schema.selection import shown_of_results
from gateway.schema.writes import AddEventsInput, EventWritePayload
from gateway.service.amendments import carry_out
from gateway.service.calendar_management import CalendarCommand, CalendarReport, manage
from gateway.service.reconcile import reconcile
from gateway.service.writes import add_events

Changing = Annotated[UpdateEventsInput, strawberry.argument(description="What to change.")]
Removing = Annotated[RemoveEventsInput, strawberry.argument(description="What to remove.")]
Reconciling = Annotated[ReconcileInput, strawberry.argument(description="Whose mutes, and when.")]
Creating = Annotated[CreateCalendarInput, strawberry.argument(description="What to make.")]
Deleting = Annotated[DeleteCalendarInput, strawberry.argument(description="What to delete.")]
Setting = Annotated[SetCalendarJobsInput, strawberry.argument(description="Which jobs, and of what.")]
Adding = Annotated[AddEventsInput, strawberry.argument(description="What to add, and where.")]


@strawberry.type(description="Writing to calendars. Trouble with an event is data in its row, not an error.")
class Mutation:
    @strawberry.mutation(
        description="Announce and mute: add events to calendars of either kind, silent sources first."
    )
    async def add_events(self, info: strawberry.Info[Context], input: Adding) -> EventWritePayload:  # noqa: A002 - GraphQL's word
        context = info.context
        fields, foretells = shown_of_results(info)
        command = input.to_model(fields, foretells=foretells)
        with context.session.apart() as session:
            return EventWritePayload(report=await add_events(session, context.audit, command))

    @strawberry.mutation(
        description="Change events, each by its id, or all copies of one by its key. Elasticsearch cannot "
        "change one: there a new event takes the old one's place, never leaving a moment without, and "
        "`previousId` is the old one's id."
    )
    async def update_events(self, info: strawberry.Info[Context], input: Changing) -> EventWritePayload:  # noqa: A002 - as above
        context = info.context
        with context.session.apart() as session:
            return EventWritePayload(report=await carry_out(session, context.audit, input.to_model()))

    @strawberry.mutation(
        description="Remove events, each by its id, or all copies of one by its key. One that is already "
        "gone is DELETED, too. People who were invited are told."
    )
    async def remove_events(self, info: strawberry.Info[Context], input: Removing) -> EventWritePayload:  # noqa: A002 - as above
        context = info.context
        with context.session.apart() as session:
            return EventWritePayload(report=await carry_out(session, context.audit, input.to_model()))

    @strawberry.mutation(
        description="Make mutes follow what is announced under their keys: moved, extended, renamed, called "
        "off, their next occurrences added. A row per key and calendar of mutes, in order of the keys. What "
        "has no key is never touched, nothing is muted that was not, and nothing is removed unless all that "
        "is announced could be read."
    )
    async def reconcile(self, info: strawberry.Info[Context], input: Reconciling) -> EventWritePayload:  # noqa: A002 - as above
        context = info.context
        with context.session.apart() as session:
            done = await reconcile(session, context.audit, input.to_model())
            return EventWritePayload(report=done.report)

    @strawberry.mutation(
        description="Make a calendar. Elasticsearch only; it is looked for afterwards. One that is there is "
        "a CONFLICT, and is shown."
    )
    async def create_calendar(self, info: strawberry.Info[Context], input: Creating) -> CalendarPayload:  # noqa: A002 - as above
        return CalendarPayload.of(await _manage(info.context, input.to_model()))

    @strawberry.mutation(
        description="Delete a calendar with all its events, if there are as many as expected. Elasticsearch "
        "only. There is no way back."
    )
    async def delete_calendar(self, info: strawberry.Info[Context], input: Deleting) -> DeleteCalendarPayload:  # noqa: A002 - as above
        return DeleteCalendarPayload.of(await _manage(info.context, input.to_model()))

    @strawberry.mutation(
        description="Say to which jobs a calendar applies. Elasticsearch only. Jobs are added before others "
        "are taken out, so that none that stays is without its mutes for a moment."
    )
    async def set_calendar_jobs(self, info: strawberry.Info[Context], input: Setting) -> CalendarPayload:  # noqa: A002 - as above
        return CalendarPayload.of(await _manage(info.context, input.to_model()))


async def _manage(context: Context, command: CalendarCommand) -> CalendarReport:
    """What became of the request. Later parts of the operation read the calendar anew."""
    with context.session.apart() as session:
        report = await manage(session, context.audit, command)
    context.calendars.clear_all()
    return report
