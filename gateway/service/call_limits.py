"""How much one field of an operation may ask for."""

import msgspec

from gateway.errors import InvalidInput, TooMany


class CallLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The most events that one field writes, rows of a page, entities that a router asks for at once."""

    events: int = 1000
    page: int = 1000
    representations: int = 1000

    def check_events(self, count: int, path: tuple[str, ...]) -> None:
        """Raises TooMany for more events than one call may be about."""
        if count > self.events:
            raise TooMany(
                f"{count} events are too many: at most {self.events} a call.",
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
