"""Invitations and answers to them, cancellations, free and busy times."""

import pytest

from gateway.sandbox import seed

from .conftest import LUNCH, NOON, ONE, Client, as_alice

WITH_BOB = {
    **LUNCH,
    "attendees": [{"emailAddress": {"address": seed.BOB, "name": "Bob"}, "type": "required"}],
}
SERIES_WITH_BOB = {
    **WITH_BOB,
    "recurrence": {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": "2026-11-19", "numberOfOccurrences": 3},
    },
}


@pytest.fixture
def meeting(alice):
    return f"/me/events/{alice.post('/me/events', WITH_BOB).body['id']}"


@pytest.fixture
def invitation(bob, meeting):
    del meeting
    return invitation_of(bob)


def invitation_of(client, subject="Lunch"):
    found = client.get(f"/me/events?$filter=subject%20eq%20'{subject.replace(' ', '%20')}'").body["value"]
    assert len(found) == 1
    return f"/me/events/{found[0]['id']}"


def test_an_attendee_of_the_directory_finds_the_meeting_in_the_calendar(bob, invitation):
    copy = bob.get(invitation).body
    assert copy["isOrganizer"] is False
    assert copy["responseStatus"]["response"] == "notResponded"
    assert copy["showAs"] == "tentative"
    assert copy["organizer"]["emailAddress"]["address"] == seed.ALICE


def test_all_copies_have_one_uid(alice, bob, meeting, invitation):
    alice.version = bob.version = "beta"
    assert alice.get(meeting).body["uid"] == bob.get(invitation).body["uid"]
    assert alice.get(meeting).body["id"] != bob.get(invitation).body["id"]


@pytest.mark.parametrize(
    ("action", "answer", "show_as"),
    [("accept", "accepted", "busy"), ("tentativelyAccept", "tentativelyAccepted", "tentative")],
)
def test_an_answer_is_seen_in_the_attendees_copy(bob, invitation, action, answer, show_as):
    found = bob.post(f"{invitation}/{action}", {"comment": "ok"})
    assert (found.status, found.body) == (202, b"")
    copy = bob.get(invitation).body
    assert (copy["responseStatus"]["response"], copy["showAs"]) == (answer, show_as)


def test_an_answer_is_seen_by_the_organizer(alice, bob, meeting, invitation):
    bob.post(f"{invitation}/accept")
    status = alice.get(meeting).body["attendees"][0]["status"]
    assert status == {"response": "accepted", "time": "2026-11-18T15:30:12Z"}


def test_an_answer_may_stay_unsent(alice, bob, meeting, invitation):
    assert bob.post(f"{invitation}/accept", {"sendResponse": False}).status == 202
    assert bob.get(invitation).body["responseStatus"]["response"] == "accepted"
    assert alice.get(meeting).body["attendees"][0]["status"]["response"] == "none"


def test_who_declines_has_the_meeting_no_more(alice, bob, meeting, invitation):
    assert bob.post(f"{invitation}/decline").status == 202
    assert bob.get(invitation).status == 404
    assert alice.get(meeting).body["attendees"][0]["status"]["response"] == "declined"


def test_a_declined_meeting_may_stay(emulate):
    emulator = emulate(declined_events_vanish=False)
    as_alice(emulator).post("/me/events", WITH_BOB)
    bob = Client(emulator, emulator.tokens.of(seed.BOB).authorization)
    path = invitation_of(bob)
    bob.post(f"{path}/decline", {})
    assert bob.get(path).body["responseStatus"]["response"] == "declined"


def test_another_time_can_be_proposed_but_not_with_an_acceptance(alice, bob, meeting, invitation):
    proposed = {"start": ONE, "end": {**ONE, "dateTime": "2026-11-19T14:00:00"}}
    assert bob.post(f"{invitation}/accept", {"proposedNewTime": proposed}).status == 202
    assert "proposedNewTime" not in alice.get(meeting).body["attendees"][0]
    assert bob.post(f"{invitation}/tentativelyAccept", {"proposedNewTime": proposed}).status == 202
    seen = alice.get(meeting).body["attendees"][0]["proposedNewTime"]
    assert seen["start"]["dateTime"] == "2026-11-19T13:00:00.0000000"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"comment": "x", "sendResponse": False}, "ErrorInvalidParameter"),
        ({"Comment": "x", "SendResponse": False}, "ErrorInvalidParameter"),
        ({"proposedNewTime": {"start": NOON, "end": ONE}, "sendResponse": False}, "ErrorInvalidParameter"),
        ({"sendResponse": "yes"}, "RequestBodyRead"),
    ],
)
def test_an_answer_that_contradicts_itself_is_refused(bob, invitation, body, code):
    found = bob.post(f"{invitation}/decline", body)
    assert (found.status, found.code) == (400, code)


