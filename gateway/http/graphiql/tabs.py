"""The explorer's sample tabs: GraphQL documents that carry the dates of the week in which they are read."""

import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import msgspec

_PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}")


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    """An operation ready to run, with the variables it starts with."""

    query: str
    variables: str | None = None


def tabs(now: datetime, *, sandbox: bool) -> tuple[Tab, ...]:
    """Tabs that run as they stand against the sandbox's seed world, or that only read and plan elsewhere."""
    folder = files(__package__) / "tabs" / ("sandbox" if sandbox else "sources")
    documents = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".graphql")), key=lambda file: file.name
    )
    days = _days(now)
    return tuple(Tab(query=_filled(file, days), variables=_variables(folder, file)) for file in documents)


def _days(now: datetime) -> dict[str, str]:
    """The dates that a document may name. A planned outage lies ahead, so its Saturday is the next one."""
    today = now.astimezone(UTC).date()
    monday = today - timedelta(days=today.weekday())
    saturday = today + timedelta(days=(4 - today.weekday()) % 7 + 1)
    fortnight = monday + timedelta(days=14)
    return {"monday": f"{monday}", "saturday": f"{saturday}", "fortnight": f"{fortnight}"}


def _filled(document: Traversable, days: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: days[match[1]], document.read_text(encoding="utf-8"))


def _variables(folder: Traversable, document: Traversable) -> str | None:
    file = folder / document.name.replace(".graphql", ".json")
    return file.read_text(encoding="utf-8").strip() if file.is_file() else None
