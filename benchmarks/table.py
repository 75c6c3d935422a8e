"""Figures as a table in Markdown."""

from collections.abc import Iterable, Mapping, Sequence

from rounds import Figures
from workload import TITLES


def table(figures: Mapping[str, Figures], workloads: Sequence[str], references: Sequence[str]) -> str:
    """A row per contender, and one with the last one's ratio to each of the references."""
    *_, last = figures
    rows = [_row(name, each, workloads) for name, each in figures.items()]
    rows += [_ratios(last, name, figures, workloads) for name in references]
    titles = [TITLES[workload] for workload in workloads]
    head = ["CPU, µs per request", *titles, "start, s", "MiB idle", "loaded"]
    return "\n".join(map(_line, (head, ["---", *["--:"] * (len(head) - 1)], *rows)))


def _row(name: str, figures: Figures, workloads: Sequence[str]) -> list[str]:
    costs = [f"{figures.cost(workload):,.0f}" for workload in workloads]
    return [name, *costs, f"{figures.start:.2f}", f"{figures.idle:.0f}", f"{figures.loaded:.0f}"]


def _ratios(name: str, other: str, figures: Mapping[str, Figures], workloads: Sequence[str]) -> list[str]:
    ratios = [f"{figures[name].ratio(workload, figures[other]):.2f}" for workload in workloads]
    return [f"{name} / {other}", *ratios, "", "", ""]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
