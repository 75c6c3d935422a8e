"""The audit trail: one JSON line per event that was written, or may have been, in a sink of its own."""

import sys
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.adapters.outcome import Outcome
from gateway.adapters.upstream import Call
from gateway.service.audit_line import Action, Entry, Written, beginning, lines_of, say_lost

AuditSink = Callable[[bytes], object]
"""Takes one or more whole lines at once, in UTF-8."""

STDERR: Final = "stderr"
_MOST_WAITING: Final = 10_000


class AuditTrail:
    """Writes the lines, in order.

    A sink that fails does not cost the caller the answer, for the write has happened: the log has an error
    with the ids instead, and the line waits, with the newest that follow, until the sink takes it. What it
    took only a part of it gets once more: a line may be there twice, and is not missing.
    """

    def __init__(self, sink: AuditSink, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._sink = sink
        self._now = now
        self._waiting: deque[bytes] = deque(maxlen=_MOST_WAITING)

    @property
    def failing(self) -> bool:
        """Whether lines are waiting although the sink has just been tried again."""
        try:
            self._write(b"")
        except Exception:  # noqa: BLE001 - the answer is the report, and `record` has logged each line
            return True
        return False

    def record(
        self,
        *,
        call: Call,
        action: Action,
        source: str,
        calendar: str | None,
        written: Written,
        outcome: Outcome,
    ) -> None:
        """Writes the line of one event: `written` is the draft of it, or what was removed. Raises nothing."""
        self.record_all([(calendar, (written,), (outcome,))], call=call, action=action, source=source)

    def record_all(self, entries: Sequence[Entry], *, call: Call, action: Action, source: str) -> None:
        """Writes the lines of several events at once. Raises nothing."""
        try:
            begin = beginning(call, action, source, self._now())
            self._write(b"".join([lines_of(entry, begin, call, source) for entry in entries]))
        except Exception:  # noqa: BLE001 - whatever went wrong, it is written and its row is due
            for entry in entries:
                say_lost(entry, call, source)

    def _write(self, lines: bytes) -> None:
        if not lines and not self._waiting:
            return
        try:
            self._sink(b"".join((*self._waiting, lines)))
        except Exception:
            self._waiting.extend(lines.splitlines(keepends=True))
            # A full disk may have taken half of a line: the next try begins on one of its own.
            self._waiting[0] = b"\n" + self._waiting[0].lstrip()
            raise
        self._waiting.clear()


def open_sink(where: str) -> AuditSink:
    """The sink that a setting names: `stderr`, or the path of a file to append to. Raises OSError.

    The file is opened anew each time, so that it can be rotated and a full disk can recover.
    """
    if where == STDERR:
        return _write_to_stderr
    path = Path(where)

    def append(lines: bytes) -> None:
        with path.open("ab") as file:
            file.write(lines)

    append(b"")
    return append


def _write_to_stderr(lines: bytes) -> None:
    sys.stderr.flush()  # what was written to it before comes first
    sys.stderr.buffer.write(lines)
    sys.stderr.buffer.flush()
