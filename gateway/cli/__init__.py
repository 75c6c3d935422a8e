"""The command line: serve the gateway, print its schema, make keys, examine sources, run the sandbox."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from gateway.app import catalog_of, running
from gateway.cli import coverage, ending, memory, reconcile
from gateway.cli.caller import Config, Credential, authorization_in, session_of
from gateway.cli.leaving import on_signal
from gateway.errors import Problem
from gateway.http.connection import punctual
from gateway.http.identity.api_keys import hashed, new_key
from gateway.http.logging import configure
from gateway.schema.build import client_sdl, subgraph_sdl
from gateway.service.doctor import Finding, examine
from gateway.settings import Fault, Settings, SettingsError, load

_INDENT = "\n      "

app = typer.Typer(
    help="One GraphQL calendar out of Elasticsearch ML calendars and Microsoft Graph calendars.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main(words: Sequence[str] | None = None) -> None:
    """The program `gateway`, with those words or its own. Exits with 2 if it cannot be configured so."""
    with _explained():
        app(words)


@app.command()
def serve(
    config: Config = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on; 0 takes a free one.")] = None,
    sandbox: Annotated[
        bool | None, typer.Option("--sandbox", help="Run on emulators of both upstreams.")
    ] = None,
) -> None:
    """Serve GraphQL at /graphql until told to stop."""
    options = {"host": host, "port": port, "sandbox": sandbox}
    settings = load(config, environ=os.environ, options=options)
    configure(settings.log_format, settings.log_level)
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_serve(settings))


@app.command()
def schema(
    subgraph: Annotated[bool, typer.Option(help="The SDL that a supergraph is composed from.")] = False,
) -> None:
    """Print the schema's SDL, for clients or as a subgraph."""
    print(subgraph_sdl() if subgraph else client_sdl(), end="")


@app.command()
def key(
    name: Annotated[str, typer.Argument(help="Who will hold it.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What the holder may do, `read` if nothing is said; again for each."),
    ] = None,
) -> None:
    """Make an API key, and print it with what the configuration holds of it."""
    made = new_key()
    table = {"sha256": hashed(made), "scopes": list(scope or ["read"])}
    load(environ={}, options={"api_keys": {name: table}})
    print(f"# The key. It is shown only now; give it to {name} and to nobody else:\n#   {made}")
    print(f"[api_keys.{json.dumps(name)}]")
    for setting, value in table.items():
        print(f"{setting} = {json.dumps(value)}")


@app.command()
def doctor(
    config: Config = None,
    credential: Credential = None,
) -> None:
    """See whether each source answers, takes the credential and can be read. Exits with 1 if not."""
    settings = load(config, environ=os.environ)
    configure(settings.log_format, "warning")
    findings = asyncio.run(_examine(settings, authorization_in(credential)))
    for finding in findings:
        print(_line(finding))
    if any(finding.problems for finding in findings):
        raise typer.Exit(1)


app.command("coverage")(coverage.run)
app.command("reconcile")(reconcile.run)
app.command("extend")(ending.extend)
app.command("end")(ending.end)


@app.command("sandbox")
def run_sandbox(
    *,
    elasticsearch_port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 9280,
    msgraph_port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 9281,
    seed: Annotated[
        Path | None, typer.Option(help="A JSON file with the world to begin with; else a small team's week.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="The file to keep the world in; else it is forgotten at the end.")
    ] = None,
    elasticsearch_version: Annotated[
        str | None, typer.Option(help="7.17, 8.15, 8.19 or 9.2, the default.")
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PLACE=VALUE",
            help="A switch or a limit by its place in a seed file, such as `msgraph.unknowns.post_zone=UTC`; "
            "again for each.",
        ),
    ] = None,
) -> None:
    """Run emulators of both upstreams on this machine, and print how to reach them."""
    from gateway.cli.sandbox import run  # noqa: PLC0415 the emulators are an eighth of the start

    run(
        elasticsearch_port=elasticsearch_port,
        msgraph_port=msgraph_port,
        seed=seed,
        data=data,
        elasticsearch_version=elasticsearch_version,
        assignments=assignments or (),
    )


class _Server(uvicorn.Server):
    """Exits with 0 after a signal that asks it to leave; uvicorn would die of it in the end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        on_signal(self.handle_exit, None)
        yield


async def _serve(settings: Settings) -> None:
    async with running(settings) as application:
        config = uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=settings.grace_seconds,
            http=punctual(settings.receive_timeout, settings.limits.max_untaken_bytes),
        )
        memory.collect_less()
        memory.give_back_less()
        with _listening(settings.host, settings.port) as listener:
            print(_welcome(settings, listener), file=sys.stderr, flush=True)
            await _Server(config).serve(sockets=[listener])


async def _examine(settings: Settings, authorization: str | None) -> list[Finding]:
    async with catalog_of(settings) as catalog:
        return await examine(session_of(settings, catalog, authorization))


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that is bound before anything is promised. Raises SettingsError if it cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as exc:
            what = f"cannot listen on {host}:{port}: {exc.strerror}."
            raise SettingsError([Fault(where="port", what=what)]) from exc
        listener.listen()  # who reads the address may come at once
        yield listener


def _welcome(settings: Settings, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    lines = [f"Open http://{shown}:{port}/graphql"]
    if settings.runs_on_sandbox:
        lines.append("This is the sandbox: both upstreams are emulated, nothing outside is read or written.")
    return "\n".join(lines)


def _line(finding: Finding) -> str:
    source = finding.source
    sandbox = ", sandbox" if source.is_sandbox else ""
    head = f"{source.name} ({source.source.kind}, {source.policy.mode}{sandbox})"
    version = f" version {finding.version}," if finding.version else ""
    problems = [f"{problem.code}: {problem.message}{_hint(problem)}" for problem in finding.problems]
    if finding.calendars is None:
        return _INDENT.join([f"FAIL  {head}: {problems[0]}", *problems[1:]])
    verdict = "PART" if problems else "ok  "
    read = f"{verdict}  {head}:{version} {finding.calendars} calendars can be read"
    return _INDENT.join([read, *problems])


def _hint(problem: Problem) -> str:
    return f"{_INDENT}{problem.hint}" if problem.hint else ""


@contextmanager
def _explained() -> Iterator[None]:
    """Says what is wrong with the configuration, one line a fault, instead of a traceback."""
    try:
        yield
    except SettingsError as exc:
        print(f"The configuration cannot be used:\n{exc}", file=sys.stderr)
        sys.exit(2)
