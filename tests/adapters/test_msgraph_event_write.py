"""Changing and removing events of Graph, against its emulator: what is sent, and what is true afterwards."""

import asyncio
from base64 import urlsafe_b64encode
from contextlib import aclosing
from dataclasses import replace

import msgspec
import pytest

from gateway.adapters.base import EventChange, EventRemoval
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.upstream import Call
from gateway.errors import Code, Forbidden, NotFound, Refused
from gateway.model.elasticsearch import ElasticsearchEventOptions
from gateway.model.event import (
    Attendee,
    EventBody,
    EventLocation,
    EventStatus,
    Recurrence,
    ShowAs,
    SourceKind,
    draft_of,
)
from gateway.model.ids import CalendarId, EventId
from gateway.model.msgraph import Importance, MSGraphEventOptions, Sensitivity
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import EventTime, Window, midnight
from gateway.sandbox.faults import HELD, Cut, Fault, Garble
from gateway.sandbox.http import Request, Response
from gateway.sandbox.msgraph import MSGraphEmulator
from gateway.sandbox.seed import ALICE, BOB, OUTAGES, PATCHES

from .conformance import DAY, HOUR, MORNING, SPRING, change, draft, problem_of, read, titles, write
from .msgraph_bench import (
    CANCEL,
    CHANGE,
    EMPTY,
    FIND,
    NOW,
    REMOVE,
    REQUEST_ID,
    SOURCE,
    SRE,
    acting,
    calendar,
    connect,
    open_server,
    sent,
)

pytestmark = pytest.mark.anyio

HOME = CalendarId(SOURCE, ("me", "calendars", EMPTY))
INVITED = (Attendee(email=BOB, name="Bob Meyer"),)
IN_DOUBT = [
    pytest.param(Fault(cut=Cut.BEFORE_WRITE), id="cut-before"),
    pytest.param(Fault(cut=Cut.AFTER_WRITE), id="cut-after"),
    pytest.param(Fault(status=409), id="concurrent-save"),
    pytest.param(Fault(status=500), id="500"),
    pytest.param(Fault(status=502), id="502"),
    pytest.param(Fault(status=504), id="504"),
]


@pytest.fixture
async def server(anyio_backend):
    async with open_server() as server:
        yield server


@pytest.fixture
async def alice(server):
    async with acting(server, ALICE) as adapter:
        yield adapter


@pytest.fixture
async def bob(server):
    async with acting(server, BOB) as adapter:
        yield adapter


async def made(adapter, given=None, home=HOME):
    """An event that was just made."""
    (outcome,) = await write(adapter, home, [given or draft()])
    return outcome.event


async def carry_out(adapter, action):
    return await adapter.apply_event(await adapter.plan_event(action))


async def now(adapter, event):
    """The event as it is now."""
    return await adapter.find(EventId.parse(event.id))


def body(request):
    return msgspec.json.decode(request.body)


def meeting(**values):
    return msgspec.structs.replace(draft("Meeting"), attendees=INVITED, **values)


async def copy_of(bob, event):
    """An attendee's own copy."""
    day = Window(start=event.start.instant - DAY, end=event.start.instant + DAY)
    (copy,) = [each for each in await read(bob, calendar("me"), day) if event.title in each.title]
    return copy


# What is sent


async def test_a_change_sends_what_changes_and_the_version_that_was_read(server, alice):
    event = await made(alice)
    outcome = await carry_out(alice, change(event, title="Changed"))
    (patch,) = sent(server, "PATCH")
    assert body(patch) == {"subject": "Changed"}
    assert patch.headers["if-match"] == event.revision
    assert outcome.event.title == "Changed"
    assert (outcome.event.id, outcome.event.calendar_id) == (event.id, event.calendar_id)
    assert outcome.previous_id is None


