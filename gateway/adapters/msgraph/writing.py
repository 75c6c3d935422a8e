"""Writing new events to a Graph calendar, and saying truly what became of each."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gateway.adapters.base import PlannedEvent, Step
from gateway.adapters.msgraph import batch, faults
from gateway.adapters.msgraph.api import GraphApi, decode
from gateway.adapters.msgraph.drafts import with_transaction
from gateway.adapters.msgraph.events import reader_at
from gateway.adapters.msgraph.kept import changes, with_compared
from gateway.adapters.msgraph.mailboxes import LIMIT
from gateway.adapters.msgraph.paths import is_group
from gateway.adapters.msgraph.selection import CONTEXT, event_of
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.transport import Answer
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import NoAnswer, RateLimited, Unavailable, UnexpectedAnswer, UpstreamError
from gateway.model.event import Draft, Event
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId

_LOOK: Final = "It may be there, or still be written: look at the calendar before you repeat the call."

_SKEW: Final = timedelta(seconds=5)
"""How far the clocks of Graph and of Exchange may lie apart."""
_RESOLUTION: Final = timedelta(seconds=1)
"""How exact the date of an answer is."""


class Post:
    """An event on its way: its request, and what the answers so far come to.

    Of an event with a key, which others may make at the same moment, an answer shows more. `is_earlier`: it
    was made before this call began, and not by it. `is_shared`: it seems that it was made before it was sent
    from here.
    """

    def __init__(self, planned: PlannedEvent, request: UpstreamRequest, *, is_repeatable: bool) -> None:
        self.planned: Final = planned
        self.request = request
        self.requests: list[int] = []
        self.error: UpstreamError | None = None
        self.event: Event | None = None
        self.is_earlier = False
        self.is_shared = False
        self.may_be_there = False
        self.first_sent: float | None = None
        self._is_repeatable = is_repeatable

    def take(self, transaction: str) -> None:
        """Sets out anew, with the transactionId that is to be sent. No event has come of another one."""
        self.request = msgspec.structs.replace(
            self.request, body=with_transaction(self.request.body, transaction)
        )
        self.event, self.error, self.first_sent = None, None, None
        self.is_earlier, self.is_shared, self.may_be_there = False, False, False

    def made(self, event: Event) -> None:
        self.event, self.error = event, None

    def failed(self, error: UpstreamError, *, is_open: bool) -> bool:
        """Takes note of an error; gives whether another attempt may help.

        `is_open`: the event may be there all the same. No later refusal ends that doubt.
        """
        self.error = error
        self.may_be_there |= is_open
        if self.may_be_there and not self._is_repeatable:
            return False
        return is_open or isinstance(error, RateLimited | Unavailable)

    def outcome(self) -> Outcome:
        problem = None if self.error is None else self.error.problem
        status = WriteStatus.CREATED if self.event else WriteStatus.FAILED
        if problem is not None and self.may_be_there:
            status = WriteStatus.UNKNOWN
            problem = replace(problem, hint=_LOOK, retryable=False)
        return Outcome(
            index=self.planned.index,
            status=status,
            event=self.event,
            stored=self.event is not None,
            problem=problem,
            warnings=tuple(changes(self.planned.draft, self.event)) if self.event else (),
            requests=tuple(self.requests),
        )


def posts_of(step: Step, transaction: Callable[[Draft], str]) -> list[Post]:
    """The events of a step, as they are posted: each has a transactionId, which is what lets it be repeated.

    In the calendar of a group none is known to keep an event from being made twice.
    """
    is_repeatable, requests = not is_group(step.calendar), batch.items_of(step.requests[0])
    pairs = zip(step.events, requests, strict=True)
    posts = [Post(planned, request, is_repeatable=is_repeatable) for planned, request in pairs]
    for post in posts:
        post.take(transaction(post.planned.draft))
    return posts


class Writing:
    """Some events for one calendar on their way, one alone or several in a batch.

    Those that Graph was too busy for, or whose answer leaves open whether they are there, are sent again. The
    transactionId makes that safe: Exchange answers with the event that is there already. For the calendars of
    groups that is not known, so there only what was refused is sent again.
    """

    def __init__(
        self, api: GraphApi, calendar: CalendarId, posts: Sequence[Post], *, fields: Fields = EVERYTHING
    ) -> None:
        self._api = api
        self._calendar = calendar
        self._left = list(posts)
        self._together = len(posts)
        self._fields = fields

    async def send(self) -> list[UpstreamError]:
        """Sends what is left, and gives the errors of what may be sent again. Raises nothing of Graph's."""
        left, self._left = self._left, []
        for first in range(0, len(left), self._together):
            self._left += await self._send_together(left[first : first + self._together])
        if not self._left:
            return []
        errors = [post.error for post in self._left if post.error is not None]
        if any(isinstance(error, RateLimited) for error in errors):
            # Graph is said to run four items at once, and has been seen to refuse the fifth.
            self._together = min(self._together, LIMIT)
        return errors

    async def _send_together(self, posts: Sequence[Post]) -> list[Post]:
        """Those that may be sent again."""
        log = self._api.new_log()
        for post in posts:
            if post.first_sent is None:
                post.first_sent = self._api.now
        answers: Sequence[Answer | UpstreamError]
        try:
            if len(posts) > 1:
                answers = await self._api.send_batch([post.request for post in posts], log=log)
            else:
                answers = [await self._api.send(posts[0].request, log=log)]
        except UpstreamError as exc:
            answers = [exc] * len(posts)
        for post in posts:
            post.requests += log.indexes
        return [post for post, answer in zip(posts, answers, strict=True) if self._is_left(post, answer)]

    def _is_left(self, post: Post, answer: Answer | UpstreamError) -> bool:
        """Takes an answer; gives whether the event may be sent again."""
        if isinstance(answer, UpstreamError):
            return post.failed(answer, is_open=isinstance(answer, NoAnswer | UnexpectedAnswer))
        error = faults.fault(answer, post.request)
        if error is not None:
            return post.failed(error, is_open=not faults.was_refused(answer))
        try:
            event = self._event(answer, post)
        except UnexpectedAnswer as exc:
            return post.failed(exc, is_open=True)
        post.made(event)
        if event.key is not None:
            post.is_earlier = _is_older(event, self._api.began_at(answer), _SKEW)
            post.is_shared = _is_older(event, self._api.moment(post.first_sent, answer), _RESOLUTION)
        return False

    def _event(self, answer: Answer, post: Post) -> Event:
        """The event that an answer shows, as far as somebody asks. Raises UnexpectedAnswer."""
        draft = post.planned.draft
        fields = self._fields if self._fields is EVERYTHING else with_compared(self._fields, draft)
        event = decode(answer, post.request, event_of(fields, CONTEXT))
        owner = self._api.owner(self._calendar, event.context)
        shown = reader_at(self._calendar, owner, fields).read(event)
        # The answer to a POST does not show the key.
        return shown if draft.key is None else msgspec.structs.replace(shown, key=draft.key)


def _is_older(event: Event, moment: datetime | None, tolerance: timedelta) -> bool:
    """Whether an event was made before a moment: Exchange then answers with what it had made before."""
    return moment is not None and event.created_at is not None and event.created_at < moment - tolerance
