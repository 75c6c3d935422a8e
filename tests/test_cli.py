"""The command `gateway sandbox`, as somebody runs it."""

import json
import os
import signal
import socket
import subprocess
import sys
import tomllib
from base64 import urlsafe_b64encode
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.command_line import run

ROOT = Path(__file__).parent.parent
FREE = ("--elasticsearch-port", "0", "--msgraph-port", "0")


class Sandboxed:
    """The command while it is entered, and what it said once it was up."""

    def __init__(self, *options):
        self._command = [sys.executable, "-m", "gateway", "sandbox", *FREE, *map(str, options)]

    def __enter__(self):
        self.process = subprocess.Popen(
            self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ}
        )
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("  payments-maintenance ="):
                break
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def variable(self, name):
        (value,) = [line.partition("=")[2] for line in self.lines if line.startswith(f"  {name}=")]
        return value.strip("'")

    def ml(self, method, path):
        headers = {"Authorization": self.variable("ES_MANAGE")}
        return httpx2.request(method, self.variable("ES_URL") + path, headers=headers)

    def graph(self, path, credential):
        headers = {"Authorization": self.variable(credential)}
        return httpx2.get(self.variable("GRAPH_URL") + path, headers=headers)


@pytest.fixture(scope="module")
def sandbox():
    """One that is only asked."""
    with Sandboxed() as sandbox:
        yield sandbox


def test_what_the_sandbox_prints_can_be_copied_and_works(tmp_path, sandbox):
    assert sandbox.ml("GET", "/_ml/calendars/planned-outages").status_code == 200
    assert sandbox.graph("/v1.0/me/events", "GRAPH_ALICE_NGUYEN").status_code == 200
    form = {
        "grant_type": "client_credentials",
        "client_id": sandbox.variable("GRAPH_CLIENT_ID"),
        "client_secret": sandbox.variable("GRAPH_CLIENT_SECRET"),
        "scope": "https://graph.microsoft.com/.default",
    }
    assert httpx2.post(sandbox.variable("GRAPH_TOKEN_URL"), data=form).status_code == 200
    start = sandbox.lines.index("  [sources.elasticsearch]")
    configuration = tmp_path / "gateway.toml"
    configuration.write_text("\n".join(sandbox.lines[start:]))
    assert "payments-maintenance" in tomllib.loads(configuration.read_text())["aliases"]
    doctor = run("doctor", "--config", configuration)
    assert doctor.code == 0, doctor.text
    assert [line[:2] for line in doctor.text.splitlines()] == ["ok", "ok"]


MAILBOX = {
    "id": "3f0b1d52-6f1c-4a0e-8c39-0a4f7c2f9d11",
    "upn": "outages@contoso.com",
    "mail": "outages@contoso.com",
    "display_name": "Planned outages",
    "calendars": [{"id": "AAMkAGCalendar01", "name": "Calendar", "is_default": True}],
}


def test_an_application_proves_itself_by_a_certificate_of_the_seed_file(tmp_path, client_certificate):
    tenant = {"users": [MAILBOX], "certificates": [client_certificate.certificate]}
    seed, pem = tmp_path / "seed.json", tmp_path / "graph.pem"
    ml_calendar = {"id": "planned-outages"}
    seed.write_text(json.dumps({"msgraph": tenant, "elasticsearch": {"calendars": [ml_calendar]}}))
    pem.write_text(client_certificate.pem)
    with Sandboxed("--seed", seed) as sandbox:
        token_url = sandbox.variable("GRAPH_TOKEN_URL")
        for thumbprint in (client_certificate.thumbprint, "another"):
            refused = unsigned(sandbox, token_url, thumbprint)
            assert (refused.status_code, refused.json()["error_codes"]) == (401, [700027])
        configuration = tmp_path / "gateway.toml"
        configuration.write_text(
            f"""
            [sources.msgraph]
            kind = "msgraph"
            url = "{sandbox.variable("GRAPH_URL")}"
            token_url = "{sandbox.variable("GRAPH_URL")}"
            tenant = "{urlsplit(token_url).path.split("/")[1]}"
            client_id = "{sandbox.variable("GRAPH_CLIENT_ID")}"
            certificate = {{ file = "{pem}" }}
            calendars = ["*"]
            mailboxes = ["outages@contoso.com"]
            """
        )
        doctor = run("doctor", "--config", configuration)
    assert doctor.code == 0, doctor.text + doctor.complaint


