"""What commands share that compare announcements with mutes: whose, when, and what they exit with."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from gateway.model.time import Window, parse_instant

OPEN: Final = 1
MISUSED: Final = 2
INCOMPLETE: Final = 3
HEAD: Final = 15
"""How wide a verdict is at the beginning of a line."""

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


def window_of(start: str | None, days: int) -> Window:
    """The days from a time on. Raises InvalidTime."""
    begin = datetime.now(UTC) if start is None else parse_instant(start)
    return Window(start=begin, end=begin + timedelta(days=days))
