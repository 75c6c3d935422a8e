"""Events as Graph shows them, in an order, and what they have of a kind as columns, each made once. Pure."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

from msgspec.structs import astuple

from gateway.adapters.msgraph.wire import DateTimeTimeZone, GraphEvent
from gateway.model.zones import UTC

Clocks: TypeAlias = tuple[Sequence[str], Sequence[str | None]]
"""What wall clocks show, and the zones that they are in."""


class Shown(tuple[GraphEvent, ...]):  # noqa: SLOT001 - it keeps its columns
    """All of one answer, so that of each the same is read."""

    def column(self, member: str) -> Sequence[Any]:
        """A member of each, by its name in GraphEvent."""
        return self._members.get(member) or [None] * len(self)

    @cached_property
    def _members(self) -> Mapping[str, Sequence[Any]]:
        names = self[0].__struct_fields__ if self else ()
        return dict(zip(names, zip(*map(astuple, self), strict=True), strict=True))

    @cached_property
    def starts(self) -> Clocks:
        return _clocks(self.column("start"))

    @cached_property
    def ends(self) -> Clocks:
        return _clocks(self.column("end"))


def _clocks(times: Sequence[DateTimeTimeZone]) -> Clocks:
    zones = [it.time_zone for it in times]
    if zones.count(UTC) == len(zones):
        zones = [UTC] * len(zones)  # one text, which who looks next need not read
    return [it.date_time for it in times], zones
