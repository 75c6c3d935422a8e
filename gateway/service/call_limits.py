"""How much one field of an operation may ask for, and a request in all."""

from typing import Final

import msgspec

from gateway.errors import InvalidInput, TooMany

MAX_CALENDARS: Final = 100
MAX_ROWS: Final = 10_000
"""Events times calendars: what one field writes, or may have to look at."""


class CallLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The most events that one request writes, rows of a page, entities that a router asks for at once."""

    events: int = 1000
    page: int = 1000
    representations: int = 1000

    def check_events(self, count: int, path: tuple[str, ...], *, before: int = 0) -> None:
        """Raises TooMany for more events than one request may write, with those that it wrote `before`."""
        if before + count > self.events:
            after = f" after {before}" if before else ""
            raise TooMany(
                f"{count} events{after} are too many: at most {self.events} a request.",
                path=path,
                hint="Split the call. The setting is limits.max_events.",
            )

    def check_page(self, first: int) -> None:
        """Raises InvalidInput or TooMany unless `first` is a page size that is served."""
        if first < 1:
            hint = f"Ask for 1 to {self.page}."
            raise InvalidInput(f"A page of {first} is none.", path=("first",), hint=hint)
        if first > self.page:
            raise TooMany(
                f"A page of {first} is not served: ask for 1 to {self.page}.",
                path=("first",),
                hint="Ask for the rest with `after`. The setting is limits.max_page.",
            )

    def check_representations(self, count: int) -> None:
        """Raises TooMany for more representations than are resolved at once."""
        if count > self.representations:
            raise TooMany(
                f"{count} representations are too many: at most {self.representations}.",
                path=("representations",),
                hint="The setting is limits.max_representations.",
            )


def check_calendars(count: int, path: tuple[str | int, ...] = ("calendars",)) -> None:
    """Raises InvalidInput for no calendars, TooMany for more than one field may be about."""
    if not count:
        raise InvalidInput("There are no calendars.", path=path, hint="Give at least one id or alias.")
    if count > MAX_CALENDARS:
        message = f"{count} calendars are too many: at most {MAX_CALENDARS}."
        raise TooMany(message, path=path, hint="Split the call.")


def check_rows(count: int, path: tuple[str | int, ...]) -> None:
    """Raises TooMany for more writes than one call may be about."""
    if count > MAX_ROWS:
        message = f"{count} writes, of events to calendars, are too many: at most {MAX_ROWS} a call."
        raise TooMany(message, path=path, hint="Split the call.")
