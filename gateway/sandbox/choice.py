"""Choices: enumerations that a seed file and a command line write by their names."""

from enum import Enum
from typing import Any


class Choice(Enum):
    """An enumeration whose values, by `auto()`, are its names."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[Any]) -> str:
        del start, count, last_values
        return name