async def test_an_end_alone_is_sent_with_the_start_and_both_in_their_zones(server, alice):
    start = EventTime(instant=MORNING, zone="Europe/Berlin")
    end = EventTime(instant=MORNING + HOUR, zone="Europe/Berlin")
    event = await made(alice, msgspec.structs.replace(draft(), start=start, end=end))
    later = EventTime(instant=MORNING + 3 * HOUR, zone="America/New_York")
    outcome = await carry_out(alice, change(event, end=later))
    assert body(sent(server, "PATCH")[0]) == {
        "start": {"dateTime": "2027-03-15T10:00:00", "timeZone": "W. Europe Standard Time"},
        "end": {"dateTime": "2027-03-15T08:00:00", "timeZone": "Eastern Standard Time"},
    }
    assert (outcome.event.start, outcome.event.end) == (start, later)


async def test_an_event_becomes_all_day_and_timed_again(alice):
    event = await made(alice)
    days = {
        "start": midnight(SPRING, "Europe/Berlin"),
        "end": midnight(SPRING + DAY, "Europe/Berlin", latest=True),
    }
    outcome = await carry_out(alice, change(event, is_all_day=True, **days))
    assert (outcome.event.is_all_day, outcome.event.start, outcome.event.end) == (True, *days.values())
    hours = {"start": event.start, "end": event.end}
    outcome = await carry_out(alice, change(outcome.event, is_all_day=False, **hours))
    assert (outcome.event.is_all_day, outcome.event.start, outcome.event.end) == (False, *hours.values())


async def test_what_is_cleared_is_gone(alice):
    full = meeting(
        body=EventBody(html="<p>Why</p>"),
        location=EventLocation(display_name="Bridge"),
        categories=("Payments",),
        show_as=ShowAs.OUT_OF_OFFICE,
    )
    event = await made(alice, full)
    nothing = dict.fromkeys(("body", "location", "locations", "categories", "show_as", "attendees"))
    outcome = await carry_out(alice, change(event, **nothing))
    for cleared in (outcome.event, await now(alice, event)):
        assert (cleared.body.text, cleared.location, cleared.locations) == ("", None, ())
        assert (cleared.categories, cleared.attendees, cleared.show_as) == ((), (), ShowAs.BUSY)


async def test_all_of_an_event_can_change_at_once(alice):
    event = await made(alice)
    places = (EventLocation(display_name="Bridge"), EventLocation(display_name="Room Turing"))
    options = MSGraphEventOptions(
        importance=Importance.HIGH,
        sensitivity=Sensitivity.PRIVATE,
        is_reminder_on=False,
        reminder_minutes_before_start=5,
        response_requested=False,
        allow_new_time_proposals=False,
        hide_attendees=True,
        is_online_meeting=True,
    )
    values = {
        "title": "Other",
        "body": EventBody(text="Fish & chips\nat noon"),
        "show_as": ShowAs.FREE,
        "locations": places,
        "categories": ("a", "b"),
        "attendees": INVITED,
    }
    action = change(event, **values, options={SourceKind.MSGRAPH: options})
    named = {
        f"msgraph.{name}" for name, value in msgspec.structs.asdict(options).items() if value is not None
    }
    changed = (action.changed - {"options"}) | named
    outcome = await carry_out(alice, msgspec.structs.replace(action, changed=changed))
    assert outcome.status is WriteStatus.UPDATED
    after = await now(alice, event)
    assert (after.title, after.body.text, after.show_as) == ("Other", "Fish & chips\nat noon", ShowAs.FREE)
    assert [place.display_name for place in after.locations] == ["Bridge", "Room Turing"]
    assert (after.categories, [who.email for who in after.attendees]) == (("a", "b"), [BOB])
    _, shown = after.details.options()
    assert msgspec.structs.replace(shown, online_meeting_provider=None) == options
    assert after.details.online_meeting.join_url


async def test_one_location_takes_the_place_of_several(alice):
    places = (EventLocation(display_name="Bridge"), EventLocation(display_name="Room Turing"))
    event = await made(alice, msgspec.structs.replace(draft(), locations=places))
    outcome = await carry_out(
        alice, change(event, location=EventLocation(display_name="Home"), locations=None)
    )
    assert [place.display_name for place in outcome.event.locations] == ["Home"]