def test_no_other_time_is_proposed_where_the_organizer_allows_none(alice, bob):
    alice.post("/me/events", {**WITH_BOB, "allowNewTimeProposals": False})
    found = bob.post(f"{invitation_of(bob)}/decline", {"proposedNewTime": {"start": NOON, "end": ONE}})
    assert (found.status, found.code) == (400, "ErrorInvalidRequest")


def test_the_organizer_answers_no_invitation(alice, meeting):
    found = alice.post(f"{meeting}/accept", {})
    assert (found.status, found.code) == (400, "ErrorInvalidRequest")
    assert found.message.endswith("because you're the meeting organizer.")


@pytest.mark.parametrize("body", [{"Comment": "Sorry"}, {"comment": "Sorry"}, None])
def test_a_cancelled_meeting_leaves_the_organizers_calendar_only(alice, bob, meeting, invitation, body):
    assert alice.post(f"{meeting}/cancel", body).status == 202
    assert alice.get(meeting).status == 404
    copy = bob.get(invitation).body
    assert (copy["isCancelled"], copy["subject"]) == (True, "Canceled: Lunch")


def test_an_attendee_cannot_cancel(bob, invitation):
    found = bob.post(f"{invitation}/cancel", {"comment": "x"})
    assert (found.status, found.code) == (400, "ErrorInvalidRequest")
    assert found.message.endswith("You need to be an organizer to cancel a meeting.")


def test_the_organizers_delete_cancels(alice, bob, meeting, invitation):
    alice.delete(meeting)
    assert bob.get(invitation).body["isCancelled"] is True


def test_the_organizers_change_reaches_the_copies_and_keeps_what_is_their_own(
    alice, bob, meeting, invitation
):
    bob.patch(invitation, {"categories": ["Mine"], "isReminderOn": False})
    alice.patch(meeting, {"subject": "Dinner"})
    copy = bob.get(invitation).body
    assert (copy["subject"], copy["categories"], copy["isReminderOn"]) == ("Dinner", ["Mine"], False)


def test_an_attendees_change_stays_their_own(alice, bob, meeting, invitation):
    bob.patch(invitation, {"subject": "Snack"})
    assert alice.get(meeting).body["subject"] == "Lunch"


def test_who_is_invited_no_longer_gets_a_cancellation(alice, bob, meeting, invitation):
    alice.patch(meeting, {"attendees": []})
    assert bob.get(invitation).body["isCancelled"] is True
    assert alice.get(meeting).body["isCancelled"] is False


def test_with_hidden_attendees_each_sees_only_themselves(alice, bob):
    both = [*WITH_BOB["attendees"], {"emailAddress": {"address": "x@fabrikam.com"}}]
    made = alice.post("/me/events", {**LUNCH, "attendees": both, "hideAttendees": True}).body
    assert len(made["attendees"]) == 2
    seen = bob.get(invitation_of(bob)).body["attendees"]
    assert [attendee["emailAddress"]["address"] for attendee in seen] == [seed.BOB]


def test_a_cancelled_occurrence_is_cancelled_for_all(alice, bob):
    made = alice.post("/me/events", SERIES_WITH_BOB).body["id"]
    window = "startDateTime=2026-11-19&endDateTime=2026-11-30"
    second = alice.get(f"/me/events/{made}/instances?{window}").body["value"][1]["id"]
    assert alice.post(f"/me/events/{second}/cancel").status == 202
    assert len(alice.get(f"/me/events/{made}/instances?{window}").body["value"]) == 2
    assert len(bob.get(f"{invitation_of(bob)}/instances?{window}").body["value"]) == 2


def test_an_answer_to_one_occurrence_is_about_that_one(alice, bob):
    made = alice.post("/me/events", SERIES_WITH_BOB).body["id"]
    window = "startDateTime=2026-11-19&endDateTime=2026-11-30"
    second = bob.get(f"{invitation_of(bob)}/instances?{window}").body["value"][1]["id"]
    assert bob.post(f"/me/events/{second}/accept").status == 202
    found = alice.get(f"/me/events/{made}/instances?{window}").body["value"]
    answers = [event["attendees"][0]["status"]["response"] for event in found]
    assert answers == ["none", "accepted", "none"]


def test_a_forwarded_meeting_has_more_attendees(alice, bob, meeting, invitation):
    recipients = [{"emailAddress": {"address": "x@fabrikam.com", "name": "X"}}]
    assert bob.post(f"{invitation}/forward", {"ToRecipients": recipients, "Comment": "fyi"}).status == 202
    names = [attendee["emailAddress"]["address"] for attendee in alice.get(meeting).body["attendees"]]
    assert names == [seed.BOB, "x@fabrikam.com"]


