"""Planning a write of events with keys to one ML calendar: the keys are looked up, and settle much. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from gateway.adapters.base import OnExisting
from gateway.adapters.elasticsearch import requests
from gateway.adapters.elasticsearch.drafts import Ready
from gateway.adapters.elasticsearch.holding import Holding, Verdict
from gateway.adapters.elasticsearch.lookup import Found
from gateway.adapters.elasticsearch.plan import KeyedStep, body_of, parcels
from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.settling import events_of, settled
from gateway.adapters.elasticsearch.wire import SentEvent
from gateway.adapters.outcome import Outcome
from gateway.adapters.upstream import UpstreamRequest
from gateway.model.ids import CalendarId
from gateway.model.key import folded


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """What was found under the keys of a calendar, and how: `indexes` are the requests that it took."""

    calendar: CalendarId
    span: Span
    size: int
    found: Found
    now: datetime
    indexes: tuple[int, ...] = ()

    def holding(self, ready: Ready) -> Holding:
        key = ready.draft.key or ""
        return Holding.of(key, ready.sent, self.found[folded(key)], self.now)


def plan_keyed(
    lookup: Lookup, ready: Sequence[Ready], on_existing: OnExisting
) -> tuple[Sequence[KeyedStep], Mapping[int, Outcome]]:
    """What is to be written, and what the look-up has settled."""
    done: dict[int, Outcome] = {}
    writing: list[Ready] = []
    holdings: dict[int, Holding] = {}
    for each in ready:
        index, holding = each.index, lookup.holding(each)
        verdict = holding.verdict(on_existing)
        if verdict is Verdict.WRITE or (verdict is Verdict.SAME and holding.twins):
            writing.append(each)
            holdings[index] = holding
        else:
            outcome = settled(verdict, holding, lookup.calendar, index=index)
            done[index] = msgspec.structs.replace(outcome, warnings=each.warnings, requests=lookup.indexes)
    steps = [_step(lookup, parcel.ready, holdings, on_existing) for parcel in parcels(writing)]
    return steps, done


def _step(
    lookup: Lookup, ready: Sequence[Ready], holdings: Mapping[int, Holding], on_existing: OnExisting
) -> KeyedStep:
    found = [holdings[each.index] for each in ready]
    missing = [event for holding in found for event in holding.missing]
    return KeyedStep(
        calendar=lookup.calendar,
        events=tuple(
            msgspec.structs.replace(each, existing=events_of(holding, lookup.calendar))
            for each, holding in zip(ready, found, strict=True)
        ),
        requests=tuple(_requests(lookup, missing, found)),
        wanted=tuple(each.sent for each in ready),
        sent=missing,
        superseded=frozenset(event.event_id for holding in found for event in holding.others),
        on_existing=on_existing,
        span=lookup.span,
    )


def _requests(
    lookup: Lookup, missing: Sequence[SentEvent], holdings: Sequence[Holding]
) -> Sequence[UpstreamRequest]:
    """A look, what is missing, a look, what is superseded or a twin, a look."""
    look = requests.events(lookup.calendar, lookup.span, size=lookup.size)
    asked = [look]
    if missing:
        asked += [requests.add_events(lookup.calendar, body_of(missing)), look]
    going = [event.event_id for holding in holdings for event in (*holding.others, *holding.twins)]
    if going:
        asked += [*(requests.remove_event(lookup.calendar, event_id) for event_id in going), look]
    return asked
