"""The calls of a soak, by chance, and what the calendars are to hold in the end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

MAILBOX: Final = "outages@contoso.com"
GRAPH: Final = f"msgraph:users/{MAILBOX}/calendar"
ML: Final = ("elasticsearch:planned-outages", "elasticsearch:holidays")
CALENDARS: Final = (GRAPH, *ML)
BEGIN: Final = datetime(2027, 3, 1, tzinfo=UTC)

Place = tuple[str, str]
"""A key, and a calendar."""
Content = tuple[str, datetime, datetime]
"""Title, start and end."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call as a client makes it, each time the same."""

    events: tuple[dict[str, Any], ...]
    calendars: tuple[str, ...]
    atomicity: str

    @property
    def input(self) -> dict[str, Any]:
        return {
            "calendars": list(self.calendars),
            "events": list(self.events),
            "atomicity": self.atomicity,
        }

    def wanted(self) -> Iterator[tuple[Place, tuple[Content, ...]]]:
        """What the calendars are to hold: in ML calendars one event per occurrence, in Graph a series."""
        for event in self.events:
            start = datetime.fromisoformat(event["start"]["instant"])
            end = datetime.fromisoformat(event["end"]["instant"])
            days = int(event["recurrence"]["rule"].rpartition("=")[2]) if "recurrence" in event else 1
            for calendar in self.calendars:
                count = 1 if calendar == GRAPH else days
                shifts = [timedelta(days=day) for day in range(count)]
                yield (
                    (event["key"], calendar),
                    tuple((event["title"], start + shift, end + shift) for shift in shifts),
                )


def calls(count: int, seed: int) -> list[Call]:
    """Calls by chance; one of five is made by two clients at once, half of those with another title."""
    die = Random(seed)  # noqa: S311 chance that can be repeated is the point
    made: list[Call] = []
    while len(made) < count:
        number = len(made)
        events = tuple(_event(die, f"S{seed}-{number}-{place}") for place in range(_size(die)))
        calendars = tuple(die.sample(CALENDARS, die.randint(1, 3)))
        atomicity = "ALL_OR_NOTHING" if die.random() < 0.2 else "BEST_EFFORT"
        made.append(Call(events=events, calendars=calendars, atomicity=atomicity))
        if die.random() < 0.2:
            other = events
            if die.random() < 0.5:
                other = tuple({**event, "title": f"{event['title']}, otherwise"} for event in events)
            made.append(Call(events=other, calendars=calendars, atomicity="BEST_EFFORT"))
    return made[:count]


def _size(die: Random) -> int:
    return 1 if die.random() < 0.5 else die.randint(2, 20)


def _event(die: Random, key: str) -> dict[str, Any]:
    start = BEGIN + timedelta(minutes=15 * die.randrange(4 * 24 * 28))
    event: dict[str, Any] = {
        "key": key,
        "title": f"Outage {key}",
        "start": {"instant": start.isoformat()},
        "end": {"instant": (start + timedelta(minutes=die.choice([15, 30, 90]))).isoformat()},
    }
    if die.random() < 0.1:
        event["recurrence"] = {"rule": f"FREQ=DAILY;COUNT={die.randint(2, 8)}"}
    return event
