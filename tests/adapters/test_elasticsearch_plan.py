"""What a write to an ML calendar will send, what it loses on the way, and what it refuses."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from gateway.adapters.base import EventChange, EventRemoval, Plan
from gateway.adapters.byproducts import EffectKind
from gateway.adapters.elasticsearch.drafts import Terms
from gateway.adapters.elasticsearch.muting import Muting
from gateway.adapters.elasticsearch.plan import (
    MAX_BODY_BYTES,
    MAX_WRITTEN,
    plan_change,
    plan_removal,
    prepare,
    steps,
)
from gateway.adapters.elasticsearch.wire import StoredEvent, to_event
from gateway.adapters.losses import Loss
from gateway.errors import Code, InvalidTime
from gateway.model.elasticsearch import ElasticsearchEventOptions
from gateway.model.event import (
    Attendee,
    Draft,
    EventBody,
    EventLocation,
    ShowAs,
    SourceKind,
    draft_of,
)
from gateway.model.ids import CalendarId
from gateway.model.msgraph import MSGraphEventOptions
from gateway.model.time import EventTime, midnight

CALENDAR = CalendarId("es", ("planned-outages",))
START = datetime(2027, 3, 15, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)

LOST = {
    "body": EventBody(text="why"),
    "location": EventLocation(display_name="Room"),
    "locations": (EventLocation(display_name="Room"),),
    "categories": ("A",),
    "show_as": ShowAs.BUSY,
    "attendees": (Attendee(email="a@b.c"),),
    "options": {SourceKind.MSGRAPH: MSGraphEventOptions(is_reminder_on=False)},
    "other_clocks": {"start": "Europe/Paris"},
    "start": EventTime(instant=START, zone="Europe/Berlin"),
    "end": EventTime(instant=START + HOUR, zone="Europe/Berlin"),
}


def draft(title="t", start=START, end=START + HOUR, zone="UTC", **fields):
    return Draft(
        title=title,
        start=EventTime(instant=start, zone=zone),
        end=EventTime(instant=end, zone=zone),
        **fields,
    )


def flags(**options):
    return {SourceKind.ELASTICSEARCH: ElasticsearchEventOptions(**options)}


def planned(drafts, *, size=10, room=MAX_WRITTEN, **terms):
    ready, refused = prepare(drafts, Terms(now=NOW, **terms), room=room)
    return Plan(steps=tuple(steps(CALENDAR, ready, size=size)), refused=refused)


def warnings(draft):
    return planned([draft], has_flags=True).steps[0].events[0].warnings


def test_all_drafts_go_in_one_post_between_two_looks_at_their_starts():
    written = planned([draft("b", START + HOUR, START + 2 * HOUR), draft("a")], size=500)
    (step,) = written.steps
    look, post, again = step.requests
    assert look == again
    assert look.method == "GET"
    assert look.path == (
        "/_ml/calendars/planned-outages/events?start=1805101200000&end=1805104800001&size=500"
    )
    assert look.body is None
    assert (post.method, post.path) == ("POST", "/_ml/calendars/planned-outages/events")
    assert msgspec.json.decode(post.body) == {
        "events": [
            {"description": "b", "start_time": 1805104800000, "end_time": 1805108400000},
            {"description": "a", "start_time": 1805101200000, "end_time": 1805104800000},
        ]
    }
    assert [event.index for event in step.events] == [0, 1]


def test_a_plain_event_loses_nothing():
    assert warnings(draft(options=flags(skip_result=True))) == ()


def test_everything_that_was_given_and_cannot_be_held_is_named():
    full = draft(
        zone="Europe/Berlin",
        body=EventBody(text="why"),
        location=EventLocation(display_name="Room"),
        categories=("A",),
        show_as=ShowAs.BUSY,
        attendees=(Attendee(email="a@b.c"),),
        options={SourceKind.MSGRAPH: MSGraphEventOptions(is_reminder_on=False)},
    )
    found = warnings(full)
    assert {warning.code for warning in found} == {Loss.NOT_HELD}
    assert [warning.field for warning in found] == [
        "start",
        "end",
        "description",
        "location",
        "categories",
        "showAs",
        "attendees",
        "msgraph.isReminderOn",
    ]
    assert (found[0].given, found[0].sent) == ("Europe/Berlin", "2027-03-15T09:00:00Z")
    assert (found[2].given, found[2].sent) == ({"text": "why"}, None)


@pytest.mark.parametrize(("field", "given"), LOST.items())
def test_nothing_that_is_lost_alone_is_overlooked(field, given):
    (found,) = warnings(msgspec.structs.replace(draft(), **{field: given}))
    assert found.code in set(Loss)


def test_every_field_of_a_draft_is_held_or_known_to_be_lost():
    assert {*LOST, "title", "is_all_day", "recurrence", "key"} == {*Draft.__struct_fields__}


def test_days_become_the_instants_of_local_midnight():
    day = date(2027, 3, 28)
    start, end = midnight(day, "Europe/Berlin"), midnight(day + timedelta(1), "Europe/Berlin", latest=True)
    found = warnings(Draft(title="t", start=start, end=end, is_all_day=True))
    assert [(warning.code, warning.field) for warning in found] == [
        (Loss.CHANGED, "start"),
        (Loss.CHANGED, "end"),
    ]
    assert found[0].given == {"date": "2027-03-28", "timeZone": "Europe/Berlin"}
    assert [warning.sent for warning in found] == ["2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z"]


def test_what_is_finer_than_a_millisecond_is_cut_off_and_said():
    (found,) = warnings(draft(start=START + timedelta(microseconds=1999)))
    assert (found.code, found.field) == (Loss.CHANGED, "start")
    assert (found.given, found.sent) == ("2027-03-15T09:00:00.001999Z", "2027-03-15T09:00:00.001000Z")


def test_the_muted_span_is_an_effect_unless_results_are_kept():
    written = planned([draft(), draft(options=flags(skip_result=False))])
    muting, keeping = Muting(calendar=CALENDAR).tell(written.steps[0].wanted)
    (effect,) = muting.effects
    assert effect.kind is EffectKind.SUPPRESSES_ANOMALIES
    for part in ("planned-outages", "2027-03-15T09:00:00Z", "2027-03-15T10:00:00Z"):
        assert part in effect.message
    assert keeping.effects == ()


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        (draft("é" * 16_384), ("title",)),
        (draft("\ud800"), ("title",)),
        (draft(start=START + timedelta(microseconds=1), end=START + timedelta(microseconds=999)), ("end",)),
        (draft(options=flags(force_time_shift=31_536_001)), ("elasticsearch", "forceTimeShift")),
        (draft(options=flags(force_time_shift=-31_536_001)), ("elasticsearch", "forceTimeShift")),
    ],
    ids=["too many bytes", "half a character", "shorter than a millisecond", "a year on", "a year back"],
)
def test_a_draft_that_would_be_refused_or_lost_costs_itself_only(bad, path):
    written = planned([bad, draft("good")])
    assert written.refused[0].path == path
    assert written.refused[0].code in {Code.INVALID_INPUT, Code.INVALID_TIME}
    assert [event.index for event in written.steps[0].events] == [1]
    assert b"good" in written.steps[0].requests[1].body


def test_the_longest_title_that_can_be_held_is_taken():
    assert not planned([draft("é" * 16_383)]).refused


def test_without_a_good_draft_there_is_nothing_to_do():
    assert planned([draft("é" * 20_000)]).steps == ()
    assert planned([]).steps == ()


def test_a_body_that_grows_too_big_is_split_and_loses_nothing():
    drafts = [draft("\x01" * 32_766, START + n * HOUR, START + (n + 1) * HOUR) for n in range(600)]
    written = planned(drafts)
    assert len(written.steps) > 1
    assert all(len(step.requests[1].body) <= MAX_BODY_BYTES for step in written.steps)
    assert [event.index for step in written.steps for event in step.events] == list(range(600))


# One event

EVENT = to_event(
    StoredEvent(
        event_id="LS8", description="t", start_time=1805101200000, end_time=1805104800000, skip_result=True
    ),
    CALENDAR,
)
PATH = "/_ml/calendars/planned-outages/events"


def amended(changed=None, **values):
    whole = msgspec.structs.replace(draft_of(EVENT), **values)
    change = EventChange(event=EVENT, draft=whole, changed=frozenset(values) if changed is None else changed)
    return plan_change(change, size=50)


def test_a_change_looks_where_the_old_event_and_the_new_one_can_be_seen():
    earlier = amended(start=EventTime(instant=START - HOUR))
    look, post, seen, delete, again = earlier.requests
    assert look == seen == again
    assert look.path == f"{PATH}?start=1805097600000&end=1805101200001&size=50"
    assert (post.method, post.path, delete.method, delete.path) == ("POST", PATH, "DELETE", f"{PATH}/LS8")
    later = amended(start=EventTime(instant=START + HOUR / 2))
    assert later.requests[0].path == f"{PATH}?start=1805101200000&end=1805103000001&size=50"


def test_a_change_that_makes_no_difference_upstream_only_looks():
    step = amended(attendees=(Attendee(email="a@b.c"),))
    assert [request.method for request in step.requests] == ["GET"]
    assert [warning.field for warning in step.warnings] == ["attendees"]
    assert step.effects == ()


def test_only_what_changes_and_is_not_cleared_can_be_lost():
    berlin = {
        "start": EventTime(instant=START, zone="Europe/Berlin"),
        "end": EventTime(instant=START + 2 * HOUR, zone="Europe/Berlin"),
    }
    step = amended(
        frozenset({"end", "body", "show_as", "location", "msgraph.is_reminder_on"}),
        **berlin,
        body=EventBody(text="why"),
        show_as=ShowAs.BUSY,
        location=None,
        categories=("A",),
        options=flags() | {SourceKind.MSGRAPH: MSGraphEventOptions(is_reminder_on=False)},
    )
    assert [warning.field for warning in step.warnings] == [
        "end",
        "description",
        "showAs",
        "msgraph.isReminderOn",
    ]


@pytest.mark.parametrize(
    ("values", "mutes"),
    [
        ({"title": "Changed"}, False),
        ({"end": EventTime(instant=START + 2 * HOUR)}, True),
        ({"options": flags(skip_result=False)}, False),
        ({"options": flags(skip_result=True, skip_model_update=False)}, False),
    ],
)
def test_a_mute_is_an_effect_of_a_change_where_it_changes(values, mutes):
    assert bool(amended(**values).effects) is mutes


def test_a_change_to_what_would_be_refused_is_refused():
    with pytest.raises(InvalidTime) as caught:
        amended(end=EventTime(instant=START))
    assert caught.value.problem.path == ("end",)


def test_a_removal_looks_first_only_where_a_revision_must_hold():
    (delete,) = plan_removal(EventRemoval(event=EVENT), size=50).requests
    look, same = plan_removal(EventRemoval(event=EVENT, revision="r"), size=50).requests
    assert delete == same
    assert (delete.method, delete.path) == ("DELETE", f"{PATH}/LS8")
    assert look.path == f"{PATH}?start=1805101200000&end=1805101200001&size=50"
