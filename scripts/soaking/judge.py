"""Whether what clients were told last is what is there, occurrence by occurrence. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from calls import Add, Call, Content
from held import Held, is_ambiguous
from words import Word


class Kind(StrEnum):
    """What must not be.

    LOST is what is not there, and was said to be. DUPLICATED is there and nobody was told. WRONG is anything
    else that is not as it was said. UNDONE alone may be: it is not there, and was left in doubt before.
    """

    LOST = "lost"
    DUPLICATED = "duplicated"
    WRONG = "wrong"
    UNDONE = "undone"


@dataclass(frozen=True)
class Verdict:
    kind: Kind
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def judge_call(call: Call, words: Sequence[Word]) -> Iterator[Verdict]:
    """What is wrong with the answer to a call, whatever is there."""
    told = Counter(word.place for word in words)
    for place in call.places:
        if told.pop(place, 0) != 1:
            yield Verdict(Kind.WRONG, f"{place}: not one row is about it")
    for place in told:
        yield Verdict(Kind.WRONG, f"{place}: a row is about it, and nobody asked")
    done = [word for word in words if word.status in {"CREATED", "UPDATED", "DELETED"}]
    if call.is_whole and done and any(not word.is_success for word in words):
        yield Verdict(Kind.WRONG, f"{done[0]}: all or nothing was asked for, and another row failed")


def judge(
    word: Word, *, before: Sequence[Held], now: Sequence[Held], possible: Collection[Content]
) -> Iterator[Verdict]:
    """What is not as it was said, where nobody else wrote since."""
    if word.status == "CONFLICT":
        yield from _judge_conflict(word, now, possible)
    elif word.is_success:
        wanted = word.call.wanted(word.place[0], _contents(before))
        yield from (
            _compare(word, wanted, now) if Counter(wanted) != Counter(_contents(now)) else _named(word, now)
        )
    elif word.is_of_none or word.is_worn_out:
        yield from _compare(word, (), now)
    elif word.is_undone:
        yield from _compare(word, _contents(before), now)
    else:
        yield Verdict(Kind.WRONG, f"{word}: that is not final")


def judge_at_once(
    words: Sequence[Word], now: Sequence[Held], possible: Collection[Content]
) -> Iterator[Verdict]:
    """The same for several who wrote at once: one was told just what is there, and nobody's own is lost.

    And never is there none.
    """
    if not now:
        yield Verdict(Kind.LOST, f"{words[0].place}: there is none")
    found = [list(judge(word, before=now, now=now, possible=possible)) for word in words]
    if all(found):
        yield from min(found, key=len)
    for word in words:
        if not _may_be_gone(word, words):
            yield from _judge_lost(word, now)


def judge_late(
    words: Sequence[Word], now: Sequence[Held], possible: Collection[Content]
) -> Iterator[Verdict]:
    """What was said to be there and is not, where something may have been done after the last word.

    What came late may be there too. And a late update of another may have replaced what one was told of,
    though that other was told of a conflict: but not all that was said is gone. Where an attempt at all or
    nothing left in doubt whether it is taken back, it may go after it was repeated and found there.
    """
    yield from _judge_strange(words[0], now, possible)
    found = [list(_judge_gone(word, words, now)) for word in words]
    if all(found):
        yield from min(found, key=lambda gone: gone[0].kind is Kind.UNDONE)
        return
    for word, gone in zip(words, found, strict=True):
        if not any(other.call.overwrites for other in words if other is not word):
            yield from gone


def _judge_conflict(word: Word, now: Sequence[Held], possible: Collection[Content]) -> Iterator[Verdict]:
    """A conflict is told with all that is there, which others asked for, and there is one."""
    named = {held.event for held in now}
    if not now:
        yield Verdict(Kind.LOST, f"{word}: there is none")
    for event in sorted(named - word.events):
        yield Verdict(Kind.DUPLICATED, f"{word}: nobody was told of {event}")
    for event in sorted(word.events - named):
        yield Verdict(Kind.WRONG, f"{word}: there is no {event}")
    yield from _judge_strange(word, now, possible)
    if now and not is_ambiguous(now) and not _differs(word, now):
        yield Verdict(Kind.WRONG, f"{word}: nothing is in the way")


def _judge_strange(word: Word, now: Sequence[Held], possible: Collection[Content]) -> Iterator[Verdict]:
    """What was never asked for, in whatever order the calls were done."""
    for held in now:
        if held.content not in possible:
            yield Verdict(Kind.WRONG, f"{word}: nobody asked for {held.content}")


def _named(word: Word, now: Sequence[Held]) -> Iterator[Verdict]:
    """A success names all that is there; a removal need not."""
    there = {held.event for held in now}
    if word.status != "DELETED" and word.events != there:
        yield Verdict(Kind.WRONG, f"{word}: there are {sorted(there)}")


def _differs(word: Word, now: Sequence[Held]) -> bool:
    """Whether what is there is a reason not to write: only an addition minds what an event is like."""
    wanted = Counter(word.call.wanted(word.place[0], ()))
    return isinstance(word.call, Add) and not word.call.is_update and wanted != Counter(_contents(now))


def _judge_lost(word: Word, now: Sequence[Held]) -> Iterator[Verdict]:
    """What a word says that is there, and is not."""
    if word.status == "CONFLICT" and not now:
        yield Verdict(Kind.LOST, f"{word}: there is none")
    if not word.is_success or word.status == "DELETED":
        return
    if isinstance(word.call, Add):
        missing = Counter(word.call.wanted(word.place[0], ())) - Counter(_contents(now))
        yield from (Verdict(Kind.LOST, f"{word}: there is no {content}") for content in missing.elements())
    elif len(_done(word, now)) < len(word.events):
        yield Verdict(Kind.LOST, f"{word}: there is only {sorted(_contents(now))}")


def _judge_gone(word: Word, words: Sequence[Word], now: Sequence[Held]) -> Iterator[Verdict]:
    """The same, where it may have been taken back later on."""
    said = [each for told in words for each in (told, *told.earlier)]
    is_doubtful = any(
        each.may_go_late or (each.is_taken_back and each.call is not word.call) for each in said
    )
    for lost in _judge_lost(word, now):
        yield replace(lost, kind=Kind.UNDONE) if is_doubtful else lost


def _done(word: Word, now: Sequence[Held]) -> set[Content]:
    """What there is as a change wants it. Of twins either may be what was named."""
    contents = set(_contents(now))
    return {content for content in contents if [content] == list(word.call.wanted(word.place[0], [content]))}


def _may_be_gone(word: Word, words: Sequence[Word]) -> bool:
    """Whether another that wrote at the same time may have replaced it, or taken it back."""
    others = [other for other in words if other is not word]
    return any(other.call.overwrites if other.is_success else other.call.is_whole for other in others)


def _compare(word: Word, wanted: Sequence[Content], now: Sequence[Held]) -> Iterator[Verdict]:
    """Each occurrence is there once: instead of one is wrong, besides is a duplicate."""
    missing = sorted((Counter(wanted) - Counter(_contents(now))).elements())
    surplus = sorted((Counter(_contents(now)) - Counter(wanted)).elements())
    instead = min(len(missing), len(surplus)) if wanted else len(surplus)
    for content in surplus[:instead]:
        yield Verdict(Kind.WRONG, f"{word}: there is {content}")
    for content in surplus[instead:]:
        yield Verdict(Kind.DUPLICATED, f"{word}: there is {content} too")
    for content in missing[instead:]:
        yield Verdict(Kind.LOST, f"{word}: there is no {content}")


def _contents(held: Sequence[Held]) -> list[Content]:
    return [each.content for each in held]
