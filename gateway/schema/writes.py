"""Adding events, in the schema: the input, and a payload with a row per event and calendar."""

from collections.abc import Sequence
from functools import partial
from typing import Final, Self

import msgspec
import strawberry

from gateway.adapters import base, byproducts, outcome, upstream
from gateway.model.event import Draft
from gateway.model.fields import Fields
from gateway.schema.context import Context
from gateway.schema.enums import (
    Atomicity,
    BatchStatus,
    LossPolicy,
    OnExisting,
    SideEffectKind,
    WarningCode,
    WriteStatus,
    by_name,
)
from gateway.schema.event import CalendarEvent
from gateway.schema.event_input import EventInput
from gateway.schema.plain_events import plain_drafts
from gateway.schema.problem import Problem
from gateway.schema.scalars import JSON, Duration, milliseconds
from gateway.schema.selection import fields_of_events
from gateway.schema.shown import Rows, shown
from gateway.schema.source import CalendarSource
from gateway.schema.suppression import SuppressionWindow
from gateway.service import atomicity, loss
from gateway.service.drafts import AddEvents, DraftMaker
from gateway.service.report import EventRow, WriteReport, statuses

ATOMICITY: Final = "What to do with what was written if anything else of the call fails."
ON_LOSS: Final = "What to do with an event that a calendar cannot hold as it is given."


@strawberry.input(description="Events to add, and the calendars to add each of them to.")
class AddEventsInput:
    calendars: list[strawberry.ID] = strawberry.field(description="Ids of calendars, or aliases.")
    events: list[EventInput] = strawberry.field(description="At most 1,000.")
    on_existing: OnExisting = strawberry.field(
        default=OnExisting.RETURN,
        description="What to do with an event whose key an event in the calendar has already.",
    )
    on_loss: LossPolicy = strawberry.field(default=LossPolicy.WARN, description=ON_LOSS)
    atomicity: Atomicity = strawberry.field(default=Atomicity.BEST_EFFORT, description=ATOMICITY)
    max_invitations: int | None = strawberry.field(
        default=None, description="How many people the call may send mail to; may only lower the setting."
    )
    max_mute: Duration | None = strawberry.field(
        default=None,
        description="How long anomaly detection may be blind for one event; may only lower the setting.",
    )
    dry_run: bool = strawberry.field(
        default=False, description="Plan all, show the exact requests, write nothing."
    )

    def to_model(self, fields: Fields, *, foretells: bool) -> AddEvents:
        """The call, of whose events those `fields` are to be shown, and what the write mutes if so wanted."""
        return AddEvents(
            calendars=self.calendars,
            keys=[event.key for event in self.events],
            drafts=self._drafts,
            on_existing=by_name(base.OnExisting, self.on_existing),
            on_loss=by_name(loss.LossPolicy, self.on_loss),
            atomicity=by_name(atomicity.Atomicity, self.atomicity),
            max_invitations=self.max_invitations,
            max_mute=None if self.max_mute is None else self.max_mute.longest,
            dry_run=self.dry_run,
            fields=fields,
            foretells=foretells,
        )

    def _drafts(self) -> Sequence[Draft | DraftMaker]:
        return plain_drafts(self.events) or [event.to_draft for event in self.events]


@strawberry.type(
    description="What to know of a field: it is not held as it was given, or it mutes otherwise."
)
class TranslationWarning:
    code: WarningCode = strawberry.field(description="For programs.")
    field: str = strawberry.field(description="The field's path in the event's input, or `calendars`.")
    message: str = strawberry.field(description="For people.")
    given: JSON | None = strawberry.field(description="What was given.")
    sent: JSON | None = strawberry.field(
        description="What is sent, or was stored, instead; null if nothing is."
    )

    @classmethod
    def of(cls, warning: byproducts.TranslationWarning) -> Self:
        return cls(
            code=WarningCode[warning.code],
            field=warning.field,
            message=warning.message,
            given=None if warning.given is None else JSON(warning.given),
            sent=None if warning.sent is None else JSON(warning.sent),
        )


