"""What is announced against what is muted, in the schema."""

from collections.abc import Sequence
from enum import Enum
from typing import Self

import strawberry
from strawberry import enum_value as value

from gateway.schema.connection import SourceResult
from gateway.schema.context import Context
from gateway.schema.enums import by_name
from gateway.schema.event import CalendarEvent
from gateway.schema.problem import Problem
from gateway.schema.scalars import DateTime, Duration, elapsed
from gateway.service import coverage as service
from gateway.service import drift


@strawberry.enum(description="How sure it is that a mute belongs to an announced event.")
class CoverageCertainty(Enum):
    CERTAIN = value("certain", description="They have the same key.")
    PROBABLE = value("probable", description="They overlap, and have like titles.")


@strawberry.enum(description="What differs between an announced event and its mutes.")
class DriftKind(Enum):
    START = value("start", description="When it begins.")
    END = value("end", description="When it ends.")
    TITLE = value("title", description="What it is called.")


@strawberry.type(description="A time that is announced, and at which jobs look all the same.")
class CoverageGap:
    job_ids: list[str] = strawberry.field(
        description="Which jobs; none where the calendar applies to none, or where they cannot be read."
    )
    bucket_span: Duration = strawberry.field(description="How long the jobs' buckets are.")
    start: DateTime = strawberry.field(description="When they begin to look.")
    end: DateTime = strawberry.field(description="When they are muted, or the announced time is over.")

    @classmethod
    def of(cls, gap: service.Gap) -> Self:
        return cls(
            job_ids=list(gap.job_ids),
            bucket_span=elapsed(gap.bucket_span),
            start=DateTime(gap.start),
            end=DateTime(gap.end),
        )


@strawberry.type(description="In what a mute is not as its event is announced.")
class CoverageDrift:
    kind: DriftKind = strawberry.field(description="What differs.")
    announced: str = strawberry.field(description="How it is announced.")
    suppressed: str = strawberry.field(description="How it is muted.")

    @classmethod
    def of(cls, found: drift.Drift) -> Self:
        return cls(kind=by_name(DriftKind, found.kind), announced=found.announced, suppressed=found.muted)


@strawberry.type(description="An announced event that is muted.")
class CoveredEvent:
    announced: CalendarEvent = strawberry.field(description="The event that people see.")
    suppressed: Sequence[CalendarEvent] = strawberry.field(description="Its mutes, by start; at least one.")
    certainty: CoverageCertainty = strawberry.field(description="How sure it is that they belong together.")
    drift: list[CoverageDrift] = strawberry.field(description="In what they differ.")
    gaps: list[CoverageGap] = strawberry.field(
        description="When which jobs look although it is announced. All mutes of the calendars count, "
        "rounded to the jobs' buckets."
    )
    uncovered: Duration = strawberry.field(
        description="How long the job that sees most of the announced time looks."
    )
    muted_until: DateTime = strawberry.field(description="When its last mute in the window ends.")

    @classmethod
    def of(cls, covered: service.CoveredEvent) -> Self:
        pair = covered.pair
        return cls(
            announced=CalendarEvent.of(pair.announced),
            suppressed=CalendarEvent.rows(pair.mutes),
            certainty=by_name(CoverageCertainty, pair.certainty),
            drift=[CoverageDrift.of(found) for found in drift.drift(pair)],
            gaps=[CoverageGap.of(gap) for gap in covered.gaps],
            uncovered=elapsed(covered.uncovered),
            muted_until=DateTime(covered.muted_until),
        )


@strawberry.type(
    description="The announced events and the mutes of a window, each in one of three lists. Events that "
    "were called off, and those that do not skip results, are in none."
)
class CoverageReport:
    covered: list[CoveredEvent] = strawberry.field(description="Announced and muted.")
    announced_only: Sequence[CalendarEvent] = strawberry.field(
        description="Announced, and not muted: somebody may be woken."
    )
    suppressed_only: Sequence[CalendarEvent] = strawberry.field(
        description="Muted, and not announced: something may go unseen."
    )
    sources: list[SourceResult] = strawberry.field(
        description="How each source fared, those of the announced events first."
    )
    problems: list[Problem] = strawberry.field(
        description="Names that mean nothing here, jobs that could not be read, events beyond 5,000."
    )
    is_complete: bool = strawberry.field(
        description="Whether all of both sides was read. If not, what seems to be missing may be there."
    )

    @classmethod
    def of(cls, report: service.Coverage, context: Context) -> Self:
        return cls(
            covered=[CoveredEvent.of(covered) for covered in report.covered],
            announced_only=CalendarEvent.rows(report.announced_only),
            suppressed_only=CalendarEvent.rows(report.mutes_only),
            sources=[SourceResult.of(read, context) for read in report.sources],
            problems=[Problem.of(problem) for problem in report.problems],
            is_complete=report.is_complete,
        )
