"""Trouble as data: what went wrong, where, and what to do."""

from enum import Enum
from typing import Self

import strawberry
from strawberry import enum_value as value

from gateway import errors
from gateway.schema.enums import by_name
from gateway.schema.scalars import Duration, elapsed


@strawberry.enum(description="What went wrong, for programs.")
class ProblemCode(Enum):
    INVALID_INPUT = value("INVALID_INPUT", description="What was written cannot be meant.")
    INVALID_ID = value("INVALID_ID", description="An id is malformed, or of another thing.")
    INVALID_TIME = value("INVALID_TIME", description="A time is out of bounds, ambiguous or does not exist.")
    UNKNOWN_TIME_ZONE = value("UNKNOWN_TIME_ZONE", description="No time zone is called so.")
    UNKNOWN_SOURCE = value("UNKNOWN_SOURCE", description="No source is called so.")
    UNKNOWN_ALIAS = value("UNKNOWN_ALIAS", description="No alias is called so.")
    TOO_MANY = value("TOO_MANY", description="Above a limit of the gateway.")
    REFUSED = value("REFUSED", description="A guard rail of the configuration forbids it.")
    READ_ONLY_SOURCE = value("READ_ONLY_SOURCE", description="The source is configured for reading only.")
    MISSING_SCOPE = value("MISSING_SCOPE", description="The caller's key or token does not allow it.")
    CALENDAR_NOT_ALLOWED = value(
        "CALENDAR_NOT_ALLOWED", description="The configuration does not name the calendar."
    )
    TOO_MANY_INVITATIONS = value(
        "TOO_MANY_INVITATIONS", description="More people would be invited than is allowed."
    )
    GROUP_ADDRESS = value(
        "GROUP_ADDRESS", description="An address stands for a group, and who is behind it is unknown."
    )
    MUTE_TOO_LONG = value(
        "MUTE_TOO_LONG", description="Anomaly detection would be blind for longer than is allowed."
    )
    LOSS_REFUSED = value(
        "LOSS_REFUSED", description="Something of it would be lost, and the call said `onLoss: REJECT`."
    )
    NOT_ALL = value("NOT_ALL", description="Another row failed, and all or nothing was asked for.")
    UNSUPPORTED = value("UNSUPPORTED", description="This kind of source cannot do it.")
    UNAUTHENTICATED = value(
        "UNAUTHENTICATED", description="The upstream wants a credential, or does not take the one it got."
    )
    FORBIDDEN = value("FORBIDDEN", description="The credential lacks a permission.")
    NOT_FOUND = value("NOT_FOUND", description="The upstream has no such calendar or event.")
    CONFLICT = value("CONFLICT", description="The upstream holds something that contradicts it.")
    AMBIGUOUS_KEY = value("AMBIGUOUS_KEY", description="Two live events bear one key in one calendar.")
    KEY_EXISTS = value("KEY_EXISTS", description="An event bears the key already, and none was to.")
    MOVED = value("MOVED", description="The event of the key is in another calendar by now.")
    NOT_ORGANIZER = value("NOT_ORGANIZER", description="The event of the key is somebody else's meeting.")
    LOOKUP_UNSUPPORTED = value("LOOKUP_UNSUPPORTED", description="The upstream cannot look keys up there.")
    UPSTREAM_REFUSED = value("UPSTREAM_REFUSED", description="The upstream finds fault with the request.")
    RATE_LIMITED = value("RATE_LIMITED", description="The upstream wants fewer requests.")
    UNAVAILABLE = value("UNAVAILABLE", description="The upstream is in trouble.")
    UNREACHABLE = value("UNREACHABLE", description="No connection to the upstream: nothing was sent.")
    DEADLINE = value("DEADLINE", description="The request's time was up before anything was sent.")
    NO_ANSWER = value("NO_ANSWER", description="The request left, and no whole answer came back.")
    NOT_STORED = value("NOT_STORED", description="The upstream reported success, but the event is not there.")
    UNEXPECTED_ANSWER = value(
        "UNEXPECTED_ANSWER", description="The upstream's answer is not what it promises."
    )
    INTERNAL = value("INTERNAL", description="A fault of the gateway itself; its log has the details.")


@strawberry.type(description="What went wrong with one thing, where, and what to do about it.")
class Problem:
    code: ProblemCode = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people.")
    path: list[str] = strawberry.field(description="Where in the input the trouble lies.")
    hint: str | None = strawberry.field(description="What to do.")
    retryable: bool = strawberry.field(description="Whether the same call can succeed later.")
    retry_after: Duration | None = strawberry.field(description="How long the upstream asks to wait.")
    upstream_code: str | None = strawberry.field(description="The upstream's own code.")
    request_id: str | None = strawberry.field(description="The upstream's name for the request.")
    claims: str | None = strawberry.field(
        description="What a new token must have, for the `claims` parameter with which it is asked for."
    )

    @classmethod
    def of(cls, problem: errors.Problem) -> Self:
        return cls(
            code=by_name(ProblemCode, problem.code),
            message=problem.message,
            path=list(problem.path),
            hint=problem.hint,
            retryable=problem.retryable,
            retry_after=None if problem.retry_after is None else elapsed(problem.retry_after),
            upstream_code=problem.upstream_code,
            request_id=problem.request_id,
            claims=problem.claims,
        )
