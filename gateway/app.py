"""The composition root: settings become sources, sources a catalog, and the catalog an application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from strawberry.types import ExecutionResult

from gateway.adapters.base import CalendarSource, Call
from gateway.adapters.elasticsearch.source import ElasticsearchSource
from gateway.adapters.msgraph.source import MSGraphSource
from gateway.adapters.transport import Transport
from gateway.http.graphiql.page import Explorer
from gateway.http.graphql import GraphQLEndpoint
from gateway.http.health import Readiness, healthz
from gateway.http.operation import Operation
from gateway.model.ids import CalendarId
from gateway.sandbox import Sandbox
from gateway.schema.execution import Executor
from gateway.service.catalog import Alias, Catalog, ConfiguredSource
from gateway.service.guard import CalendarPattern, SourceMode, SourcePolicy
from gateway.settings import ElasticsearchSettings, MSGraphSettings, Settings, SourceSettings

Clock = Callable[[], datetime]

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CREDENTIAL_HEADER: Final = "authorization"
_SANDBOX_TIMEOUT: Final = timedelta(seconds=30)
_SANDBOX_MAILBOXES: Final = ("outages@contoso.com", "alice.nguyen@contoso.com", "bob.meyer@contoso.com")


@asynccontextmanager
async def running(settings: Settings, *, now: Clock | None = None) -> AsyncIterator[Starlette]:
    """The application while it is entered. Raises SettingsError if the audit log cannot be written."""
    async with catalog_of(settings, now=now) as catalog:
        yield application(settings, catalog)


@asynccontextmanager
async def catalog_of(settings: Settings, *, now: Clock | None = None) -> AsyncIterator[Catalog]:
    """The sources while it is entered, with their connections and, if they are emulated, their sandbox.

    `now` is the sandbox's clock.
    """
    async with AsyncExitStack() as stack:
        if settings.runs_on_sandbox:
            catalog = sandboxed(await stack.enter_async_context(Sandbox(now=now or _utc_now)))
        else:
            catalog = configured(settings)
        for source in catalog.sources.values():
            stack.push_async_callback(source.source.aclose)
        yield catalog


def application(settings: Settings, catalog: Catalog) -> Starlette:
    """The routes over a catalog of sources. Raises SettingsError if the audit log cannot be written."""
    audit = settings.audit_trail()
    executor = Executor(catalog, audit)
    explorer = Explorer(sandbox=settings.runs_on_sandbox)

    async def execute(operation: Operation, call: Call, reads_only: bool) -> ExecutionResult:
        return await executor.execute(
            call, operation.query, operation.variables, operation.name, reads_only=reads_only
        )

    headers = dict.fromkeys(catalog.sources, CREDENTIAL_HEADER)
    endpoint = GraphQLEndpoint(execute, explorer=explorer, credential_headers=headers)
    return Starlette(
        routes=[
            Route("/", _to_explorer),
            *explorer.routes(),
            Route("/graphql", endpoint.handle, methods=METHODS),
            Route("/healthz", healthz),
            Route("/readyz", Readiness(audit).check),
        ]
    )


def configured(settings: Settings) -> Catalog:
    """The sources and aliases of a configuration, connected to nothing yet."""
    connections = {name: _connect(name, source) for name, source in settings.sources.items()}
    aliases = {
        name: Alias(
            calendars=tuple(connections[id_.source].calendar_id(id_) for id_ in alias.calendars),
            time_zone=alias.time_zone,
        )
        for name, alias in settings.aliases.items()
    }
    sources = [
        ConfiguredSource(source=connections[name], policy=source.policy(_aliased(connections[name], aliases)))
        for name, source in settings.sources.items()
    ]
    return Catalog(sources, aliases)


def _aliased(source: CalendarSource, aliases: dict[str, Alias]) -> list[CalendarId]:
    """The calendars of a source that aliases name, in both spellings."""
    named = [id_ for alias in aliases.values() for id_ in alias.calendars if id_.source == source.name]
    return [*named, *(canonical for id_ in named if (canonical := source.canonical_id(id_)) is not None)]


def _connect(name: str, settings: SourceSettings) -> CalendarSource:
    transport = Transport(settings.url, source=name, timeout=settings.timeout)
    match settings:
        case ElasticsearchSettings():
            return ElasticsearchSource(
                name,
                transport=transport,
                authorization=settings.authorization,
                takes_callers_credential=settings.takes_callers_credential,
            )
        case MSGraphSettings():
            return MSGraphSource(
                name,
                transport=transport,
                version=settings.version,
                authorization=settings.authorization,
                takes_callers_credential=settings.takes_callers_credential,
                mailboxes=settings.mailboxes,
            )


def sandboxed(sandbox: Sandbox) -> Catalog:
    """The seed world's sources and alias, on a sandbox's emulators."""
    elasticsearch = ElasticsearchSource(
        "elasticsearch",
        transport=Transport(sandbox.elasticsearch.url, source="elasticsearch", timeout=_SANDBOX_TIMEOUT),
        authorization=sandbox.credentials.elasticsearch_manage,
    )
    msgraph = MSGraphSource(
        "msgraph",
        transport=Transport(sandbox.msgraph.url, source="msgraph", timeout=_SANDBOX_TIMEOUT),
        authorization=sandbox.credentials.msgraph_app,
        takes_callers_credential=True,
        mailboxes=_SANDBOX_MAILBOXES,
    )
    policy = SourcePolicy(mode=SourceMode.WRITE, calendars=(CalendarPattern(("*",)),), time_zone="UTC")
    sources = [ConfiguredSource(source=it, policy=policy, is_sandbox=True) for it in (elasticsearch, msgraph)]
    return Catalog(sources, {"payments-maintenance": Alias(calendars=_PAYMENTS)})


_PAYMENTS: Final = (
    CalendarId("msgraph", ("users", "outages@contoso.com", "calendar")),
    CalendarId("elasticsearch", ("planned-outages",)),
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def _to_explorer(_: object) -> Response:
    return RedirectResponse("graphql")
