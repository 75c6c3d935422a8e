"""Clients that repeat their calls, at either gateway, until each row is final."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Final

import httpx2
from calls import Call
from diary import Diary
from replica import Replica
from report import Report
from words import ROWS, Word, is_final, of_place, unanswered, words_of

ATTEMPTS: Final = 100


class Clients:
    """All who call. What they are told is kept in what is given back, and in the diary."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        replicas: Sequence[Replica],
        report: Report,
        die: Random,
        diary: Diary = Diary(),  # noqa: B008 - it keeps nothing
    ) -> None:
        self._client = client
        self._replicas = replicas
        self._report = report
        self._die = die
        self._diary = diary
        self.called: Final = asyncio.Event()
        """Is set whenever a gateway is called."""

    async def settle_at_once(self, calls: Sequence[Call]) -> list[Sequence[Word]]:
        """The last words on calls that are made at the same moment, each to another gateway."""
        return list(await asyncio.gather(*(self.settle(call, first) for first, call in enumerate(calls))))

    async def settle(self, call: Call, first: int) -> Sequence[Word]:
        """The last words on a call, by places. It is made to the `first` gateway, then to any."""
        words: Sequence[Word] = ()
        earlier: list[Word] = []
        replica = self._replicas[first]
        for attempt in range(ATTEMPTS):
            self._report.repeats += attempt > 0
            asked, url = datetime.now(UTC), replica.url
            words = await self._ask(call, url)
            self._diary.note(url, asked, words)
            if words and is_final(words):
                return [replace(word, earlier=of_place(earlier, word.place)) for word in words]
            earlier += words
            await asyncio.sleep(self._die.uniform(0, 0.2))
            replica = self._die.choice(self._replicas)
        self._report.unsettled.append(f"{call.keys[0]}: {[str(word) for word in words]}")
        return words

    async def _ask(self, call: Call, url: str) -> Sequence[Word]:
        """The words of an answer, also for none; no words for a call that nothing was done about."""
        document = (
            f"mutation ($input: {call.command}!) {{ answer: {call.mutation}(input: $input) {{ {ROWS} }} }}"
        )
        self._report.posts += 1
        self.called.set()
        try:
            answer = await self._client.post(
                url, json={"query": document, "variables": {"input": call.input}}
            )
            payload = answer.json()["data"]["answer"]
        except httpx2.ConnectError:
            return ()
        except (httpx2.HTTPError, ValueError, KeyError, TypeError):
            return unanswered(call)
        return () if payload["problems"] else words_of(call, payload["results"])
