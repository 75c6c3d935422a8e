"""What happened in a soak, and what is wrong in the end: what is held against what was asked for."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from calls import Call, Content, Place


@dataclass(kw_only=True)
class Report:
    """Figures, and what is wrong. `reported` counts the conflicts that callers were told of, by place."""

    calls: int = 0
    posts: int = 0
    repeats: int = 0
    faults: int = 0
    kills: int = 0
    held: int = 0
    reported: Counter[Place] = field(default_factory=Counter)
    unsettled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.unsettled or self.lost or self.duplicated or self.wrong)

    def count(self, asked: Sequence[Call], held: Mapping[Place, list[Content]]) -> None:
        """Each key, calendar and occurrence is there once and as it was asked for, or is reported."""
        self.held = sum(map(len, held.values()))
        wanted: dict[Place, list[list[Content]]] = defaultdict(list)
        undone = set[Place]()
        for call in asked:
            places = dict(call.wanted())
            for place, contents in places.items():
                wanted[place].append(sorted(contents))
            if call.atomicity == "ALL_OR_NOTHING" and not self.reported.keys().isdisjoint(places):
                undone |= places.keys()
        for place, choices in wanted.items():
            found = sorted(held.get(place, []))
            if found or place not in undone:
                self._compare(place, found, choices)
        self.wrong += [f"{place}: nobody asked for it" for place in held.keys() - wanted.keys()]

    def _compare(self, place: Place, found: list[Content], choices: list[list[Content]]) -> None:
        is_said = place in self.reported
        if found in choices:
            return
        if not found or (not is_said and any(set(found) < set(choice) for choice in choices)):
            self.lost.append(f"{place}: {found}")
        elif is_said:
            return
        elif len(found) > len(choices[0]):
            self.duplicated.append(f"{place}: {found}")
        else:
            self.wrong.append(f"{place}: {found}, not {choices}")
