"""The README and the docs: what they show runs, what they list is all there is, links lead somewhere."""

import json
import os
import re
import shlex
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any, get_type_hints

import anyio
import httpx2
import msgspec
import pytest
from graphql import ExecutableDefinitionNode, ObjectTypeDefinitionNode, parse
from typer.main import get_command

from gateway.adapters.elasticsearch import ids as elasticsearch_ids
from gateway.adapters.losses import Loss, Notice
from gateway.adapters.msgraph import keys, paths
from gateway.app import application, catalog_of, running
from gateway.cli import app
from gateway.errors import Code, GatewayError, InvalidId
from gateway.model.ids import CalendarId, EventId, ResourceId
from gateway.sandbox import Sandbox
from gateway.sandbox.elasticsearch.unknowns import Unknowns as ElasticsearchUnknowns
from gateway.sandbox.msgraph import Limits, Unknowns
from gateway.sandbox.setup import allowed
from gateway.schema.build import client_sdl
from gateway.schema.enums import WarningCode, WriteStatus
from gateway.schema.problem import ProblemCode
from gateway.settings import load

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
REFERENCE = ROOT / "docs/reference"
PAGES = [README, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]  # a group, which the stubs do not know


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def blocks(language: str, *, pages: list[Path] = PAGES) -> list[Any]:
    """The fenced blocks of a language, each under its place as its test's id."""
    found = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(rf"^( *)```{language}\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL):
            line = text[: match.start()].count("\n") + 1
            found.append(pytest.param(dedent(match[2]), id=f"{page.relative_to(ROOT)}:{line}"))
    return found


def is_operation(block: Any) -> bool:
    (document,) = block.values
    return isinstance(parse(document).definitions[0], ExecutableDefinitionNode)


def table(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading that begins so, without its head."""
    _, found, rest = page.read_text(encoding="utf-8").partition(f"\n{heading}")
    assert found, heading
    lines = rest[rest.index("\n|") + 1 :].split("\n\n", 1)[0].splitlines()
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def troubles(data: Any) -> Iterator[Any]:
    """All problems that an answer holds, however deep."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name in {"problem", "problems"} and value:
                yield value
            yield from troubles(value)
    elif isinstance(data, list):
        for value in data:
            yield from troubles(value)


def client_of(application: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=application), base_url="http://localhost")


async def ask(client: httpx2.AsyncClient, query: str, **headers: str) -> dict[str, Any]:
    return (await client.post("/graphql", json={"query": query}, headers=headers)).json()


# What is shown runs


@pytest.mark.anyio
@pytest.mark.parametrize("document", [*filter(is_operation, blocks("graphql"))])
async def test_every_operation_runs_on_the_sandbox_without_a_problem(document: str):
    async with running(load(environ={}), now=lambda: NOW) as gateway, client_of(gateway) as client:
        answer = await ask(client, document)
    assert "errors" not in answer
    assert list(troubles(answer["data"])) == []


def test_the_other_graphql_is_sdl():
    rest = [block for block in blocks("graphql") if not is_operation(block)]
    assert rest
    assert all("CalendarEvent @key" in block.values[0] for block in rest)


@pytest.mark.parametrize("text", blocks("toml"))
def test_every_configuration_loads(text: str, tmp_path: Path):
    file = tmp_path / "gateway.toml"
    file.write_text(text)
    assert load(file, environ={}).sources


@pytest.fixture
async def first_hour(tmp_path: Path) -> AsyncIterator[tuple[Path, str]]:
    """The README's configuration with the sandbox's addresses, a key that only reads, and Alice's token."""
    (block,) = blocks("toml", pages=[README])
    async with Sandbox(now=lambda: NOW) as sandbox:
        text = block.values[0].replace("https://es.example:9200", sandbox.elasticsearch.url)
        text = text.replace("the-encoded-key", sandbox.credentials.elasticsearch_monitor.split()[1])
        text = text.replace('kind = "msgraph"', f'kind = "msgraph"\nurl = "{sandbox.msgraph.url}"')
        file = tmp_path / "gateway.toml"
        file.write_text(text)
        yield file, sandbox.credentials.msgraph_alice


@pytest.mark.anyio
async def test_in_the_first_hour_the_doctor_finds_all_well(first_hour: tuple[Path, str], tmp_path: Path):
    file, bearer = first_hour
    token = tmp_path / "graph-token"
    token.write_text(f"{bearer}\n")
    command = [sys.executable, "-m", "gateway", "doctor", "--config", str(file), "--credential", str(token)]
    done = await anyio.run_process(command, cwd=ROOT, env=ENVIRON, check=False)
    assert done.returncode == 0
    assert [line.split()[:2] for line in done.stdout.decode().splitlines()] == [
        ["ok", "elasticsearch"],
        ["ok", "msgraph"],
    ]


@pytest.mark.anyio
async def test_in_the_first_hour_all_can_be_read_and_planned_and_nothing_written(
    first_hour: tuple[Path, str],
):
    file, bearer = first_hour
    settings = load(file, environ={})
    (dry_run,) = blocks("graphql", pages=[ROOT / "docs/explanation/how-a-write-works.md"])[:1]
    async with catalog_of(settings) as catalog, client_of(application(settings, catalog)) as client:
        read = await ask(
            client,
            '{ calendarEvents(calendars: ["payments-maintenance", "msgraph:me/calendar"] window: '
            '{ start: "2026-11-16T00:00:00Z", end: "2026-11-23T00:00:00Z" })'
            "{ isComplete nodes { calendarId } } }",
            authorization=bearer,
        )
        planned = await ask(client, dry_run.values[0], authorization=bearer)
        refused = await ask(client, dry_run.values[0].replace("dryRun: true", ""), authorization=bearer)
    listed = read["data"]["calendarEvents"]
    assert listed["isComplete"]
    assert len({row["calendarId"] for row in listed["nodes"]}) == 3
    assert planned["data"]["addEvents"]["status"] == "PLANNED"
    assert {row["problem"]["code"] for row in refused["data"]["addEvents"]["results"]} == {"READ_ONLY_SOURCE"}


# What is listed is all there is


def test_every_problem_has_its_row_and_says_whether_to_try_again():
    again = {error.code: error.retryable for error in errors_below(GatewayError)}
    rows = table(REFERENCE / "problems.md", '"Again"')
    assert [row[0] for row in rows] == [code.name for code in ProblemCode]
    assert {row[0]: row[1] == "yes" for row in rows} == {code.value: again[code] for code in Code}


def test_the_properties_that_hold_keys_in_graph_are_those_that_are_written():
    rows = table(ROOT / "docs/explanation/keys-in-graph.md", "## Where the key is")
    assert [row[0] for row in rows] == [keys.KEY, keys.FINGERPRINT]
    assert all(f"{{{keys.GUID}}}" in row[0] for row in rows)


def test_every_part_of_a_problem_is_named():
    text = (REFERENCE / "problems.md").read_text(encoding="utf-8")
    named = re.search(r"A problem is `\{ (.*?) \}`", text)
    definition = next(
        it
        for it in parse(client_sdl()).definitions
        if isinstance(it, ObjectTypeDefinitionNode) and it.name.value == "Problem"
    )
    assert named is not None
    assert named[1].split() == [field.name.value for field in definition.fields or ()]


def errors_below(error: type[GatewayError]) -> Iterator[type[GatewayError]]:
    """The error and all that derive from it, the narrowest last."""
    yield error
    for derived in error.__subclasses__():
        yield from errors_below(derived)


def test_every_status_of_a_write_has_its_row():
    rows = table(ROOT / "docs/explanation/how-a-write-works.md", "## What a row says")
    assert {row[0] for row in rows} == {status.name for status in WriteStatus}


def test_every_warning_has_its_row_and_says_whether_it_is_a_loss():
    rows = table(REFERENCE / "problems.md", "## Warnings")
    losses, notices = (
        dict.fromkeys(Loss, "yes"),
        dict.fromkeys([*Notice, Code.READ_ONLY_SOURCE, Code.MISSING_SCOPE], "no"),
    )
    assert {row[0]: row[1] for row in rows} == {**losses, **notices}
    assert {row[0] for row in rows} == {code.name for code in WarningCode}


@pytest.mark.parametrize(
    ("switches", "heading"),
    [
        (Unknowns, "## Open questions about Graph"),
        (Limits, "## Limits of Graph"),
        (ElasticsearchUnknowns, "## Open questions about Elasticsearch"),
    ],
)
def test_every_switch_and_limit_of_the_sandbox_is_listed_with_its_values_and_its_default(switches, heading):
    kinds, defaults = get_type_hints(switches), msgspec.to_builtins(switches())
    expected = {
        name: (allowed(kind), value if isinstance(value := defaults[name], str) else json.dumps(value))
        for name, kind in kinds.items()
    }
    rows = [[cell.replace("`", "") for cell in row] for row in table(REFERENCE / "sandbox.md", heading)]
    assert {name: (values, default) for name, values, default, _ in rows} == expected
    assert all(row[3] for row in rows)


ME = ("users", "5d8d505c-864f-4804-88c7-4583c966cde8")


def canonical(text: str) -> str:
    """What comes back for an id, `me` being the user of the page."""
    written = ResourceId.parse(text)
    if written.source == "elasticsearch":
        found: CalendarId | EventId = elasticsearch_ids.event_id(written) or elasticsearch_ids.calendar_id(
            written
        )
        return str(found)
    event = paths.event_id(written)
    if event is not None:
        return str(paths.event_of("msgraph", paths.owner_of(event) or ME, event.segments[-1]))
    calendar = paths.calendar_id(written)
    return str(paths.canonical_if_known(calendar) or paths.canonical(calendar, ME))


@pytest.mark.parametrize(
    ("written", "comes_back"),
    [
        row
        for heading in ("## Elasticsearch", "## Microsoft Graph: calendars", "## Microsoft Graph: events")
        for row in table(REFERENCE / "ids.md", heading)
    ],
)
def test_an_id_comes_back_as_the_page_says(written: str, comes_back: str):
    assert canonical(written) == comes_back
    assert canonical(comes_back) == comes_back


@pytest.mark.parametrize("written", [row[0] for row in table(REFERENCE / "ids.md", "## Refused")])
def test_an_id_is_refused_as_the_page_says(written: str):
    with pytest.raises(InvalidId):
        canonical(written)


def options_of(command: str) -> set[str]:
    return {name for option in COMMANDS[command].params for name in (*option.opts, *option.secondary_opts)}


def test_the_command_line_has_every_command():
    text = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## `gateway (\w+)`$", text, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_every_option(command: str):
    rows = table(REFERENCE / "command-line.md", f"## `gateway {command}`")
    assert {row[0].split()[0] for row in rows} == options_of(command)


@pytest.mark.parametrize("text", blocks("sh"))
def test_a_shown_command_exists_with_its_options(text: str):
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True) if re.match(r"\.venv/|scripts/", line) else []
        if words[:1] == [".venv/bin/gateway"]:
            command, rest = words[1], words[2:]
        elif words[:1] == ["scripts/serve"]:
            command, rest = "serve", words[1:]
        else:
            continue
        assert {word for word in rest if word.startswith("--")} <= options_of(command)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_script_that_is_named_can_be_run(page: Path):
    for name in set(re.findall(r"\bscripts/\w+", page.read_text(encoding="utf-8"))):
        assert os.access(ROOT / name, os.X_OK), name


def test_the_readme_opens_with_the_two_commands():
    first = [block.values[0].strip() for block in blocks("sh", pages=[README])[:2]]
    assert first == ["scripts/serve", "scripts/test"]


# Links


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_project_leads_somewhere(page: Path):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_index_leads_to_every_page():
    index = ROOT / "docs/README.md"
    text = index.read_text(encoding="utf-8")
    pages = {path.relative_to(index.parent).as_posix() for path in ROOT.glob("docs/*/*.md")}
    missing = {page for page in pages if f"({page})" not in text and not page.startswith("adr/")}
    assert missing == set()
    assert "(adr/README.md)" in text
