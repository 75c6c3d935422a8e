"""What nobody outside Microsoft knows about Graph: one switch for each open question."""

from datetime import timedelta
from enum import auto

import msgspec

from gateway.sandbox.choice import Choice
from gateway.sandbox.msgraph.words import BodyType, ShowAs


class RepeatedTransaction(Choice):
    """What a POST with a `transactionId` and content seen before gets."""

    SAME_EVENT = auto()
    DUPLICATE_ERROR = auto()
    NEW_EVENT_UNDER_CONCURRENCY = auto()
    """The same event, but a second one if the first request is still running."""


class TransactionAfterDelete(Choice):
    """The same, once the event has been deleted."""

    SAME_EVENT = auto()
    """201 with an event that is no longer there."""
    DUPLICATE_ERROR = auto()
    NEW_EVENT = auto()


class PostZone(Choice):
    """The zone of `start` and `end` in the answer to a POST without `Prefer: outlook.timezone`."""

    AS_SENT = auto()
    UTC = auto()


class PropertyFilter(Choice):
    """What becomes of a `$filter` on extended properties."""

    HONOURED = auto()
    IGNORED = auto()
    REFUSED = auto()


class ContextOwner(Choice):
    """How `@odata.context` names the mailbox."""

    ID = auto()
    AS_ADDRESSED = auto()
    """As in the request; the id only where that said `me`."""


class NotShared(Choice):
    """The answer about a mailbox that is not shared with the caller."""

    ACCESS_DENIED = auto()
    ITEM_NOT_FOUND = auto()


class IanaNames(Choice):
    """Which IANA zone names are accepted beside the Windows names."""

    ALL = auto()
    DOCUMENTED = auto()


class AmbiguousTimes(Choice):
    """Which instant a wall-clock time is that comes twice, because summer time ends."""

    EARLIER = auto()
    LATER = auto()


class RepeatedExtension(Choice):
    """What a POST of an open extension gets if the event has one of that name."""

    MERGED = auto()
    """201. Members that are not sent stay; that has been seen (msgraph-sdk-dotnet#1541)."""
    REPLACED = auto()
    CONFLICT = auto()


class TopOverMaximum(Choice):
    """What `$top` over 1000 gets."""

    CLAMPED = auto()
    REFUSED = auto()


class Unknowns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of all open questions. The defaults are what the sources make most likely."""

    repeated_transaction: RepeatedTransaction = RepeatedTransaction.SAME_EVENT
    transaction_after_delete: TransactionAfterDelete = TransactionAfterDelete.SAME_EVENT
    transaction_memory: timedelta | None = None
    """How long a `transactionId` is remembered; None is for ever."""
    duplicate_transaction_status: int = 400
    """Some clients expect 409."""
    group_transactions: bool = True
    """Whether `transactionId` works in group calendars."""
    post_zone: PostZone = PostZone.AS_SENT
    refuses_events_without_times: bool = False
    """Whether an event without `start` is refused; else it begins at the next half hour."""
    refuses_skipped_times: bool = False
    """Whether a wall-clock time that summer time skips is refused; else it is an hour later."""
    ambiguous_times: AmbiguousTimes = AmbiguousTimes.EARLIER
    null_recurrence_ends_series: bool = True
    """Whether a PATCH with `recurrence: null` makes a series a single event; else it has no effect."""
    refuses_unknown_members: bool = False
    """Whether an event with a member that its type lacks is refused; else the member is dropped."""
    repeated_extension: RepeatedExtension = RepeatedExtension.MERGED
    default_body_type: BodyType = BodyType.TEXT
    """The type of a body that is sent without `contentType`."""
    subject_length: int | None = None
    """To how many characters a subject is cut; Exchange is said to keep 255."""
    original_utc_zone: str = "UTC"
    """What `originalStartTimeZone` says of events in UTC; `tzone://Microsoft/Utc` has been seen."""
    location_header: bool = False
    """Whether a 201 has `Location`."""
    etag_header: bool = False
    """Whether an answer with one event has `ETag`."""
    long_ids: bool = False
    """Whether ids of what is made have 152 characters, as has been seen, and not 56."""
    wrong_content_type_status: int = 400
    """The status for a body that is no JSON by its type. Graph's general table has 415."""
    conflict_status: int = 412
    """The status where If-Match names another version. Exchange's table has 409."""
    concurrency_status: int = 429
    """The status for a request too many at once. 503 has been seen."""
    html_for_too_large: bool = False
    """Whether the 413 for a body over 4 MB is a page of HTML."""
    group_updates_are_silent: bool = False
    """Whether a PATCH of a group's event is answered with 204 and no event."""
    default_page_size: int = 10
    view_page_size: int = 10
    top_over_maximum: TopOverMaximum = TopOverMaximum.CLAMPED
    pages_overlap: bool = False
    """Whether a page begins with the last row of the one before it."""
    first_page_is_empty: bool = False
    """Whether a collection begins with an empty page and a link to the next."""
    mailbox_lists_all_calendars: bool = False
    """Whether a mailbox's own `/events` are those of all its calendars; else of the default one."""
    property_filter: PropertyFilter = PropertyFilter.HONOURED
    context_owner: ContextOwner = ContextOwner.ID
    not_shared: NotShared = NotShared.ACCESS_DENIED
    iana_names: IanaNames = IanaNames.ALL
    legacy_calendar_group: bool = False
    """Whether the segment `calendarGroup`, gone from the documentation since 2021, is still understood."""
    view_includes_touching: bool = False
    """Whether a calendar view has events that only touch its window."""
    view_is_ordered: bool = True
    """Whether a calendar view without `$orderby` is ordered by start."""
    view_has_stamps: bool = True
    """Whether a calendar view has `createdDateTime` and `lastModifiedDateTime`: they cannot be selected."""
    all_day_show_as: ShowAs = ShowAs.BUSY
    """What an all-day event without `showAs` gets; Outlook's own windows say free."""
    full_calendar_group_deletable: bool = False
    """Whether a calendar group that still has calendars can be deleted."""
    duplicate_calendar_names: bool = False
    """Whether two calendars of a mailbox may have one name."""
    batch_limit_text: str = "Number of batch request steps exceeds the maximum value of 20."
    """What a batch of more than 20 items is told. The text is that of Microsoft's own clients."""
    batch_inherits_prefer: bool = False
    """Whether the items of a batch inherit its `Prefer` header."""
    batch_exceeds_concurrency: bool = False
    """Whether the items of a batch count as running at once: the fifth of a mailbox is then refused."""
    declined_events_vanish: bool = True
    """Whether a declined event leaves the attendee's calendar."""
