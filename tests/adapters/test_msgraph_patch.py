"""The body of a PATCH, and whether an event is as it was to become. No server."""

import msgspec
import pytest

from gateway.adapters.base import EventChange
from gateway.adapters.msgraph.patch import encode_change, is_untouched, members_of, shows
from gateway.errors import InvalidInput
from gateway.model.event import Attendee, AttendeeType, EventBody, EventLocation, ShowAs, SourceKind
from gateway.model.msgraph import Importance, MSGraphEventOptions
from gateway.model.time import EventTime

from .conformance import HOUR, MORNING, change
from .msgraph_bench import EVENT, event

BRIDGE = EventLocation(display_name="Bridge")
ROOM = EventLocation(display_name="Room Turing")
TIMES = {
    "start": {"dateTime": "2027-03-15T10:00:00", "timeZone": "W. Europe Standard Time"},
    "end": {"dateTime": "2027-03-15T11:00:00", "timeZone": "W. Europe Standard Time"},
}


def sent(action: EventChange) -> object:
    return msgspec.json.decode(encode_change(action))


@pytest.mark.parametrize(
    ("values", "body"),
    [
        ({"title": "Other"}, {"subject": "Other"}),
        ({"body": EventBody(html="<b>x</b>")}, {"body": {"contentType": "HTML", "content": "<b>x</b>"}}),
        ({"body": None}, {"body": {"contentType": "Text", "content": ""}}),
        ({"show_as": ShowAs.FREE}, {"showAs": "free"}),
        ({"show_as": None}, {"showAs": "busy"}),
        ({"categories": ("a",)}, {"categories": ["a"]}),
        ({"categories": None}, {"categories": []}),
        ({"attendees": None}, {"attendees": []}),
        ({"location": BRIDGE, "locations": None}, {"location": {"displayName": "Bridge"}}),
        (
            {"location": None, "locations": (BRIDGE, ROOM)},
            {"locations": [{"displayName": "Bridge"}, {"displayName": "Room Turing"}]},
        ),
        ({"location": None, "locations": None}, {"location": {"displayName": ""}, "locations": []}),
        ({"location": None}, {"location": {"displayName": ""}, "locations": []}),
        ({"start": EVENT.start}, TIMES),
        ({"end": EVENT.end}, TIMES),
        ({"is_all_day": False}, {**TIMES, "isAllDay": False}),
    ],
)
def test_each_attribute_is_sent_as_its_member_and_cleared_by_what_stands_for_nothing(values, body):
    assert sent(change(EVENT, **values)) == body


def test_an_option_is_sent_as_its_member_and_anothers_not_at_all():
    options = {SourceKind.MSGRAPH: MSGraphEventOptions(importance=Importance.HIGH, is_reminder_on=False)}
    whole = change(EVENT, options=options).draft
    names = frozenset({"msgraph.importance", "msgraph.is_reminder_on", "elasticsearch.skip_result"})
    action = EventChange(event=EVENT, draft=whole, changed=names)
    assert sent(action) == {"importance": "high", "isReminderOn": False}


@pytest.mark.parametrize("name", ["colour", "google.colour"])
def test_an_attribute_that_is_not_known_here_is_not_left_out_in_silence(name):
    with pytest.raises(ValueError, match=name.partition(".")[0]):
        members_of(EventChange(event=EVENT, draft=change(EVENT).draft, changed=frozenset({name})))


def test_half_of_a_character_is_refused():
    with pytest.raises(InvalidInput, match="half of a character"):
        encode_change(change(EVENT, title="\ud83d"))


WANTED = change(
    EVENT,
    title="Other",
    body=EventBody(text="Fish & chips\nat  noon"),
    attendees=(Attendee(email="Bob@contoso.com"),),
    end=EventTime(instant=MORNING + 2 * HOUR, zone="Europe/Berlin"),
    location=BRIDGE,
)
DONE = event(
    title="Other",
    body=EventBody(
        html="<html><body>Fish &amp; chips<br>at noon</body></html>", text="Fish & chips\nat noon"
    ),
    attendees=(Attendee(email="bob@contoso.com", name="Bob Meyer"),),
    end=EventTime(instant=MORNING + 2 * HOUR, zone="Europe/Berlin"),
    location=msgspec.structs.replace(BRIDGE, location_type="default", unique_id="Bridge"),
    locations=(BRIDGE,),
    show_as=ShowAs.BUSY,
)


def test_an_event_shows_a_change_however_exchange_dresses_it():
    assert shows(DONE, WANTED)


@pytest.mark.parametrize(
    "values",
    [
        {"title": "Maintenance"},
        {"body": EventBody(text="Fish & chips")},
        {"body": None},
        {"attendees": ()},
        {"attendees": (Attendee(email="bob@contoso.com", type=AttendeeType.OPTIONAL),)},
        {"end": EVENT.end},
        {"location": ROOM},
    ],
)
def test_an_event_that_differs_in_what_was_to_change_does_not_show_it(values):
    assert not shows(msgspec.structs.replace(DONE, **values), WANTED)


def test_what_is_not_to_change_may_be_touched_by_others_and_what_is_may_not():
    action = change(EVENT, title="Other", end=EventTime(instant=MORNING + 2 * HOUR))
    assert is_untouched(event(revision='W/"2"', categories=("Theirs",)), action)
    assert not is_untouched(event(title="Theirs"), action)
    assert not is_untouched(event(start=EventTime(instant=MORNING - HOUR)), action)
