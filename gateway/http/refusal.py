"""What is refused before, or instead of, executing anything: a status, a code and a message."""

from collections.abc import Mapping
from datetime import timedelta

from gateway.errors import Code


class Refusal(Exception):
    """A request that is not served. `headers` go with the answer; `retry_after` says that it may be."""

    def __init__(
        self,
        status: int,
        message: str,
        headers: Mapping[str, str] | None = None,
        *,
        code: str,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})
        self.code = code
        self.retry_after = retry_after


class BadRequest(Refusal):
    """A request that is no GraphQL request."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, message, headers, code="BAD_REQUEST")


class NotIdentified(Refusal):
    """A caller of whom nobody knows who he is. The message never quotes the credential."""

    def __init__(self, message: str) -> None:
        headers = {"www-authenticate": "Bearer"}
        super().__init__(401, message, headers, code=Code.UNAUTHENTICATED)


class Later(Refusal):
    """A request that may be served after a while."""

    def __init__(self, status: int, message: str, *, code: Code, wait: timedelta) -> None:
        seconds = max(1, -(-wait // timedelta(seconds=1)))
        headers = {"retry-after": str(seconds)}
        super().__init__(status, message, headers, code=code, retry_after=timedelta(seconds=seconds))
