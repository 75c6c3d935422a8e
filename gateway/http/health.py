"""Whether the process lives, and whether it can serve."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from gateway.service.audit import AuditTrail


async def healthz(_: Request) -> JSONResponse:
    """200 as long as the process answers at all."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """200 once the gateway is set up; 503 while audit lines are being lost.

    Upstreams do not count: a source that is down costs its own rows, and the rest is still worth serving.
    """

    def __init__(self, audit: AuditTrail) -> None:
        self._audit = audit

    async def check(self, _: Request) -> JSONResponse:
        if self._audit.failing:
            return JSONResponse({"status": "failing", "reason": "The audit log cannot be written."}, 503)
        return JSONResponse({"status": "ready"})
