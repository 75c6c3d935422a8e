"""The attributes of an event that a read is about, so that no more travels than was asked for."""

from typing import Final

from gateway.model.elasticsearch import ElasticsearchEventDetails
from gateway.model.event import Event, SourceKind
from gateway.model.msgraph import MSGraphEventDetails

Fields = frozenset[str]
"""Names of the attributes of an Event; those of its details as `<kind>.<attribute>`."""

DETAILS_OF: Final = {
    SourceKind.ELASTICSEARCH: ElasticsearchEventDetails,
    SourceKind.MSGRAPH: MSGraphEventDetails,
}
DETAILS: Final[Fields] = frozenset(
    f"{kind}.{name}" for kind, details in DETAILS_OF.items() for name in details.__struct_fields__
)
EVERYTHING: Final[Fields] = frozenset(Event.__struct_fields__) - {"details"} | DETAILS
ALWAYS: Final[Fields] = frozenset({"id", "source", "calendar_id", "start", "end", "is_all_day"})
"""What an event is never read without: its name, and its place in a list."""
