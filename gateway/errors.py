"""The error tree: everything that can go wrong, each leaf with the code that a client sees.

GatewayError
├── InvalidInput                 INVALID_INPUT            what the caller wrote cannot be meant
│   ├── InvalidId                INVALID_ID
│   ├── InvalidTime              INVALID_TIME
│   ├── UnknownTimeZone          UNKNOWN_TIME_ZONE
│   ├── UnknownSource            UNKNOWN_SOURCE
│   ├── UnknownAlias             UNKNOWN_ALIAS
│   └── TooMany                  TOO_MANY                 above a limit of the gateway
├── Refused                      REFUSED                  understood, and not done: a guard rail
│   ├── ReadOnlySource           READ_ONLY_SOURCE
│   ├── MissingScope             MISSING_SCOPE            the caller's key or token does not allow it
│   ├── CalendarNotAllowed       CALENDAR_NOT_ALLOWED
│   ├── TooManyInvitations       TOO_MANY_INVITATIONS
│   ├── GroupAddress             GROUP_ADDRESS
│   ├── MuteTooLong              MUTE_TOO_LONG
│   ├── LossRefused              LOSS_REFUSED             the caller wants all fields held or nothing written
│   ├── NotAll                   NOT_ALL                  another row failed, and all or nothing was asked for
│   └── Unsupported              UNSUPPORTED              this kind of source cannot do it
└── UpstreamError                                         the upstream said no, or nothing
    ├── Unauthenticated          UNAUTHENTICATED
    ├── Forbidden                FORBIDDEN
    ├── NotFound                 NOT_FOUND
    ├── Conflict                 CONFLICT
    │   ├── AmbiguousKey         AMBIGUOUS_KEY            two live events bear one key in one calendar
    │   ├── KeyExists            KEY_EXISTS               an event bears the key, and the caller wants none
    │   └── NotUnderKey          CONFLICT                 an event bears the key, in another case only
    │       ├── Moved            MOVED                    the event of the key is in another calendar
    │       └── NotOrganizer     NOT_ORGANIZER            the event of the key is somebody else's meeting
    ├── LookupUnsupported        LOOKUP_UNSUPPORTED       a key cannot be looked up there
    ├── UpstreamRefused          UPSTREAM_REFUSED         a 4xx that names a fault in the request
    ├── RateLimited              RATE_LIMITED
    ├── Unavailable              UNAVAILABLE              a 5xx: the upstream is in trouble
    ├── NotSent                  UNREACHABLE              no connection: the request never left
    ├── OutOfTime                DEADLINE                 the caller's time was up before anything was sent
    ├── OutOfCalls               TOO_MANY                 the operation has sent all requests that it may
    ├── NoAnswer                 NO_ANSWER                the request left, the answer did not come
    ├── NotStored                NOT_STORED               reported as success, but not to be found
    └── UnexpectedAnswer         UNEXPECTED_ANSWER        an answer that is not what was promised
"""

from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, TypedDict, Unpack


