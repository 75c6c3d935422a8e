"""`gateway coverage`: what is announced against what is muted, for people, pipelines and cron."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer

from gateway.app import catalog_of
from gateway.cli.caller import Config, Credential, authorization_in, session_of
from gateway.errors import GatewayError, Problem
from gateway.http.logging import configure
from gateway.model.event import Event
from gateway.model.fields import ALWAYS
from gateway.model.time import Window, parse_instant, to_iso_duration, to_rfc3339
from gateway.service.coverage import Coverage, CoveredEvent, coverage
from gateway.service.drift import drift
from gateway.settings import Settings, load

UNCOVERED: Final = 1
MISUSED: Final = 2
INCOMPLETE: Final = 3
_FIELDS: Final = ALWAYS | {"title", "key"}

Names = Annotated[
    list[str], typer.Argument(help="Aliases, each for its calendars of both sides; or ids of calendars.")
]
Against = Annotated[
    list[str] | None,
    typer.Option("--suppressed", help="The calendars that mute, if NAMES are only what is announced."),
]
Days = Annotated[int, typer.Option(min=1, max=366, help="How many days to look at.")]
From = Annotated[str | None, typer.Option("--from", help="When to begin, in RFC 3339; else now.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


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
        window = _window(start, days)
        report = asyncio.run(
            _coverage(settings, authorization_in(credential), (names, suppressed or names), window)
        )
    except GatewayError as exc:
        print(f"{exc.problem.message} {exc.problem.hint or ''}".rstrip(), file=sys.stderr)
        raise typer.Exit(MISUSED) from exc
    print(json.dumps(_as_json(report), indent=2) if as_json else "\n".join(_lines(report)))
    raise typer.Exit(_verdict(report))


def _window(start: str | None, days: int) -> Window:
    begin = datetime.now(UTC) if start is None else parse_instant(start)
    return Window(start=begin, end=begin + timedelta(days=days))


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
    return UNCOVERED if is_open else 0


def _lines(report: Coverage) -> Iterator[str]:
    for found in report.covered:
        yield from _covered_lines(found)
    for event in report.announced_only:
        yield f"NOT MUTED      {_shown(event)}"
    for event in report.mutes_only:
        yield f"NOT ANNOUNCED  {_shown(event)}"
    for problem in _problems(report):
        yield f"NOT READ       {problem.code}: {problem.message}"
    yield (
        f"{len(report.covered)} announced and muted, {len(report.announced_only)} not muted,"
        f" {len(report.mutes_only)} not announced{'' if report.is_complete else '; not all could be read'}"
    )


def _problems(report: Coverage) -> list[Problem]:
    """Each once: a name may be wrong on both sides."""
    found = (*report.problems, *(it for source in report.sources for it in source.problems))
    return list({(problem.code, problem.message): problem for problem in found}.values())


def _covered_lines(found: CoveredEvent) -> Iterator[str]:
    verdict = "PARTLY MUTED" if found.gaps else "ok"
    sure = "" if found.pair.certainty == "certain" else ", by time and title"
    yield f"{verdict:<14} {_shown(found.pair.announced)}{sure}"
    for gap in found.gaps:
        jobs = ", ".join(gap.job_ids) or "the calendar's jobs"
        yield f"               {jobs}: looks from {to_rfc3339(gap.start)} to {to_rfc3339(gap.end)}"
    for each in drift(found.pair):
        yield f"               {each.kind}: announced {each.announced}, muted {each.muted}"


def _shown(event: Event) -> str:
    key = "" if event.key is None else f" [{event.key}]"
    title = "".join(letter if letter.isprintable() else " " for letter in event.title)
    return f"{to_rfc3339(event.start.instant)} – {to_rfc3339(event.end.instant)}  {title}{key}"


def _as_json(report: Coverage) -> Mapping[str, Any]:
    return {
        "isComplete": report.is_complete,
        "covered": [_covered_json(found) for found in report.covered],
        "announcedOnly": [_event_json(event) for event in report.announced_only],
        "suppressedOnly": [_event_json(event) for event in report.mutes_only],
        "problems": [{"code": problem.code, "message": problem.message} for problem in _problems(report)],
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
