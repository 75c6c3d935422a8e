"""The settings of how much one operation may ask for."""

from pydantic import Field

from gateway.settings.value import Table


class LimitSettings(Table):
    """The most that one operation may hold or cost, that callers may send, and that the schema tells."""

    max_tokens: int = Field(default=4000, ge=1, description="Words and signs of a document.")
    max_fragments: int = Field(default=50, ge=0, description="Fragments that a document defines.")
    max_operations: int = Field(default=50, ge=1, description="Operations that a document defines.")
    max_depth: int = Field(default=16, ge=1, description="Levels of fields.")
    max_root_fields: int = Field(default=20, ge=1, description="Fields on the first level.")
    max_aliases: int = Field(default=50, ge=0, description="Fields under another name.")
    max_fields: int = Field(
        default=1000,
        ge=1,
        description="Fields and spreads in all; those of a fragment count wherever it is spread.",
    )
    max_repeated_fields: int = Field(
        default=50, ge=0, description="Fields that have the name of one beside them."
    )
    max_members: int = Field(
        default=50, ge=1, description="Members of one object that is written into a document."
    )
    max_introspections: int = Field(
        default=2, ge=1, description="Times that one operation asks for the schema or a type of it."
    )
    max_cost: int = Field(
        default=250_000,
        ge=1,
        description="Values that an answer may bring, a call upstream counting as a hundred.",
    )
    max_cost_at_once: int = Field(
        default=50_000,
        ge=1000,
        description="Cost of what is read at once for one caller: the rest waits.",
    )
    max_upstream_calls: int = Field(
        default=5000,
        ge=1,
        description="Requests that are sent upstream for one: retries, pages and looks count, too.",
    )
    max_events: int = Field(
        default=1000, ge=1, description="Events that one request adds, changes or removes."
    )
    max_page: int = Field(default=1000, ge=1, le=1000, description="Rows of one page.")
    max_batch: int = Field(
        default=0,
        ge=0,
        le=100,
        description="Operations that one request may hold in a list; 0 takes no list.",
    )
    max_representations: int = Field(
        default=1000, ge=1, description="Entities that a router asks for at once."
    )
    max_body_bytes: int = Field(default=8 * 1024 * 1024, ge=1024, description="Bytes of a request's body.")
    max_held_bytes: int = Field(
        default=8 * 1024 * 1024,
        ge=1024,
        description="Bytes of all bodies that are held at once, beyond 16 KiB of each.",
    )
    max_untaken_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=1024 * 1024,
        description="Bytes of all answers that wait for their clients to take them.",
    )
    max_concurrent_requests: int = Field(
        default=200,
        ge=1,
        description="Requests that this process works on at once; one caller's are three quarters at most.",
    )
    max_requests_per_minute: int = Field(
        default=6000, ge=1, description="Requests of one caller to this process, in the long run."
    )
    max_burst: int = Field(
        default=1000, ge=1, description="Requests of one caller at once, after a time without any."
    )
    introspection: bool = Field(
        default=True,
        description="Whether the schema tells of itself, to clients and, by `_service`, to routers.",
    )
    suggestions: bool = Field(
        default=True,
        description="Whether errors suggest names of the schema for those that it does not have.",
    )
