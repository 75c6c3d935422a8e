"""Times as the schema reads them out, and windows."""

from typing import Self

import strawberry

from gateway.model import time as model
from gateway.model.time import EventTime as EventTimeModel
from gateway.schema.scalars import Date, DateTime, LocalDateTime, TimeZone


@strawberry.type(description="One end of an event.")
class EventTime:
    instant: DateTime = strawberry.field(description="The instant, in UTC.")
    local: LocalDateTime = strawberry.field(description="What the wall clock in the zone shows.")
    time_zone: TimeZone = strawberry.field(
        description="The zone that the event is meant in, as an IANA name."
    )
    date: Date | None = strawberry.field(description="The day, if the event lasts whole days.")

    @classmethod
    def of(cls, time: EventTimeModel) -> Self:
        return cls(
            instant=DateTime(time.instant),
            local=LocalDateTime(time.local),
            time_zone=TimeZone(time.zone),
            date=None if time.day is None else Date(time.day),
        )


@strawberry.input(description="A half-open span of time: its start belongs to it, its end does not.")
class TimeWindowInput:
    start: DateTime = strawberry.field(description="The first instant of the window.")
    end: DateTime = strawberry.field(description="The first instant after the window.")

    def to_model(self) -> model.Window:
        return model.Window(start=self.start, end=self.end)
