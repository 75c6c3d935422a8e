"""Planning a write of drafts with keys to one Graph calendar: who bears the keys, and what is to be sent."""

from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from gateway.adapters.base import (
    EventChange,
    EventStep,
    OnExisting,
    Plan,
    PlannedEvent,
    Step,
)
from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.bearers import Bearers
from gateway.adapters.msgraph.event_plan import plan_event
from gateway.adapters.msgraph.exceptions import planned_look
from gateway.adapters.msgraph.key_lookup import KeyLookup, looks
from gateway.adapters.msgraph.key_plan import decide
from gateway.adapters.msgraph.key_write import KeyedStep
from gateway.adapters.msgraph.keys import check_own, encode_keyed
from gateway.adapters.msgraph.paths import canonical_if_known
from gateway.adapters.msgraph.plan import losses, plan
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.msgraph.wire import NewEvent
from gateway.adapters.outcome import Outcome
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import GatewayError, Problem
from gateway.model.event import Draft
from gateway.model.ids import CalendarId


class KeyedPlan:
    """What is to become of drafts with keys: `steps`, `settled` and `refused` as in a Plan."""

    def __init__(
        self, api: GraphApi, requests: Requests, calendar: CalendarId, on_existing: OnExisting
    ) -> None:
        self._api = api
        self._requests = requests
        self._calendar = calendar
        self._on_existing = on_existing
        self._lookup = KeyLookup(api, requests, calendar)
        self._new: dict[int, Draft] = {}
        self._steps: list[Step] = []
        self._refused: dict[int, Problem] = {}
        self._settled: dict[int, Outcome] = {}

    async def of(self, drafts: Mapping[int, Draft]) -> Plan:
        """The plan. Raises UpstreamError where keys cannot be looked up."""
        found = await self._lookup.find(_key(draft) for draft in drafts.values())
        home = await self._lookup.identity()
        for index, draft in drafts.items():
            self._decide(index, draft, found[_key(draft)], home)
        made = plan(
            self._calendar,
            self._new,
            requests=self._requests,
            in_batches=self._api.takes_batches,
            body=partial(encode_keyed, calendar=home),
        )
        steps = (self._keyed(step, self._looks(step.events), home) for step in made.steps)
        return Plan(
            steps=(*self._steps, *steps), refused=self._refused | dict(made.refused), settled=self._settled
        )

    def _decide(self, index: int, draft: Draft, found: Bearers, home: str) -> None:
        try:
            check_own(draft)
            decision = decide(index, draft, found, self._on_existing)
            if isinstance(decision, EventChange):
                step = plan_event(decision, requests=self._requests)
                self._steps.append(self._update(index, draft, step, home))
        except GatewayError as exc:
            self._refused[index] = exc.problem
            return
        if decision is None:
            self._new[index] = draft
        elif isinstance(decision, Outcome):
            self._settled[index] = msgspec.structs.replace(
                decision,
                warnings=(*losses(draft, NewEvent.__struct_fields__), *decision.warnings),
                requests=tuple(self._lookup.log.indexes),
            )

    def _update(self, index: int, draft: Draft, change: EventStep, home: str) -> KeyedStep:
        lost = [*losses(draft, NewEvent.__struct_fields__)]  # of all that is given, be it changed or not
        planned = PlannedEvent(
            index=index,
            draft=draft,
            existing=(change.action.event,),
            warnings=(*lost, *(warning for warning in change.warnings if warning not in lost)),
            effects=change.effects,
        )
        calendar = canonical_if_known(self._calendar) or self._calendar
        step = Step(calendar=calendar, events=(planned,), requests=change.requests)
        return self._keyed(step, (), home, change=change)

    def _keyed(
        self, step: Step, after: Sequence[UpstreamRequest], home: str, *, change: EventStep | None = None
    ) -> KeyedStep:
        return KeyedStep(
            calendar=step.calendar,
            events=step.events,
            requests=(*step.requests, *after),
            home=home,
            on_existing=self._on_existing,
            change=change,
        )

    def _looks(self, events: Sequence[PlannedEvent]) -> Sequence[UpstreamRequest]:
        """How the events are looked up once they are written."""
        calendar = canonical_if_known(self._calendar) or self._calendar
        asked = self._api.together(looks(self._requests, calendar, (_key(one.draft) for one in events)))
        series = [one for one in events if one.draft.recurrence is not None]
        return (*asked, *(planned_look(calendar, self._requests) for _ in series))


def _key(draft: Draft) -> str:
    return draft.key or ""
