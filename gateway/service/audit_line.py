"""A line of the audit trail: who did what to an event or a calendar, what came of it, and by which requests.

It holds no text of the event, only its fingerprint, and no secret: of a caller's credential, the user name of
basic authentication or a short hash.
"""

from base64 import b64decode
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

import msgspec
import structlog

from gateway.adapters.management import CalendarOrder
from gateway.adapters.outcome import Created, Outcome, WriteStatus
from gateway.adapters.upstream import Call
from gateway.errors import Code
from gateway.model.event import Draft, Event
from gateway.model.run import Written as Pieces
from gateway.model.run import at_once, woven

Written = Draft | Event | CalendarOrder
"""The draft of an event, an event that was removed, or what was to be done to a calendar."""
Entry = tuple[str | None, Sequence[Written], Sequence[Outcome]]
"""A calendar, what was written to it, and what came of each of that."""

ANONYMOUS: Final = "anonymous"
_encode: Final = msgspec.json.Encoder().encode
_encode_in_order: Final = msgspec.json.Encoder(order="deterministic").encode
_NUL: Final = "\0"
_GAP: Final = msgspec.Raw(_NUL.encode())  # which is never within JSON
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


class AuditLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


def beginning(call: Call, action: Action, source: str, now: datetime) -> bytes:
    """What the lines of a call's writes to one source begin with."""
    authorship = Authorship(
        time=now,
        request_id=call.request_id,
        caller=call.caller or caller(call.credentials.get(source)),
        client=call.client,
        action=action,
        source=source,
    )
    return _encode(authorship)[:-1] + b","


def lines_of(entry: Entry, begin: bytes, call: Call, source: str) -> bytes:
    """The lines of an entry; an event of which none can be written keeps no other back."""
    calendar, written, outcomes = entry
    try:
        if type(outcomes) is Created:
            return _of_created(calendar, written, outcomes, begin, call)
        return _of_each(calendar, written, outcomes, begin, call)
    except Exception:  # noqa: BLE001 - whatever went wrong, it is written and its row is due
        if len(outcomes) > 1:
            alone = [(calendar, (each,), (it,)) for each, it in zip(written, outcomes, strict=True)]
            return b"".join([lines_of(each, begin, call, source) for each in alone])
        say_lost(entry, call, source)
        return b""


def _of_each(
    calendar: str | None, written: Sequence[Written], outcomes: Sequence[Outcome], begin: bytes, call: Call
) -> bytes:
    """The lines, each by itself."""
    sent: dict[tuple[int, ...], tuple[str, ...]] = {}
    lines: list[bytes] = []
    for each, digest, outcome in zip(written, fingerprints(written), outcomes, strict=True):
        requests = outcome.requests
        if requests not in sent:
            sent[requests] = _upstream(call, requests)
        lines += begin, _encode(_rest(calendar, each, digest, outcome, sent[requests]))[1:], b"\n"
    return b"".join(lines)


def _of_created(
    calendar: str | None, written: Sequence[Written], created: Created, begin: bytes, call: Call
) -> bytes:
    """The same, woven of what differs and of what is equal for all and encoded once."""
    first = _rest(calendar, written[0], "", created[0], _upstream(call, created.requests))
    equal = _encode(msgspec.structs.replace(first, key=_GAP, fingerprint=_GAP, event_ids=_GAP))
    to_key, to_digest, to_ids, end = (begin + equal[1:]).decode().split(_NUL)
    drafts, ids = [it for it in written if isinstance(it, Draft)], created.run.column("id")
    keys = [it.key for it in drafts]
    texts = woven(
        len(created),
        to_key,
        "null" if keys.count(None) == len(keys) else at_once(keys),
        f'{to_digest}"',
        fingerprints(drafts),
        f'"{to_ids}[',
        *(ids if isinstance(ids, Pieces) else (at_once(ids),)),
        f"]{end}\n",
    )
    return "".join(texts).encode()


def _rest(
    calendar: str | None, written: Written, digest: str, outcome: Outcome, sent: tuple[str, ...]
) -> AuditLine:
    """All of a line but its beginning."""
    return AuditLine(
        calendar=calendar,
        key=_key(written),
        fingerprint=digest,
        status=outcome.status,
        event_ids=outcome.event_ids or _event_ids(written, outcome),
        stored=outcome.stored,
        upstream_request_ids=sent,
        problem=None if outcome.problem is None else outcome.problem.code,
    )


def _key(written: Written) -> str | None:
    return written.key if isinstance(written, (Draft, Event)) else None


def _upstream(call: Call, requests: tuple[int, ...]) -> tuple[str, ...]:
    """The upstream's names of the requests: events that were written together have the same."""
    ids = [call.log.requests[index].request_id for index in requests]
    return tuple([id_ for id_ in ids if id_])


def say_lost(entry: Entry, call: Call, source: str) -> None:
    """Logs, with what was raised, what the lines of an entry would say."""
    calendar, written, outcomes = entry
    for each, outcome in zip(written, outcomes, strict=True):
        _log.exception(
            "audit.failed",
            request_id=call.request_id,
            source=source,
            calendar=calendar,
            status=outcome.status,
            event_ids=_event_ids(each, outcome),
        )


def _event_ids(written: Written, outcome: Outcome) -> tuple[str, ...]:
    """The events that were written, or the one that was removed and is there no more."""
    return outcome.ids or ((written.id,) if isinstance(written, Event) else ())


def fingerprints(written: Iterable[Written]) -> list[str]:
    """The SHA-256 of each draft in hexadecimal: equal for equal drafts, whatever the process.

    What is a struct's default is left out, so that a fingerprint stays when there is more to give. msgspec
    looks whether it is the same object: so a text or a set is no default of these structs, but made anew.
    """
    return [sha256(it).hexdigest() for it in map(_encode_in_order, written)]


def caller(authorization: str | None) -> str:
    """Who is behind the value of an Authorization header, without any secret."""
    if authorization is None:
        return ANONYMOUS
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() == "basic":
        return f"user:{_user_name(value)}"
    return f"sha256:{sha256(authorization.encode()).hexdigest()[:12]}"


def _user_name(basic: str) -> str:
    try:
        user, colon, _ = b64decode(basic.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "unreadable"
    return user if colon else "unreadable"
