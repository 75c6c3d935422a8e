"""What a calendar source can hold or do, and how faithfully: data that callers ask instead of a name."""

from enum import StrEnum

import msgspec


class Fidelity(StrEnum):
    """How faithfully a source holds something."""

    NATIVE = "native"
    EMULATED = "emulated"
    LOSSY = "lossy"
    UNSUPPORTED = "unsupported"


class Capability(StrEnum):
    """What a calendar source may be able to hold or do."""

    LIST_CALENDARS = "list_calendars"
    READ_EVENTS = "read_events"
    ADD_EVENTS = "add_events"
    ALL_DAY_EVENTS = "all_day_events"
    TIME_ZONES = "time_zones"
    DESCRIPTION = "description"
    LOCATION = "location"
    CATEGORIES = "categories"
    SHOW_AS = "show_as"
    ATTENDEES = "attendees"
    RECURRENCE = "recurrence"
    MANAGE_CALENDARS = "manage_calendars"
    ANOMALY_SUPPRESSION = "anomaly_suppression"


class CapabilityNote(msgspec.Struct, frozen=True, kw_only=True):
    fidelity: Fidelity
    note: str | None = None
