"""What is to become of a draft with a key, by the events that bear it: made, changed, or left. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from gateway.adapters.base import EventChange, OnExisting
from gateway.adapters.msgraph import kept
from gateway.adapters.msgraph.bearers import Bearer, Bearers
from gateway.adapters.msgraph.drift import drift, is_as_made
from gateway.adapters.msgraph.keys import marked
from gateway.adapters.msgraph.patch import shows
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.errors import AmbiguousKey, Conflict, KeyExists, UpstreamError
from gateway.model.event import Draft, Event, Recurrence, SourceKind, draft_of

_PLACES: Final = ("location", "locations")
_GIVEN: Final = ("body", "show_as", "categories", "attendees", *_PLACES)
"""What stays as it is where a draft does not name it; title, times and rule are always meant."""
_PROPERTIES: Final = f"{SourceKind.MSGRAPH}.single_value_extended_properties"
_UPDATE: Final = "Look at the event. To make it as asked, repeat the call with onExisting: UPDATE."
_CLEAN_UP: Final = "Remove the one that is too many. Until then nothing is written by the key."


def decide(index: int, draft: Draft, found: Bearers, on_existing: OnExisting) -> Outcome | EventChange | None:
    """The outcome where nothing is to be written, else the change that is; None where an event is to be made.

    Raises GatewayError for a draft that Graph cannot hold.
    """
    error = _obstacle(found, on_existing)
    if error is not None:
        return settled(index, error, found.shown)
    if not found.holders:
        return None
    return _of_holder(index, draft, found.holders[0], on_existing)


def settled(index: int, error: UpstreamError, bearers: Sequence[Bearer]) -> Outcome:
    """The outcome where events bear the key that are not to be, or cannot be, written to."""
    problem = error.problem.at("key")
    return Outcome(
        index=index,
        status=WriteStatus.of(problem),
        event=bearers[0].event,
        event_ids=tuple(bearer.event.id for bearer in bearers),
        problem=problem,
    )


def ambiguous(bearers: Sequence[Bearer]) -> AmbiguousKey:
    names = ", ".join(bearer.event.id for bearer in bearers)
    message = f"{len(bearers)} events bear the key {bearers[0].key}: {names}."
    return AmbiguousKey(message, hint=_CLEAN_UP)


def _obstacle(found: Bearers, on_existing: OnExisting) -> UpstreamError | None:
    """Why nothing is written, whatever the event of the key is like."""
    if on_existing is OnExisting.FAIL and (found.holders or found.alike):
        there = found.shown[0]
        return KeyExists(f"{there.said} already.", hint="With onExisting: RETURN it is given back instead.")
    if len(found.holders) > 1:
        return ambiguous(found.holders)
    return found.taken or found.absence


def _of_holder(index: int, draft: Draft, holder: Bearer, on_existing: OnExisting) -> Outcome | EventChange:
    changes, as_made = tuple(drift(draft, holder)), is_as_made(draft, holder)
    if as_made and not changes:
        return _finish(draft, holder) or _unchanged(index, draft, holder.event)
    if on_existing is OnExisting.UPDATE:
        return change_to(draft, holder)
    message = f"{holder.said}, and was made, or changed since, as another event."
    if as_made:
        message = f"{holder.event.id}, of the key {holder.key}, was changed upstream: {'; '.join(changes)}."
    return settled(index, Conflict(message, hint=_UPDATE), [holder])


def _unchanged(index: int, draft: Draft, event: Event) -> Outcome:
    """The outcome where the event is there: what it is not held as is told as when it was made."""
    warnings = tuple(kept.changes(draft, event))
    return Outcome(index=index, status=WriteStatus.UNCHANGED, event=event, stored=True, warnings=warnings)


def _finish(draft: Draft, holder: Bearer) -> EventChange | None:
    """What takes out the days that a series was made to leave out, and has not yet; None if all are out."""
    asked, there = draft.recurrence, holder.event.recurrence
    if asked is None or there is None or {*asked.except_dates} <= {*there.except_dates}:
        return None
    days = tuple(sorted({*asked.except_dates, *there.except_dates}))
    recurrence = msgspec.structs.replace(there, except_dates=days)
    whole = msgspec.structs.replace(draft_of(holder.event), recurrence=recurrence)
    return EventChange(event=holder.event, draft=whole, changed=frozenset({"recurrence"}))


def change_to(draft: Draft, holder: Bearer) -> EventChange:
    """What makes an event as a draft asks, its fingerprint too. What the draft does not name stays."""
    before, options = draft_of(holder.event), _options(marked(draft, holder.home))
    given = {name: value for name in _GIVEN if (value := getattr(draft, name)) is not None}
    if given.keys() & {*_PLACES}:  # each of the two replaces the other
        before = msgspec.structs.replace(before, location=None, locations=None)
    whole = msgspec.structs.replace(
        before,
        title=draft.title,
        start=draft.start,
        end=draft.end,
        is_all_day=draft.is_all_day,
        recurrence=_leaving_out(draft, holder),
        options={**draft.options, **_with(before, options)},
        other_clocks=draft.other_clocks,
        **given,
    )
    names = {"title", "start", "end", "is_all_day", "recurrence", *given}
    names |= {f"{SourceKind.MSGRAPH}.{name}" for name in options}
    changed = {name for name in names if _differs(holder, whole, name)}
    return EventChange(
        event=holder.event,
        draft=whole,
        changed=frozenset(changed | {_PROPERTIES}),
        revision=holder.event.revision,
    )


def _differs(holder: Bearer, whole: Draft, name: str) -> bool:
    before, after = holder.event.recurrence, whole.recurrence
    if name == "recurrence" and before and after and before.except_dates != after.except_dates:
        return True
    return not shows(holder.event, EventChange(event=holder.event, draft=whole, changed=frozenset({name})))


def _leaving_out(draft: Draft, holder: Bearer) -> Recurrence | None:
    """The recurrence that is asked for. A day that is out already stays so: Graph cannot bring it back."""
    asked, there = draft.recurrence, holder.event.recurrence
    if asked is None or there is None:
        return asked
    days = tuple(sorted({*asked.except_dates, *there.except_dates}))
    return msgspec.structs.replace(asked, except_dates=days)


def _options(draft: Draft) -> dict[str, object]:
    """What is given of the options that Graph understands."""
    options = draft.options.get(SourceKind.MSGRAPH)
    values = {} if options is None else msgspec.structs.asdict(options)
    return {name: value for name, value in values.items() if value is not None}


def _with(before: Draft, options: dict[str, object]) -> dict[SourceKind, msgspec.Struct]:
    held = before.options[SourceKind.MSGRAPH]
    return {SourceKind.MSGRAPH: msgspec.structs.replace(held, **options)}
