"""skipResult, skipModelUpdate and forceTimeShift: sent to clusters from 8.16 on, and said of all others."""

from contextlib import aclosing, asynccontextmanager

import msgspec
import pytest

from gateway.adapters.losses import Loss, Notice
from gateway.adapters.outcome import WriteStatus
from gateway.model.elasticsearch import ElasticsearchEventOptions
from gateway.model.event import SourceKind
from gateway.sandbox.elasticsearch import ElasticsearchEmulator
from gateway.sandbox.faults import Fault
from gateway.sandbox.principals import MANAGE_ML, TOKEN
from gateway.sandbox.seed import world
from gateway.sandbox.server import EmulatorServer

from .conformance import Bench, change, draft
from .elasticsearch_bench import EMPTY, NOW, READ, WRITE, connect, sent

pytestmark = pytest.mark.anyio

OLD = ("7.17.29", "8.15.5")
ALL = {"skip_result": False, "skip_model_update": False, "force_time_shift": 3600}


def flagged(title="t", **options):
    given = {SourceKind.ELASTICSEARCH: ElasticsearchEventOptions(**options)}
    return msgspec.structs.replace(draft(title), options=given)


@asynccontextmanager
async def cluster(version, principal=MANAGE_ML):
    """A bench on a cluster of a version. A principal that may do no more than ML may ask only ML for it."""

    def connected(url, timeout):
        return connect(url, timeout, authorization=principal.authorization)

    emulator = ElasticsearchEmulator(world(NOW).elasticsearch, now=lambda: NOW, version=version)
    async with EmulatorServer(emulator) as server:
        bench = Bench(
            server=server,
            connect=connected,
            calendar=EMPTY,
            unknown_calendar=EMPTY,
            unknown_event=None,
            read_route=READ,
            write_route=WRITE,
        )
        async with aclosing(bench):
            yield bench


def about_flags(warnings):
    return tuple(each for each in warnings if each.field.startswith("elasticsearch"))


async def warnings(bench, *drafts):
    made = await bench.adapter().plan(EMPTY, drafts)
    return [about_flags(event.warnings) for step in made.steps for event in step.events]


def posted(bench):
    return [event for post in sent(bench) for event in msgspec.json.decode(post.body)["events"]]


@pytest.mark.parametrize("version", OLD)
async def test_an_older_cluster_is_not_sent_flags_and_each_that_it_does_not_heed_is_a_loss(version):
    async with cluster(version) as bench:
        ((*lost,),) = await warnings(bench, flagged(**ALL))
        assert [(each.code, each.field, each.given, each.sent) for each in lost] == [
            (Loss.NOT_HELD, "elasticsearch.skipResult", False, None),
            (Loss.NOT_HELD, "elasticsearch.skipModelUpdate", False, None),
            (Loss.NOT_HELD, "elasticsearch.forceTimeShift", 3600, None),
        ]
        (outcome,) = await bench.write(flagged(**ALL))
        assert outcome.status is WriteStatus.CREATED
        assert posted(bench) == [{"description": "t", "start_time": 1805101200000, "end_time": 1805104800000}]


@pytest.mark.parametrize("version", OLD)
async def test_to_ask_an_older_cluster_for_what_it_does_anyway_is_no_loss(version):
    async with cluster(version) as bench:
        options = {"skip_result": True, "skip_model_update": True, "force_time_shift": 0}
        assert await warnings(bench, flagged(**options)) == [()]
        (outcome,) = await bench.write(flagged(**options))
        assert outcome.status is WriteStatus.CREATED


@pytest.mark.parametrize("version", OLD)
async def test_a_change_to_a_flag_that_an_older_cluster_lacks_is_a_loss_and_changes_nothing(version):
    async with cluster(version) as bench:
        (event,) = await bench.stored(draft())
        wanted = {SourceKind.ELASTICSEARCH: ElasticsearchEventOptions(skip_result=False)}
        adapter = bench.adapter()
        changed = change(event, options=wanted)
        changed = msgspec.structs.replace(changed, changed=frozenset({"elasticsearch.skip_result"}))
        step = await adapter.plan_event(changed)
        assert [(each.code, each.field) for each in about_flags(step.warnings)] == [
            (Loss.NOT_HELD, "elasticsearch.skipResult")
        ]
        outcome = await adapter.apply_event(step)
        assert (outcome.status, outcome.event) == (WriteStatus.UNCHANGED, event)
        moved = change(event, options=wanted, title="Moved")
        outcome = await bench.carry_out(moved)
        assert (outcome.status, outcome.event.title) == (WriteStatus.UPDATED, "Moved")


async def test_a_key_for_ml_only_knows_what_an_older_cluster_lacks():
    async with cluster("8.15.5", TOKEN) as bench:
        ((loss,),) = await warnings(bench, flagged(skip_result=False))
        assert loss.code is Loss.NOT_HELD


async def test_where_the_version_is_not_known_flags_are_sent_and_that_is_said():
    async with cluster("9.2.2", TOKEN) as bench:
        bench.faults.add("GET /_ml/info", Fault(status=403))
        plain, (doubt,) = await warnings(bench, draft(), flagged(**ALL | {"skip_result": True}))
        assert plain == ()
        assert (doubt.code, doubt.field) == (Notice.UNVERIFIED, "elasticsearch")
        assert doubt.given == {"skipResult": True, "skipModelUpdate": False, "forceTimeShift": 3600}
        (outcome,) = await bench.write(flagged(**ALL))
        assert (outcome.status, outcome.event.details.force_time_shift) == (WriteStatus.CREATED, 3600)


async def test_where_an_older_cluster_does_not_say_its_version_a_flag_costs_its_own_event_only():
    async with cluster("8.15.5", TOKEN) as bench:
        bench.faults.add("GET /_ml/info", Fault(status=403))
        drafts = [draft(f"Prüfung {n}") for n in range(20)]
        drafts[7], drafts[13] = flagged("Größe", skip_result=False), flagged("…", force_time_shift=60)
        outcomes = await bench.write(*drafts)
        bad = [outcome for outcome in outcomes if outcome.status is not WriteStatus.CREATED]
        assert [outcome.index for outcome in bad] == [7, 13]
        assert {outcome.status for outcome in bad} == {WriteStatus.FAILED}
        assert "unknown field [skip_result]" in bad[0].problem.message
        assert "unknown field [force_time_shift]" in bad[1].problem.message
        written = sorted(event.title for event in await bench.read())
        assert written == sorted(f"Prüfung {n}" for n in range(20) if n not in {7, 13})
        assert len(sent(bench)) == 5, "the reason says where, so that nothing has to be tried out"
