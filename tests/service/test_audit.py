"""One line per write, in a sink of its own."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
import structlog.testing
from hypothesis import example, given
from hypothesis.strategies import characters, lists, none, text

from gateway.adapters.outcome import Created, Outcome, WriteStatus
from gateway.adapters.upstream import Call, UpstreamRequest
from gateway.errors import Code, Problem
from gateway.model.elasticsearch import ElasticsearchEventOptions
from gateway.model.event import Draft, Event, Recurrence
from gateway.model.fields import DETAILS_OF
from gateway.model.msgraph import MSGraphEventOptions
from gateway.model.recurrence.rule import Frequency, RecurrenceRule
from gateway.model.run import Made
from gateway.model.time import EventTime
from gateway.service.audit import AuditTrail, open_sink
from gateway.service.audit_line import Action, Written, caller, fingerprints

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
START = EventTime(instant=datetime(2027, 3, 2, 8, tzinfo=UTC))
END = EventTime(instant=datetime(2027, 3, 2, 9, tzinfo=UTC))
DRAFT = Draft(title="Secret merger", start=START, end=END)
EVENT = Event(
    id="g:users/o/events/E",
    source="g",
    calendar_id="g:users/o/calendar",
    title="Secret merger",
    start=START,
    end=END,
)
CREATED = Outcome(index=0, status=WriteStatus.CREATED, event=EVENT, stored=True, requests=(1,))


def _call() -> Call:
    call = Call(request_id="r-1", client="192.0.2.7", credentials={"g": "Bearer tOpSeCrEt", "es": "ApiKey k"})
    call.log.add(UpstreamRequest(source="es", method="GET", path="/", request_id="not-of-this-row"))
    call.log.add(UpstreamRequest(source="g", method="POST", path="/v1.0/me/events", request_id="up-7"))
    return call


def fingerprint(written: Written) -> str:
    (digest,) = fingerprints([written])
    return digest


def _record(trail: AuditTrail, outcome: Outcome = CREATED) -> None:
    trail.record(
        call=_call(),
        action=Action.ADD,
        source="g",
        calendar="g:users/o/calendar",
        written=DRAFT,
        outcome=outcome,
    )


def test_a_line_says_who_wrote_where_and_what_came_of_it() -> None:
    lines: list[bytes] = []
    _record(AuditTrail(lines.append, now=lambda: NOON))
    (line,) = lines
    assert line.endswith(b"}\n")
    assert json.loads(line) == {
        "time": "2027-03-01T12:00:00Z",
        "request_id": "r-1",
        "caller": caller("Bearer tOpSeCrEt"),
        "client": "192.0.2.7",
        "action": "add",
        "source": "g",
        "calendar": "g:users/o/calendar",
        "key": None,
        "fingerprint": fingerprint(DRAFT),
        "status": "created",
        "event_ids": ["g:users/o/events/E"],
        "stored": True,
        "upstream_request_ids": ["up-7"],
        "problem": None,
    }


def test_a_line_names_the_problem_of_a_write_that_failed() -> None:
    lines: list[bytes] = []
    problem = Problem(code=Code.NO_ANSWER, message="Cut.")
    _record(AuditTrail(lines.append), Outcome(index=0, status=WriteStatus.UNKNOWN, problem=problem))
    line = json.loads(lines[0])
    assert (line["status"], line["problem"], line["event_ids"]) == ("unknown", "NO_ANSWER", [])


def test_a_line_holds_neither_the_text_of_the_event_nor_a_credential() -> None:
    lines: list[bytes] = []
    _record(AuditTrail(lines.append))
    assert b"merger" not in lines[0]
    assert b"tOpSeCrEt" not in lines[0]


def test_a_caller_is_told_apart_by_credential() -> None:
    assert caller("Bearer one") == caller("Bearer one") != caller("Bearer two")
    assert caller(None) == "anonymous"


def test_a_caller_with_a_password_is_known_by_user_name_only() -> None:
    credential = b64encode("jürgen:pass:word".encode()).decode()
    assert caller(f"Basic {credential}") == "user:jürgen"


@pytest.mark.parametrize("value", ["alice:hunter2", b64encode(b"hunter2").decode(), "Zm8\xff", ""])
def test_a_malformed_password_is_not_repeated(value: str) -> None:
    assert caller(f"basic {value}") == "user:unreadable"


def test_equal_drafts_have_one_fingerprint_and_others_another() -> None:
    same = Draft(title="Secret merger", start=START, end=END)
    assert fingerprint(DRAFT) == fingerprint(same)
    assert fingerprint(DRAFT) != fingerprint(Draft(title="Secret merger", start=START, end=START))


def test_a_fingerprint_stays_the_same_when_drafts_come_to_hold_more() -> None:
    as_json = (
        b'{"title":"Secret merger","start":{"instant":"2027-03-02T08:00:00Z","zone":"UTC"},'
        b'"end":{"instant":"2027-03-02T09:00:00Z","zone":"UTC"}}'
    )
    assert fingerprint(DRAFT) == sha256(as_json).hexdigest()


def test_a_fingerprint_is_of_values_and_not_of_how_they_came_to_be() -> None:
    zone = b"UTC".decode()  # a text of its own
    daily = RecurrenceRule(frequency=Frequency.DAILY)
    same = RecurrenceRule(frequency=Frequency.DAILY, by_month=frozenset([]), by_day=frozenset(()))
    start, end = (EventTime(instant=it.instant, zone=zone) for it in (START, END))
    one = Draft(title="x", start=START, end=END, recurrence=Recurrence(rule=daily, time_zone="UTC"))
    series = Recurrence(rule=same, time_zone=zone, except_dates=())
    other = Draft(title="x", start=start, end=end, recurrence=series, options={}, is_all_day=bool(0))
    assert one == other
    assert fingerprint(one) == fingerprint(other)


def structs_of(type_: Any) -> Iterator[type[msgspec.Struct]]:
    """The structs within a type."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        yield type_
        for hint in get_type_hints(type_).values():
            yield from structs_of(hint)
    for argument in get_args(type_):
        yield from structs_of(argument)