@strawberry.type(description="Something that a write does beside storing an event.")
class SideEffect:
    kind: SideEffectKind = strawberry.field(description="What it does.")
    message: str = strawberry.field(description="For people.")
    count: int | None = strawberry.field(description="How many people are sent mail, if it is that.")
    job_ids: list[str] = strawberry.field(
        description="Which anomaly detection jobs ignore what they see, if it is that and they are known."
    )
    windows: list[SuppressionWindow] = strawberry.field(
        description="When they do so, by bucket span; of a series, for every occurrence."
    )

    @classmethod
    def of(cls, effect: byproducts.SideEffect) -> Self:
        return cls(
            kind=by_name(SideEffectKind, effect.kind),
            message=effect.message,
            count=effect.count,
            windows=[SuppressionWindow.of(window) for window in effect.windows],
            job_ids=sorted({job for window in effect.windows for job in window.job_ids}),
        )


@strawberry.type(description="A request to an upstream. No credential is in it.")
class UpstreamRequest:
    source: CalendarSource = strawberry.field(description="To which source.")
    method: str = strawberry.field(description="The HTTP method.")
    path: str = strawberry.field(description="The path and query, exactly as on the request line.")
    body: JSON | None = strawberry.field(description="The body that is sent, if any.")
    status: int | None = strawberry.field(description="The answer's status; null if planned or unanswered.")
    duration_ms: float | None = strawberry.field(description="How long it took; null if only planned.")

    @classmethod
    def of(cls, request: upstream.UpstreamRequest, context: Context) -> Self:
        return cls(
            source=CalendarSource(configured=context.session.catalog.sources[request.source]),
            method=request.method,
            path=request.path,
            body=None if request.body is None else JSON(msgspec.json.decode(request.body)),
            status=request.status,
            duration_ms=None if request.duration is None else milliseconds(request.duration),
        )


@strawberry.type(description="What became of one event in one calendar.")
class EventWriteResult:
    row: strawberry.Private[EventRow]

    event_index: int = shown(
        "row.event_index",
        description="The event's place in the input; in `reconcile`, the key's among those of the rows.",
    )

    calendar_index: int | None = shown(
        "row.calendar_index",
        description="The place in the input, or in the target's `calendars`, that named the calendar; null "
        "where the event was named by its id.",
    )

    calendar_id: strawberry.ID | None = shown(
        "row.calendar_id",
        description="The calendar's canonical id; null where only an upstream that does not answer knows it.",
    )

    key: str | None = shown("row.key", description="The event's key, if it has one.")

    status: WriteStatus = shown(
        "row.outcome.status", description="What became of it.", view=partial(by_name, WriteStatus)
    )

    event_id: strawberry.ID | None = shown(
        "row.outcome.event_id", description="The event's id, if it is there."
    )

    event_ids: list[strawberry.ID] = shown(
        "row.event_ids",
        description="All events that it is there as: a series may be held as one event per occurrence.",
        view=list,
    )

    previous_id: strawberry.ID | None = shown(
        "row.outcome.previous_id",
        description="The id that the event had before, if the write gave it another one.",
    )

    event: CalendarEvent | None = shown(
        "row.event",
        description="The event as the source holds it; in a dry run, as it is before.",
        view=CalendarEvent.of,
    )

    stored: bool = shown(
        "row.outcome.stored",
        description="Whether it was seen in the calendar after writing. That a running anomaly detection job "
        "has taken it up is not promised.",
    )

    @strawberry.field(description="What went wrong, if anything.")
    def problem(self) -> Problem | None:
        return Problem.of(self.row.problem) if self.row.problem else None

    @strawberry.field(description="What the calendar cannot hold.")
    def warnings(self) -> list[TranslationWarning]:
        return [TranslationWarning.of(warning) for warning in self.row.warnings]

    @strawberry.field(description="What the write does beside storing the event.")
    def effects(self) -> list[SideEffect]:
        return [SideEffect.of(effect) for effect in self.row.effects]

    @strawberry.field(description="Which of `requests` were made for it.")
    def request_indexes(self) -> list[int]:
        return list(self.row.requests)

    @strawberry.field(
        description="What is in the calendar at the event's time already, at most 50 events, by start and "
        "id; of a series, at its first occurrence. Read when selected, and not for a row that is refused."
    )
    async def overlaps(self, info: strawberry.Info[Context]) -> Sequence[CalendarEvent] | None:
        found = await info.context.overlaps(self.row, fields_of_events(info))
        return CalendarEvent.rows(found)

    @classmethod
    def of(cls, row: EventRow) -> Self:
        return cls(row=row)


