"""The audit trail: one JSON line per event that was written, or may have been, in a sink of its own.

A line says who, where, what came of it, and which request it was. It holds no text of the event, only its
fingerprint, and no secret: of a caller's credential, the user name of basic authentication or a short hash.
"""

import hashlib
import sys
from base64 import b64decode
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
import structlog

from gateway.adapters.management import CalendarOrder
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.upstream import Call
from gateway.errors import Code
from gateway.model.event import Draft, Event

Written = Draft | Event | CalendarOrder
"""The draft of an event, an event that was removed, or what was to be done to a calendar."""
AuditSink = Callable[[str], object]
"""Takes one or more whole lines at once."""
Entry = tuple[str | None, Written, Outcome]
"""The calendar, what was written to it, and what came of that."""

STDERR: Final = "stderr"
ANONYMOUS: Final = "anonymous"
_MOST_WAITING: Final = 10_000
_encode: Final = msgspec.json.Encoder().encode
_encode_in_order: Final = msgspec.json.Encoder(order="deterministic").encode
_log = structlog.get_logger(__name__)


class Action(StrEnum):
    """What was done to an event, or to a calendar."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    UNDO = "undo"
    CREATE_CALENDAR = "create_calendar"
    DELETE_CALENDAR = "delete_calendar"
    SET_CALENDAR_JOBS = "set_calendar_jobs"


class Authorship(msgspec.Struct, frozen=True, kw_only=True):
    """What all lines of a call's writes to one source begin with."""

    time: datetime
    request_id: str
    caller: str
    client: str | None
    action: Action
    source: str


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """The rest of a line, about one event written to one calendar.

    `calendar` is None where its canonical id was not to be had. `key` is the caller's own name for the event,
    if it has one.
    """

    calendar: str | None
    key: str | None = None
    fingerprint: str
    status: WriteStatus
    event_ids: tuple[str, ...]
    stored: bool
    upstream_request_ids: tuple[str, ...]
    problem: Code | None


class AuditTrail:
    """Writes the lines, in order.

    A sink that fails does not cost the caller the answer, for the write has happened: the log has an error
    with the ids instead, and the line waits, with the newest that follow, until the sink takes it. What it
    took only a part of it gets once more: a line may be there twice, and is not missing.
    """

    def __init__(self, sink: AuditSink, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._sink = sink
        self._now = now
        self._waiting: deque[str] = deque(maxlen=_MOST_WAITING)

    @property
    def failing(self) -> bool:
        """Whether lines are waiting although the sink has just been tried again."""
        try:
            self._flush()
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
        self.record_all([(calendar, written, outcome)], call=call, action=action, source=source)

    def record_all(self, entries: Sequence[Entry], *, call: Call, action: Action, source: str) -> None:
        """Writes the lines of several events at once. Raises nothing."""
        try:
            author = _Author(call, action, source, self._now())
            for entry in entries:
                try:
                    self._waiting.append(author.line(entry))
                except Exception:  # noqa: BLE001 - whatever went wrong, it is written and its row is due
                    _say_lost(entry, call, source)
            self._flush()
        except Exception:  # noqa: BLE001 - as above
            for entry in entries:
                _say_lost(entry, call, source)

    def _flush(self) -> None:
        if not self._waiting:
            return
        try:
            self._sink("".join(self._waiting))
        except Exception:
            # A full disk may have taken half of a line: the next try begins on one of its own.
            self._waiting[0] = "\n" + self._waiting[0].lstrip()
            raise
        self._waiting.clear()


class _Author:
    """Writes the lines of a call's writes to one source."""

    def __init__(self, call: Call, action: Action, source: str, now: datetime) -> None:
        self._log = call.log
        self._sent: dict[tuple[int, ...], tuple[str, ...]] = {}
        begin = Authorship(
            time=now,
            request_id=call.request_id,
            caller=call.caller or caller(call.credentials.get(source)),
            client=call.client,
            action=action,
            source=source,
        )
        self._begin = _encode(begin).decode()[:-1]

    def line(self, entry: Entry) -> str:
        calendar, written, outcome = entry
        rest = AuditLine(
            calendar=calendar,
            key=written.key if isinstance(written, (Draft, Event)) else None,
            fingerprint=fingerprint(written),
            status=outcome.status,
            event_ids=_event_ids(written, outcome),
            stored=outcome.stored,
            upstream_request_ids=self._upstream(outcome.requests),
            problem=None if outcome.problem is None else outcome.problem.code,
        )
        return f"{self._begin},{_encode(rest).decode()[1:]}\n"

    def _upstream(self, requests: tuple[int, ...]) -> tuple[str, ...]:
        """The upstream's names of the requests: events that were written together have the same."""
        if requests not in self._sent:
            ids = [self._log.requests[index].request_id for index in requests]
            self._sent[requests] = tuple([id_ for id_ in ids if id_])
        return self._sent[requests]


def _say_lost(entry: Entry, call: Call, source: str) -> None:
    """Logs, with what was raised, what the line of an event would say."""
    calendar, written, outcome = entry
    _log.exception(
        "audit.failed",
        request_id=call.request_id,
        source=source,
        calendar=calendar,
        status=outcome.status,
        event_ids=_event_ids(written, outcome),
    )


def _event_ids(written: Written, outcome: Outcome) -> tuple[str, ...]:
    """The events that were written, or the one that was removed and is there no more."""
    return outcome.ids or ((written.id,) if isinstance(written, Event) else ())


def open_sink(where: str) -> AuditSink:
    """The sink that a setting names: `stderr`, or the path of a file to append to. Raises OSError.

    The file is opened anew each time, so that it can be rotated and a full disk can recover.
    """
    if where == STDERR:
        return _write_to_stderr
    path = Path(where)

    def append(lines: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(lines)

    append("")
    return append


def fingerprint(written: Written) -> str:
    """The SHA-256 of a draft in hexadecimal: equal for equal drafts, whatever the process."""
    return hashlib.sha256(_encode_in_order(written)).hexdigest()


def caller(authorization: str | None) -> str:
    """Who is behind the value of an Authorization header, without any secret."""
    if authorization is None:
        return ANONYMOUS
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() == "basic":
        return f"user:{_user_name(value)}"
    return f"sha256:{hashlib.sha256(authorization.encode()).hexdigest()[:12]}"


def _user_name(basic: str) -> str:
    try:
        user, colon, _ = b64decode(basic.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "unreadable"
    return user if colon else "unreadable"


def _write_to_stderr(lines: str) -> None:
    sys.stderr.write(lines)
    sys.stderr.flush()
