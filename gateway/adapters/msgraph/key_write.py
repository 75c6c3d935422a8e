"""Writing events with keys: each is made once, however often and by however many it is asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from gateway.adapters.base import (
    EventChange,
    EventStep,
    OnExisting,
    Step,
)
from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.bearers import Bearer, Bearers
from gateway.adapters.msgraph.drift import drift, is_as_made
from gateway.adapters.msgraph.event_plan import plan_event
from gateway.adapters.msgraph.kept import changes
from gateway.adapters.msgraph.key_lookup import KeyLookup
from gateway.adapters.msgraph.key_plan import decide
from gateway.adapters.msgraph.keys import GENERATIONS, transaction_id
from gateway.adapters.msgraph.repeats import Repeats
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.msgraph.twins import are_twins, remove
from gateway.adapters.msgraph.writing import Post, Writing, posts_of
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.errors import Conflict, GatewayError, Problem, UpstreamError
from gateway.model.event import Draft, Event
from gateway.model.msgraph import MSGraphEventDetails

_SAFE: Final = "It may be there, or still be written. Repeating the call with the same key is safe."
_DUPLICATE: Final = "ErrorDuplicateTransactionId"

ApplyEvent = Callable[[EventStep], Awaitable[Outcome]]


class KeyedStep(Step, frozen=True, kw_only=True):
    """A step of events with keys, none of which is there; or of one that is there, and is to be changed.

    `home` is Graph's own id of the calendar.
    """

    home: str
    on_existing: OnExisting
    change: EventStep | None = None


class KeyedWriting:
    """The events of a step on their way, looked up by their keys once they are written.

    Somebody else may make the event of a key at the same moment: the same transactionId lets Exchange make
    one of both. Where it does not, the look finds two: of twins the older one stays, and anything else is a
    CONFLICT that names both. If the event of a transactionId was deleted, the next one is taken.
    """

    def __init__(self, api: GraphApi, requests: Requests, step: KeyedStep, apply_event: ApplyEvent) -> None:
        self._api = api
        self._requests = requests
        self._step = step
        self._apply_event = apply_event
        self._lookup = KeyLookup(api, requests, step.calendar, identity=step.home)
        self._outcomes: dict[int, Outcome] = {}

    async def run(self, repeats: Repeats) -> list[Outcome]:
        """What became of each event. Raises nothing of Graph's."""
        if self._step.change is not None:
            planned = self._step.events[0]
            return [await self._change(planned.index, planned.draft, self._step.change)]
        left, generation = posts_of(self._step, self._transaction), 0
        while left and generation < GENERATIONS:
            await repeats.run(self._step.calendar, Writing(self._api, self._step.calendar, left).send)
            left, generation = await self._settle(left), generation + 1
            for post in left:
                post.take(self._transaction(post.planned.draft, generation))
        for post in left:
            self._keep(post, _failed(post.planned.index, _worn_out(post.planned.draft).problem))
        return [self._outcomes[planned.index] for planned in self._step.events]

    def _transaction(self, draft: Draft, generation: int = 0) -> str:
        return transaction_id(self._step.home, _key(draft), generation)

    async def _settle(self, posts: Sequence[Post]) -> list[Post]:
        """Those whose transactionId is that of a deleted event; the others have an outcome."""
        refused = [post for post in posts if not _needs_look(post)]
        for post in refused:
            self._keep(post, post.outcome())
        looked = [post for post in posts if _needs_look(post)]
        try:
            found = await self._look(looked)
        except UpstreamError as exc:
            for post in looked:
                self._keep(post, _unsettled(post, exc.problem))
            return []
        outcomes = await asyncio.gather(
            *(self._outcome(post, found[_key(post.planned.draft)]) for post in looked)
        )
        left = []
        for post, outcome in zip(looked, outcomes, strict=True):
            if outcome is None:
                left.append(post)
            else:
                self._keep(post, outcome)
        return left

    async def _look(self, posts: Sequence[Post]) -> dict[str, Bearers]:
        if not posts:
            return {}
        made = [_graph_id(post) for post in posts if post.event is not None and not post.is_earlier]
        return await self._lookup.find_again([_key(post.planned.draft) for post in posts], made)

    async def _outcome(self, post: Post, found: Bearers) -> Outcome | None:
        """What became of an event by those that bear its key now; None if another is to be made."""
        if not found.shown:
            late = await self._unseen(post)
            if not isinstance(late, Bearers):
                return late
            found = late
        index, draft = post.planned.index, post.planned.draft
        had_twins = len(found.holders) > 1 and are_twins(draft, found.holders, self._step.calendar)
        if had_twins:
            found = msgspec.structs.replace(found, holders=await self._without_twins(found.holders))
        if len(found.holders) == 1 and not found.alike and self._is_ours(post, found.holders[0]):
            created = self._created(post, found.holders[0])
            return msgspec.structs.replace(created, is_shared=created.is_shared or had_twins)
        try:
            decision = decide(index, draft, found, self._step.on_existing)
            if isinstance(decision, EventChange):
                step = plan_event(decision, requests=self._requests)
                return await self._change(index, draft, step)
        except GatewayError as exc:
            return _failed(index, exc.problem)
        return decision

    def _is_ours(self, post: Post, holder: Bearer) -> bool:
        """Whether this call has made an event, as far as anybody can tell.

        Where no answer came, it has if nobody else has made it otherwise: before there was none.
        """
        if post.event is not None:
            return holder.graph.id == _graph_id(post) and not post.is_earlier
        draft = post.planned.draft
        return post.may_be_there and is_as_made(draft, holder) and not any(drift(draft, holder))

    def _created(self, post: Post, holder: Bearer) -> Outcome:
        index, draft = post.planned.index, post.planned.draft
        event = post.event or holder.event
        return Outcome(
            index=index,
            status=WriteStatus.CREATED,
            event=event,
            stored=True,
            is_shared=post.event is None or post.is_shared,
            warnings=tuple(changes(draft, event)),
        )

    async def _unseen(self, post: Post) -> Bearers | Outcome | None:
        """What there is to say where no event of the calendar is seen to bear the key.

        That is who bears it after all, or elsewhere; else what became of the event. None where the
        transactionId is that of a deleted one.
        """
        try:
            return await self._search(post)
        except UpstreamError as exc:
            return _unsettled(post, exc.problem)

    async def _search(self, post: Post) -> Bearers | Outcome | None:
        """The same. Raises UpstreamError."""
        key, is_spent = _key(post.planned.draft), _is_duplicate(post.error)
        if post.event is not None:
            is_here, found = await self._lookup.find_made(_graph_id(post), key)
            if found.shown:
                return found
            if is_here:
                return _without_key(post, post.event) if post.is_earlier else post.outcome()
        elif not is_spent:
            return _unsettled(post, None)
        if not post.is_earlier:
            found = await self._lookup.find_late(key)
            if found.shown:
                return found
        found = (await self._lookup.find_elsewhere([key]))[key]
        if found.shown:
            return found
        # Whether it is this call's own event that is late, or one that was deleted, nobody can tell.
        return _unsettled(post, None) if is_spent and post.may_be_there else None

    async def _without_twins(self, twins: Sequence[Bearer]) -> tuple[Bearer, ...]:
        """Those that stay where one event was made twice: the older one, and what cannot be removed."""
        first, *others = twins
        log = self._lookup.log
        return first, *[twin for twin in others if not await remove(self._api, self._requests, twin, log)]

    async def _change(self, index: int, draft: Draft, step: EventStep) -> Outcome:
        """Makes the event of the key as the draft asks. Somebody else may have been faster, with the same."""
        done = await self._apply_event(step)
        if done.status is WriteStatus.UNKNOWN and done.problem is not None:
            done = msgspec.structs.replace(done, problem=_safe(done.problem))
        if done.status in {WriteStatus.UNKNOWN, WriteStatus.CONFLICT}:
            done = await self._seen_anew(index, draft, done)
        requests = (*done.requests, *self._lookup.log.indexes)
        return msgspec.structs.replace(done, index=index, requests=requests)

    async def _seen_anew(self, index: int, draft: Draft, done: Outcome) -> Outcome:
        """The outcome of a change in doubt by a look at who bears the key now."""
        try:
            found = await self._lookup.find_again([_key(draft)], ())
            now = decide(index, draft, found[_key(draft)], OnExisting.RETURN)
        except GatewayError:
            return done
        if not isinstance(now, Outcome) or now.status is not WriteStatus.UNCHANGED:
            return done
        may_be_ours = done.status is WriteStatus.UNKNOWN
        status = WriteStatus.UPDATED if may_be_ours else now.status
        return msgspec.structs.replace(now, status=status, is_shared=may_be_ours)

    def _keep(self, post: Post, outcome: Outcome) -> None:
        requests = (*post.requests, *self._lookup.log.indexes, *outcome.requests)
        self._outcomes[post.planned.index] = msgspec.structs.replace(
            outcome, requests=tuple(dict.fromkeys(requests))
        )


