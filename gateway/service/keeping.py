"""What came of the events that one calendar was to have: kept for the answer, and in the audit trail."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from gateway.adapters.outcome import Created, Outcome
from gateway.errors import Problem
from gateway.model.event import Draft
from gateway.service.audit import AuditTrail
from gateway.service.audit_line import Action, Entry
from gateway.service.catalog import Target
from gateway.service.session import Session


class Keeping:
    """What came of the events of a call, of which a calendar is to have those `drafts`, by their index.

    `created` is what all of them are where they were created together, until one is asked for by itself.
    `calendar_id` is the canonical id of the calendar, as far as it is known.
    """

    def __init__(
        self, session: Session, audit: AuditTrail, target: Target, drafts: Mapping[int, Draft], *, events: int
    ) -> None:
        self.created: Created | None = None
        self.calendar_id = target.known_id
        self._outcomes: dict[int, Outcome] = {}
        self._session = session
        self._audit = audit
        self._target: Final = target
        self._drafts: Final = drafts
        self._events: Final = events

    @property
    def outcomes(self) -> dict[int, Outcome]:
        """What is kept of each event: to be changed, so that from then on nothing is `created` together."""
        if self.created is not None:
            self._outcomes, self.created = {it.index: it for it in self.created}, None
        return self._outcomes

    def keep(self, outcomes: Sequence[Outcome], action: Action) -> list[Problem]:
        """Keeps what was just written or taken back; gives what went wrong."""
        entries, source = self._entries(outcomes), self._target.source.name
        self._audit.record_all(entries, call=self._session.call, action=action, source=source)
        if type(outcomes) is Created and outcomes.indexes == [*range(self._events)]:
            self.created = outcomes
            return []
        self.outcomes.update({outcome.index: outcome for outcome in outcomes})
        return [outcome.problem for outcome in outcomes if outcome.problem is not None]

    def home(self, outcome: Outcome) -> str | None:
        """The canonical id of the calendar that an outcome is about, as far as it is known."""
        known = self._target.known_id
        return known or (outcome.event and outcome.event.calendar_id) or self.calendar_id

    def _entries(self, outcomes: Sequence[Outcome]) -> list[Entry]:
        """What the audit trail is to have, in order: an entry for neighbours of one calendar."""
        if type(outcomes) is Created:
            drafts = [*map(self._drafts.__getitem__, outcomes.indexes)]
            return [(self.home(outcomes[0]), drafts, outcomes)]
        groups = [(home, [*group]) for home, group in groupby(outcomes, self.home)]
        return [(home, [self._drafts[it.index] for it in group], group) for home, group in groups]
