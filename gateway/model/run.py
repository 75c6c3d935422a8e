"""A run: events in their order, each made when it is asked for, or one attribute of all of them at once.

A list shows few attributes of many events, so an adapter keeps what it read as it came and passes on a run of
it. A run of one's own says its length, makes one event and a part of itself, and gives what columns it can
without making events; every other column comes of the events. It is a sequence of events like any other.

A column is named by the path of an attribute: `title`, `start.instant`, `elasticsearch.event_id`. Details go
by the name of the kind of source, as in `Fields`: the column `elasticsearch` is None for events that have no
such details, and so is all that is below it. Values are those of the attributes, or `Written`: JSON, the
same that the API's scalars make of the values.
"""

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate
from json.encoder import encode_basestring as quoted
from operator import attrgetter
from typing import Any, Final, Protocol, TypeAlias, cast, overload

import msgspec

from gateway.model.event import Event
from gateway.model.fields import DETAILS_OF

__all__ = [
    "NONE",
    "Made",
    "Merged",
    "Piece",
    "Run",
    "Runs",
    "Written",
    "all_quoted",
    "as_run",
    "at_once",
    "getter",
    "quoted",
    "woven",
]
_DETAILS: Final[Mapping[str, type]] = {kind.value: details for kind, details in DETAILS_OF.items()}
_encode: Final = msgspec.json.Encoder().encode
_encode_lines: Final = msgspec.json.Encoder().encode_lines
Piece: TypeAlias = str | Sequence[str]
"""What stands in one place of many rows: a text that is the same in all of them, or a text for each."""


class Written(tuple[Piece, ...]):
    """A column of JSON in pieces: strings are `quoted`, and `null` is where there is no value.

    As a column of parents it says that none is null: only what is below a plain column may have none.
    """

    __slots__ = ()


def all_quoted(texts: Sequence[str | None]) -> Written:
    """Each of the texts `quoted`, `null` for none. Most are plain: their JSON is no longer then."""
    given = cast("Sequence[str]", texts)
    try:
        together = "".join(given)
        is_plain = len(_encode(together)) == len(together.encode()) + len('""')
    except (TypeError, UnicodeEncodeError):  # for a None, which costs as much to look for
        is_plain = False
    if is_plain:
        return Written(('"', given, '"'))
    try:
        return Written((at_once(texts),))
    except UnicodeEncodeError:  # half a character stays what it is
        return Written((["null" if text is None else quoted(text) for text in texts],))


def at_once(values: Sequence[Any]) -> list[str]:
    """Each of the values in JSON, in which no line ever ends."""
    return _encode_lines(values).decode().split("\n")[:-1]


def woven(count: int, *pieces: Piece) -> list[str]:
    """The texts of so many rows, one behind the other: those of a row are that many of all.

    It is one list, for to join its texts costs half of what to join them row by row does.
    """
    row: list[str] = []
    columns: list[Sequence[str]] = []
    same = ""
    for piece in pieces:
        if isinstance(piece, str):
            same += piece
        else:
            columns.append(piece)
            row += same, ""
            same = ""
    row.append(same)
    texts = row * count
    for number, each in enumerate(columns):
        texts[2 * number + 1 :: len(row)] = each
    return texts


class Run(Sequence[Event]):
    """Events of one calendar, or of several."""

    @abstractmethod
    def event(self, place: int) -> Event:
        """The event at a place, from 0."""
        ...

    def id(self, place: int) -> str:
        """The id of the event at a place."""
        return self.event(place).id

    @abstractmethod
    def part(self, places: slice) -> "Run":
        """The run of those at the places."""
        ...

    @property
    def parts(self) -> "Sequence[Run]":
        """Those that it is put together of."""
        return (self,)

    @property
    def places(self) -> Sequence[int]:
        """Where its own stand, in their order, among all those of its parts."""
        return range(len(self))

    def column(self, path: str) -> Sequence[Any]:
        """An attribute of each. Raises AttributeError where one has no such attribute."""
        return list(map(getter(path), self))

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> "Run": ...
    def __getitem__(self, place: int | slice) -> "Event | Run":
        if not isinstance(place, slice):
            return self.event(range(len(self))[place])
        return self if place.indices(len(self)) == (0, len(self), 1) else self.part(place)

    def __iter__(self) -> Iterator[Event]:
        return map(self.event, range(len(self)))


class Made(Run):
    """A run of events that are made already."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def event(self, place: int) -> Event:
        return self._events[place]

    def part(self, places: slice) -> Run:
        return Made(self._events[places])


class Merged(Run):
    """Runs one behind the other; with `places` among all of their events, these and no others."""

    def __init__(self, runs: Sequence[Run], places: Sequence[int] | None = None) -> None:
        self._parts = [part for run in runs for part in run.parts]
        self._ends = [*accumulate(map(len, self._parts))]
        begins = accumulate((sum(map(len, run.parts)) for run in runs), initial=0)
        among = [begin + place for begin, run in zip(begins, runs, strict=False) for place in run.places]
        self._places = among if places is None else [among[place] for place in places]

    def __len__(self) -> int:
        return len(self._places)

    def event(self, place: int) -> Event:
        among = self._places[place]
        number = bisect_right(self._ends, among)
        part = self._parts[number]
        return part.event(among - self._ends[number] + len(part))

    def part(self, places: slice) -> Run:
        return Merged([self], range(len(self))[places])

    @property
    def parts(self) -> Sequence[Run]:
        return self._parts

    @property
    def places(self) -> Sequence[int]:
        return self._places


NONE: Final[Run] = Made(())


def as_run(events: Sequence[Event]) -> Run:
    """The same events as a run."""
    return events if isinstance(events, Run) else Made(events)


@cache
def getter(path: str) -> Callable[[Event], Any]:
    """What gives the attribute of an event that a column of that name shows."""
    kind, _, attribute = path.partition(".")
    if kind not in _DETAILS:
        return attrgetter(path)
    details = _DETAILS[kind]
    get = attrgetter(f"details.{attribute}" if attribute else "details")
    return lambda event: get(event) if isinstance(event.details, details) else None


class Runs(Protocol):
    """Events as they are drawn, in runs; to be closed if they are not drawn to their end."""

    def __aiter__(self) -> AsyncIterator[Sequence[Event]]: ...

    def __anext__(self) -> Awaitable[Sequence[Event]]: ...

    def aclose(self) -> Awaitable[None]: ...
