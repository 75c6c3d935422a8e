"""Fields that show an attribute of the domain's value as it is, of one object or of all rows of a list."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar, overload

import strawberry
from strawberry.types.field import StrawberryField

from gateway.model.event import Event
from gateway.model.run import Columns, Made

V = TypeVar("V")

_COLUMN: Final = "column"
_VIEW: Final = "view"


def shown(path: str, *, description: str, view: Callable[[Any], Any] | None = None, **options: Any) -> Any:
    """A field that shows the attribute at a path from its object; `view` is what its type shows it by.

    The first step of the path leads to the domain's value that the object is a view of.
    """
    get = attrgetter(path)

    def resolve(self: Any) -> Any:
        value = get(self)
        return value if view is None or value is None else view(value)

    metadata = {**column(path.partition(".")[2]), _VIEW: view}
    return strawberry.field(resolver=resolve, description=description, metadata=metadata, **options)


def each(view: Callable[[Any], V]) -> Callable[[Sequence[Any]], list[V]]:
    """What shows a list by a view of each item."""
    return lambda items: list(map(view, items))


def column(path: str) -> Mapping[str, str]:
    """Metadata of a field that shows the column of a run, with what is below it, from its object's own."""
    return {_COLUMN: path}


def column_of(field: StrawberryField) -> str | None:
    """The column that a field shows; None for any other field."""
    return field.metadata.get(_COLUMN)


def view_of(field: StrawberryField) -> Callable[[Any], Any] | None:
    """What a field shows a value of its column by."""
    return field.metadata.get(_VIEW)


class Rows(Sequence[V], Generic[V]):
    """A list of views of events, or of rows about them, each made when it is asked for."""

    def __init__(self, view: Callable[[Any], V], shown: Sequence[Event] | Columns[Any]) -> None:
        self._view = view
        self.run: Final = shown if isinstance(shown, Columns) else Made(shown)

    def __len__(self) -> int:
        return len(self.run)

    def __iter__(self) -> Iterator[V]:
        return map(self._view, self.run)

    @overload
    def __getitem__(self, place: int) -> V: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[V]: ...
    def __getitem__(self, place: int | slice) -> V | Sequence[V]:
        if isinstance(place, slice):
            return Rows(self._view, self.run[place])
        return self._view(self.run[place])

    @cached_property
    def views(self) -> Sequence[V]:
        """All of them, made once."""
        return list(self)

    @property
    def parts(self) -> "Sequence[Rows[V]]":
        """Those of the runs that its own is put together of."""
        return [Rows(self._view, part) for part in self.run.parts]
