"""The gateway as a subgraph: entities by their key, and the SDL that a supergraph is composed from."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

import strawberry
from strawberry.federation.schema import FederationAny

from gateway.errors import InvalidInput, located
from gateway.model.fields import Fields
from gateway.schema.calendar import Calendar
from gateway.schema.context import Context
from gateway.schema.event import CalendarEvent
from gateway.schema.node import Node
from gateway.schema.query import Query, find_node
from gateway.schema.selection import fields_of_events
from gateway.service.key_lookup import check_unambiguous

Entity = Annotated[
    Calendar | CalendarEvent, strawberry.union("_Entity", description="What other subgraphs can refer to.")
]
Representations = Annotated[
    list[FederationAny],
    strawberry.argument(
        description="`__typename` and `id` of each entity; of an event `calendarId` and `key` will do."
    ),
]


@strawberry.type(name="_Service", description="The subgraph as a router composes it.")
class Service:
    sdl: str = strawberry.field(description="The subgraph's schema, with its federation directives.")


@strawberry.type(name="Query", description="What is planned, everywhere.")
class ServedQuery(Query):
    @strawberry.field(name="_service", description="For the router that composes the supergraph.")
    def service(self, info: strawberry.Info[Context]) -> Service:
        return Service(sdl=info.context.subgraph_sdl())

    @strawberry.field(name="_entities", description="For the router that composes the supergraph.")
    async def entities(
        self, info: strawberry.Info[Context], representations: Representations
    ) -> list[Entity | None]:
        info.context.session.limits.check_representations(len(representations))
        fields = fields_of_events(info)
        return await asyncio.gather(  # type: ignore[return-value]  # an exception is that row's error
            *(_entity(info.context, index, item, fields) for index, item in enumerate(representations)),
            return_exceptions=True,
        )


async def _entity(context: Context, index: int, representation: object, fields: Fields) -> Node | None:
    """The entity that one representation stands for; None if its source has no such thing."""
    given = representation if isinstance(representation, Mapping) else {}
    name, id_ = given.get("__typename"), given.get("id")
    wanted = {"Calendar": Calendar, "CalendarEvent": CalendarEvent}.get(str(name))
    path = ("representations", index)
    calendar, key = given.get("calendarId"), given.get("key")
    if wanted is CalendarEvent and id_ is None and isinstance(calendar, str) and isinstance(key, str):
        with located(*path):
            return await _event_of_key(context, calendar, key, fields)
    if wanted is None or not isinstance(id_, str):
        raise InvalidInput(
            "A representation needs __typename, Calendar or CalendarEvent, and id, a string; an event's may "
            "have calendarId and key instead.",
            path=path,
        )
    with located(*path):
        entity = await find_node(context, id_, fields)
    if entity is not None and not isinstance(entity, wanted):
        raise InvalidInput(f"{id_!r} is not the id of a {name}.", path=path)
    return entity


async def _event_of_key(context: Context, calendar: str, key: str, fields: Fields) -> CalendarEvent | None:
    """The event under a key in one calendar; of a series in an ML calendar the first occurrence."""
    events = await context.under_key(key, [calendar], fields)
    check_unambiguous(key, events)
    return CalendarEvent.of(events[0]) if events else None
