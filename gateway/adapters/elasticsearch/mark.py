"""The mark at the end of an ML event's description: the key that it bears, and which occurrence it is. Pure.

An ML event has no other place for a key. "Upgrade [#OPS-7]" is an event of its own, and
"Backup [#OPS-8@20270329T0030Z]" the occurrence of a series that begins, or began at first, at that minute.
"""

import re
from datetime import UTC, datetime
from typing import Final

import msgspec

_MARK: Final = re.compile(
    r" \[#(?P<key>[A-Za-z0-9._:-]{1,64})(?:@(?P<occurrence>\d{8}T\d{4}Z))?\]\Z", re.ASCII
)
_MINUTE: Final = "%Y%m%dT%H%MZ"


class Mark(msgspec.Struct, frozen=True):
    """A key, and for the occurrence of a series the minute at which the series has it begin."""

    key: str
    occurrence: datetime | None = None

    def __str__(self) -> str:
        occurrence = f"@{self.occurrence.astimezone(UTC).strftime(_MINUTE)}" if self.occurrence else ""
        return f" [#{self.key}{occurrence}]"


def parted(description: str) -> tuple[str, Mark | None]:
    """The title, and the mark after it if there is one."""
    found = _MARK.search(description) if description.endswith("]") else None
    if found is None:
        return description, None
    try:
        mark = Mark(found["key"], _minute(found["occurrence"]))
    except ValueError:
        return description, None
    return description[: found.start()], mark


def _minute(written: str | None) -> datetime | None:
    """Raises ValueError for a day or an hour that there is not."""
    return None if written is None else datetime.strptime(written, _MINUTE).replace(tzinfo=UTC)
