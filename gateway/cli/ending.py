"""`gateway extend` and `gateway end`: all copies of an event end later than planned, or now."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from gateway.adapters.outcome import WriteStatus
from gateway.app import catalog_of
from gateway.cli.caller import Config, Credential, authorization_in, session_of
from gateway.cli.comparison import MISUSED, AsJson
from gateway.cli.rows import end_lines, problem_lines, report_json, row_lines, verdict_of
from gateway.errors import GatewayError
from gateway.http.logging import configure
from gateway.model.time import Duration, to_rfc3339
from gateway.service.ending import Ended, Ending, change_end
from gateway.service.event_order import Copies
from gateway.settings import Settings, load

_SHORT: Final = re.compile(r"(\d+h)?(\d+m)?(\d+s)?", re.ASCII)

Key = Annotated[str, typer.Argument(help="The event's key.")]
By = Annotated[str, typer.Argument(help="How much later it ends: `30m`, `1h30m`, or `PT30M`.")]
In = Annotated[list[str], typer.Option("--in", help="An alias, or the id of a calendar; again for each.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


def extend(  # noqa: PLR0917 - each is an option of the command
    key: Key,
    by: By,
    calendars: In,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    credential: Credential = None,
) -> None:
    """Let all copies of an event end later than planned.

    Exits with 1 if something is to be done or was not done as wished, 2 if it was asked wrongly, such as of a
    series, 3 if not all could be read.
    """
    _run(key, calendars, by, dry_run=dry_run, as_json=as_json, config=config, credential=credential)


def end(  # noqa: PLR0917 - as above
    key: Key,
    calendars: In,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    credential: Credential = None,
) -> None:
    """Let all copies of an event end now. What has not begun is refused.

    Exits with 1 if something is to be done or was not done as wished, 2 if it was asked wrongly, such as of a
    series, 3 if not all could be read.
    """
    _run(key, calendars, None, dry_run=dry_run, as_json=as_json, config=config, credential=credential)


def _run(
    key: str,
    calendars: list[str],
    by: str | None,
    *,
    dry_run: bool,
    as_json: bool,
    config: Config,
    credential: Credential,
) -> None:
    settings = load(config, environ=os.environ)
    configure(settings.log_format, "warning")
    try:
        command = Ending(
            copies=Copies(key=key, calendars=tuple(calendars)),
            now=datetime.now(UTC).replace(microsecond=0),
            later=None if by is None else duration_of(by),
            dry_run=dry_run,
        )
        done = asyncio.run(_ended(settings, authorization_in(credential), command))
    except GatewayError as exc:
        print("\n".join(problem_lines("", exc.problem)), file=sys.stderr)
        raise typer.Exit(MISUSED) from exc
    print(json.dumps(_as_json(done), indent=2) if as_json else "\n".join(_lines(key, done)))
    raise typer.Exit(verdict_of(done.report, is_complete=done.is_complete))


def duration_of(text: str) -> Duration:
    """The duration that people write as `1h30m`, or programs in ISO 8601. Raises InvalidTime."""
    is_short = bool(text) and _SHORT.fullmatch(text) is not None
    return Duration.parse(f"PT{text.upper()}" if is_short else text)


async def _ended(settings: Settings, authorization: str | None, command: Ending) -> Ended:
    async with catalog_of(settings) as catalog:
        session = session_of(settings, catalog, authorization)
        return await change_end(session, settings.audit_trail(), command)


def _lines(key: str, done: Ended) -> Iterator[str]:
    if done.end is not None and any(row.status is not WriteStatus.UNCHANGED for row in done.report.rows):
        yield f"{key} is to end at {to_rfc3339(done.end)}."
    for row in done.report.rows:
        yield from row_lines(row, row.event)
    yield from end_lines(done.report, is_complete=done.is_complete)


def _as_json(done: Ended) -> Mapping[str, Any]:
    end = None if done.end is None else to_rfc3339(done.end)
    return {"end": end, **report_json(done.report, is_complete=done.is_complete)}