class Code(StrEnum):
    """What went wrong, for programs. The tree above says when."""

    INVALID_INPUT = "INVALID_INPUT"
    INVALID_ID = "INVALID_ID"
    INVALID_TIME = "INVALID_TIME"
    UNKNOWN_TIME_ZONE = "UNKNOWN_TIME_ZONE"
    UNKNOWN_SOURCE = "UNKNOWN_SOURCE"
    UNKNOWN_ALIAS = "UNKNOWN_ALIAS"
    TOO_MANY = "TOO_MANY"
    REFUSED = "REFUSED"
    READ_ONLY_SOURCE = "READ_ONLY_SOURCE"
    MISSING_SCOPE = "MISSING_SCOPE"
    CALENDAR_NOT_ALLOWED = "CALENDAR_NOT_ALLOWED"
    TOO_MANY_INVITATIONS = "TOO_MANY_INVITATIONS"
    GROUP_ADDRESS = "GROUP_ADDRESS"
    MUTE_TOO_LONG = "MUTE_TOO_LONG"
    LOSS_REFUSED = "LOSS_REFUSED"
    NOT_ALL = "NOT_ALL"
    UNSUPPORTED = "UNSUPPORTED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    AMBIGUOUS_KEY = "AMBIGUOUS_KEY"
    KEY_EXISTS = "KEY_EXISTS"
    MOVED = "MOVED"
    NOT_ORGANIZER = "NOT_ORGANIZER"
    LOOKUP_UNSUPPORTED = "LOOKUP_UNSUPPORTED"
    UPSTREAM_REFUSED = "UPSTREAM_REFUSED"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"
    UNREACHABLE = "UNREACHABLE"
    DEADLINE = "DEADLINE"
    NO_ANSWER = "NO_ANSWER"
    NOT_STORED = "NOT_STORED"
    UNEXPECTED_ANSWER = "UNEXPECTED_ANSWER"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A trouble as data, no part secret. `path` leads into the input; `claims` is what a token must have."""

    code: Code
    message: str
    path: tuple[str, ...] = ()
    hint: str | None = None
    retryable: bool = False
    retry_after: timedelta | None = None
    upstream_code: str | None = None
    request_id: str | None = None
    claims: str | None = None

    def at(self, *path: str | int) -> "Problem":
        """The same problem, found further in: `path` goes before its own."""
        return replace(self, path=(*map(str, path), *self.path))


class Details(TypedDict, total=False):
    """What is known of some problems only."""

    hint: str | None
    retry_after: timedelta | None
    upstream_code: str | None
    request_id: str | None
    claims: str | None


class GatewayError(Exception):
    """The root of all errors that the gateway raises on purpose; `problem` is what a client sees."""

    code: ClassVar[Code] = Code.INTERNAL
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, path: tuple[str | int, ...] = (), **details: Unpack[Details]) -> None:
        super().__init__(message)
        where, again = tuple(map(str, path)), self.retryable
        self.problem = Problem(code=self.code, message=message, path=where, retryable=again, **details)


class located(AbstractContextManager["located", None]):  # noqa: N801 - it reads as the function that it could be, and costs a third of that
    """Says of an error raised within where in the input it lies. A copy: one may answer several questions."""

    def __init__(self, *path: str | int) -> None:
        self._path = path

    def __exit__(self, kind: object, exc: object, traceback: object) -> None:
        if isinstance(exc, GatewayError):
            found = copy(exc)
            found.problem = exc.problem.at(*self._path)
            raise found.with_traceback(exc.__traceback__) from exc.__cause__


class InvalidInput(GatewayError):
    code = Code.INVALID_INPUT


class InvalidId(InvalidInput):
    code = Code.INVALID_ID


class InvalidTime(InvalidInput):
    code = Code.INVALID_TIME


class UnknownTimeZone(InvalidInput):
    code = Code.UNKNOWN_TIME_ZONE


class UnknownSource(InvalidInput):
    code = Code.UNKNOWN_SOURCE


class UnknownAlias(InvalidInput):
    code = Code.UNKNOWN_ALIAS


class TooMany(InvalidInput):
    code = Code.TOO_MANY


class Refused(GatewayError):
    code = Code.REFUSED


class ReadOnlySource(Refused):
    code = Code.READ_ONLY_SOURCE


class MissingScope(Refused):
    code = Code.MISSING_SCOPE


class CalendarNotAllowed(Refused):
    code = Code.CALENDAR_NOT_ALLOWED


class TooManyInvitations(Refused):
    code = Code.TOO_MANY_INVITATIONS


class GroupAddress(Refused):
    code = Code.GROUP_ADDRESS


class MuteTooLong(Refused):
    code = Code.MUTE_TOO_LONG


class LossRefused(Refused):
    code = Code.LOSS_REFUSED


class NotAll(Refused):
    code = Code.NOT_ALL


class Unsupported(Refused):
    code = Code.UNSUPPORTED


class UpstreamError(GatewayError):
    code = Code.UNAVAILABLE


class Unauthenticated(UpstreamError):
    code = Code.UNAUTHENTICATED


class Forbidden(UpstreamError):
    code = Code.FORBIDDEN


class NotFound(UpstreamError):
    code = Code.NOT_FOUND


class Conflict(UpstreamError):
    code = Code.CONFLICT


class AmbiguousKey(Conflict):
    code = Code.AMBIGUOUS_KEY


class KeyExists(Conflict):
    code = Code.KEY_EXISTS


class NotUnderKey(Conflict):
    code = Code.CONFLICT


class Moved(NotUnderKey):
    code = Code.MOVED


class NotOrganizer(NotUnderKey):
    code = Code.NOT_ORGANIZER


class LookupUnsupported(UpstreamError):
    code = Code.LOOKUP_UNSUPPORTED


class UpstreamRefused(UpstreamError):
    code = Code.UPSTREAM_REFUSED


class RateLimited(UpstreamError):
    code = Code.RATE_LIMITED
    retryable = True


class Unavailable(UpstreamError):
    code = Code.UNAVAILABLE
    retryable = True


class NotSent(UpstreamError):
    code = Code.UNREACHABLE
    retryable = True


class OutOfTime(UpstreamError):
    code = Code.DEADLINE
    retryable = True


class OutOfCalls(UpstreamError):
    code = Code.TOO_MANY


class NoAnswer(UpstreamError):
    code = Code.NO_ANSWER
    retryable = True


class NotStored(UpstreamError):
    code = Code.NOT_STORED
    retryable = True


class UnexpectedAnswer(UpstreamError):
    code = Code.UNEXPECTED_ANSWER
