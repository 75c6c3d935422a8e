"""The calendars of the benchmark through Strawberry as it is usually written: resolvers, a client, JSON."""

import os
from dataclasses import asdict

import httpx2
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL

client = httpx2.AsyncClient(base_url=os.environ["UPSTREAM"])


@strawberry.input
class EventInput:
    description: str
    start_time: float = strawberry.field(name="start_time")
    end_time: float = strawberry.field(name="end_time")


@strawberry.input
class EventListInput:
    events: list[EventInput]


@strawberry.input
class GraphEventInput:
    subject: str


@strawberry.type
class Event:
    id: strawberry.ID | None
    title: str
    start: float
    end: float
    calendar_id: str
    skip_result: bool
    skip_model_update: bool
    force_time_shift: int | None


@strawberry.type
class DateTimeTimeZone:
    date_time: str
    time_zone: str


@strawberry.type
class GraphEvent:
    id: strawberry.ID
    subject: str
    start: DateTimeTimeZone
    end: DateTimeTimeZone
    is_all_day: bool
    show_as: str | None
    web_link: str | None
    body_preview: str | None


def event(stored: dict) -> Event:
    return Event(
        id=stored.get("event_id"),
        title=stored["description"],
        start=stored["start_time"],
        end=stored["end_time"],
        calendar_id=stored["calendar_id"],
        skip_result=stored["skip_result"],
        skip_model_update=stored["skip_model_update"],
        force_time_shift=stored.get("force_time_shift"),
    )


def time(stored: dict) -> DateTimeTimeZone:
    return DateTimeTimeZone(date_time=stored["dateTime"], time_zone=stored["timeZone"])


def graph_event(stored: dict) -> GraphEvent:
    return GraphEvent(
        id=stored["id"],
        subject=stored["subject"],
        start=time(stored["start"]),
        end=time(stored["end"]),
        is_all_day=stored["isAllDay"],
        show_as=stored.get("showAs"),
        web_link=stored.get("webLink"),
        body_preview=stored.get("bodyPreview"),
    )


@strawberry.type
class Query:
    @strawberry.field
    async def events(self, calendar_id: str, size: int) -> list[Event]:
        answer = await client.get(f"/_ml/calendars/{calendar_id}/events", params={"size": size})
        return [event(stored) for stored in answer.json()["events"]]

    @strawberry.field
    async def graph_events(self, mailbox: str) -> list[GraphEvent]:
        answer = await client.get(f"/v1.0/users/{mailbox}/calendar/calendarView")
        return [graph_event(stored) for stored in answer.json()["value"]]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def add_events(self, calendar_id: str, input: EventListInput) -> list[Event]:
        answer = await client.post(f"/_ml/calendars/{calendar_id}/events", json=asdict(input))
        return [event(stored) for stored in answer.json()["events"]]

    @strawberry.mutation
    async def add_graph_event(self, mailbox: str, input: GraphEventInput) -> GraphEvent:
        answer = await client.post(f"/v1.0/users/{mailbox}/calendar/events", json=asdict(input))
        return graph_event(answer.json())


schema = strawberry.Schema(Query, Mutation)
app = Starlette(routes=[Route("/graphql", GraphQL(schema))])
