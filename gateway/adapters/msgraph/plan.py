"""Planning a write to one Graph calendar: the requests, what is lost, who gets mail. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, TypeAlias

from gateway.adapters.base import Plan, PlannedEvent, Step
from gateway.adapters.byproducts import EffectKind, SideEffect, TranslationWarning
from gateway.adapters.losses import Loss, clocks_not_kept, options_not_held
from gateway.adapters.msgraph import batch
from gateway.adapters.msgraph.drafts import encode, times
from gateway.adapters.msgraph.exceptions import check_new, leaves_out_days
from gateway.adapters.msgraph.keys import check_own
from gateway.adapters.msgraph.mailboxes import LIMIT
from gateway.adapters.msgraph.paths import canonical_if_known, is_group
from gateway.adapters.msgraph.requests import ITEM_HEADERS, Requests
from gateway.adapters.msgraph.times import SentTime
from gateway.adapters.msgraph.wire import NewEvent
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import GatewayError, Problem, TooMany
from gateway.model.event import Draft, SourceKind
from gateway.model.ids import CalendarId
from gateway.model.time import EventTime

MAX_ATTENDEES: Final = 500
MAX_SUBJECT: Final = 255
MAX_BYTES: Final = 4 * 1024 * 1024
"""Of a request. Graph's limit is about that; its documentation does not say it to the byte."""
_FEW: Final = LIMIT
"""How many events are posted one by one: they run at once, as they would in a batch."""
_HOLDER: Final = "A Microsoft Graph calendar"
_PlannedPost: TypeAlias = tuple[PlannedEvent, UpstreamRequest]
"""An event, and how it is posted by itself."""


def plan(
    calendar: CalendarId,
    drafts: Mapping[int, Draft],
    *,
    requests: Requests,
    in_batches: bool = True,
    body: Callable[[Draft], bytes] = encode,
) -> Plan:
    """Each event is made, or fails, by itself: a few are posted one by one, many `in_batches`.

    A series that leaves out days takes more requests, and is always posted by itself. `body` is what is
    posted for a draft.
    """
    together: list[_PlannedPost] = []
    alone: list[_PlannedPost] = []
    refused: dict[int, Problem] = {}
    for index, draft in drafts.items():
        try:
            _check(draft)
            post = requests.add_event(calendar, body(draft))
            check_size(post)
            planned = alone if leaves_out_days(draft) else together
            planned.append((_planned(index, draft, calendar), post))
        except GatewayError as exc:
            refused[index] = exc.problem
    place = canonical_if_known(calendar) or calendar
    if in_batches and len(together) > _FEW:
        return Plan(steps=(*_batched(place, together), *_one_by_one(place, alone)), refused=refused)
    return Plan(steps=_one_by_one(place, together + alone), refused=refused)


def _check(draft: Draft) -> None:
    """Raises GatewayError. A draft without what is checked is not asked about it."""
    if draft.attendees:
        check_attendees(draft)
    if draft.recurrence is not None:
        check_new(draft)
    if draft.options:
        check_own(draft)


def _planned(index: int, draft: Draft, calendar: CalendarId) -> PlannedEvent:
    return PlannedEvent(
        index=index,
        draft=draft,
        warnings=tuple(losses(draft, NewEvent.__struct_fields__)),
        effects=tuple(_effects(draft, calendar)),
    )


def _one_by_one(calendar: CalendarId, planned: Sequence[_PlannedPost]) -> tuple[Step, ...]:
    return tuple([Step(calendar=calendar, events=(event,), requests=(post,)) for event, post in planned])


def _batched(calendar: CalendarId, planned: Sequence[_PlannedPost]) -> Iterator[Step]:
    rest = iter([event for event, _ in planned])
    for bundle in batch.bundles([post for _, post in planned]):
        request = batch.pack(bundle, headers=ITEM_HEADERS) if len(bundle) > 1 else bundle[0]
        yield Step(calendar=calendar, events=tuple(islice(rest, len(bundle))), requests=(request,))


def check_attendees(draft: Draft) -> None:
    """Raises TooMany."""
    if draft.attendees and len(draft.attendees) > MAX_ATTENDEES:
        raise TooMany(
            f"{len(draft.attendees)} attendees are too many: Graph takes {MAX_ATTENDEES}.",
            path=("attendees",),
            hint="Invite a group by its address.",
        )


def check_size(request: UpstreamRequest) -> None:
    """Raises TooMany for what Graph, or something before it, would refuse with 413."""
    size = len(request.body or b"")
    if size > MAX_BYTES:
        raise TooMany(
            f"The event is {size:,} bytes as JSON: Graph takes {MAX_BYTES:,} in one request.",
            path=("description",),
            hint="Shorten the description: put what is long elsewhere, and link to it.",
        )


def losses(draft: Draft, members: Collection[str]) -> Iterator[TranslationWarning]:
    """What Graph does not hold as it is given, as far as these members of the event are sent."""
    if "subject" in members and len(draft.title) > MAX_SUBJECT:
        yield TranslationWarning(
            code=Loss.CHANGED,
            field="title",
            message=f"Exchange may cut the subject, of {len(draft.title)} characters, after {MAX_SUBJECT}.",
            given=draft.title,
            sent=draft.title,
        )
    if "start" in members:
        start, end = times(draft)
        if start.change is not None:
            yield _zone_changed("start", draft.start, start)
        if end.change is not None:
            yield _zone_changed("end", draft.end, end)
    if draft.other_clocks:  # given so, even where the instant is that of before
        yield from clocks_not_kept(draft)
    if draft.options:
        yield from options_not_held(draft, SourceKind.MSGRAPH, holder=_HOLDER)


def _zone_changed(field: str, given: EventTime, sent: SentTime) -> TranslationWarning:
    return TranslationWarning(
        code=Loss.CHANGED,
        field=field,
        message=sent.change or "",
        given=given.zone,
        sent=sent.wire.time_zone,
    )


def _effects(draft: Draft, calendar: CalendarId) -> Iterator[SideEffect]:
    if draft.attendees:
        yield SideEffect(
            kind=EffectKind.SENDS_INVITATIONS,
            message="Exchange sends an invitation to each attendee; Graph cannot suppress it.",
            count=len(draft.attendees),
        )
    elif is_group(calendar):
        yield SideEffect(
            kind=EffectKind.SENDS_INVITATIONS,
            message="Exchange may invite the group itself, and whoever creates the event.",
        )
