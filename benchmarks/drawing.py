"""Figures as a picture in SVG: a line per workload, on it a dot per contender, further right the dearer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log10
from typing import Final
from xml.sax.saxutils import escape

from rounds import Figures
from workload import TITLES

_COLOURS: Final = ("#c2410c", "#7c3aed", "#0e7490", "#64748b", "#15803d")
_LEFT, _RIGHT, _TOP, _ROW, _WIDTH = 150, 30, 58, 34, 860
_STYLE: Final = (
    "text{font:13px system-ui,sans-serif;fill:#334155}.small{font-size:11px}"
    "line{stroke:#cbd5e1}rect{fill:#fff}"
)


def drawing(figures: Mapping[str, Figures], workloads: Sequence[str], caption: str) -> str:
    """The picture. The last contender's dots are the larger ones."""
    costs = [each.cost(workload) for each in figures.values() for workload in workloads]
    scale = _Scale(min(costs), max(costs))
    bottom = _TOP + _ROW * len(workloads)
    parts = (
        *_legend(figures),
        *_grid(scale, bottom),
        *(part for row, it in enumerate(workloads) for part in _line(figures, it, scale, _TOP + row * _ROW)),
        _text(_LEFT, bottom + 34, caption, "small"),
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {bottom + 46}" role="img">'
    title = "<title>CPU time per request of each gateway and workload</title>"
    return "\n".join((head, title, f"<style>{_STYLE}</style>", _BACKGROUND, *parts, "</svg>\n"))


_BACKGROUND: Final = '<rect width="100%" height="100%"/>'


class _Scale:
    """Where microseconds lie: each power of ten as wide as the next."""

    def __init__(self, least: float, most: float) -> None:
        self._first, self._last = log10(least) - 0.1, log10(most) + 0.1

    def x(self, cost: float) -> float:
        share = (log10(cost) - self._first) / (self._last - self._first)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def powers(self) -> Iterable[int]:
        powers = (10**power for power in range(1, 7))
        return (power for power in powers if self._first <= log10(power) <= self._last)


def _legend(names: Iterable[str]) -> Iterator[str]:
    x = 12.0
    for name, colour in zip(names, _COLOURS, strict=False):
        yield f'<circle cx="{x}" cy="18" r="5" fill="{colour}"/>'
        yield _text(x + 10, 22, name)
        x += 30 + 6.9 * len(name)


def _grid(scale: _Scale, bottom: int) -> Iterator[str]:
    for power in scale.powers():
        x = scale.x(power)
        yield f'<line x1="{x}" y1="{_TOP - 20}" x2="{x}" y2="{bottom}"/>'
        yield _text(x + 3, bottom + 12, f"{power:,} µs", "small")


def _line(figures: Mapping[str, Figures], workload: str, scale: _Scale, y: int) -> Iterator[str]:
    yield f'<line x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}"/>'
    yield _text(12, y + 4, TITLES[workload])
    for place, (each, colour) in enumerate(zip(figures.values(), _COLOURS, strict=False), 1):
        x, radius = scale.x(each.cost(workload)), 8 if place == len(figures) else 5
        yield f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}">{escape(text)}</text>'
