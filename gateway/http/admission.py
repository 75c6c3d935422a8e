"""Who gets in: what is checked of a request before anything of its body is read."""

from collections.abc import Collection

import msgspec
from starlette.requests import Request

from gateway.http.identity.caller import Caller
from gateway.http.identity.identity import Identity
from gateway.http.sites import check_site


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """The checks. `origins` are those of other sites whose pages may call."""

    identity: Identity = Identity()
    origins: Collection[str] = ()

    async def admit(self, request: Request) -> Caller | None:
        """Who calls, None where nobody is asked. Raises Refusal."""
        check_site(request.headers, self.origins)
        return await self.identity.caller(request.headers)

    def passes(self, header: str, caller: Caller | None) -> bool:
        """Whether what came in a header may go to a source that takes its credential from there."""
        return self.identity.passes(header, caller)
