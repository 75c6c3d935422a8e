"""What the cluster holds: the documents of `.ml-meta`, the jobs, and who may come in."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.sandbox.elasticsearch.dates import millis
from gateway.sandbox.world import ElasticsearchWorld, Job, MLCalendar, Principal

LONGEST_TERM = 32766
"""Bytes of a keyword beyond which Lucene refuses a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    calendar_id: str
    job_ids: tuple[str, ...]
    description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A scheduled event; `start` and `end` are milliseconds since the epoch."""

    calendar_id: str
    description: str
    start: int
    end: int
    skip_result: bool
    skip_model_update: bool
    force_time_shift: int | None


class Cluster:
    """The state. Calendars and events share one index, and so one space of ids, as in the real one."""

    def __init__(self, world: ElasticsearchWorld, *, seed: int = 0) -> None:
        self.jobs: dict[str, Job] = {job.id: job for job in sorted(world.jobs, key=lambda job: job.id)}
        self.principals: tuple[Principal, ...] = world.principals
        self.meta: dict[str, Calendar | Event] = {}
        self.has_meta = bool(world.calendars)
        self._seed = seed
        self._indexed = 0
        for calendar in world.calendars:
            self._load(calendar)

    def _load(self, calendar: MLCalendar) -> None:
        self.put(
            Calendar(calendar_id=calendar.id, job_ids=calendar.job_ids, description=calendar.description)
        )
        for event in calendar.events:
            self.meta[event.id] = Event(
                calendar_id=calendar.id,
                description=event.description,
                start=millis(event.start),
                end=millis(event.end),
                skip_result=event.skip_result,
                skip_model_update=event.skip_model_update,
                force_time_shift=event.force_time_shift,
            )

    def calendar(self, calendar_id: str) -> Calendar | None:
        document = self.meta.get(f"calendar_{calendar_id}")
        return document if isinstance(document, Calendar) else None

    def calendars(self) -> Iterator[Calendar]:
        return (document for document in self.meta.values() if isinstance(document, Calendar))

    def events(self) -> Iterator[tuple[str, Event]]:
        """Events with their ids."""
        return ((key, document) for key, document in self.meta.items() if isinstance(document, Event))

    def put(self, calendar: Calendar) -> None:
        self.meta[f"calendar_{calendar.calendar_id}"] = calendar
        self.has_meta = True

    def index(self, event: Event) -> None:
        """Store an event under a new id, unless it is one that the index refuses; nobody is told."""
        self._indexed += 1
        if len(event.description.encode(errors="replace")) <= LONGEST_TERM:
            digest = hashlib.sha256(f"{self._seed}:{self._indexed}".encode()).digest()
            self.meta[urlsafe_b64encode(digest[:15]).decode()] = event

    def delete_calendar(self, calendar_id: str) -> None:
        """Forget a calendar and every event that names it."""
        self.meta = {
            key: document for key, document in self.meta.items() if document.calendar_id != calendar_id
        }