async def test_what_is_for_another_kind_of_source_changes_nothing_and_is_not_sent(server, alice):
    event = await made(alice)
    options = {SourceKind.ELASTICSEARCH: ElasticsearchEventOptions(skip_result=True)}
    whole = msgspec.structs.replace(draft_of(event), options=options)
    action = EventChange(event=event, draft=whole, changed=frozenset({"elasticsearch.skip_result"}))
    step = await alice.plan_event(action)
    outcome = await alice.apply_event(step)
    assert [warning.field for warning in step.warnings] == ["elasticsearch.skipResult"]
    assert (outcome.status, outcome.event, outcome.requests) == (WriteStatus.UNCHANGED, event, ())
    assert sent(server, "PATCH") == []


async def test_what_was_decided_on_an_older_version_is_not_sent_at_all(server, alice):
    event = await made(alice)
    for action in (
        change(event, revision="older", title="Lost"),
        EventRemoval(event=event, revision="older"),
    ):
        step = await alice.plan_event(action)
        outcome = await alice.apply_event(step)
        assert (outcome.status, outcome.event) == (WriteStatus.CONFLICT, event)
        assert step.requests == outcome.requests == ()
    assert len(server.exchanges) == 1


# Others write, too


async def test_a_change_by_somebody_else_since_the_reading_is_a_conflict(server, alice):
    event = await made(alice)
    await carry_out(alice, change(event, title="Theirs"))
    outcome = await carry_out(alice, change(event, title="Ours", show_as=ShowAs.FREE))
    assert (outcome.status, outcome.event.title) == (WriteStatus.CONFLICT, "Theirs")
    assert problem_of(outcome).code is Code.CONFLICT
    assert outcome.event.revision == (await now(alice, event)).revision
    assert outcome.event.show_as is ShowAs.BUSY
    assert len(outcome.requests) == 2


async def test_a_change_of_something_else_by_somebody_else_is_kept_beside_ours(alice):
    event = await made(alice)
    await carry_out(alice, change(event, categories=("Theirs",)))
    outcome = await carry_out(alice, change(event, title="Ours"))
    assert (outcome.status, outcome.event.title) == (WriteStatus.UPDATED, "Ours")
    assert outcome.event.categories == ("Theirs",)
    assert len(outcome.requests) == 3


async def test_a_change_of_something_else_is_a_conflict_for_whoever_names_a_version(alice):
    event = await made(alice)
    await carry_out(alice, change(event, categories=("Theirs",)))
    outcome = await carry_out(alice, change(event, revision=event.revision, title="Ours"))
    assert (outcome.status, outcome.event.categories) == (WriteStatus.CONFLICT, ("Theirs",))
    assert outcome.event.title == "Maintenance"


async def test_a_conflict_that_is_none_is_tried_once_more(server, alice):
    event = await made(alice)
    server.faults.add(CHANGE, Fault(status=412), calls=(1,))
    outcome = await carry_out(alice, change(event, title="Changed"))
    assert (outcome.status, outcome.event.title) == (WriteStatus.UPDATED, "Changed")
    assert len(outcome.requests) == 3


async def test_a_conflict_that_stays_though_nobody_changed_anything_has_failed(server, alice):
    event = await made(alice)
    server.faults.add(CHANGE, Fault(status=412))
    outcome = await carry_out(alice, change(event, title="Changed"))
    assert (outcome.status, problem_of(outcome).code) == (WriteStatus.FAILED, Code.CONFLICT)
    assert "repeat" in problem_of(outcome).hint
    assert len(sent(server, "PATCH")) == 2


async def test_a_removal_of_a_version_spares_a_newer_one_even_at_the_last_moment(server, alice):
    event = await made(alice)
    server.faults.add(REMOVE, Fault(delay=HELD), calls=(1,))
    removing = asyncio.create_task(carry_out(alice, EventRemoval(event=event, revision=event.revision)))
    await server.faults.arrival()
    await carry_out(alice, change(event, title="Theirs"))
    server.faults.release()
    outcome = await removing
    assert (outcome.status, outcome.event.title) == (WriteStatus.CONFLICT, "Theirs")
    assert (await now(alice, event)).revision == outcome.event.revision


