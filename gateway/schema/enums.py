"""The schema's enumerations. Members have the domain's names, so that one becomes the other by name."""

from enum import Enum
from typing import TypeVar, overload

import strawberry
from strawberry import enum_value as value

E = TypeVar("E", bound=Enum)


@overload
def by_name(enum: type[E], member: Enum) -> E: ...
@overload
def by_name(enum: type[E], member: Enum | None) -> E | None: ...
def by_name(enum: type[E], member: Enum | None) -> E | None:
    """The member of `enum` that is called like `member`; None stays None."""
    if member is None:
        return None
    found: E = enum._member_map_[member._name_]  # type: ignore[assignment]  # they are its own
    return found


@strawberry.enum(description="Which API stands behind a source.")
class SourceKind(Enum):
    ELASTICSEARCH = value("elasticsearch", description="Elasticsearch machine learning calendars.")
    MSGRAPH = value("msgraph", description="Microsoft Graph calendars.")


@strawberry.enum(description="What the configuration lets the gateway do with a source.")
class SourceMode(Enum):
    READ = value("read", description="Reads and dry runs only.")
    WRITE = value("write", description="Reads and writes.")


@strawberry.enum(description="How faithfully a source holds something.")
class Fidelity(Enum):
    NATIVE = value("native", description="As the source itself does it.")
    EMULATED = value("emulated", description="Done by the gateway, with what the source has.")
    LOSSY = value("lossy", description="Held in part; warnings name what is lost.")
    UNSUPPORTED = value("unsupported", description="Not held at all; warnings name what is lost.")


@strawberry.enum(description="What a source may be able to hold or do.")
class Capability(Enum):
    LIST_CALENDARS = value("list_calendars", description="Its calendars can be listed.")
    READ_EVENTS = value("read_events", description="Events can be read.")
    ADD_EVENTS = value("add_events", description="Events can be added.")
    ALL_DAY_EVENTS = value("all_day_events", description="Events that last whole days.")
    TIME_ZONES = value("time_zones", description="The zone that an event's times are meant in.")
    DESCRIPTION = value("description", description="A longer text.")
    LOCATION = value("location", description="Where an event takes place.")
    CATEGORIES = value("categories", description="Labels.")
    SHOW_AS = value("show_as", description="Free, busy and the like.")
    ATTENDEES = value("attendees", description="People, who are sent invitations.")
    RECURRENCE = value("recurrence", description="Series of events by a rule.")
    MANAGE_CALENDARS = value(
        "manage_calendars", description="Calendars can be made and deleted, and their jobs set."
    )
    ANOMALY_SUPPRESSION = value(
        "anomaly_suppression", description="Anomaly detection ignores the event's time."
    )


@strawberry.enum(description="Whether an event takes place.")
class EventStatus(Enum):
    CONFIRMED = value("confirmed", description="It does.")
    TENTATIVE = value("tentative", description="It may.")
    CANCELLED = value("cancelled", description="It was called off.")


@strawberry.enum(description="How the time appears in the owner's free/busy view.")
class ShowAs(Enum):
    FREE = value("free", description="Free.")
    TENTATIVE = value("tentative", description="Tentatively busy.")
    BUSY = value("busy", description="Busy.")
    OUT_OF_OFFICE = value("oof", description="Out of office.")
    WORKING_ELSEWHERE = value("workingElsewhere", description="Working elsewhere.")
    UNKNOWN = value("unknown", description="Not known.")


@strawberry.enum(description="What kind of place it is, in Outlook.")
class LocationType(Enum):
    DEFAULT = value("default", description="Any.")
    CONFERENCE_ROOM = value("conferenceRoom", description="A conference room.")
    HOME_ADDRESS = value("homeAddress", description="Somebody's home.")
    BUSINESS_ADDRESS = value("businessAddress", description="Somebody's office.")
    GEO_COORDINATES = value("geoCoordinates", description="A place on earth.")
    STREET_ADDRESS = value("streetAddress", description="A street address.")
    HOTEL = value("hotel", description="A hotel.")
    RESTAURANT = value("restaurant", description="A restaurant.")
    LOCAL_BUSINESS = value("localBusiness", description="A business nearby.")
    POSTAL_ADDRESS = value("postalAddress", description="A postal address.")


