"""Events as Graph shows them, in an order, and what they have as columns, which are made once. Pure."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

from msgspec.structs import astuple

from gateway.adapters.msgraph.wire import DateTimeTimeZone, GraphEvent
from gateway.model.zones import UTC

Pick: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]
"""Gives those that are wanted, in an order, of a column or of the events."""


class Shown(tuple[GraphEvent, ...]):  # noqa: SLOT001 - it keeps its columns
    """All of one form, so that of each the same is read: those of several pages, too."""

    def column(self, path: str) -> Sequence[Any]:
        """A member of each, by its name in GraphEvent; of start and end one of theirs: `start.time_zone`."""
        return self._columns.get(path) or [None] * len(self)

    def picked(self, pick: Pick) -> "Shown":
        some = Shown(pick(self))
        some._columns = {path: pick(column) for path, column in self._columns.items()}
        return some

    @cached_property
    def _columns(self) -> Mapping[str, Sequence[Any]]:
        if not self:
            return {}
        members = zip(*map(astuple, self), strict=True)
        columns: dict[str, Sequence[Any]] = dict(zip(self[0].__struct_fields__, members, strict=True))
        return columns | _clocks("start", columns.pop("start")) | _clocks("end", columns.pop("end"))


def _clocks(name: str, times: Sequence[DateTimeTimeZone]) -> dict[str, Sequence[Any]]:
    zones = [it.time_zone for it in times]
    if zones.count(UTC) == len(zones):
        zones = [UTC] * len(zones)  # one text, which who looks next need not read
    return {f"{name}.date_time": [it.date_time for it in times], f"{name}.time_zone": zones}