def unsigned(sandbox, token_url, thumbprint):
    """What the token endpoint answers to an assertion under that thumbprint that no key has signed."""
    client = sandbox.variable("GRAPH_CLIENT_ID")
    parts = ({"alg": "PS256", "x5t#S256": thumbprint}, {"iss": client, "sub": client, "aud": token_url})
    encoded = (urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    form = {
        "grant_type": "client_credentials",
        "client_id": client,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": ".".join([*encoded, "signature"]),
        "scope": "https://graph.microsoft.com/.default",
    }
    return httpx2.post(token_url, data=form)


def test_the_line_for_graph_names_a_mailbox_and_a_group_has_its_id(sandbox):
    (line,) = [line for line in sandbox.lines if "curl" in line and "$GRAPH_URL" in line]
    path = line.partition("$GRAPH_URL")[2].rstrip('"')
    assert sandbox.graph(path, "GRAPH_APP").json()["value"]
    group = f"/v1.0/groups/{sandbox.variable('GRAPH_GROUP_SRE')}/events"
    assert sandbox.graph(group, "GRAPH_ALICE_NGUYEN").status_code == 200


def test_the_fifth_request_at_once_to_a_mailbox_is_one_too_many_for_graph(sandbox):
    five = ["outages@contoso.com"] * 5
    with ExitStack() as sockets:
        # They wait at the door of a stopped process, so it finds them there together.
        sandbox.process.send_signal(signal.SIGSTOP)
        asked = [
            sockets.enter_context(_asked(sandbox, f"/v1.0/users/{mailbox}/calendar"))
            for mailbox in (*five, "bob.meyer@contoso.com")
        ]
        sandbox.process.send_signal(signal.SIGCONT)
        *statuses, elsewhere = [_answer(each) for each in asked]
    assert sorted(statuses) == [200, 200, 200, 200, 429]
    assert elsewhere == 200


def _asked(sandbox, path):
    """A connection on which the whole of a request to Graph has been sent."""
    host, port = urlsplit(sandbox.variable("GRAPH_URL")).netloc.split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"Authorization: {sandbox.variable('GRAPH_APP')}"]
    connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
    return connection


def _answer(connection):
    """The status that comes on a connection."""
    with connection.makefile("rb") as answer:
        return int(answer.readline().split()[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_leaves_with_0_when_it_is_asked_to(number):
    with Sandboxed() as sandbox:
        sandbox.process.send_signal(number)
        assert sandbox.process.wait(timeout=30) == 0


def test_nothing_that_was_answered_is_lost_when_the_sandbox_is_killed(tmp_path):
    for number in range(3):
        with Sandboxed("--data", tmp_path / "world.db") as sandbox:
            assert sandbox.ml("PUT", f"/_ml/calendars/life-{number}").status_code == 200
            found = sandbox.ml("GET", "/_ml/calendars/life-*").json()["calendars"]
            assert [calendar["calendar_id"] for calendar in found] == [
                f"life-{life}" for life in range(number + 1)
            ]
            sandbox.process.kill()
            assert sandbox.process.wait() == -signal.SIGKILL


def test_a_version_of_elasticsearch_is_asked_for_by_its_beginning(tmp_path):
    with Sandboxed("--elasticsearch-version", "8.15", "--data", tmp_path / "world.db") as sandbox:
        assert sandbox.ml("GET", "/").json()["version"]["number"] == "8.15.5"
    with Sandboxed("--data", tmp_path / "world.db") as sandbox:
        assert sandbox.ml("GET", "/").json()["version"]["number"] == "8.15.5"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (
            ["--elasticsearch-version", "6.8"],
            "there is no Elasticsearch 6.8 here, only 7.17.29, 8.15.5, 8.19.8, 9.2.2.",
        ),
        (["--elasticsearch-version", "8.1"], "there is no Elasticsearch 8.1 here"),
        (["--set", "msgraph.unknowns.post_zone=LOCAL"], "`, which may be AS_SENT, UTC."),
        (["--set", "msgraph.users=0"], "msgraph.users is no place of a switch or a limit"),
        (["--seed", "missing.json"], "missing.json cannot be read: No such file or directory."),
        (["--data", "/nowhere/world.db"], "/nowhere/world.db cannot be used: unable to open database file."),
    ],
)
def test_options_that_cannot_be_meant_are_explained(options, complaint):
    ended = run("sandbox", *FREE, *options)
    assert ended.code == 2
    assert ended.complaint.startswith("The sandbox cannot start: ")
    assert complaint in ended.complaint


def test_options_that_only_a_new_file_could_take_are_explained(tmp_path):
    data, seed = tmp_path / "world.db", tmp_path / "seed.json"
    seed.write_text("{}")
    with Sandboxed("--data", data):
        pass
    assert "holds a world already" in run("sandbox", *FREE, "--data", data, "--seed", seed).complaint
    other = run("sandbox", *FREE, "--data", data, "--elasticsearch-version", "7.17")
    assert "holds a cluster of version 9.2.2" in other.complaint


def test_a_switch_is_set_for_good_when_the_file_is_made(tmp_path):
    data, place = tmp_path / "world.db", "msgraph.limits.concurrent"
    with Sandboxed("--data", data, "--set", f"{place}=2"):
        pass
    with Sandboxed("--data", data, "--set", f"{place}=2"):
        pass
    other = run("sandbox", *FREE, "--data", data, "--set", f"{place}=3")
    assert other.code == 2
    assert f"was made with {place} 2, so it cannot be 3" in other.complaint


def test_a_port_that_is_taken_is_explained(sandbox):
    port = sandbox.variable("ES_URL").rpartition(":")[2]
    ended = run("sandbox", *FREE, "--elasticsearch-port", port)
    assert ended.code == 2
    assert "elasticsearch cannot listen" in ended.complaint
    assert "Address already in use" in ended.complaint
