"""`gateway reconcile`: makes mutes follow what is announced, for people and cron."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.adapters.outcome import WriteStatus
from gateway.app import catalog_of
from gateway.cli.caller import Config, Credential, authorization_in, session_of
from gateway.cli.comparison import MISUSED, Against, AsJson, Days, From, Names, window_of
from gateway.cli.rows import end_lines, line, problem_lines, report_json, row_lines, verdict_of
from gateway.errors import GatewayError
from gateway.http.logging import configure
from gateway.service.drift import Drift, drift
from gateway.service.following import Following
from gateway.service.pairing import Certainty, Pair
from gateway.service.reconcile import MAX_CHANGES, Reconcile, Reconciled, reconcile
from gateway.settings import Settings, load

MaxChanges = Annotated[int, typer.Option(min=0, help="If more rows than this would change, nothing is done.")]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; else only say what would be done.")]


def run(  # noqa: PLR0917 - each is an option of the command
    names: Names,
    suppressed: Against = None,
    days: Days = 14,
    start: From = None,
    max_changes: MaxChanges = MAX_CHANGES,
    apply: Apply = False,
    as_json: AsJson = False,
    config: Config = None,
    credential: Credential = None,
) -> None:
    """Make mutes follow what is announced under their keys; without --apply say what would be done.

    Exits with 1 if something is to be done or was not done as wished, 3 if not all could be read.
    """
    settings = load(config, environ=os.environ)
    configure(settings.log_format, "warning")
    try:
        command = Reconcile(
            announced=names,
            suppressed=suppressed or names,
            window=window_of(start, days),
            now=datetime.now(UTC),
            max_changes=max_changes,
            dry_run=not apply,
        )
        done = asyncio.run(_reconciled(settings, authorization_in(credential), command))
    except GatewayError as exc:
        print("\n".join(problem_lines("", exc.problem)), file=sys.stderr)
        raise typer.Exit(MISUSED) from exc
    print(
        json.dumps(report_json(done.report, is_complete=done.is_complete), indent=2)
        if as_json
        else "\n".join(_lines(done))
    )
    raise typer.Exit(verdict_of(done.report, is_complete=done.is_complete))


async def _reconciled(settings: Settings, authorization: str | None, command: Reconcile) -> Reconciled:
    async with catalog_of(settings) as catalog:
        session = session_of(settings, catalog, authorization)
        return await reconcile(session, settings.audit_trail(), command)


def _lines(done: Reconciled) -> Iterator[str]:
    for row, following in zip(done.report.rows, done.followings, strict=True):
        yield from row_lines(row, following.event)
        if row.status is not WriteStatus.UNCHANGED:
            for each in _differences(following):
                yield line("", f"{each.kind}: announced {each.announced}, muted {each.muted}")
    yield from end_lines(done.report, is_complete=done.is_complete)


def _differences(following: Following) -> Iterator[Drift]:
    """In what mutes were not as announced. Those of a series are not compared with its first occurrence."""
    event = following.announced
    if event is not None and event.recurrence is None:
        yield from drift(Pair(announced=event, mutes=following.mutes, certainty=Certainty.CERTAIN))