@strawberry.type(description="How many rows have which status.")
class WriteCounts:
    total: int = strawberry.field(description="All rows.")
    created: int = strawberry.field(description="Rows that are CREATED.")
    updated: int = strawberry.field(description="Rows that are UPDATED.")
    unchanged: int = strawberry.field(description="Rows that are UNCHANGED.")
    deleted: int = strawberry.field(description="Rows that are DELETED.")
    planned: int = strawberry.field(description="Rows that are PLANNED.")
    conflicts: int = strawberry.field(description="Rows that are CONFLICT.")
    failed: int = strawberry.field(description="Rows that are FAILED.")
    skipped: int = strawberry.field(description="Rows that are SKIPPED.")
    rolled_back: int = strawberry.field(description="Rows that are ROLLED_BACK.")
    rollbacks_failed: int = strawberry.field(description="Rows that are ROLLBACK_FAILED.")
    unknown: int = strawberry.field(description="Rows that are UNKNOWN.")

    @classmethod
    def of(cls, report: WriteReport) -> Self:
        found = statuses(report.rows)
        return cls(
            total=len(found),
            created=found.count(outcome.WriteStatus.CREATED),
            updated=found.count(outcome.WriteStatus.UPDATED),
            unchanged=found.count(outcome.WriteStatus.UNCHANGED),
            deleted=found.count(outcome.WriteStatus.DELETED),
            planned=found.count(outcome.WriteStatus.PLANNED),
            conflicts=found.count(outcome.WriteStatus.CONFLICT),
            failed=found.count(outcome.WriteStatus.FAILED),
            skipped=found.count(outcome.WriteStatus.SKIPPED),
            rolled_back=found.count(outcome.WriteStatus.ROLLED_BACK),
            rollbacks_failed=found.count(outcome.WriteStatus.ROLLBACK_FAILED),
            unknown=found.count(outcome.WriteStatus.UNKNOWN),
        )


@strawberry.type(description="What became of a call that writes events.")
class EventWritePayload:
    report: strawberry.Private[WriteReport]

    @strawberry.field(description="How the whole call fared.")
    def status(self) -> BatchStatus:
        return by_name(BatchStatus, self.report.status)

    @strawberry.field(description="How many rows have which status.")
    def counts(self) -> WriteCounts:
        return WriteCounts.of(self.report)

    @strawberry.field(
        description="A row per event and calendar, in the order asked: events outside, calendars inside. An "
        "event that is named by its key has a row per copy."
    )
    def results(self) -> Sequence[EventWriteResult]:
        return Rows(EventWriteResult.of, self.report.rows)

    @strawberry.field(description="What was asked of the upstreams, or in a dry run would be, in order.")
    def requests(self, info: strawberry.Info[Context]) -> list[UpstreamRequest]:
        return [UpstreamRequest.of(request, info.context) for request in self.report.requests]

    @strawberry.field(description="What is wrong with the call as a whole.")
    def problems(self) -> list[Problem]:
        return [Problem.of(problem) for problem in self.report.problems]
