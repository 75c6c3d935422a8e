"""A diary of a run: each time that a client was told something, as a line of JSON."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from words import Word


class Diary:
    """Appends to a file, or to none."""

    def __init__(self, path: Path | None = None) -> None:
        self._path: Final = path

    def note(self, url: str, asked: datetime, words: Sequence[Word]) -> None:
        """Keeps what the words of an answer say, by the names that rows have, and whether it is a whole."""
        if self._path is None:
            return
        lines = [
            {
                "asked": asked.isoformat(),
                "told": datetime.now(UTC).isoformat(),
                "url": url,
                "call": word.call.input.get("onExisting") or word.call.mutation,
                "isWhole": word.call.is_whole,
                "key": word.place[0],
                "calendarId": word.place[1],
                "status": word.status,
                "events": sorted(word.events),
                "code": word.code,
                "message": word.message,
            }
            for word in words
        ]
        with self._path.open("a") as file:
            file.writelines(f"{json.dumps(line)}\n" for line in lines)
