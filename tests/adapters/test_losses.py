"""Warnings for what a calendar cannot hold, in the words of the input."""

from datetime import UTC, datetime

from gateway.adapters.losses import Loss, fields_not_held, options_not_held
from gateway.model.elasticsearch import ElasticsearchEventOptions
from gateway.model.event import Attendee, AttendeeType, Draft, EventBody, EventLocation, ShowAs, SourceKind
from gateway.model.msgraph import Importance, MSGraphEventOptions
from gateway.model.time import EventTime

AT = EventTime(instant=datetime(2027, 1, 1, tzinfo=UTC))
ALL = ("body", "location", "locations", "categories", "show_as", "attendees")


def draft(**fields):
    return Draft(title="t", start=AT, end=AT, **fields)


def test_each_field_that_was_given_is_named_as_in_the_input_with_its_value():
    full = draft(
        body=EventBody(html="<p>x</p>"),
        location=EventLocation(display_name="Room"),
        categories=("A", "B"),
        show_as=ShowAs.OUT_OF_OFFICE,
        attendees=(Attendee(email="a@b.c"), Attendee(email="d@e.f", type=AttendeeType.OPTIONAL)),
    )
    found = {warning.field: warning.given for warning in fields_not_held(full, ALL, holder="It")}
    assert found == {
        "description": {"html": "<p>x</p>"},
        "location": {"displayName": "Room"},
        "categories": ["A", "B"],
        "showAs": "OUT_OF_OFFICE",
        "attendees": [{"email": "a@b.c"}, {"email": "d@e.f", "type": "OPTIONAL"}],
    }


def test_only_fields_that_the_holder_lacks_are_named():
    given = draft(categories=("A",), show_as=ShowAs.BUSY)
    assert [warning.field for warning in fields_not_held(given, {"show_as"}, holder="It")] == ["showAs"]


def test_what_was_not_given_or_is_empty_is_not_lost():
    assert not list(fields_not_held(draft(attendees=(), locations=()), ALL, holder="It"))


def test_options_of_the_other_kind_are_lost_one_by_one():
    given = draft(
        options={
            SourceKind.ELASTICSEARCH: ElasticsearchEventOptions(skip_result=False),
            SourceKind.MSGRAPH: MSGraphEventOptions(importance=Importance.HIGH, is_reminder_on=False),
        }
    )
    warnings = list(options_not_held(given, SourceKind.ELASTICSEARCH, holder="It"))
    assert [(warning.code, warning.field, warning.given) for warning in warnings] == [
        (Loss.NOT_HELD, "msgraph.importance", "HIGH"),
        (Loss.NOT_HELD, "msgraph.isReminderOn", False),
    ]
    back = list(options_not_held(given, SourceKind.MSGRAPH, holder="It"))
    assert [(warning.field, warning.given) for warning in back] == [("elasticsearch.skipResult", False)]
