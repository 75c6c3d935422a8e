"""A world kept in a file: what was answered is there after the end, however it came."""

import sqlite3
from datetime import UTC, datetime, timedelta
from functools import partial

import anyio
import msgspec
import pytest

from gateway.sandbox import Sandbox, seed
from gateway.sandbox.errors import SandboxError
from gateway.sandbox.faults import HELD, Fault
from gateway.sandbox.journal import Journal
from gateway.sandbox.msgraph import Limits, Unknowns
from gateway.sandbox.msgraph.unknowns import RepeatedTransaction, TransactionAfterDelete
from gateway.sandbox.setup import Setup
from gateway.sandbox.world import MSGraphWorld
from tests import loopback

NOW = datetime(2026, 11, 18, 15, 30, 12, 345678, tzinfo=UTC)
LATER = NOW + timedelta(days=40)
EVENT = {
    "subject": "Kept",
    "start": {"dateTime": "2026-11-19T10:00:00", "timeZone": "UTC"},
    "end": {"dateTime": "2026-11-19T11:00:00", "timeZone": "UTC"},
}
ML_EVENT = {"description": "Kept", "start_time": 1, "end_time": 2}
EVENTS, ML_EVENTS = "/v1.0/users/outages@contoso.com/events", "/_ml/calendars/empty/events"


class Life:
    """One life of a sandbox, from its start to its end, on the journal of a file."""

    def __init__(self, path, now=NOW, **options):
        self.journal = Journal(path)
        self.sandbox = Sandbox(now=lambda: now, journal=self.journal, **options)
        self.client = loopback.client()

    async def __aenter__(self):
        await self.sandbox.__aenter__()
        return self

    async def __aexit__(self, *_):
        await self.client.aclose()
        await self.sandbox.__aexit__(None, None, None)
        self.journal.close()

    async def graph(self, method, path, token=None, **more):
        headers = {"Authorization": token or self.sandbox.credentials.msgraph_app, **more.pop("headers", {})}
        return await self.client.request(method, f"{self.sandbox.msgraph.url}{path}", headers=headers, **more)

    async def ml(self, method, path, **more):
        headers = {"Authorization": self.sandbox.credentials.elasticsearch_manage}
        url = f"{self.sandbox.elasticsearch.url}{path}"
        return await self.client.request(method, url, headers=headers, **more)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "world.db"


@pytest.mark.anyio
async def test_events_of_both_upstreams_are_there_after_a_restart_as_they_were(file):
    async with Life(file) as first:
        made = (await first.graph("POST", EVENTS, json=EVENT)).json()
        await first.ml("POST", ML_EVENTS, json={"events": [ML_EVENT]})
        kept = (await first.ml("GET", ML_EVENTS)).json()
        whole = (await first.graph("GET", f"{EVENTS}/{made['id']}")).json()
    async with Life(file, LATER) as second:
        again = (await second.graph("GET", f"{EVENTS}/{made['id']}")).json()
        assert {**again, "@odata.context": ""} == {**whole, "@odata.context": ""}
        assert (await second.ml("GET", ML_EVENTS)).json() == kept


@pytest.mark.anyio
async def test_ids_and_change_keys_go_on_where_they_were(file, tmp_path):
    async def two_lives(file, ends):
        answers = []
        life = await Life(file).__aenter__()
        for number in range(4):
            if number == ends:
                await life.__aexit__()
                life = await Life(file, NOW).__aenter__()
            bad = {**EVENT, "start": {"dateTime": "2026-11-19T12:00:00", "timeZone": "UTC"}}
            await life.graph("POST", EVENTS, json=bad)
            made = (await life.graph("POST", EVENTS, json=EVENT)).json()
            changed = await life.graph("PATCH", f"{EVENTS}/{made['id']}", json={"subject": str(number)})
            await life.ml("POST", ML_EVENTS, json={"events": [ML_EVENT]})
            answers.append((made["id"], made["changeKey"], changed.json()["changeKey"]))
        ids = [event["event_id"] for event in (await life.ml("GET", ML_EVENTS)).json()["events"]]
        await life.__aexit__()
        return answers, ids

    broken = await two_lives(file, ends=2)
    assert broken == await two_lives(tmp_path / "other.db", ends=None)
    assert len({*broken[1]}) == len({made for made, *_ in broken[0]}) == 4


@pytest.mark.anyio
async def test_a_transaction_id_is_remembered_over_a_restart(file):
    event = {**EVENT, "transactionId": "once"}
    async with Life(file) as first:
        made = (await first.graph("POST", EVENTS, json=event)).json()
    async with Life(file) as second:
        assert (await second.graph("POST", EVENTS, json=event)).json()["id"] == made["id"]


@pytest.mark.anyio
async def test_the_upstreams_behave_after_a_restart_as_they_did(file):
    unknowns = Unknowns(transaction_after_delete=TransactionAfterDelete.NEW_EVENT)
    limits = Limits(concurrent=2)
    setup = Setup.of(seed.world(NOW)).assigned("elasticsearch.unknowns.naive_times", "REFUSED")
    async with Life(file, world=setup, unknowns=unknowns, limits=limits):
        pass
    async with Life(file) as second:
        graph, ml = second.sandbox.msgraph.emulator, second.sandbox.elasticsearch.emulator
        assert (graph.unknowns, graph.limits) == (unknowns, limits)
        assert ml.unknowns == setup.elasticsearch.unknowns


