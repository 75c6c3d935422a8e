"""When a series takes place, as the schema shows and takes it."""

from typing import Self

import msgspec
import strawberry

from gateway.errors import InvalidInput, located
from gateway.model import event as model
from gateway.model.recurrence import rule as rules
from gateway.model.recurrence.occurrences import check_start, without_occurrence
from gateway.model.time import EventTime, on_clock
from gateway.model.zones import zone
from gateway.schema.scalars import Date, RecurrenceRule, TimeZone


@strawberry.type(
    description="When a series takes place. The event's start and end are those of the first occurrence."
)
class Recurrence:
    rule: RecurrenceRule = strawberry.field(description="On which days it recurs.")
    time_zone: TimeZone = strawberry.field(
        description="The zone by whose clock it recurs: each occurrence begins and ends when that clock "
        "shows the same time."
    )
    except_dates: list[Date] = strawberry.field(
        description="The days, of that clock, on which the rule picks an occurrence that does not take place."
    )

    @classmethod
    def of(cls, recurrence: model.Recurrence) -> Self:
        return cls(
            rule=RecurrenceRule(str(recurrence.rule)),
            time_zone=TimeZone(recurrence.time_zone),
            except_dates=[Date(day) for day in recurrence.except_dates],
        )


@strawberry.input(
    description="Makes the event a series. The event's start and end are those of the first occurrence, and "
    "must be on a day that the rule picks."
)
class RecurrenceInput:
    rule: RecurrenceRule = strawberry.field(
        description="On which days it recurs. UNTIL is a date for whole days, and an instant for all others."
    )
    time_zone: TimeZone | None = strawberry.field(
        default=None,
        description="The zone by whose clock it recurs; without it, that of the start, which is UTC for an "
        "`instant`. A series that is changed keeps its own.",
    )
    except_dates: list[Date] | None = strawberry.field(
        default=None,
        description="Days on which no occurrence takes place, though the rule picks them. A series that is "
        "changed keeps those that its rule still picks.",
    )

    def to_model(self, start: EventTime, before: model.Recurrence | None = None) -> model.Recurrence:
        """The recurrence of an event that begins at `start`, and had `before`. Raises InvalidInput."""
        time_zone = self._zone(start, before)
        with located("rule"):
            rule = rules.RecurrenceRule.parse(self.rule)
            kept = () if before is None else before.except_dates
            fitting = fitted(model.Recurrence(rule=rule, time_zone=time_zone, except_dates=kept), start)
        if self.except_dates is None:
            return fitting
        dates = tuple(sorted({*self.except_dates}))
        stray = without_occurrence(rule, on_clock(start, time_zone), dates)
        if stray:
            raise InvalidInput(
                f"No occurrence begins on {stray[0]}, which is to be left out.",
                path=("exceptDates",),
                hint=f"Dates are those of the clock of {time_zone}.",
            )
        return msgspec.structs.replace(fitting, except_dates=dates)

    def _zone(self, start: EventTime, before: model.Recurrence | None) -> str:
        if self.time_zone is None:
            return start.zone if start.day or before is None else before.time_zone
        with located("timeZone"):
            name = zone(self.time_zone)
            if start.day and name != start.zone:
                raise InvalidInput(
                    f"The event lasts whole days of {start.zone}, and cannot recur by those of {name}.",
                    hint="Leave timeZone out, or give the start the same zone.",
                )
        return name


def fitted(recurrence: model.Recurrence, start: EventTime) -> model.Recurrence:
    """The recurrence of an event that now begins at `start`, without exceptions that it has no more.

    Raises InvalidInput where the rule does not pick the day of the start.
    """
    zone_of_clock = start.zone if start.day else recurrence.time_zone
    begins = on_clock(start, zone_of_clock)
    check_start(recurrence.rule, begins)
    gone = without_occurrence(recurrence.rule, begins, recurrence.except_dates)
    return msgspec.structs.replace(
        recurrence,
        time_zone=zone_of_clock,
        except_dates=tuple(day for day in recurrence.except_dates if day not in gone),
    )