ROOTS = (Draft, Event, ElasticsearchEventOptions, MSGraphEventOptions, *DETAILS_OF.values())
WITHIN = {it for root in ROOTS for it in structs_of(root)} - {msgspec.Struct}
CONSTANTS = (msgspec.NODEFAULT, None, False, 1, ())
"""Of each there is one object only."""


@pytest.mark.parametrize("struct", sorted(WITHIN, key=lambda it: it.__name__))
def test_what_events_hold_is_without_what_is_not_given_and_that_is_told_by_identity(
    struct: type[msgspec.Struct],
) -> None:
    assert struct.__struct_config__.omit_defaults
    for default in [it.default for it in msgspec.structs.fields(struct)]:
        assert isinstance(default, Enum) or any(default is it for it in CONSTANTS)


@given(keys=lists(text(characters(exclude_categories=["Cs"]), max_size=6), min_size=1, max_size=4))
@example(keys=["\n{", "}\n{", '\r\n{"calendar":'])
def test_each_line_is_of_one_event_whatever_its_key_holds(keys: list[str]) -> None:
    taken: list[bytes] = []
    written = [msgspec.structs.replace(DRAFT, key=key) for key in keys]
    entry = (None, written, [CREATED] * len(keys))
    AuditTrail(taken.append).record_all([entry], call=_call(), action=Action.ADD, source="g")
    lines = [json.loads(line) for line in b"".join(taken).decode().split("\n")[:-1]]
    assert [(line["request_id"], line["key"]) for line in lines] == [("r-1", key) for key in keys]


@given(keys=lists(none() | text(max_size=6), min_size=1, max_size=4), ids=none() | text(max_size=3))
@example(keys=[None, "k"], ids=None)
@example(keys=["\0", '"\0"', "\n{"], ids="\0")
@example(keys=[None, "\ud800", None], ids="")
def test_of_events_that_were_created_together_each_has_the_line_that_it_has_by_itself(
    keys: list[str | None], ids: str | None
) -> None:
    """Where a line cannot be written, all others are."""
    call = _call()
    call.log.add(UpstreamRequest(source="g", method="GET", path="/", request_id=ids))
    written = [msgspec.structs.replace(DRAFT, key=key) for key in keys]
    events = [msgspec.structs.replace(EVENT, id=f'g:{number}é"') for number in range(len(keys))]
    created = Created([*range(len(keys))], Made(events), (1, 2))
    lines: list[bytes] = []
    for outcomes in (created, [*created]):
        with structlog.testing.capture_logs():
            AuditTrail(lines.append, now=lambda: NOON).record_all(
                [("g:\0", written, outcomes)], call=call, action=Action.ADD, source="g"
            )
    assert lines[:1] == lines[1:]


