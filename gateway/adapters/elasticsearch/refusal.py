"""Elasticsearch's own account of an error: of which type, why, and what would have been needed."""

import re
from collections.abc import Iterator
from typing import Final, Self

import msgspec

_MAX_WORDS: Final = 500
_MAX_CAUSES: Final = 10
_GRANTED: Final = re.compile(r"is granted by the (?:cluster|index) privileges \[([^],]+)")


class Refusal(msgspec.Struct, frozen=True):
    """What went wrong, and why. All that may be missing may be missing."""

    type: str | None = None
    reason: str | None = None
    caused_by: "Refusal | None" = None
    root_cause: "tuple[Refusal, ...]" = ()
    additional_unsuccessful_credentials: str | None = None

    @classmethod
    def of(cls, body: bytes | bytearray) -> Self | None:
        """The account in an answer's body, or None where there is none."""
        try:
            error = msgspec.json.decode(body, type=_Body).error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return cls(reason=error) if isinstance(error, str) else cls(**msgspec.structs.asdict(error))

    @property
    def words(self) -> str:
        """The reasons from the outermost in, none twice: the telling one is often the last."""
        reasons = dict.fromkeys(each.reason for each in self._chain() if each.reason)
        said = [*reasons, *filter(None, [self.additional_unsuccessful_credentials])]
        text = ": ".join(reason.rstrip(".:") for reason in said) or self.type or ""
        return text if len(text) <= _MAX_WORDS else f"{text[:_MAX_WORDS]}…"

    @property
    def privilege(self) -> str | None:
        """The least privilege that would have done, from 7.10 on."""
        found = _GRANTED.search(self.reason or "")
        return None if found is None else found[1]

    def _chain(self) -> Iterator["Refusal"]:
        inner: Refusal | None = self
        for _ in range(_MAX_CAUSES):
            if inner is None:
                break
            yield inner
            inner = inner.caused_by
        yield from self.root_cause[:1]


class _Body(msgspec.Struct):
    """The body of an error: of 405, 406 and "no handler" the error is a string."""

    error: Refusal | str
