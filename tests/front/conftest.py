"""The real application over its real transport, on the sandbox's emulators."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.app import application, configured
from gateway.sandbox import Sandbox
from gateway.sandbox.http import Request
from gateway.service.catalog import Catalog
from gateway.settings import load
from tests.adapters.retry_clock import RetryClock

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
"""A Wednesday: the seed world's week is the one around it."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """What the sandbox takes for now."""
    return lambda: NOW


@pytest.fixture
async def sandbox(clock: Callable[[], datetime]) -> AsyncIterator[Sandbox]:
    async with Sandbox(now=clock) as sandbox:
        yield sandbox


class Front:
    """A client of the gateway, and what the emulators saw of it."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        sandbox: Sandbox,
        audit_log: Any,
        lifespan: AsyncExitStack,
        catalog: Catalog,
    ) -> None:
        self.catalog = catalog
        self.client = client
        self.sandbox = sandbox
        self._audit_log = audit_log
        self._lifespan = lifespan

    async def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, **headers: str
    ) -> dict[str, Any]:
        """The data of an operation that must not have errors."""
        answer = await self.answer(query, variables, **headers)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def answer(
        self, query: str, variables: Mapping[str, Any] | None = None, **headers: str
    ) -> dict[str, Any]:
        body = {"query": query, "variables": dict(variables or {})}
        response = await self.client.post("/graphql", json=body, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    def seen(self, source: str, method: str = "POST") -> list[Request]:
        """The requests of a method that reached an emulator, in order."""
        exchanges = getattr(self.sandbox, source).exchanges
        return [exchange.request for exchange in exchanges if exchange.request.method == method]

    async def leave(self) -> None:
        """The application's end, as a server brings it about when it is told to leave."""
        await self._lifespan.aclose()

    @property
    def audit(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._audit_log.read_text().splitlines()]


async def _served(sandbox: Sandbox, toml: str, directory: Path, stack: AsyncExitStack) -> Front:
    audit_log = directory / "audit.log"
    file = directory / "gateway.toml"
    text = toml.replace("{es}", sandbox.elasticsearch.url).replace("{graph}", sandbox.msgraph.url)
    for name in ("elasticsearch_manage", "elasticsearch_monitor", "msgraph_app", "msgraph_alice"):
        text = text.replace(f"{{{name}}}", getattr(sandbox.credentials, name).partition(" ")[2])
    file.write_text(f"audit_log = {str(audit_log)!r}\n{text}")
    settings = load(file, environ={})
    catalog = configured(settings, retries=RetryClock().retries())
    for source in catalog.sources.values():
        stack.push_async_callback(source.source.aclose)
    served = application(settings, catalog)
    stack.push_async_callback(served.state.identity.aclose)
    lifespan = await stack.enter_async_context(AsyncExitStack())
    await lifespan.enter_async_context(served.router.lifespan_context(served))
    client = await stack.enter_async_context(
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=served), base_url="http://localhost")
    )
    return Front(client, sandbox, audit_log, lifespan, catalog)


@pytest.fixture
async def front(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Any]:
    """Makes a front from a configuration; `{es}` and `{graph}` stand for the emulators' addresses."""
    async with AsyncExitStack() as stack:

        async def make(toml: str = CONFIGURATION) -> Front:
            return await _served(sandbox, toml, tmp_path, stack)

        yield make


@pytest.fixture
async def world(front: Any, clock: Callable[[], datetime]) -> Callable[[], Front]:
    """Gives one front on the seed world, for one example of a property: what the last one wrote is gone."""
    gateway: Front = await front()

    def begin() -> Front:
        fresh = Sandbox(now=clock)
        gateway.sandbox.elasticsearch.emulator = fresh.elasticsearch.emulator
        gateway.sandbox.msgraph.emulator = fresh.msgraph.emulator
        return gateway

    return begin


CONFIGURATION = """
[sources.elasticsearch]
kind = "elasticsearch"
url = "{es}"
api_key = "{elasticsearch_manage}"
mode = "write"
calendars = ["*"]
time_zone = "Europe/Berlin"
max_mute = "P400D"
key_lookback = "P36500D"  # the cases are of 2026 and 2027, the clock is not

[sources.msgraph]
kind = "msgraph"
url = "{graph}"
access_token = "{msgraph_app}"
mode = "write"
calendars = ["*"]
mailboxes = ["outages@contoso.com"]
time_zone = "Europe/Berlin"

[sources.beta]
kind = "msgraph"
url = "{graph}"
version = "beta"
access_token = "{msgraph_alice}"
mode = "write"
calendars = ["*"]

[aliases]
payments-maintenance = ["msgraph:users/outages@contoso.com/calendar", "elasticsearch:planned-outages"]
"""
