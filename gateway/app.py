"""The composition root: settings become sources, sources a catalog, and the catalog an application."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.adapters.base import CalendarSource
from gateway.adapters.elasticsearch.nodes import Nodes
from gateway.adapters.elasticsearch.source import ElasticsearchSource
from gateway.adapters.msgraph.credentials import (
    Application,
    CallersToken,
    Credential,
    GivenToken,
    OnBehalfOf,
)
from gateway.adapters.msgraph.oauth import TokenEndpoint
from gateway.adapters.msgraph.source import MSGraphSource
from gateway.adapters.msgraph.tokens import Tokens
from gateway.adapters.retries import USUAL, Retries
from gateway.adapters.transport import Transport, Way
from gateway.errors import GatewayError
from gateway.http.admission import Admission
from gateway.http.entrance import entrance
from gateway.http.graphiql.page import Explorer
from gateway.http.graphql import GraphQLEndpoint
from gateway.http.health import Readiness, healthz
from gateway.model.ids import CalendarId
from gateway.schema.execution import Executor
from gateway.schema.limits import Limits
from gateway.service.call_limits import CallLimits
from gateway.service.catalog import Alias, Catalog, ConfiguredSource
from gateway.service.guard import CalendarPattern, SourceMode, SourcePolicy
from gateway.settings import (
    ElasticsearchSettings,
    Fault,
    MSGraphSettings,
    Settings,
    SettingsError,
    SourceSettings,
)

if TYPE_CHECKING:
    from gateway.sandbox import Sandbox

L = TypeVar("L", Limits, CallLimits)
Clock = Callable[[], datetime]

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CREDENTIAL_HEADER: Final = "authorization"
_SANDBOX_TIMEOUT: Final = timedelta(seconds=30)
_SANDBOX_MAILBOXES: Final = ("outages@contoso.com", "alice.nguyen@contoso.com", "bob.meyer@contoso.com")


@asynccontextmanager
async def running(settings: Settings, *, now: Clock | None = None) -> AsyncIterator[Starlette]:
    """The application while it is entered. Raises SettingsError if the audit log cannot be written."""
    async with catalog_of(settings, now=now) as catalog:
        served = application(settings, catalog)
        try:
            yield served
        finally:
            await served.state.identity.aclose()


@asynccontextmanager
async def catalog_of(settings: Settings, *, now: Clock | None = None) -> AsyncIterator[Catalog]:
    """The sources while it is entered, with their connections and, if they are emulated, their sandbox.

    `now` is the sandbox's clock.
    """
    async with AsyncExitStack() as stack:
        if settings.runs_on_sandbox:
            from gateway.sandbox import Sandbox  # noqa: PLC0415 an eighth of the start, for nothing elsewhere

            catalog = sandboxed(await stack.enter_async_context(Sandbox(now=now or _utc_now)))
        else:
            catalog = configured(settings)
        for source in catalog.sources.values():
            stack.push_async_callback(source.source.aclose)
        yield catalog


def application(settings: Settings, catalog: Catalog) -> Starlette:
    """The routes over a catalog of sources. Raises SettingsError if the audit log cannot be written.

    Whoever makes it closes its `state.identity`.
    """
    audit = settings.audit_trail()
    executor = Executor(catalog, audit, _limits(settings, Limits), _limits(settings, CallLimits))
    explorer = Explorer(sandbox=settings.runs_on_sandbox) if settings.shows_explorer else None

    headers = credential_headers(settings, catalog)
    admission = Admission.of(settings)
    endpoint = GraphQLEndpoint(
        executor.execute,
        explorer=explorer,
        credential_headers=headers,
        timeout=settings.request_timeout,
        upstream_calls=settings.limits.max_upstream_calls,
        admission=admission,
    )
    served = Starlette(
        routes=[
            *([Route("/", _to_explorer), *explorer.routes()] if explorer else []),
            Route("/graphql", endpoint, methods=METHODS),
            Route("/healthz", healthz),
            Route("/readyz", Readiness(audit).check),
        ],
        lifespan=lambda _: _ending(executor),
    )
    routes = served.build_middleware_stack()
    served.middleware_stack = entrance(settings, headers.values(), graphql=endpoint, routes=routes)
    served.state.identity = admission.identity
    return served


@asynccontextmanager
async def _ending(executor: Executor) -> AsyncIterator[None]:
    async with aclosing(executor):
        yield


def _limits(settings: Settings, kind: type[L]) -> L:
    """The limits of that kind, whose names are those of the settings without `max_`."""
    given = {name.removeprefix("max_"): value for name, value in settings.limits.model_dump().items()}
    return kind(**{name: given[name] for name in kind.__struct_fields__})


def credential_headers(settings: Settings, catalog: Catalog) -> dict[str, str]:
    """In which header of a call, in small letters, each source's credential of the caller comes.

    The header of the gateway's own identity is none of them, except for a source that exchanges the token.
    """
    headers = dict.fromkeys(catalog.sources, CREDENTIAL_HEADER)
    headers |= {name: source.credential_header for name, source in settings.sources.items()}
    if not settings.identifies_callers:
        return headers
    exchanging = {name for name, source in settings.sources.items() if source.exchanged_for is not None}
    return {
        name: header
        for name, header in headers.items()
        if name in exchanging or header != settings.identity_header
    }


def configured(settings: Settings, *, retries: Retries = USUAL) -> Catalog:
    """The sources and aliases of a configuration, connected to nothing yet. Raises SettingsError.

    `retries` says when reads are asked again.
    """
    connections = {name: _connect(name, source, retries) for name, source in settings.sources.items()}
    aliases = _aliases(settings, connections)
    sources = [
        ConfiguredSource(source=connections[name], policy=source.policy(_aliased(connections[name], aliases)))
        for name, source in settings.sources.items()
    ]
    return Catalog(sources, aliases)


def _aliases(settings: Settings, connections: Mapping[str, CalendarSource]) -> dict[str, Alias]:
    """The aliases, each name as its source understands it. Raises SettingsError with all that are not."""
    faults: list[Fault] = []
    aliases: dict[str, Alias] = {}
    for name, alias in settings.aliases.items():
        calendars: list[CalendarId] = []
        for place, written in enumerate(alias.calendars):
            try:
                calendars.append(connections[written.source].calendar_id(written))
            except GatewayError as exc:
                what = " ".join(filter(None, (exc.problem.message, exc.problem.hint)))
                faults.append(Fault(where=f"aliases.{name}.calendars.{place}", what=what))
        aliases[name] = Alias(
            calendars=tuple(calendars), time_zone=alias.time_zone, announcement=alias.announcement
        )
    if faults:
        raise SettingsError(faults)
    return aliases


def _aliased(source: CalendarSource, aliases: dict[str, Alias]) -> list[CalendarId]:
    """The calendars of a source that aliases name, in both spellings."""
    named = [id_ for alias in aliases.values() for id_ in alias.calendars if id_.source == source.name]
    return [*named, *(canonical for id_ in named if (canonical := source.canonical_id(id_)) is not None)]


def _connect(name: str, settings: SourceSettings, retries: Retries) -> CalendarSource:
    match settings:
        case ElasticsearchSettings():
            return ElasticsearchSource(
                name,
                transport=_way(name, settings),
                retries=retries,
                authorization=settings.authorization,
                takes_callers_credential=settings.takes_callers_credential,
                series=settings.series,
                lookback=settings.key_lookback,
            )
        case MSGraphSettings():
            return MSGraphSource(
                name,
                transport=Transport(settings.root, source=name, timeout=settings.timeout),
                credential=_graph_credential(name, settings),
                version=settings.version,
                mailboxes=settings.mailboxes,
                requests_per_mailbox=settings.requests_per_mailbox,
                retries=retries,
            )


def _way(name: str, settings: ElasticsearchSettings) -> Way:
    tls = settings.tls
    transports = [Transport(url, source=name, timeout=settings.timeout, tls=tls) for url in settings.url]
    return Nodes(transports, now=_utc_now) if len(transports) > 1 else transports[0]


def _graph_credential(name: str, settings: MSGraphSettings) -> Credential:
    if settings.client is None:
        callers = CallersToken(source=name, header=settings.credential_header)
        takes = settings.takes_callers_credential
        return GivenToken(source=name, callers=callers if takes else None, configured=settings.authorization)
    endpoint = TokenEndpoint(
        name,
        transport=Transport(
            settings.token_root, source=f"the token endpoint of {name}", timeout=settings.timeout
        ),
        client=settings.client,
        scope=settings.in_cloud.scope,
        now=_utc_now,
    )
    tokens = Tokens(name, now=_utc_now)
    if settings.credential is None:
        return Application(endpoint, tokens)
    wanted = f"a token for the application {settings.client.client_id}"
    callers = CallersToken(source=name, header=settings.credential_header, wanted=wanted)
    return OnBehalfOf(endpoint, tokens, callers=callers, now=_utc_now)


def sandboxed(sandbox: "Sandbox") -> Catalog:
    """The seed world's sources and alias, on a sandbox's emulators."""
    elasticsearch = ElasticsearchSource(
        "elasticsearch",
        transport=Transport(sandbox.elasticsearch.url, source="elasticsearch", timeout=_SANDBOX_TIMEOUT),
        authorization=sandbox.credentials.elasticsearch_manage,
    )
    msgraph = MSGraphSource(
        "msgraph",
        transport=Transport(sandbox.msgraph.url, source="msgraph", timeout=_SANDBOX_TIMEOUT),
        credential=GivenToken(
            source="msgraph",
            callers=CallersToken(source="msgraph"),
            configured=sandbox.credentials.msgraph_app,
        ),
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
