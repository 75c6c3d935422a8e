"""Trouble as data: what went wrong, where, and what to do."""

from typing import Self

import strawberry

from gateway import errors
from gateway.schema.enums import ProblemCode, by_name
from gateway.schema.scalars import Duration, elapsed


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