@strawberry.enum(description="Who knows a place by its unique id.")
class LocationUniqueIdType(Enum):
    UNKNOWN = value("unknown", description="Not known.")
    LOCATION_STORE = value("locationStore", description="Outlook's store of locations.")
    DIRECTORY = value("directory", description="The directory, as of rooms.")
    PRIVATE = value("private", description="The mailbox itself.")
    BING = value("bing", description="Bing.")


@strawberry.enum(description="What an attendee is to a meeting.")
class AttendeeType(Enum):
    REQUIRED = value("required", description="Has to be there.")
    OPTIONAL = value("optional", description="May be there.")
    RESOURCE = value("resource", description="A room or a device.")


@strawberry.enum(description="What somebody answered to an invitation.")
class AttendeeResponse(Enum):
    NONE = value("none", description="No answer is asked for.")
    ORGANIZER = value("organizer", description="The organizer needs none.")
    TENTATIVELY_ACCEPTED = value("tentativelyAccepted", description="Perhaps.")
    ACCEPTED = value("accepted", description="Yes.")
    DECLINED = value("declined", description="No.")
    NOT_RESPONDED = value("notResponded", description="Not answered yet.")


@strawberry.enum(description="What to do with a wall-clock time that exists twice, or not at all.")
class Disambiguation(Enum):
    REJECT = value("reject", description="Refuse it, naming both instants that could be meant.")
    EARLIER = value("earlier", description="Take the earlier instant.")
    LATER = value("later", description="Take the later instant.")


@strawberry.enum(description="What became of one event in one calendar, or of a calendar.")
class WriteStatus(Enum):
    CREATED = value("created", description="It was written, and seen in the calendar afterwards.")
    UPDATED = value("updated", description="It was changed, and seen so afterwards.")
    UNCHANGED = value("unchanged", description="It already was as asked; nothing was sent.")
    DELETED = value("deleted", description="It is not there any more.")
    PLANNED = value("planned", description="A dry run: it would be done.")
    CONFLICT = value(
        "conflict",
        description="It is not as expected, or somebody else changed it: it is shown as it is now.",
    )
    FAILED = value("failed", description="It was not done; `problem` says why.")
    SKIPPED = value(
        "skipped", description="Nothing was sent, for another row failed, and all or nothing was asked for."
    )
    ROLLED_BACK = value(
        "rolled_back", description="It was done and taken back, for another row failed: it is as before."
    )
    ROLLBACK_FAILED = value(
        "rollback_failed", description="It was done and not taken back; `problem` says what is there now."
    )
    UNKNOWN = value("unknown", description="It may have been done or not; `problem` says how to find out.")


@strawberry.enum(description="What to do with what was written if anything else of the call fails.")
class Atomicity(Enum):
    BEST_EFFORT = value("best_effort", description="Leave it: every row stands for itself.")
    ALL_OR_NOTHING = value(
        "all_or_nothing",
        description="Send nothing if a row is refused beforehand; else stop, and take back what was done. "
        "At most one row may send mail, and it goes last.",
    )


@strawberry.enum(description="What to do where a calendar cannot hold an event as it is given.")
class LossPolicy(Enum):
    WARN = value("warn", description="Write what it can hold; `warnings` say what is lost.")
    REJECT = value("reject", description="Write nothing of the event there; `problem` names the lost fields.")


@strawberry.enum(description="What to do with an event whose key an event in the calendar has already.")
class OnExisting(Enum):
    RETURN = value(
        "return", description="Give that event if it is the same: UNCHANGED. One that differs is a CONFLICT."
    )
    UPDATE = value("update", description="Make it the same.")
    FAIL = value("fail", description="Write nothing: FAILED, KEY_EXISTS.")


@strawberry.enum(description="How a whole call fared.")
class BatchStatus(Enum):
    SUCCEEDED = value("succeeded", description="Every row is as wished.")
    PLANNED = value("planned", description="A dry run in which no row is refused.")
    PARTIAL = value("partial", description="Some rows are as wished, others failed or are unknown.")
    FAILED = value("failed", description="No row is as wished, or the whole call was refused.")


