"""The rows of a write as commands print them, for people and for programs, and what they end with."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from gateway.adapters.losses import Notice
from gateway.adapters.outcome import WriteStatus
from gateway.cli.comparison import HEAD, INCOMPLETE, MISUSED, OPEN
from gateway.errors import Problem
from gateway.model.event import Event
from gateway.model.time import to_rfc3339
from gateway.service.report import EventRow, WriteReport

_DONE: Final = frozenset(
    {WriteStatus.CREATED, WriteStatus.UPDATED, WriteStatus.DELETED, WriteStatus.UNCHANGED}
)
_LIMIT: Final = ("maxChanges",)
_SILENT: Final = frozenset({Notice.EXPANDED})
"""Warnings that say nothing new to whoever made the event."""


def line(verdict: str, said: str) -> str:
    """A line. What strangers wrote may be in it, and must neither steer a terminal nor end the line."""
    return f"{verdict:<{HEAD}}{''.join(letter if letter.isprintable() else ' ' for letter in said)}"


def shown(event: Event) -> str:
    """An event in one line."""
    key = "" if event.key is None else f" [{event.key}]"
    return f"{to_rfc3339(event.start.instant)} – {to_rfc3339(event.end.instant)}  {event.title}{key}"


def row_lines(row: EventRow, event: Event | None) -> Iterator[str]:
    """A row with the event that it is about, if there is one, and all there is to know."""
    verdict = "ok" if row.status is WriteStatus.UNCHANGED else _words(row)
    yield line(verdict, shown(event) if event else f"[{row.key}]")
    yield line("", f"in {row.calendar_id or 'a calendar that could not be read'}")
    if row.problem is not None:
        yield from problem_lines("", row.problem)
    for warning in row.warnings:
        if warning.code not in _SILENT:
            yield line("", warning.message)


def problem_lines(verdict: str, problem: Problem) -> Iterator[str]:
    yield line(verdict, f"{problem.code}: {problem.message}")
    if problem.hint:
        yield line("", problem.hint)


def end_lines(report: WriteReport, *, is_complete: bool) -> Iterator[str]:
    """What is wrong with the call as a whole, how many rows have which status, and whether all was read."""
    for problem in each_once(report.problems):
        yield from problem_lines("PROBLEM", problem)
    counts = Counter(row.status for row in report.rows)
    said = ", ".join(f"{counts[status]} {status}" for status in WriteStatus if counts[status])
    yield f"{said or 'nothing to do'}{'' if is_complete else '; not all could be read'}"


def row_json(row: EventRow) -> Mapping[str, Any]:
    return {
        "key": row.key,
        "calendarId": row.calendar_id,
        "status": row.status.name,
        "eventIds": list(row.event_ids),
        "problem": None if row.problem is None else problem_json(row.problem),
        "warnings": [{"code": each.code, "message": each.message} for each in row.warnings],
    }


def problem_json(problem: Problem) -> Mapping[str, Any]:
    return {"code": problem.code, "message": problem.message, "hint": problem.hint}


def each_once(problems: Iterable[Problem]) -> list[Problem]:
    """Without what says the same: a name may be wrong on both sides."""
    return list({(problem.code, problem.message): problem for problem in problems}.values())


def report_json(report: WriteReport, *, is_complete: bool) -> Mapping[str, Any]:
    return {
        "status": report.status.name,
        "isComplete": is_complete,
        "results": [row_json(row) for row in report.rows],
        "problems": [problem_json(problem) for problem in each_once(report.problems)],
    }


def verdict_of(report: WriteReport, *, is_complete: bool) -> int:
    """The exit code: 0 if all is as wished, a plan being something that is still to be done."""
    if not is_complete:
        return INCOMPLETE
    if any(problem.path != _LIMIT for problem in report.problems):
        return MISUSED
    return OPEN if report.problems or any(row.status not in _DONE for row in report.rows) else 0


def _words(row: EventRow) -> str:
    if row.status is not WriteStatus.PLANNED:
        return row.status.upper()
    is_going = any(warning.code == Notice.NOT_ANNOUNCED for warning in row.warnings)
    return "TO REMOVE" if is_going else "TO CHANGE"