@pytest.mark.anyio
async def test_events_made_at_the_same_time_are_there_after_a_restart(file):
    behaviour = Unknowns(repeated_transaction=RepeatedTransaction.NEW_EVENT_UNDER_CONCURRENCY)
    event = {**EVENT, "transactionId": "once"}
    async with Life(file, unknowns=behaviour) as first:
        first.sandbox.msgraph.faults.add("POST *", Fault(delay=HELD), calls=[1])
        async with anyio.create_task_group() as group:
            group.start_soon(partial(first.graph, "POST", EVENTS, json=event))
            await first.sandbox.msgraph.faults.arrival()
            await first.graph("POST", EVENTS, json=event)
            first.sandbox.msgraph.faults.release()
        before = [each["id"] for each in (await first.graph("GET", f"{EVENTS}?$top=100")).json()["value"]]
    async with Life(file) as second:
        again = (await second.graph("GET", f"{EVENTS}?$top=100")).json()["value"]
    assert [each["id"] for each in again] == before
    assert len([each for each in again if each["subject"] == "Kept"]) == 2


@pytest.mark.anyio
async def test_a_token_that_was_issued_is_good_after_a_restart(file):
    form = {
        "grant_type": "client_credentials",
        "client_id": "de32a9e8-faae-53d3-871e-65fa4eaef338",
        "scope": "https://graph.microsoft.com/.default",
    }
    async with Life(file) as first:
        for secret in ("wrong", "sandbox-client-secret"):
            answer = await first.graph(
                "POST", "/contoso.com/oauth2/v2.0/token", data={**form, "client_secret": secret}
            )
        token = f"Bearer {answer.json()['access_token']}"
    async with Life(file) as second:
        assert (await second.graph("GET", EVENTS, token)).status_code == 200


@pytest.mark.anyio
async def test_what_was_lost_on_purpose_stays_lost(file):
    async with Life(file) as first:
        first.sandbox.elasticsearch.faults.add("*", Fault(lose=frozenset({1})), calls=[1])
        await first.ml("POST", ML_EVENTS, json={"events": [ML_EVENT, {**ML_EVENT, "description": "Lost"}]})
    async with Life(file) as second:
        events = (await second.ml("GET", ML_EVENTS)).json()["events"]
    assert [event["description"] for event in events] == ["Kept"]


@pytest.mark.anyio
async def test_the_seed_world_stays_in_the_week_in_which_the_file_was_made(file):
    async with Life(file) as first:
        before = (await first.ml("GET", "/_ml/calendars/_all/events")).json()
    async with Life(file, LATER) as second:
        assert (await second.ml("GET", "/_ml/calendars/_all/events")).json() == before


def test_a_world_that_cannot_be_taken_is_not_kept(file):
    ours = seed.world(NOW)
    user = ours.msgraph.users[0]
    event = msgspec.structs.replace(user.events[0], body={"subject": 5})
    broken = msgspec.structs.replace(
        ours, msgraph=MSGraphWorld(users=(msgspec.structs.replace(user, events=(event,)),))
    )
    journal = Journal(file)
    with pytest.raises(SandboxError, match="Graph would not take the event"):
        Sandbox(now=lambda: NOW, world=broken, journal=journal)
    assert journal.origin is None
    Sandbox(now=lambda: NOW, world=ours, journal=journal)
    assert journal.origin.world == Setup.of(ours)
    journal.close()


@pytest.mark.anyio
async def test_a_credential_that_is_refused_and_a_read_leave_nothing_in_the_file(file):
    async with Life(file) as life:
        await life.graph("POST", EVENTS, "Bearer a-real-secret", json=EVENT)
        await life.graph("GET", EVENTS)
        await life.ml("POST", "/_ml/calendars")
        assert list(life.journal.writes()) == []
    assert b"a-real-secret" not in file.read_bytes()


@pytest.mark.anyio
async def test_a_file_in_use_is_not_opened_twice(file):
    async with Life(file):
        with pytest.raises(SandboxError, match=r"world\.db cannot be used: database is locked"):
            Journal(file)
    Journal(file).close()


@pytest.mark.parametrize("content", [b"no database at all" * 100, None])
def test_a_file_of_something_else_is_left_as_it_is(file, content):
    if content is None:
        with sqlite3.connect(file) as database:
            database.execute("CREATE TABLE mine (a)")
        database.close()
    else:
        file.write_bytes(content)
    before = file.read_bytes()
    with pytest.raises(SandboxError, match=r"world\.db"):
        Journal(file)
    assert file.read_bytes() == before


@pytest.mark.anyio
async def test_a_file_whose_writes_are_answered_otherwise_now_is_refused(file):
    async with Life(file) as life:
        await life.ml("PUT", "/_ml/calendars/new")
        (write,) = life.journal.writes()
        life.journal.append(write)
    journal = Journal(file)
    with pytest.raises(SandboxError, match="PUT /_ml/calendars/new was answered 200 and now 400"):
        Sandbox(journal=journal)
    journal.close()


@pytest.mark.anyio
async def test_once_a_write_could_not_be_kept_none_is_answered(file):
    async with Life(file) as life:
        await life.ml("PUT", "/_ml/calendars/first")
        life.journal._database.execute("PRAGMA query_only = ON")
        assert (await life.ml("PUT", "/_ml/calendars/second")).status_code == 500
        life.journal._database.execute("PRAGMA query_only = OFF")
        assert (await life.ml("PUT", "/_ml/calendars/third")).status_code == 500
    async with Life(file) as after:
        found = (await after.ml("GET", "/_ml/calendars/_all")).json()["calendars"]
    names = {calendar["calendar_id"] for calendar in found}
    assert "first" in names
    assert not names & {"second", "third"}