@strawberry.enum(
    description="What to know of an event that is written: what is lost of it, or what it mutes."
)
class WarningCode(Enum):
    NOT_HELD = value("not_held", description="The calendar has no place for it: it is left out.")
    CHANGED = value("changed", description="It is stored, but not as it was given; `sent` is what is stored.")
    CUT_OFF = value(
        "cut_off", description="Only the beginning of a series is stored, up to what `sent` says."
    )
    NO_EFFECT = value("no_effect", description="It is stored, and does nothing.")
    NO_JOBS = value("no_jobs", description="The ML calendar applies to no job: nothing is muted.")
    UNKNOWN_JOBS = value(
        "unknown_jobs", description="The ML calendar names what is neither a job nor a group of the cluster."
    )
    MUTES_NOTHING = value(
        "mutes_nothing", description="Rounded to their buckets, nothing of it is left for some jobs."
    )
    MUTES_MORE = value(
        "mutes_more", description="Rounded to their buckets, it mutes some jobs for twice the time or more."
    )
    TOO_LATE = value(
        "too_late", description="It begins in buckets that jobs have left behind: their results stay."
    )
    TOO_MANY_EVENTS = value(
        "too_many_events", description="A job has more than 1,000 events ahead of it, and takes no more."
    )
    JOBS_NOT_READ = value(
        "jobs_not_read", description="What is muted could not be told: `message` says why. It is written."
    )
    EXPANDED = value("expanded", description="A whole series is stored, as one event per occurrence.")
    UNVERIFIED = value("unverified", description="Whether the source takes it is not known beforehand.")
    NOT_ANNOUNCED = value("not_announced", description="Nothing announces it any more: its mutes go.")
    OCCURRENCE_MOVED = value(
        "occurrence_moved",
        description="An occurrence is announced at another time than by the rule, which its mutes follow.",
    )
    READ_ONLY_SOURCE = value("read_only_source", description="A real run would be refused.")
    MISSING_SCOPE = value("missing_scope", description="A real run would be refused to this caller.")


@strawberry.enum(description="What a write does beside storing an event.")
class SideEffectKind(Enum):
    SENDS_INVITATIONS = value("sends_invitations", description="People are sent mail.")
    SUPPRESSES_ANOMALIES = value("suppresses_anomalies", description="Anomaly detection ignores a time.")


@strawberry.enum(description="How a source fared in a read.")
class ReadStatus(Enum):
    OK = value("ok", description="All that was needed was read.")
    PARTIAL = value("partial", description="Some of its events are missing; `problem` says why.")
    FAILED = value("failed", description="Nothing could be read; that does not mean that nothing is there.")


@strawberry.enum(description="How much an event matters, in Outlook.")
class Importance(Enum):
    LOW = value("low", description="Low.")
    NORMAL = value("normal", description="Normal.")
    HIGH = value("high", description="High.")


@strawberry.enum(description="Who may see what an event is about, in Outlook.")
class Sensitivity(Enum):
    NORMAL = value("normal", description="Everybody with access to the calendar.")
    PERSONAL = value("personal", description="Marked as personal.")
    PRIVATE = value("private", description="The owner and delegates who may see private items.")
    CONFIDENTIAL = value("confidential", description="Marked as confidential.")


@strawberry.enum(name="MSGraphEventType", description="What an event is to a series.")
class EventType(Enum):
    SINGLE_INSTANCE = value("singleInstance", description="It stands alone.")
    OCCURRENCE = value("occurrence", description="One occurrence of a series.")
    EXCEPTION = value("exception", description="An occurrence that was changed.")
    SERIES_MASTER = value("seriesMaster", description="The series itself.")


@strawberry.enum(description="Who provides an online meeting.")
class OnlineMeetingProvider(Enum):
    UNKNOWN = value("unknown", description="Not known.")
    SKYPE_FOR_BUSINESS = value("skypeForBusiness", description="Skype for Business.")
    SKYPE_FOR_CONSUMER = value("skypeForConsumer", description="Skype.")
    TEAMS_FOR_BUSINESS = value("teamsForBusiness", description="Microsoft Teams.")
