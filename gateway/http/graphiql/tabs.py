"""The explorer's sample tabs: GraphQL documents that carry the dates of the week in which they are read."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

_TABS: Final = Path(__file__).with_name("tabs")
_PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}")


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    """An operation ready to run, with the variables it starts with."""

    query: str
    variables: str | None = None


def tabs(now: datetime, *, sandbox: bool) -> tuple[Tab, ...]:
    """Tabs that run as they stand against the sandbox's seed world, or that only read and plan elsewhere."""
    days = _days(now)
    documents = sorted((_TABS / ("sandbox" if sandbox else "sources")).glob("*.graphql"))
    return tuple(Tab(query=_filled(document, days), variables=_variables(document)) for document in documents)


def _days(now: datetime) -> dict[str, str]:
    """The dates that a document may name. A planned outage lies ahead, so its Saturday is the next one."""
    today = now.astimezone(UTC).date()
    monday = today - timedelta(days=today.weekday())
    saturday = today + timedelta(days=(4 - today.weekday()) % 7 + 1)
    fortnight = monday + timedelta(days=14)
    return {"monday": f"{monday}", "saturday": f"{saturday}", "fortnight": f"{fortnight}"}


def _filled(document: Path, days: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: days[match[1]], document.read_text(encoding="utf-8"))


def _variables(document: Path) -> str | None:
    file = document.with_suffix(".json")
    return file.read_text(encoding="utf-8").strip() if file.is_file() else None
