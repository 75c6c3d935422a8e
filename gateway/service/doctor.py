"""A look at every configured source: does it answer, take the credential, let its calendars be read."""

import asyncio

import msgspec

from gateway.errors import GatewayError, Problem
from gateway.service.catalog import ConfiguredSource
from gateway.service.session import Session


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one source. `calendars` is how many may be read; None if none could be listed."""

    source: ConfiguredSource
    version: str | None = None
    calendars: int | None = None
    problems: tuple[Problem, ...] = ()


async def examine(session: Session) -> list[Finding]:
    """A finding for each source, in the order of the configuration. Only reads."""
    return list(await asyncio.gather(*(_examine(session, it) for it in session.catalog.sources.values())))


async def _examine(session: Session, source: ConfiguredSource) -> Finding:
    adapter = session.adapter(source)
    health = await adapter.health()
    if health.problem is not None:
        return Finding(source=source, version=health.version, problems=(health.problem,))
    try:
        listed = await adapter.calendars()
    except GatewayError as exc:
        return Finding(source=source, version=health.version, problems=(exc.problem,))
    allowed = [calendar for calendar in listed.calendars if source.policy.allows(calendar)]
    return Finding(source=source, version=health.version, calendars=len(allowed), problems=listed.problems)
