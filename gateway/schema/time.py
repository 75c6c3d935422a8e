"""Times as the schema reads them out, and windows."""

import strawberry

from gateway.model import time as model
from gateway.model.time import EventTime as EventTimeModel
from gateway.schema.scalars import Date, DateTime, LocalDateTime, TimeZone


@strawberry.type(description="One end of an event.")
class EventTime:
    time: strawberry.Private[EventTimeModel]

    @strawberry.field(description="The instant, in UTC.")
    def instant(self) -> DateTime:
        return DateTime(self.time.instant)

    @strawberry.field(description="What the wall clock in the zone shows.")
    def local(self) -> LocalDateTime:
        return LocalDateTime(self.time.local)

    @strawberry.field(description="The zone that the event is meant in, as an IANA name.")
    def time_zone(self) -> TimeZone:
        return TimeZone(self.time.zone)

    @strawberry.field(description="The day, if the event lasts whole days.")
    def date(self) -> Date | None:
        return None if self.time.day is None else Date(self.time.day)


@strawberry.input(description="A half-open span of time: its start belongs to it, its end does not.")
class TimeWindowInput:
    start: DateTime = strawberry.field(description="The first instant of the window.")
    end: DateTime = strawberry.field(description="The first instant after the window.")

    def to_model(self) -> model.Window:
        return model.Window(start=self.start, end=self.end)