async def test_a_removal_of_any_version_takes_a_newer_one(server, alice):
    event = await made(alice)
    await carry_out(alice, change(event, title="Theirs"))
    outcome = await carry_out(alice, EventRemoval(event=event))
    assert outcome.status is WriteStatus.DELETED
    assert "if-match" not in sent(server, "DELETE")[0].headers


# Doubt


@pytest.mark.parametrize("fault", [*IN_DOUBT, pytest.param(Fault(garble=Garble.MALFORMED), id="malformed")])
async def test_a_change_in_doubt_is_settled_by_looking_and_made_once(server, alice, fault):
    event = await made(alice)
    server.faults.add(CHANGE, fault, calls=(1,))
    outcome = await carry_out(alice, change(event, title="Changed", body=EventBody(text="One\n two")))
    assert (outcome.status, outcome.stored) == (WriteStatus.UPDATED, True)
    assert (await now(alice, event)).revision == outcome.event.revision != event.revision
    methods = [exchange.request.method for exchange in server.exchanges][1:4]
    is_done = fault.cut is Cut.AFTER_WRITE or fault.garble
    assert methods == (["PATCH", "GET", "GET"] if is_done else ["PATCH", "GET", "PATCH"])


async def test_a_late_write_of_the_first_request_cannot_undo_what_came_after(server, alice):
    event = await made(alice)
    server.faults.add(CHANGE, Fault(cut=Cut.LATE_WRITE, delay=HELD), calls=(1,))
    ours = await carry_out(alice, change(event, title="Ours"))
    theirs = await carry_out(alice, change(ours.event, title="Theirs"))
    server.faults.release()
    assert (ours.status, theirs.status) == (WriteStatus.UPDATED, WriteStatus.UPDATED)
    assert (await now(alice, event)).title == "Theirs"


async def test_where_somebody_else_writes_in_between_nobody_knows_and_the_event_is_shown(server, alice):
    event = await made(alice)
    theirs = await alice.plan_event(change(event, title="Theirs"))
    server.faults.add(CHANGE, Fault(cut=Cut.BEFORE_WRITE), calls=(1,))
    server.faults.add(FIND, Fault(delay=HELD), calls=(1,))
    changing = asyncio.create_task(carry_out(alice, change(event, title="Ours")))
    await server.faults.arrival()
    assert (await alice.apply_event(theirs)).status is WriteStatus.UPDATED
    server.faults.release()
    outcome = await changing
    assert (outcome.status, outcome.event.title) == (WriteStatus.UNKNOWN, "Theirs")
    assert problem_of(outcome).code is Code.NO_ANSWER
    assert not problem_of(outcome).retryable
    assert len(sent(server, "PATCH")) == 2


async def test_a_look_that_graph_is_too_busy_for_is_taken_again(server, alice):
    event = await made(alice)
    server.faults.add(CHANGE, Fault(cut=Cut.AFTER_WRITE), calls=(1,))
    server.faults.add(FIND, Fault(status=503), calls=(1, 2))
    outcome = await carry_out(alice, change(event, title="Changed"))
    assert (outcome.status, outcome.event.title) == (WriteStatus.UPDATED, "Changed")
    assert len(sent(server, "PATCH")) == 1


async def test_where_the_look_fails_too_nobody_knows(server, alice):
    event = await made(alice)
    server.faults.add(CHANGE, Fault(cut=Cut.AFTER_WRITE))
    server.faults.add(FIND, Fault(status=503))
    outcome = await carry_out(alice, change(event, title="Changed"))
    assert (outcome.status, outcome.event) == (WriteStatus.UNKNOWN, None)
    assert problem_of(outcome).code is Code.NO_ANSWER
    assert "look at the event" in problem_of(outcome).hint


