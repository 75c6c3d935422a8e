"""What is wrong with a configuration: all of it at once, each fault with its place and its remedy."""

from collections.abc import Sequence

import msgspec


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault. `where` names a setting as it was written: in a file, as a variable, as an option."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class SettingsError(Exception):
    """The configuration cannot be used. Its text has a line for each fault, and no secret."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))