def test_a_reminder_is_dismissed_or_snoozed(alice, meeting):
    assert alice.post(f"{meeting}/snoozeReminder", {"newReminderTime": NOON}).status == 200
    assert alice.get(meeting).body["isReminderOn"] is True
    assert alice.post(f"{meeting}/dismissReminder").status == 200
    assert alice.get(meeting).body["isReminderOn"] is False


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("accept", {}),
        ("tentativelyAccept", {}),
        ("decline", {}),
        ("snoozeReminder", {"newReminderTime": NOON}),
        ("dismissReminder", {}),
    ],
)
def test_a_groups_event_takes_no_answer_and_has_no_reminder(alice, action, body):
    group = f"/groups/{seed.user_id('sre@contoso.com')}"
    event = f"{group}/events/{alice.post(f'{group}/events', LUNCH).body['id']}"
    before = alice.get(event).body
    refused = alice.post(f"{event}/{action}", body)
    assert (refused.status, refused.code) == (403, "ErrorAccessDenied")
    assert alice.get(event).body == before


def test_an_event_is_deleted_for_good(alice, meeting):
    assert alice.post(f"{meeting}/permanentDelete").status == 204
    assert alice.get(meeting).status == 404


def schedule(client, *names, start="2026-11-17T08:00:00", end="2026-11-17T16:00:00", **more):
    body = {
        "schedules": list(names),
        "startTime": {"dateTime": start, "timeZone": "UTC"},
        "endTime": {"dateTime": end, "timeZone": "UTC"},
        **more,
    }
    return client.post("/me/calendar/getSchedule", body)


def test_a_schedule_shows_busy_and_free_slots(alice):
    found = schedule(alice, seed.OUTAGES, availabilityViewInterval=60).body["value"][0]
    assert found["scheduleId"] == seed.OUTAGES
    assert found["availabilityView"] == "02000000"
    assert [item["subject"] for item in found["scheduleItems"]] == [seed.FAILOVER]
    assert found["workingHours"]["timeZone"] == {"name": "UTC"}


@pytest.mark.parametrize(
    ("show_as", "digit"),
    [("free", "0"), ("tentative", "1"), ("busy", "2"), ("oof", "3"), ("workingElsewhere", "4")],
)
def test_every_status_has_its_digit(alice, show_as, digit):
    alice.post("/me/events", {**LUNCH, "showAs": show_as})
    found = schedule(alice, seed.ALICE, start="2026-11-19T12:00:00", end="2026-11-19T13:00:00")
    # On that day Alice is on call, which is in another calendar and does not count.
    assert found.body["value"][0]["availabilityView"] == digit * 2


def test_the_busiest_event_of_a_slot_counts(alice):
    for show_as in ("tentative", "oof", "busy"):
        alice.post("/me/events", {**LUNCH, "showAs": show_as})
    found = schedule(alice, seed.ALICE, start="2026-11-19T12:00:00", end="2026-11-19T12:30:00")
    assert found.body["value"][0]["availabilityView"] == "3"


def test_private_events_show_their_times_only(alice):
    found = schedule(alice, seed.CEO, start="2026-11-19T00:00:00", end="2026-11-20T00:00:00").body["value"][0]
    (item,) = found["scheduleItems"]
    assert item["isPrivate"] is True
    assert "subject" not in item


def test_an_item_of_a_schedule_has_the_members_of_its_type_and_no_others(alice):
    (item,) = schedule(alice, seed.OUTAGES).body["value"][0]["scheduleItems"]
    assert set(item) == {"isPrivate", "status", "subject", "location", "start", "end"}


def test_an_unknown_schedule_is_an_error_of_its_own(alice):
    found = schedule(alice, "nobody@contoso.com", seed.BOB)
    assert found.status == 200
    unknown, known = found.body["value"]
    assert unknown["error"]["responseCode"] == "5016"
    assert "scheduleItems" not in unknown
    assert "error" not in known


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"end": "2027-01-19T08:00:01"}, "ErrorTimeIntervalTooBig"),
        ({"end": "2026-11-17T08:00:00"}, "ErrorInvalidParameter"),
        ({"availabilityViewInterval": 4}, "ErrorInvalidMergedFreeBusyInterval"),
        ({"availabilityViewInterval": 1441}, "ErrorInvalidMergedFreeBusyInterval"),
    ],
)
def test_a_schedule_has_limits(alice, more, code):
    found = schedule(alice, seed.BOB, **more)
    assert (found.status, found.code) == (400, code)


def test_at_most_twenty_schedules_are_had_at_once(alice):
    assert schedule(alice, *[seed.BOB] * 20).status == 200
    assert schedule(alice, *[seed.BOB] * 21).status == 400
