"""Stories as clients live them, and once more when all is calm, held against what is there."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from calls import Call, Content, Place
from clients import Clients
from held import Held, Reader
from judge import Kind, Verdict, judge, judge_at_once, judge_call, judge_late
from report import Report
from stories import Story
from words import Word, of_place

Holding = Mapping[Place, Sequence[Held]]


class Play:
    """Stories of one kind, so many of them at once."""

    def __init__(
        self, stories: Sequence[Story], clients: Clients, reader: Reader, report: Report, *, at_once: int
    ) -> None:
        self._stories = stories
        self._possible = [story.possible() for story in stories]
        self._clients = clients
        self._reader = reader
        self._report = report
        self._gate = asyncio.Semaphore(at_once)
        self._last: Sequence[Sequence[Word]] = ()
        """Of each story all that was told in its last stage."""

    async def live(self) -> None:
        """Lets all calls be made, those of one stage at the same moment."""
        self._last = await asyncio.gather(*map(self._live, self._stories))

    async def _live(self, story: Story) -> Sequence[Word]:
        told: Sequence[Word] = ()
        doubts: list[Word] = []
        async with self._gate:
            for stage in story.stages:
                words = chain.from_iterable(await self._clients.settle_at_once(stage))
                told = [
                    replace(word, earlier=(*of_place(doubts, word.place), *word.earlier)) for word in words
                ]
                doubts = [said for word in told for said in (word, *word.earlier) if said.may_go_late]
        return told

    async def judge_race(self, names: Sequence[str]) -> Holding:
        """Holds what was told in the last stages against what is there, where nothing can be late."""
        now = await self._reader.read()
        for name, possible, words in zip(names, self._possible, self._last, strict=True):
            for place, told in _by_place(words).items():
                self._report.judged(name, judge_at_once(told, now.get(place, ()), possible[place]))
        return now

    async def judge_storm(self) -> Holding:
        """The same where more may have come, but nothing that is there goes."""
        now = await self._reader.read()
        for possible, words in zip(self._possible, self._last, strict=True):
            for place, told in _by_place(words).items():
                self._report.judged("after the storm", judge_late(told, now.get(place, ()), possible[place]))
        return now

    async def repeat(self, now: Holding) -> None:
        """Has every call made once more, one of each story at a time, and judges what is told of it."""
        rounds = list(zip_longest(*(story.calls for story in self._stories)))
        for calls in rounds:
            before = now
            told = await asyncio.gather(*map(self._once_more, calls))
            now = await self._reader.read()
            for call, words, possible in zip(calls, told, self._possible, strict=True):
                if call is not None:
                    self._judge(call, words, before, now, possible)
        self._report.held += sum(map(len, now.values()))
        strangers = now.keys() - {place for possible in self._possible for place in possible}
        self._report.judged(
            "in the end", [Verdict(Kind.WRONG, f"{it}: nobody asked for it") for it in strangers]
        )

    async def _once_more(self, call: Call | None) -> Sequence[Word]:
        if call is None:
            return ()
        self._report.repeats += 1
        async with self._gate:
            return await self._clients.settle(call, 0)

    def _judge(
        self,
        call: Call,
        words: Sequence[Word],
        before: Holding,
        now: Holding,
        possible: Mapping[Place, set[Content]],
    ) -> None:
        self._report.told += sum(word.status == "CONFLICT" or word.is_worn_out for word in words)
        verdicts = chain(
            judge_call(call, words),
            *(
                judge(
                    word,
                    before=before.get(word.place, ()),
                    now=now.get(word.place, ()),
                    possible=possible.get(word.place, ()),
                )
                for word in words
            ),
        )
        self._report.judged("once more", verdicts)


def _by_place(words: Sequence[Word]) -> Mapping[Place, Sequence[Word]]:
    found: dict[Place, list[Word]] = defaultdict(list)
    for word in words:
        found[word.place].append(word)
    return found
