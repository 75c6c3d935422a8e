"""The judge of the soak: whatever was told wrongly, or is not as it was told, is counted."""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random

import pytest

sys.path.append(str(Path(__file__).parent.parent / "scripts" / "soaking"))

import httpx2
from calls import Add, Change, Removal
from clients import Clients
from diary import Diary
from held import Held
from judge import Kind, judge, judge_at_once, judge_call, judge_late
from pairs import KINDS, pairs
from play import Play
from report import Report
from soak import FAULTS
from stories import Story, event, stories
from words import NO_ANSWER, Word, is_final

from gateway.sandbox.faults import Cut

START = datetime(2027, 3, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ML, GRAPH = "elasticsearch:soak", "msgraph:users/outages@contoso.com/calendar"
LOST, DUPLICATED, WRONG, UNDONE = Kind


def content(title="One", day=0):
    return title, START + day * DAY, START + day * DAY + HOUR


def held(name, title="One", day=0, *, mark=""):
    return Held(event=name, mark=mark, content=content(title, day))


def held_series(title="One", days=3):
    """A series in an ML calendar: an event for each occurrence."""
    return [held(f"e{day}", title, day, mark=f"day {day}") for day in range(days)]


def add(title="One", *, calendar=ML, days=1, **rest):
    return Add(calendars=(calendar,), events=(event("K", title, START, 60, days),), **rest)


def change(title="Two"):
    return Change(calendars=(ML,), given={"K": {"title": title}})


REMOVAL = Removal(calendars=(ML,), removed=("K",))
ONE, TWO = held("a"), held("b", "Two")
POSSIBLE = {content(title, day) for title in ("One", "Two") for day in range(9)}


def word(call, status, *events, **rest):
    return Word(call=call, place=("K", call.calendars[0]), status=status, events=frozenset(events), **rest)


def kinds(word, now, before=()):
    return [each.kind for each in judge(word, before=before, now=now, possible=POSSIBLE)]


WORN = "8 events were made under the key K and deleted: Graph remembers them."
SERIES = ("e0", "e1", "e2")
TRUE = {
    "created": (word(add(), "CREATED", "a"), [ONE], []),
    "a series": (word(add(days=3), "CREATED", *SERIES), held_series(), []),
    "a series in Graph": (
        word(add(calendar=GRAPH, days=2), "UNCHANGED", "g"),
        [held("g", mark="1"), held("g", day=1, mark="2")],
        [],
    ),
    "made like the call": (word(add("Two", is_update=True), "UPDATED", "b"), [TWO], [ONE]),
    "changed": (word(change(), "UPDATED", "b"), [TWO], [ONE]),
    "a changed series": (word(change(), "UPDATED", *SERIES), held_series("Two"), held_series()),
    "removed": (word(REMOVAL, "DELETED", "a"), [], [ONE]),
    "nothing to change": (word(change(), "FAILED", code="NOT_FOUND"), [], []),
    "worn out": (word(add(calendar=GRAPH), "FAILED", code="CONFLICT", message=WORN), [], []),
    "another is there": (word(add(), "CONFLICT", "b"), [TWO], [TWO]),
    "two are there": (word(REMOVAL, "CONFLICT", "a", "b"), [ONE, TWO], [ONE, TWO]),
    "taken back": (word(add("Two", is_whole=True), "ROLLED_BACK"), [replace(ONE, event="new")], [ONE]),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_as_it_was_told_is_no_fault(name):
    told, now, before = TRUE[name]
    assert kinds(told, now, before) == []
    assert not now or list(judge_at_once([told], now, POSSIBLE)) == []
    assert list(judge_late([told], now, POSSIBLE)) == []


MUTATIONS = {
    "one occurrence is gone": lambda now: now[1:],
    "all are gone": lambda _now: [],
    "one is there twice": lambda now: [*now, replace(now[0], event="z")],
    "one has another title": lambda now: [*now[1:], replace(now[0], content=content("Else"))],
    "one was moved": lambda now: [*now[1:], replace(now[0], content=content(now[0].content[0], day=40))],
    "another is there too": lambda now: [*now, held("z", "Else", 40, mark="z")],
}


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("name", [name for name, (_, now, _) in TRUE.items() if now])
def test_whatever_is_there_instead_is_counted(name, mutation):
    told, now, before = TRUE[name]
    assert kinds(told, MUTATIONS[mutation](now), before)


@pytest.mark.parametrize("name", ["removed", "nothing to change", "worn out"])
def test_what_is_there_after_all_is_counted(name):
    told, _, before = TRUE[name]
    assert kinds(told, [ONE], before) == [WRONG]


@pytest.mark.parametrize(
    ("told", "now", "expected"),
    [
        (word(add(), "CREATED", "a"), [], [LOST]),
        (word(add(), "UNCHANGED", "a"), [ONE, held("b")], [DUPLICATED]),
        (word(add(), "CREATED", "a"), [TWO], [WRONG]),
        (word(add(), "CREATED", "b"), [ONE], [WRONG]),
        (word(add(days=3), "CREATED", "e0", "e2"), held_series()[::2], [LOST]),
        (word(add(days=2), "CREATED", *SERIES), held_series(), [DUPLICATED]),
        (word(add(calendar=GRAPH, days=2), "CREATED", "g"), [held("g")], [LOST]),
        (word(add(), "CONFLICT", "b"), [], [LOST, WRONG]),
        (word(add(), "CONFLICT", "b"), [TWO, held("c", "Two")], [DUPLICATED]),
        (word(add(), "CONFLICT", "b", "c"), [TWO], [WRONG]),
        (word(add(), "CONFLICT", "b"), [held("b", "Else")], [WRONG]),
        (word(add(), "CONFLICT", "a"), [ONE], [WRONG]),
        (word(REMOVAL, "CONFLICT", "a"), [ONE], [WRONG]),
        (word(change(), "CONFLICT", "a"), [ONE], [WRONG]),
        (word(add(is_whole=True), "ROLLED_BACK"), [ONE], [WRONG]),
        (word(add(is_whole=True), "SKIPPED"), [ONE], [WRONG]),
        (word(add(), "SKIPPED"), [], [WRONG]),
        (word(add(), "UNKNOWN", "a"), [ONE], [WRONG]),
        (word(add(is_whole=True), "ROLLBACK_FAILED", "a"), [ONE], [WRONG]),
    ],
)
def test_each_fault_is_called_what_it_is(told, now, expected):
    assert kinds(told, now) == expected


def test_two_series_in_graph_are_in_the_way_of_each_other_on_whatever_days():
    both = [held(name, day=day, mark=f"day {day}") for name, day in (("g", 0), ("g", 1), ("h", 5), ("h", 6))]
    assert kinds(word(REMOVAL, "CONFLICT", "g", "h"), both) == []
    assert kinds(word(REMOVAL, "CONFLICT", "g"), both[:2]) == [WRONG]


def test_what_an_update_did_not_change_is_wrong_though_it_was_told_before():
    assert kinds(word(change(), "UPDATED", "a"), [ONE], [ONE]) == [WRONG]
    assert kinds(word(add("Two", is_update=True), "UPDATED", "a"), [ONE], [ONE]) == [WRONG]


def test_a_conflict_that_was_told_once_excuses_nothing_later():
    assert kinds(word(add(), "CONFLICT", "b"), [TWO]) == []
    assert kinds(word(add(), "UNCHANGED", "b"), [TWO]) == [WRONG]


# The answer as a whole


def test_rows_that_are_missing_doubled_or_about_something_else_are_counted():
    call, told = add(), word(add(), "CREATED", "a")
    assert not list(judge_call(call, [told]))
    assert [each.kind for each in judge_call(call, [])] == [WRONG]
    assert [each.kind for each in judge_call(call, [told, told])] == [WRONG]
    assert [each.kind for each in judge_call(call, [told, replace(told, place=("L", ML))])] == [WRONG]


def test_all_or_nothing_that_was_half_done_is_counted():
    call = Add(calendars=(ML, GRAPH), events=add().events, is_whole=True)
    here, there = [
        replace(word(call, status), place=("K", calendar))
        for calendar, status in ((ML, "CREATED"), (GRAPH, "CONFLICT"))
    ]
    assert is_final([here, there])
    assert [each.kind for each in judge_call(call, [here, there])] == [WRONG]
    assert not list(judge_call(call, [replace(here, status="SKIPPED"), there]))
    assert not list(judge_call(replace(call, is_whole=False), [here, there]))


def test_a_key_that_is_worn_out_settles_a_call_and_another_conflict_that_failed_does_not():
    worn = word(WHOLE, "FAILED", code="CONFLICT", message=WORN)
    assert is_final([worn, replace(worn, status="ROLLED_BACK")])
    assert not is_final([replace(worn, message="It has changed since.")])


@pytest.mark.parametrize("status", ["FAILED", "UNKNOWN", "SKIPPED", "ROLLED_BACK"])
def test_what_is_not_final_is_asked_again(status):
    assert not is_final([word(add(), "CREATED", "a"), word(add(), status)])


# Two at once


def at_once(now, *words):
    return [each.kind for each in judge_at_once(words, now, POSSIBLE)]


def test_of_two_who_add_one_may_find_the_other_and_none_may_be_lost():
    first = word(add(), "CREATED", "a")
    assert at_once([ONE], first, word(add(), "UNCHANGED", "a")) == []
    assert at_once([ONE], first, word(add("Two"), "CONFLICT", "a")) == []
    assert at_once([ONE], first, word(add("Two"), "CREATED", "b")) == [LOST]


def test_two_events_of_one_key_must_be_told_of_with_both_ids():
    first, second = word(add(), "CREATED", "a"), add("Two")
    assert at_once([ONE, TWO], first, word(second, "CONFLICT", "a", "b")) == []
    assert DUPLICATED in at_once([ONE, TWO], first, word(second, "CREATED", "b"))
    assert DUPLICATED in at_once([ONE, TWO], first, word(second, "CONFLICT", "a"))
    assert DUPLICATED in at_once([ONE, replace(ONE, event="b")], first, word(add(), "CREATED", "b"))


def test_an_update_may_replace_what_the_other_wrote_and_leaves_one():
    first, second = word(add(), "CREATED", "a"), word(add("Two", is_update=True), "UPDATED", "b")
    assert at_once([TWO], first, second) == []
    assert LOST in at_once([], first, second)
    assert WRONG in at_once([held("c", "Else")], first, second)


def test_a_change_must_be_there_or_another_that_was_made_at_once():
    first, second = word(change(), "UPDATED", "b"), word(add("One", is_update=True), "UPDATED", "a")
    assert at_once([TWO], first, second) == []
    assert at_once([ONE], first, second) == []
    assert WRONG in at_once([held("c", "Else")], first, second)


def test_what_an_update_did_not_do_excuses_nobody():
    first, second = word(add(), "CREATED", "a"), word(add("Two", is_update=True), "CONFLICT", "b")
    assert LOST in at_once([TWO], first, second)


def test_what_is_taken_back_as_a_whole_may_have_been_found_by_the_other():
    found, taken = word(add(), "UNCHANGED", "a"), word(add(is_whole=True), "ROLLED_BACK")
    assert late([], found, taken) == [UNDONE]
    assert late([], found, word(add(), "CREATED", "a")) == [LOST]
    again = word(taken.call, "CREATED", "b")
    assert late([], found, again) == [LOST]
    assert late([], found, replace(again, earlier=(taken,))) == [LOST]  # it was told last that it is there


# What comes late


def late(now, *words):
    return [each.kind for each in judge_late(words, now, POSSIBLE)]


def test_what_comes_late_may_be_there_too_and_what_was_told_must_not_be_gone():
    told = word(add(), "CREATED", "a")
    assert late([ONE, held("late")], told) == []
    assert late([], told) == [LOST]
    assert late([TWO], told) == [LOST]
    assert late([ONE], word(change(), "UPDATED", "b")) == [LOST]
    assert late([], word(add(), "CONFLICT", "b")) == [LOST]


def test_of_what_two_were_told_at_once_a_late_update_may_replace_one_and_not_both():
    first, second = word(change(), "UPDATED", "b"), word(change("One"), "CONFLICT", "a", "b")
    assert late([ONE], first, second) == []
    assert late([], first, second) == [LOST]
    assert late([ONE], first, word(change(), "UPDATED", "c")) == [LOST]


WHOLE = add(is_whole=True)
IN_DOUBT = [word(WHOLE, "ROLLBACK_FAILED", "a", code="NO_ANSWER"), word(WHOLE, NO_ANSWER)]
SURE = [
    word(WHOLE, "ROLLED_BACK"),
    word(WHOLE, "UNKNOWN", code="NO_ANSWER"),
    word(WHOLE, "SKIPPED", code="NOT_ALL"),
    word(WHOLE, "ROLLBACK_FAILED", "a", code="NOT_ALL"),
    word(add(), NO_ANSWER),
    word(add(), "UNKNOWN", code="NO_ANSWER"),
]


@pytest.mark.parametrize("before", IN_DOUBT)
def test_what_an_attempt_at_all_or_nothing_left_in_doubt_may_go_after_it_was_found(before):
    told = word(WHOLE, "UNCHANGED", "a")
    assert late([], told) == [LOST]
    assert late([], replace(told, earlier=(before,))) == [UNDONE]
    assert late([], word(add(), "UNCHANGED", "a"), replace(told, earlier=(before,))) == [UNDONE]


@pytest.mark.parametrize("before", SURE)
def test_what_was_not_left_in_doubt_is_lost_when_it_is_gone(before):
    assert late([], replace(word(before.call, "UNCHANGED", "a"), earlier=(before,))) == [LOST]


@pytest.mark.parametrize("before", IN_DOUBT)
def test_what_was_left_in_doubt_may_go_and_not_be_doubled_or_wrong(before):
    told = replace(word(WHOLE, "UNCHANGED", "a"), earlier=(before,))
    assert WRONG in late([held("c", "Else")], told)
    assert kinds(told, []) == [LOST]
    assert kinds(told, [ONE, replace(ONE, event="b")]) == [DUPLICATED]


def test_of_twins_either_may_stay():
    assert late([held("c", "Two")], word(change(), "UPDATED", "b")) == []


def test_what_comes_late_must_have_been_asked_for():
    assert late([ONE, held("late", "Else")], word(add(), "CREATED", "a")) == [WRONG]


# The judge is asked


class Told:
    """Clients who are told the same of every call."""

    def __init__(self, status, *events):
        self._row = (status, *events)

    async def settle(self, call, _first):
        return [word(call, *self._row)]

    async def settle_at_once(self, calls):
        return [await self.settle(call, 0) for call in calls]


class Answering:
    """A gateway that gives answers one after the other, None being none, and the last again and again."""

    url = "http://gateway/graphql"

    def __init__(self, *answers):
        self._answers = list(answers)

    async def __call__(self, _request):
        status = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if status is None:
            raise httpx2.ReadError("killed")
        row = {"key": "K", "calendarId": ML, "status": status, "eventIds": ["a"]}
        row["problem"] = {"code": "NO_ANSWER", "message": ""} if status == "ROLLBACK_FAILED" else None
        return httpx2.Response(200, json={"data": {"answer": {"results": [row], "problems": []}}})


class Die(Random):
    """Lets nobody wait."""

    def uniform(self, _least, _most):
        return 0


class There:
    """Calendars in which the same is there whenever they are read."""

    def __init__(self, *now, key="K"):
        self._now = {(key, ML): list(now)} if now else {}

    async def read(self):
        return self._now


def play(report, told, there, *calls):
    return Play([Story(stages=(calls,))], told, there, report, at_once=1)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
async def test_what_is_wrong_is_in_the_report_whenever_it_is_looked_for():
    for look in ("judge_race", "judge_storm", "repeat"):
        report = Report()
        acts = play(report, Told("CREATED", "a"), There(), add())
        await acts.live()
        await getattr(acts, look)(*{"judge_race": [["add"]], "repeat": [{}]}.get(look, []))
        assert report.wrong["lost"]
        assert not report.is_good


@pytest.mark.anyio
async def test_what_nobody_asked_for_is_in_the_report():
    report = Report()
    await play(report, Told("DELETED"), There(ONE, key="L"), REMOVAL).repeat({})
    assert [line for lines in report.wrong.values() for line in lines] == report.wrong["wrong"]
    assert "nobody asked for it" in report.wrong["wrong"][0]


@pytest.mark.anyio
async def test_what_is_as_it_was_told_leaves_the_report_good():
    report = Report()
    acts = play(report, Told("UNCHANGED", "a"), There(ONE), add(), add())
    await acts.live()
    await acts.repeat(await acts.judge_race(["add × add"]))
    assert report.is_good
    assert report.repeats == 2


async def storm(report, stages, *answers, diary=None):
    """What the judge of a storm says where nothing is there, and the gateway answered so."""
    gateway = Answering(*answers)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(gateway)) as client:
        clients = Clients(client, [gateway], report, Die(1), diary or Diary())
        play = Play([Story(stages=stages)], clients, There(), report, at_once=1)
        await play.live()
        await play.judge_storm()
    return report.wrong["lost"], report.undone


@pytest.mark.anyio
@pytest.mark.parametrize("before", [None, "ROLLBACK_FAILED"])
async def test_it_is_known_what_was_left_in_doubt_by_an_attempt_or_by_a_call_before(before):
    report = Report()
    assert await storm(report, ((WHOLE,),), before, "UNCHANGED") == ([], 1)
    assert (report.is_good, report.repeats) == (True, 1)
    assert await storm(Report(), ((WHOLE,), (add(),)), before, "CREATED", "UNCHANGED") == ([], 1)


@pytest.mark.anyio
async def test_what_nothing_left_in_doubt_is_lost():
    lost, undone = await storm(Report(), ((WHOLE,),), "ROLLED_BACK", "UNCHANGED")
    assert (len(lost), undone) == (1, 0)
    lost, undone = await storm(Report(), ((add(),), (WHOLE,)), None, "CREATED", "UNCHANGED")
    assert (len(lost), undone) == (1, 0)


@pytest.mark.anyio
async def test_a_diary_keeps_each_row_that_came_or_did_not(tmp_path):
    diary = Diary(tmp_path / "told.jsonl")
    await storm(Report(), ((WHOLE,),), None, "ROLLBACK_FAILED", "UNCHANGED", diary=diary)
    lines = [json.loads(line) for line in (tmp_path / "told.jsonl").read_text().splitlines()]
    assert [(line["status"], line["events"]) for line in lines] == [
        (NO_ANSWER, []),
        ("ROLLBACK_FAILED", ["a"]),
        ("UNCHANGED", ["a"]),
    ]
    assert {(line["key"], line["calendarId"], line["isWhole"]) for line in lines} == {("K", ML, True)}


def test_when_all_is_made_once_more_a_change_meets_what_came_after_it():
    later = Add(calendars=(ML,), events=(event("K", "Three", START, 90),), is_update=True)
    possible = Story(stages=((add(),), (change(),), (later,))).possible()["K", ML]
    assert possible == {
        content("One"),
        content("Two"),
        ("Three", START, START + 1.5 * HOUR),
        ("Two", START, START + 1.5 * HOUR),
    }


# What is tried


def test_every_write_is_cut_before_after_and_late():
    cuts = {
        (method, fault.cut)
        for method in ("POST", "PATCH", "DELETE")
        for route, fault, chance in FAULTS
        if chance > 0 and fault.cut and fnmatchcase(f"{method} /users/{{id}}/events/{{id}}", route)
    }
    assert cuts == {(method, cut) for method in ("POST", "PATCH", "DELETE") for cut in Cut}


def test_of_26_pairs_each_kind_is_tried_on_both_sides():
    for first in range(0, 130, 26):
        names = {name for name, _ in pairs(range(first, first + 26))}
        assert names == {f"{kind} in {side}" for kind in KINDS for side in ("elasticsearch", "msgraph")}


def test_stories_add_update_change_remove_and_add_again_also_at_once():
    told = stories(400, seed=1)
    assert sum(len(story.calls) for story in told) == 400
    calls = [call for story in told for call in story.calls]
    assert {type(call) for call in calls} == {Add, Change, Removal}
    assert {call.is_update for call in calls if isinstance(call, Add)} == {True, False}
    assert any(call.is_whole for call in calls)
    assert any(len(story.stages) > 2 for story in told)
    races = [stage for story in told for stage in story.stages if len(stage) > 1]
    assert {one == replace(other, is_whole=one.is_whole) for one, other in races} == {True, False}
    assert any("recurrence" in given for call in calls if isinstance(call, Add) for given in call.events)
