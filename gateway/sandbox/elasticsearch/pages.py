"""Pages of results, and expressions that name several calendars or jobs at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from gateway.sandbox.elasticsearch.call import Call
from gateway.sandbox.elasticsearch.errors import (
    NEGATIVE_PAGE,
    PARSE,
    WINDOW_TOO_LARGE,
    Cause,
    Failure,
    all_shards_failed,
)
from gateway.sandbox.elasticsearch.objects import INTEGER, ObjectParser, nested

T = TypeVar("T")

MAX_WINDOW = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    start: int = 0
    size: int = 100

    @classmethod
    def of(cls, values: dict[str, int]) -> "Page":
        """A page of `from` and `size`, neither negative."""
        for name in ("from", "size"):
            if values.get(name, 0) < 0:
                raise NEGATIVE_PAGE(name)
        return cls(values.get("from", 0), values.get("size", 100))

    @classmethod
    def of_body(cls, values: dict[str, int]) -> "Page":
        try:
            return cls.of(values)
        except Failure as failure:
            reason = "Failed to build [page] after last required field arrived"
            raise Failure(400, Cause(PARSE, reason, failure.cause)) from failure

    @classmethod
    def of_query(cls, call: Call) -> "Page | None":
        """The page in the query, None where nothing is said of it."""
        if not call.has("from") and not call.has("size"):
            return None
        return cls.of({"from": call.number("from", 0), "size": call.number("size", 100)})

    @property
    def is_odd(self) -> bool:
        """Whether it is every other page of its size, the first one not."""
        return bool(self.size and self.start // self.size % 2)

    def cut(self, found: Sequence[T]) -> Sequence[T]:
        """The page's part of all that was found."""
        if self.start + self.size > MAX_WINDOW:
            reason = WINDOW_TOO_LARGE.format(self.start + self.size)
            raise all_shards_failed(Cause("illegal_argument_exception", reason))
        return found[self.start : self.start + self.size]


FIRST_PAGE = Page()
PAGE = nested(ObjectParser("page", {"from": INTEGER, "size": INTEGER}, Page.of_body))


def is_all(expression: str) -> bool:
    return expression in ("_all", "*")


def matches(expression: str, name: str) -> bool:
    """Whether a comma list, untrimmed, of names and patterns with "*" names `name`."""
    return is_all(expression) or any(_is_like(token, name) for token in expression.split(","))


def _is_like(token: str, name: str) -> bool:
    if "*" not in token:
        return token == name
    pattern = re.escape(token).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, name, re.DOTALL) is not None