async def test_a_refusal_after_a_doubt_does_not_undo_the_doubt(server, alice):
    event = await made(alice)
    server.faults.add(CHANGE, Fault(cut=Cut.LATE_WRITE, delay=HELD), calls=(1,))
    server.faults.add(CHANGE, Fault(status=403))
    outcome = await carry_out(alice, change(event, title="Changed"))
    assert (outcome.status, problem_of(outcome).code) == (WriteStatus.UNKNOWN, Code.FORBIDDEN)
    server.faults.release()
    assert (await now(alice, event)).title == "Changed"


@pytest.mark.parametrize("status", [400, 401, 403, 429, 503])
async def test_a_plain_refusal_is_believed(server, alice, status):
    event = await made(alice)
    server.faults.add("*", Fault(status=status))
    for action in (change(event, title="Changed"), EventRemoval(event=event)):
        outcome = await carry_out(alice, action)
        assert outcome.status is WriteStatus.FAILED
        assert len(outcome.requests) == 1


async def test_a_change_that_is_answered_without_the_event_is_looked_at():
    """Of groups Graph's documentation says 204."""

    class Terse(MSGraphEmulator):
        def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
            answer = super().answer(request, lose=lose)
            return Response(status=204) if request.method == "PATCH" else answer

    async with open_server(Terse) as server, acting(server, ALICE) as alice:
        event = await made(alice)
        outcome = await carry_out(alice, change(event, title="Changed"))
    assert (outcome.status, outcome.event.title) == (WriteStatus.UPDATED, "Changed")


@pytest.mark.parametrize("given", [draft(), meeting()], ids=["delete", "cancel"])
@pytest.mark.parametrize("fault", IN_DOUBT)
async def test_a_removal_in_doubt_is_settled_by_looking(server, alice, fault, given):
    event = await made(alice, given)
    for route in (REMOVE, CANCEL):
        server.faults.add(route, fault, calls=(1,))
    outcome = await carry_out(alice, EventRemoval(event=event))
    assert (outcome.status, outcome.problem) == (WriteStatus.DELETED, None)
    with pytest.raises(NotFound):
        await now(alice, event)


async def test_a_removal_that_stays_in_doubt_is_unknown_and_may_be_repeated(server, alice):
    event = await made(alice)
    server.faults.add(REMOVE, Fault(cut=Cut.BEFORE_WRITE))
    outcome = await carry_out(alice, EventRemoval(event=event))
    assert outcome.status is WriteStatus.UNKNOWN
    assert "does no harm" in problem_of(outcome).hint
    assert len(sent(server, "DELETE")) == 2


async def test_a_mailbox_that_is_gone_is_not_an_event_that_is_gone(server, alice):
    event = await made(alice)
    elsewhere = msgspec.structs.replace(event, id=f"{SOURCE}:users/nobody@contoso.com/events/E=")
    outcome = await carry_out(alice, EventRemoval(event=elsewhere))
    assert (outcome.status, problem_of(outcome).upstream_code) == (WriteStatus.FAILED, "ErrorInvalidUser")


# Meetings


async def test_an_organizer_calls_a_meeting_off_and_says_why(server, alice, bob):
    event = await made(alice, meeting())
    assert (await copy_of(bob, event)).status is not EventStatus.CANCELLED
    outcome = await carry_out(alice, EventRemoval(event=event, comment="The room is flooded."))
    assert outcome.status is WriteStatus.DELETED
    assert body(sent(server)[-1]) == {"Comment": "The room is flooded."}
    assert (await copy_of(bob, event)).status is EventStatus.CANCELLED
    with pytest.raises(NotFound):
        await now(alice, event)


async def test_a_meeting_is_called_off_without_a_reason_and_only_in_the_version_that_is_meant(server, alice):
    event = await made(alice, meeting())
    outcome = await carry_out(alice, EventRemoval(event=event, revision=event.revision))
    assert outcome.status is WriteStatus.DELETED
    *_, look, cancel = server.exchanges
    assert (look.request.method, body(cancel.request)) == ("GET", {})


