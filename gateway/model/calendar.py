"""A calendar as both upstreams share it."""

import msgspec


class Calendar(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One calendar. `id` is canonical; what only one kind of source has is in `details`.

    `default_id` is the other id of a calendar that is its owner's default: `msgraph:users/{owner}/calendar`.
    `mutes_all_jobs`: its events suppress every anomaly detection job of the source.
    """

    id: str
    source: str
    name: str
    description: str | None = None
    is_default: bool = False
    default_id: str | None = None
    can_edit: bool = True
    mutes_all_jobs: bool = False
    details: msgspec.Struct | None = None
