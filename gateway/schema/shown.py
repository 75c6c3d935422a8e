"""Fields that show an attribute of the domain's value as it is, of one object or of all rows of a list."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar, overload

import strawberry
from strawberry.types.field import StrawberryField

V = TypeVar("V")

_COLUMN: Final = "column"
_VIEW: Final = "view"
_OF: Final = "of"


def shown(path: str, *, description: str, view: Callable[[Any], Any] | None = None, **options: Any) -> Any:
    """A field that shows the attribute at a path from its object; `view` is what its type shows it by.

    The first step of the path leads to the domain's value that the object is a view of.
    """
    get = attrgetter(path)

    def resolve(self: Any) -> Any:
        value = get(self)
        return value if view is None or value is None else view(value)

    of, _, rest = path.partition(".")
    metadata = {**column(rest), _VIEW: view, _OF: of}
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


def is_of_event(field: StrawberryField) -> bool:
    """Whether the field shows something of an event, not of a row about one."""
    return bool(field.metadata.get(_OF, "event") == "event")


def view_of(field: StrawberryField) -> Callable[[Any], Any] | None:
    """What a field shows a value of its column by."""
    return field.metadata.get(_VIEW)


class Rows(Sequence[V], Generic[V]):
    """A list of views of what is `shown`, a run or rows about events, each made when it is asked for."""

    def __init__(self, view: Callable[[Any], V], shown: Sequence[Any]) -> None:
        self.view: Final = view
        self.shown: Final = shown

    def __len__(self) -> int:
        return len(self.shown)

    def __iter__(self) -> Iterator[V]:
        return map(self.view, self.shown)

    @overload
    def __getitem__(self, place: int) -> V: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[V]: ...
    def __getitem__(self, place: int | slice) -> V | Sequence[V]:
        shown = self.shown[place]
        return Rows(self.view, shown) if isinstance(place, slice) else self.view(shown)
