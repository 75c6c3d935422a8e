"""Graph's errors: what went wrong, as a table from cause to status, code and message.

Statuses, codes and texts are those of Graph's documentation and of answers that others have seen.
"""

from enum import Enum


class Cause(Enum):
    """A cause: status, code, message. A message may have one `{}` for what it is about."""

    BAD_SEGMENT = 400, "BadRequest", "Resource not found for the segment '{}'."
    BAD_VERSION = 400, "BadRequest", "Invalid version: {}"
    BAD_OPTION = 400, "BadRequest", "Invalid value for the query option '{}'."
    BAD_FILTER = 400, "BadRequest", "Invalid filter clause: {}"
    BAD_ORDERBY = (
        400,
        "BadRequest",
        "The $orderby expression must evaluate to a single value of primitive type.",
    )
    BAD_PROPERTY = (
        400,
        "BadRequest",
        "Could not find a property named {}.",
    )
    PAGE_SIZE = (
        400,
        "Request_UnsupportedQuery",
        "Invalid page size specified: '{}'. Must be between 1 and 999 inclusive.",
    )
    BAD_METHOD = 405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."
    ME_WITHOUT_USER = 400, "BadRequest", "/me request is only valid with delegated authentication flow."

    BODY_NODE = 400, "RequestBodyRead", "{}"
    BODY_VALUE = 400, "UnableToDeserializePostBody", "were unable to deserialize {}"
    STRANGE_MEMBER = (
        400,
        "RequestBodyRead",
        (
            "The property '{}' does not exist on type 'microsoft.graph.event'. Make sure to only use"
            " property names that are defined by the type or mark the type as open type."
        ),
    )
    MEDIA_TYPE = (
        400,
        "RequestBodyRead",
        "A supported MIME type could not be found that matches the content type '{}'.",
    )
    TOO_LARGE = 413, "RequestEntityTooLarge", "Request Entity Too Large"

    ID_MALFORMED = 400, "ErrorInvalidIdMalformed", "Id is malformed."
    PROPERTY_INVALID = 400, "ErrorPropertyValidationFailure", "At least one property failed validation."
    NOT_MIDNIGHT = (
        400,
        "ErrorInvalidRequest",
        "The Event.{} property for an all-day event needs to be set to midnight.",
    )
    ZONE_UNKNOWN = (
        400,
        "TimeZoneNotSupportedException",
        "A valid TimeZone value must be specified. The following TimeZone value is not supported: '{}'.",
    )
    WINDOW_MISSING = (
        400,
        "ErrorInvalidParameter",
        (
            "This request requires a time window specified by the query string parameters"
            " StartDateTime and EndDateTime."
        ),
    )
    WINDOW_INVALID = 400, "ErrorInvalidParameter", "The value '{}' of parameter 'DateTime' is invalid."
    WINDOW_REVERSED = (
        400,
        "ErrorInvalidParameter",
        "The value of parameter 'EndDateTime' has to be after the value of parameter 'StartDateTime'.",
    )
    WINDOW_TOO_LONG = (
        400,
        "ErrorInvalidRequest",
        (
            "Your request can't be completed. The range between the start and end dates is greater"
            " than the allowed range. Maximum number of days: 1825"
        ),
    )
    NOT_A_SERIES = (
        400,
        "ErrorInvalidRequest",
        "Your request can't be completed. ExpandSeries can only be performed against a series.",
    )
    TOO_MANY_ATTENDEES = 400, "ErrorInvalidRequest", "Your request can't be completed. Too many attendees: {}"
    DUPLICATE_TRANSACTION = (
        400,
        "ErrorDuplicateTransactionId",
        (
            "Your request can't be completed. The TransactionId specified in the request has already"
            " been used to create a different event."
        ),
    )
    NO_OCCURRENCE = 400, "ErrorRecurrenceHasNoOccurrence", "The recurrence has no occurrence."
    TOO_LONG = 400, "ErrorCalendarDurationIsTooLong", "The duration of the calendar item is too long."
    CROSSING = (
        400,
        "ErrorOccurrenceCrossingBoundary",
        "Modified occurrence is crossing or overlapping adjacent occurrence.",
    )
    NOT_ORGANIZER = (
        400,
        "ErrorInvalidRequest",
        "Your request can't be completed. You need to be an organizer to cancel a meeting.",
    )
    IS_ORGANIZER = (
        400,
        "ErrorInvalidRequest",
        (
            "Your request can't be completed. You can't respond to this meeting because you're the"
            " meeting organizer."
        ),
    )
    COMMENT_UNSENT = 400, "ErrorInvalidParameter", "'SendResponse' must be true when 'Comment' is not null"
    PROPOSAL_UNSENT = (
        400,
        "ErrorInvalidParameter",
        "'SendResponse' must be true when 'ProposedNewTime' is not null",
    )
    PROPOSAL_REFUSED = (
        400,
        "ErrorInvalidRequest",
        "Your request can't be completed. The meeting does not allow new time proposals.",
    )
    DEFAULT_CALENDAR = (
        400,
        "ErrorInvalidRequest",
        "Your request can't be completed. The default calendar cannot be deleted.",
    )
    DEFAULT_GROUP = (
        400,
        "ErrorInvalidRequest",
        "Your request can't be completed. The default calendar group cannot be deleted.",
    )
    GROUP_NOT_EMPTY = (
        400,
        "ErrorInvalidRequest",
        "Your request can't be completed. The calendar group is not empty.",
    )
    INEFFICIENT = 400, "InefficientFilter", "The restriction or sort order is too complex for this operation."
    FILTER_REFUSED = 400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes."
    INTERVAL_INVALID = (
        400,
        "ErrorInvalidMergedFreeBusyInterval",
        "The merged free/busy interval value is invalid. It has to be from 5 to 1440 minutes.",
    )
    TOO_MANY_SCHEDULES = 400, "ErrorInvalidParameter", "No more than 20 schedules can be asked for at once."
    INTERVAL_TOO_BIG = (
        400,
        "ErrorTimeIntervalTooBig",
        (
            "The requested time duration specified for FreeBusyViewOptions.TimeWindow is too long."
            " The allowed limit = 62 days; the actual limit = {} days."
        ),
    )
    BATCH_TOO_BIG = 400, "MaximumValueExceeded", "{}"
    BATCH_MIXED = 400, "BadRequest", "Batch should be either fully sequential or fully parallel."
    BATCH_DEPENDENCY = 400, "BadRequest", "Invalid dependency for request Id: {}"
    BATCH_NESTED = 400, "BadRequest", "A batch cannot hold another batch."
    BATCH_INVALID = 400, "BadRequest", "Invalid batch payload format."

    TOKEN_EMPTY = 401, "InvalidAuthenticationToken", "Access token is empty."
    TOKEN_MALFORMED = 401, "InvalidAuthenticationToken", "IDX14100: JWT is not well formed."
    TOKEN_EXPIRED = 401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."
    ACCESS_DENIED = 403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."
    NOT_PRIVILEGED = 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    ITEM_NOT_FOUND = 404, "ErrorItemNotFound", "The specified object was not found in the store."
    FOLDER_NOT_FOUND = 404, "ErrorFolderNotFound", "The specified folder could not be found in the store."
    MAILBOX_INACTIVE = (
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    )
    USER_NOT_FOUND = 404, "ErrorInvalidUser", "The requested user '{}' is invalid."
    RESOURCE_NOT_FOUND = (
        404,
        "Request_ResourceNotFound",
        "Resource '{}' does not exist or one of its queried reference-property objects are not present.",
    )
    EXTENSION_EXISTS = 409, "ErrorItemExists", "An extension with the name '{}' already exists."
    FOLDER_EXISTS = 409, "ErrorFolderExists", "A folder with the specified name already exists."
    CHANGED = (
        412,
        "ErrorIrresolvableConflict",
        (
            "The send or update operation could not be performed because the change key passed in the"
            " request does not match the current change key for the item."
        ),
    )
    DEPENDENCY_FAILED = 424, "FailedDependency", "A request that this one depends on has failed."
    THROTTLED = 429, "TooManyRequests", "Please retry again later."
    TOO_CONCURRENT = 429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit."
    SAVED_AT_ONCE = (
        409,
        "ConcurrentItemSave",
        (
            "Conflicts occurred during saving data to store (saveresult: IrresolvableConflict, properties: )."
            " Please retry the request."
        ),
    )
    INTERNAL = 500, "InternalServerError", "The request could not be completed."
    BUSY = 503, "ErrorServerBusy", "The server cannot service this request right now. Try again later."

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message


class GraphError(Exception):
    """A request that is refused, and what it was about."""

    def __init__(self, cause: Cause, about: object = "") -> None:
        super().__init__(cause.code, about)
        self.cause = cause
        self.message = cause.message.replace("{}", str(about))


INJECTED = {
    401: Cause.TOKEN_EXPIRED,
    403: Cause.ACCESS_DENIED,
    404: Cause.ITEM_NOT_FOUND,
    409: Cause.SAVED_AT_ONCE,
    412: Cause.CHANGED,
    429: Cause.THROTTLED,
    500: Cause.INTERNAL,
    503: Cause.BUSY,
}
"""What stands for a bare status when a fault asks for one."""

PAGES = {413: "Request Entity Too Large", 502: "Bad Gateway", 504: "Gateway Timeout"}
"""What stands in front of Graph answers in HTML."""