def test_a_sink_that_fails_is_loud_and_loses_no_id() -> None:
    def full(line: bytes) -> None:
        raise OSError(28, "No space left on device")

    trail = AuditTrail(full, now=lambda: NOON)
    with structlog.testing.capture_logs() as logs:
        _record(trail)
    assert trail.failing
    assert logs[0]["event"] == "audit.failed"
    assert logs[0]["log_level"] == "error"
    assert logs[0]["event_ids"] == ("g:users/o/events/E",)


def test_a_sink_that_recovers_gets_the_lines_that_waited_in_order() -> None:
    taken: list[bytes] = []
    full = True

    def sink(line: bytes) -> None:
        if full:
            raise OSError(28, "No space left on device")
        taken.append(line)

    times = iter(NOON.replace(minute=minute) for minute in range(3))
    trail = AuditTrail(sink, now=lambda: next(times))
    _record(trail)
    _record(trail)
    assert trail.failing
    full = False
    assert not trail.failing
    _record(trail)
    lines = b"".join(taken).split(b"\n")
    assert [json.loads(line)["time"][14:16] for line in lines if line] == ["00", "01", "02"]


def test_half_a_line_spoils_no_other() -> None:
    taken: list[bytes] = []
    room = [10, 10_000]

    def sink(line: bytes) -> None:
        taken.append(line[: room[0]])
        if room.pop(0) < len(line):
            raise OSError(28, "No space left on device")

    trail = AuditTrail(sink)
    _record(trail)
    assert not trail.failing
    half, line = b"".join(taken).splitlines()
    assert len(half) == 10
    assert json.loads(line)["status"] == "created"


def test_several_lines_go_to_the_sink_at_once_and_one_that_cannot_be_written_keeps_no_other_back() -> None:
    taken: list[bytes] = []
    odd = Draft(title="\ud800", start=START, end=END)
    entry = ("g:users/o/calendar", (DRAFT, odd, EVENT), (CREATED,) * 3)
    with structlog.testing.capture_logs() as logs:
        AuditTrail(taken.append).record_all([entry], call=_call(), action=Action.ADD, source="g")
    (together,) = taken
    assert [json.loads(line)["fingerprint"] for line in together.splitlines()] == [
        fingerprint(DRAFT),
        fingerprint(EVENT),
    ]
    (lost,) = logs
    assert (lost["event"], lost["event_ids"]) == ("audit.failed", ("g:users/o/events/E",))


def test_where_the_caller_cannot_be_written_each_row_is_logged_and_none_is_lost_to_the_call() -> None:
    taken: list[bytes] = []
    call = msgspec.structs.replace(_call(), caller="\ud800")
    entry = ("g:users/o/calendar", (DRAFT, EVENT), (CREATED,) * 2)
    trail = AuditTrail(taken.append)
    with structlog.testing.capture_logs() as logs:
        trail.record_all([entry], call=call, action=Action.ADD, source="g")
    assert [(it["event"], it["event_ids"]) for it in logs] == [
        ("audit.failed", ("g:users/o/events/E",)),
        ("audit.failed", ("g:users/o/events/E",)),
    ]
    assert (taken, trail.failing) == ([], False)


def test_a_file_is_appended_to_and_may_be_rotated(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text("before\n")
    trail = AuditTrail(open_sink(str(path)))
    _record(trail)
    rotated = path.rename(tmp_path / "audit.1.jsonl")
    _record(trail)
    assert rotated.read_text().startswith("before\n{")
    assert json.loads(path.read_text())["request_id"] == "r-1"


def test_a_file_that_cannot_be_opened_is_refused_before_any_write(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_sink(str(tmp_path / "missing" / "audit.jsonl"))


def test_lines_go_to_standard_error_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    _record(AuditTrail(open_sink("stderr")))
    assert json.loads(capsys.readouterr().err)["status"] == "created"
