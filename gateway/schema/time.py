"""Times as the schema reads them out, and windows."""

from typing import Self

import strawberry

from gateway.model import time as model
from gateway.model.time import EventTime as EventTimeModel
from gateway.schema.scalars import Date, DateTime, LocalDateTime, TimeZone
from gateway.schema.shown import shown


@strawberry.type(description="One end of an event.")
class EventTime:
    time: strawberry.Private[EventTimeModel]

    instant: DateTime = shown("time.instant", description="The instant, in UTC.")
    local: LocalDateTime = shown("time.local", description="What the wall clock in the zone shows.")
    time_zone: TimeZone = shown(
        "time.zone", description="The zone that the event is meant in, as an IANA name."
    )
    date: Date | None = shown("time.day", description="The day, if the event lasts whole days.")

    @classmethod
    def of(cls, time: EventTimeModel) -> Self:
        return cls(time=time)


@strawberry.input(description="A half-open span of time: its start belongs to it, its end does not.")
class TimeWindowInput:
    start: DateTime = strawberry.field(description="The first instant of the window.")
    end: DateTime = strawberry.field(description="The first instant after the window.")

    def to_model(self) -> model.Window:
        return model.Window(start=self.start, end=self.end)
