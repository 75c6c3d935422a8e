"""The explorer as a person has it: the real gateway, a real browser, and no other host in reach."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from gateway.http.graphiql.page import BUILT

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

pytestmark = pytest.mark.chromium


def needs(what: Path, advice: str) -> None:
    """Skips without it, unless nothing may be skipped."""
    if not what.exists():
        (pytest.fail if "NO_SKIPS" in os.environ else pytest.skip)(advice)


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    """The address of a gateway with no configuration, hence on its sandbox."""
    needs(BUILT / "stamp", "the page is not built: EXPLORER=require scripts/setup")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    command = [sys.executable, "-u", "-m", "gateway", "serve", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield address(process)
        finally:
            process.terminate()


def address(process: subprocess.Popen[str]) -> str:
    """Where the process says that it listens."""
    said = []
    for line in process.stdout or ():
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:[1-9]\d*", line):
            return found[0]
    pytest.fail("the gateway did not start:\n" + "".join(said))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    needs(CHROMIUM, "Debian's Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Any) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1440, "height": 1000}, device_scale_factor=1)
    context.set_default_timeout(20_000)
    yield context
    context.close()


class Explorer:
    """A page that notes every complaint of the browser and every request beyond loopback."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._see)
        context.route(lambda url: not url.startswith((address, "data:")), lambda route: route.abort())
        self._address = address
        self.open()

    def open(self) -> None:
        self.page.goto(f"{self._address}/graphql")
        expect(self.page.locator(".graphiql-query-editor .view-lines")).to_contain_text("Announce")

    def leave(self) -> None:
        """Go where no explorer runs that would store its tabs again, though at the same host."""
        self.page.goto(f"{self._address}/healthz")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _see(self, request: Request) -> None:
        if not request.url.startswith((self._address, "data:", "blob:")):
            self.complaints.append(request.url)

    def choose(self, operation: str) -> None:
        self.page.get_by_role("tab", name=operation).click()

    def run(self) -> dict[str, Any]:
        """Press the button; what the gateway answers."""
        with self.page.expect_response(lambda response: asks_for_rows(response.request)) as answered:
            self.page.get_by_role("button", name=re.compile("^Execute")).click()
        return json.loads(answered.value.text())

    def run_for_real(self) -> dict[str, Any]:
        """Set `dryRun` to false in the Variables pane, and run."""
        variables = self.page.get_by_role("region", name="Variables").get_by_role("code")
        variables.click()
        for key in (
            "Control+End",
            "ArrowLeft",
            "Control+Shift+ArrowLeft",
        ):  # select the word before the brace
            self.page.keyboard.press(key)
        self.page.keyboard.insert_text("false")
        expect(variables).to_contain_text(re.compile(r"\{\s*.dryRun.:\s*false\s*\}"))
        return self.run()


def asks_for_rows(request: Request) -> bool:
    """Not the page's own question for the schema."""
    return request.method == "POST" and "IntrospectionQuery" not in (request.post_data or "")


@pytest.fixture
def explorer(context: BrowserContext, gateway: str) -> Explorer:
    return Explorer(context, gateway)


def test_an_outage_is_planned_announced_and_found_again_without_a_complaint(explorer: Explorer):
    planned = explorer.run()["data"]["addEvents"]["results"]
    assert [row["status"] for row in planned] == ["PLANNED", "PLANNED"]
    expect(explorer.page.locator(".graphiql-response .view-lines")).to_contain_text("PLANNED")
    picture(explorer.page)

    written = explorer.run_for_real()["data"]["addEvents"]["results"]
    assert [(row["status"], row["stored"]) for row in written] == [("CREATED", True), ("CREATED", True)]

    explorer.choose("PlannedThisWeek")
    listed = explorer.run()["data"]["calendarEvents"]
    assert {row["eventId"] for row in written} <= {node["id"] for node in listed["nodes"]}
    assert listed["isComplete"] is True
    assert explorer.complaints == []


def picture(page: Page) -> None:
    """For the README, when asked: `EXPLORER_PICTURE=docs/explorer.png scripts/test -k chromium`."""
    if path := os.environ.get("EXPLORER_PICTURE"):
        page.evaluate("() => new Promise((done) => requestIdleCallback(done))")  # until all is coloured
        page.screenshot(path=path)


def test_one_event_is_shown_with_all_its_details(explorer: Explorer):
    explorer.choose("OneEventInFull")
    answer = explorer.run()
    assert "errors" not in answer
    assert [person["name"] for person in answer["data"]["calendarEvent"]["attendees"]] == [
        "Alice Nguyen",
        "Bob Meyer",
    ]


def test_a_source_that_fails_costs_its_own_rows_only(explorer: Explorer):
    explorer.choose("OneSourceFails")
    listed = explorer.run()["data"]["calendarEvents"]
    assert listed["isComplete"] is False
    assert {row["source"]["name"]: row["status"] for row in listed["sources"]} == {
        "elasticsearch": "OK",
        "msgraph": "FAILED",
    }
    assert {node["calendarId"] for node in listed["nodes"]} == {"elasticsearch:planned-outages"}


def test_a_sample_from_an_earlier_week_is_brought_up_to_date_and_an_edited_one_is_left_alone(
    explorer: Explorer,
):
    age = """() => {
        const old = (text) => text?.replaceAll(/\\d{4}-\\d\\d-\\d\\d/g, '2020-01-04');
        const state = JSON.parse(localStorage['sandbox/graphiql:tabState']);
        const samples = JSON.parse(localStorage['sandbox/samples']);
        for (const one of [...state.tabs, ...samples]) one.query = old(one.query);
        state.tabs[1].query += '# mine';
        localStorage['sandbox/graphiql:tabState'] = JSON.stringify(state);
        localStorage['sandbox/samples'] = JSON.stringify(samples);
    }"""
    explorer.leave()
    explorer.page.evaluate(age)
    explorer.open()
    queries = explorer.page.evaluate(
        "() => JSON.parse(localStorage['sandbox/graphiql:tabState']).tabs.map((tab) => tab.query)"
    )
    assert ["2020-01-04" in query for query in queries] == [False, True, False, False, False]
