"""What a client was told of one event in one calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from calls import Call, Place

SUCCESS: Final = frozenset({"CREATED", "UPDATED", "UNCHANGED", "DELETED"})
WORN_OUT: Final = "Graph remembers them"
NO_ANSWER: Final = ""
"""The status of a row that did not come."""
ROWS: Final = "results { calendarId key status eventIds problem { code message } } problems { code message }"


@dataclass(frozen=True, kw_only=True)
class Word:
    """A row of the answer to a call. `events` are the upstream's ids of those that it names.

    `earlier` is what was said of the place before: by earlier attempts, and by calls that left it in doubt.
    """

    call: Call
    place: Place
    status: str
    events: frozenset[str] = frozenset()
    code: str = ""
    message: str = ""
    earlier: tuple["Word", ...] = ()

    @property
    def is_success(self) -> bool:
        return self.status in SUCCESS

    @property
    def is_of_none(self) -> bool:
        """Whether it says that there is nothing to change."""
        return (self.status, self.code) == ("FAILED", "NOT_FOUND")

    @property
    def is_worn_out(self) -> bool:
        """Whether Graph remembers too many events of the key that were deleted for one more to be made."""
        return (self.status, self.code) == ("FAILED", "CONFLICT") and WORN_OUT in self.message

    @property
    def is_final(self) -> bool:
        return self.is_success or self.is_refused

    @property
    def is_refused(self) -> bool:
        """Whether it says why nothing is done, however often the call is repeated."""
        return self.status == "CONFLICT" or self.is_of_none or self.is_worn_out

    @property
    def is_undone(self) -> bool:
        """Whether it says that all is as it was, because another row of the call failed."""
        return self.call.is_whole and self.status in {"SKIPPED", "ROLLED_BACK", "FAILED"}

    @property
    def is_taken_back(self) -> bool:
        """Whether it says that what was there for a moment is not."""
        return self.call.is_whole and self.status == "ROLLED_BACK"

    @property
    def may_go_late(self) -> bool:
        """Whether it leaves it open that what is there is still to be taken back. NOT_ALL: that it stays."""
        is_left = self.status == "ROLLBACK_FAILED" and self.code != "NOT_ALL"
        return self.call.is_whole and (is_left or self.status == NO_ANSWER)

    def __str__(self) -> str:
        call = self.call.input.get("onExisting") or self.call.mutation
        return f"{self.place} {call}: {self.status} {self.code} {sorted(self.events)} {self.message}"


def words_of(call: Call, rows: Sequence[dict[str, Any]]) -> list[Word]:
    return [
        Word(
            call=call,
            place=(row["key"], row["calendarId"]),
            status=row["status"],
            events=frozenset(unquote(each.rpartition("/")[2]) for each in row["eventIds"]),
            code=row["problem"]["code"] if row["problem"] else "",
            message=row["problem"]["message"] if row["problem"] else "",
        )
        for row in rows
    ]


def of_place(words: Iterable[Word], place: Place) -> tuple[Word, ...]:
    return tuple(word for word in words if word.place == place)


def unanswered(call: Call) -> list[Word]:
    return [Word(call=call, place=place, status=NO_ANSWER) for place in call.places]


def is_final(words: Sequence[Word]) -> bool:
    """Whether a client need not repeat its call: all or nothing is settled by one refusal."""
    is_whole = words[0].call.is_whole
    if is_whole and any(word.is_refused for word in words):
        return True
    return all(word.is_final for word in words)