async def test_an_attendee_removes_their_own_copy_and_nobody_is_told(server, alice, bob):
    event = await made(alice, meeting())
    copy = await copy_of(bob, event)
    step = await bob.plan_event(EventRemoval(event=copy, comment="No time"))
    assert [(warning.code, warning.field) for warning in step.warnings] == [("NOT_HELD", "comment")]
    assert step.effects == ()
    assert (await bob.apply_event(step)).status is WriteStatus.DELETED
    assert (await now(alice, event)).attendees
    assert sent(server, "DELETE")


async def test_an_attendee_changes_their_own_copy_only(alice, bob):
    event = await made(alice, meeting())
    copy = await copy_of(bob, event)
    step = await bob.plan_event(change(copy, title="Mine", show_as=ShowAs.FREE))
    assert [(warning.code, warning.field) for warning in step.warnings] == [("CHANGED", "title")]
    assert step.effects == ()
    outcome = await bob.apply_event(step)
    assert (outcome.status, outcome.event.title) == (WriteStatus.UPDATED, "Mine")
    assert (await now(alice, event)).title == "Meeting"


async def test_a_change_by_the_organizer_reaches_the_attendees(alice, bob):
    event = await made(alice, meeting())
    await carry_out(alice, change(event, title="Moved Meeting"))
    assert (await copy_of(bob, event)).title == "Moved Meeting"


async def test_the_links_of_an_online_meeting_are_not_lost_with_a_new_description(server, alice):
    online = {SourceKind.MSGRAPH: MSGraphEventOptions(is_online_meeting=True)}
    event = await made(alice, msgspec.structs.replace(draft(), options=online))
    link = event.details.online_meeting.join_url
    invitation = EventBody(html=f'<p>Agenda</p><a href="{link}?a=1&amp;b=2">Join</a>')
    event = (await carry_out(alice, change(event, body=invitation))).event
    with pytest.raises(Refused, match="nobody could join") as caught:
        await alice.plan_event(change(event, body=EventBody(text="Agenda")))
    assert caught.value.problem.path == ("description",)
    kept = EventBody(html=event.body.html.replace("Agenda", "Another agenda"))
    outcome = await carry_out(alice, change(event, body=kept))
    assert outcome.event.body.text == "Another agenda\nJoin"
    assert len(sent(server, "PATCH")) == 2


async def test_an_online_meeting_stays_one(alice):
    options = MSGraphEventOptions(is_online_meeting=True)
    given = msgspec.structs.replace(draft(), options={SourceKind.MSGRAPH: options})
    event = await made(alice, given)
    off = msgspec.structs.replace(options, is_online_meeting=False)
    whole = msgspec.structs.replace(draft_of(event), options={SourceKind.MSGRAPH: off})
    changed = frozenset({"msgraph.is_online_meeting"})
    step = await alice.plan_event(EventChange(event=event, draft=whole, changed=changed))
    assert [warning.field for warning in step.warnings] == ["msgraph.isOnlineMeeting"]
    assert (await alice.apply_event(step)).event.details.is_online_meeting


# Series


async def patches(adapter):
    week = Window(start=NOW - 10 * DAY, end=NOW + 10 * DAY)
    events = await read(adapter, calendar(f"users/{OUTAGES}"), week)
    return [event for event in events if event.title == PATCHES]


async def test_one_occurrence_changes_or_goes_and_the_others_stay(alice):
    first, second, third = await patches(alice)
    outcome = await carry_out(alice, change(first, title="Only this one"))
    assert (outcome.event.id, outcome.event.details.type) == (first.id, "exception")
    assert (await carry_out(alice, EventRemoval(event=second))).status is WriteStatus.DELETED
    assert [event.id for event in await patches(alice)] == [third.id]


