"""Contenders compared: each workload in turns, round by round, so that what else is done meets all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from contender import Contender

_WARMING: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured of a contender: microseconds per request by workload and round, seconds, MiB."""

    costs: Mapping[str, Sequence[float]]
    start: float
    idle: float
    loaded: float

    def cost(self, workload: str) -> float:
        return median(self.costs[workload])

    def ratio(self, workload: str, other: "Figures") -> float:
        """How many times the other's cost this is, as the median of the rounds."""
        pairs = zip(self.costs[workload], other.costs[workload], strict=True)
        return median(cost / others for cost, others in pairs)


def compare(
    contenders: Sequence[Contender], workloads: Sequence[str], *, rounds: int, seconds: float
) -> dict[str, Figures]:
    """Figures by the contenders' names. Each has just been started. Raises Wrong."""
    idle = {each.name: each.server.memory() for each in contenders}
    loaded = dict(idle)
    costs = {each.name: {workload: [] for workload in workloads} for each in contenders}
    for workload in workloads:
        for each in contenders:
            each.asked(workload, min(seconds, _WARMING))  # what only the first requests take
    for number in range(rounds):
        for workload in workloads:
            for each in contenders[:: -1 if number % 2 else 1]:
                costs[each.name][workload].append(each.cost(workload, seconds))
                loaded[each.name] = max(loaded[each.name], each.server.memory())
    return {
        each.name: Figures(
            costs=costs[each.name],
            start=each.server.started,
            idle=idle[each.name],
            loaded=loaded[each.name],
        )
        for each in contenders
    }