def _key(draft: Draft) -> str:
    return draft.key or ""


def _graph_id(post: Post) -> str:
    details = None if post.event is None else post.event.details
    return details.event_id if isinstance(details, MSGraphEventDetails) else ""


def _is_duplicate(error: UpstreamError | None) -> bool:
    return error is not None and error.problem.upstream_code == _DUPLICATE


def _needs_look(post: Post) -> bool:
    return post.event is not None or post.may_be_there or _is_duplicate(post.error)


def _failed(index: int, problem: Problem) -> Outcome:
    return Outcome(index=index, status=WriteStatus.FAILED, problem=problem)


def _safe(problem: Problem) -> Problem:
    return replace(problem, hint=_SAFE, retryable=True)


def _without_key(post: Post, event: Event) -> Outcome:
    error = Conflict(
        f"{event.id} was made under the key {post.planned.draft.key}, and no longer bears it.",
        path=("key",),
        hint="Remove it, or take another key.",
    )
    return Outcome(index=post.planned.index, status=WriteStatus.CONFLICT, event=event, problem=error.problem)


def _unsettled(post: Post, look: Problem | None) -> Outcome:
    """The outcome where nobody can tell: what the write came to, else why it could not be looked at.

    That a transactionId was used before says little: an event of it may be there, or still be written.
    """
    is_duplicate = _is_duplicate(post.error)
    problem = look if post.error is None or (is_duplicate and look) else post.error.problem
    if problem is None:
        raise ValueError("an event that was made, and looked at, is settled")
    is_open = post.event is not None or post.may_be_there or is_duplicate
    return Outcome(
        index=post.planned.index,
        status=WriteStatus.UNKNOWN if is_open else WriteStatus.FAILED,
        event=post.event,
        is_shared=post.is_earlier or post.is_shared,
        problem=_safe(problem),
    )


def _worn_out(draft: Draft) -> Conflict:
    return Conflict(
        f"{GENERATIONS} events were made under the key {draft.key} and deleted: Graph remembers them.",
        path=("key",),
        hint="Take another key.",
    )