async def test_all_occurrences_of_a_series_change_side_by_side(alice):
    occurrences = await patches(alice)
    outcomes = await asyncio.gather(
        *(carry_out(alice, change(event, title=f"{PATCHES} {n}")) for n, event in enumerate(occurrences))
    )
    assert {outcome.status for outcome in outcomes} == {WriteStatus.UPDATED}
    assert len(outcomes) == 3
    assert await patches(alice) == []


async def test_an_occurrence_cannot_pass_the_next(alice):
    first, second, _ = await patches(alice)
    outcome = await carry_out(alice, change(first, start=second.start, end=second.end))
    assert (outcome.status, problem_of(outcome).upstream_code) == (
        WriteStatus.FAILED,
        "ErrorOccurrenceCrossingBoundary",
    )
    assert "between" in problem_of(outcome).hint


async def test_a_series_changes_as_a_whole(alice):
    occurrence = (await patches(alice))[0]
    master = await alice.find(EventId.parse(occurrence.series_id))
    renamed = await carry_out(alice, change(master, title="Patches"))
    assert renamed.status is WriteStatus.UPDATED
    later = {"start": EventTime(instant=master.start.instant + HOUR)}
    step = await alice.plan_event(change(renamed.event, **later))
    assert [warning.field for warning in step.warnings] == ["start"]
    assert (await alice.apply_event(step)).event.start == later["start"]


# Groups


async def test_a_member_changes_and_removes_an_event_of_a_group_and_an_application_does_not(server, alice):
    event = await made(alice, home=calendar(f"groups/{SRE}/calendar"))
    outcome = await carry_out(alice, change(event, title="Changed"))
    assert (outcome.status, outcome.event.title) == (WriteStatus.UPDATED, "Changed")
    source = connect(server.url, authorization=server.emulator.tokens.app.authorization)
    async with aclosing(source):
        refused = await carry_out(source.adapter(Call(request_id=REQUEST_ID)), EventRemoval(event=event))
    assert (refused.status, problem_of(refused).code) == (WriteStatus.FAILED, Code.FORBIDDEN)
    assert (await carry_out(alice, EventRemoval(event=outcome.event))).status is WriteStatus.DELETED
    home = await read(alice, calendar(f"groups/{SRE}/calendar"))
    assert "Changed" not in titles(home)


async def test_no_day_is_taken_out_of_a_series_to_which_exchange_invited_a_group_by_itself():
    """It has been seen to do so (msgraph-sdk-dotnet#1549), and would send a cancellation for each day."""

    class Inviting(MSGraphEmulator):
        def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
            if request.method == "POST":
                invited = {**body(request), "attendees": [{"emailAddress": {"address": "sre@contoso.com"}}]}
                request = replace(request, body=msgspec.json.encode(invited))
            return super().answer(request, lose=lose)

    days = (MORNING.date() + DAY,)
    daily = Recurrence(rule=RecurrenceRule.parse("FREQ=DAILY;COUNT=5"), time_zone="UTC", except_dates=days)
    given = msgspec.structs.replace(draft(), recurrence=daily)
    async with open_server(Inviting) as server, acting(server, ALICE) as alice:
        (outcome,) = await write(alice, calendar(f"groups/{SRE}/calendar"), [given])
        assert sent(server, "DELETE") == []
    assert (outcome.status, outcome.stored) == (WriteStatus.UNKNOWN, True)
    assert f"still takes place on {days[0]}: People are invited" in problem_of(outcome).message


async def test_what_an_application_cannot_reach_is_refused_before_anything_is_sent(server, alice):
    event = await made(alice, home=calendar(f"groups/{SRE}/calendar"))
    before = len(server.exchanges)
    claims = urlsafe_b64encode(b'{"idtyp":"app"}').decode().rstrip("=")
    async with aclosing(connect(server.url, authorization=f"Bearer e30.{claims}.s")) as source:
        for action in (change(event, title="Changed"), EventRemoval(event=event)):
            with pytest.raises(Forbidden, match="closed to applications"):
                await source.adapter(Call(request_id=REQUEST_ID)).plan_event(action)
    assert len(server.exchanges) == before
