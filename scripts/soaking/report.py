"""What happened in a soak: its figures, and what is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from judge import Kind, Verdict


@dataclass(kw_only=True)
class Report:
    """Figures, and what is wrong.

    `told` counts the conflicts and worn out keys that callers were told of last, `undone` what went after it
    was found there, since an attempt before had left in doubt whether it is taken back.
    """

    pairs: int = 0
    calls: int = 0
    posts: int = 0
    repeats: int = 0
    faults: int = 0
    kills: int = 0
    held: int = 0
    told: int = 0
    unsettled: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def judged(self, when: str, verdicts: Iterable[Verdict]) -> None:
        self.verdicts += [Verdict(each.kind, f"{when}: {each.text}") for each in verdicts]

    def of(self, kind: Kind) -> list[str]:
        return [each.text for each in self.verdicts if each.kind is kind]

    @property
    def wrong(self) -> dict[str, list[str]]:
        """All that must not be, by what it is called."""
        return {
            "unsettled": self.unsettled,
            **{kind.value: self.of(kind) for kind in Kind if kind is not Kind.UNDONE},
        }

    @property
    def undone(self) -> int:
        return len(self.of(Kind.UNDONE))

    @property
    def is_good(self) -> bool:
        return not any(self.wrong.values())
