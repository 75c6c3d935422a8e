"""`gateway coverage`: what is announced against what is muted, for people, pipelines and cron."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

import typer

from gateway.app import catalog_of
from gateway.cli.caller import Config, Credential, authorization_in, session_of
from gateway.cli.comparison import (
    INCOMPLETE,
    MISUSED,
    OPEN,
    Against,
    AsJson,
    Days,
    From,
    Names,
    window_of,
)
from gateway.cli.rows import each_once, line, problem_json, shown
from gateway.errors import GatewayError, Problem
from gateway.http.logging import configure
from gateway.model.event import Event
from gateway.model.fields import ALWAYS
from gateway.model.time import Window, to_iso_duration, to_rfc3339
from gateway.service.coverage import Coverage, CoveredEvent, coverage
from gateway.service.drift import drift
from gateway.settings import Settings, load

_FIELDS: Final = ALWAYS | {"title", "key"}


def run(  # noqa: PLR0917 - each is an option of the command
    names: Names,
    suppressed: Against = None,
    days: Days = 14,
    start: From = None,
    as_json: AsJson = False,
    config: Config = None,
    credential: Credential = None,
) -> None:
    """See what is announced and not muted, and muted and not announced.

    Exits with 1 if something announced is not muted throughout, 3 if not all could be read.
    """
    settings = load(config, environ=os.environ)
    configure(settings.log_format, "warning")
    try:
        window = window_of(start, days)
        report = asyncio.run(
            _coverage(settings, authorization_in(credential), (names, suppressed or names), window)
        )
    except GatewayError as exc:
        print(f"{exc.problem.message} {exc.problem.hint or ''}".rstrip(), file=sys.stderr)
        raise typer.Exit(MISUSED) from exc
    print(json.dumps(_as_json(report), indent=2) if as_json else "\n".join(_lines(report)))
    raise typer.Exit(_verdict(report))


async def _coverage(
    settings: Settings, authorization: str | None, sides: tuple[list[str], list[str]], window: Window
) -> Coverage:
    async with catalog_of(settings) as catalog:
        session = session_of(settings, catalog, authorization)
        return await coverage(session, *sides, window, _FIELDS)


def _verdict(report: Coverage) -> int:
    if not report.is_complete:
        return INCOMPLETE
    is_open = bool(report.announced_only) or any(each.gaps for each in report.covered)
    return OPEN if is_open else 0


def _lines(report: Coverage) -> Iterator[str]:
    for found in report.covered:
        yield from _covered_lines(found)
    for event in report.announced_only:
        yield line("NOT MUTED", shown(event))
    for event in report.mutes_only:
        yield line("NOT ANNOUNCED", shown(event))
    for problem in _problems(report):
        yield line("NOT READ", f"{problem.code}: {problem.message}")
    yield (
        f"{len(report.covered)} announced and muted, {len(report.announced_only)} not muted,"
        f" {len(report.mutes_only)} not announced{'' if report.is_complete else '; not all could be read'}"
    )


def _problems(report: Coverage) -> list[Problem]:
    return each_once([*report.problems, *(it for source in report.sources for it in source.problems)])


def _covered_lines(found: CoveredEvent) -> Iterator[str]:
    verdict = "PARTLY MUTED" if found.gaps else "ok"
    sure = "" if found.pair.certainty == "certain" else ", by time and title"
    yield line(verdict, f"{shown(found.pair.announced)}{sure}")
    for gap in found.gaps:
        jobs = ", ".join(gap.job_ids) or "the calendar's jobs"
        yield line("", f"{jobs}: looks from {to_rfc3339(gap.start)} to {to_rfc3339(gap.end)}")
    for each in drift(found.pair):
        yield line("", f"{each.kind}: announced {each.announced}, muted {each.muted}")


def _as_json(report: Coverage) -> Mapping[str, Any]:
    return {
        "isComplete": report.is_complete,
        "covered": [_covered_json(found) for found in report.covered],
        "announcedOnly": [_event_json(event) for event in report.announced_only],
        "suppressedOnly": [_event_json(event) for event in report.mutes_only],
        "problems": [problem_json(problem) for problem in _problems(report)],
    }


def _covered_json(found: CoveredEvent) -> Mapping[str, Any]:
    return {
        "announced": _event_json(found.pair.announced),
        "suppressed": [_event_json(mute) for mute in found.pair.mutes],
        "certainty": found.pair.certainty.name,
        "uncovered": to_iso_duration(found.uncovered),
        "mutedUntil": to_rfc3339(found.muted_until),
        "drift": [
            {"kind": each.kind.name, "announced": each.announced, "suppressed": each.muted}
            for each in drift(found.pair)
        ],
        "gaps": [
            {
                "jobIds": list(gap.job_ids),
                "bucketSpan": to_iso_duration(gap.bucket_span),
                "start": to_rfc3339(gap.start),
                "end": to_rfc3339(gap.end),
            }
            for gap in found.gaps
        ],
    }


def _event_json(event: Event) -> Mapping[str, Any]:
    return {
        "id": event.id,
        "key": event.key,
        "title": event.title,
        "start": to_rfc3339(event.start.instant),
        "end": to_rfc3339(event.end.instant),
    }
