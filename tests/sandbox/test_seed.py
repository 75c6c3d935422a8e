"""The seed world: deterministic, of this week, alike on both sides."""

from datetime import UTC, datetime, timedelta

import msgspec

from gateway.sandbox import seed
from gateway.sandbox.world import World

NOW = datetime(2026, 11, 18, 15, 30, 12, tzinfo=UTC)


def test_the_same_instant_gives_the_same_world():
    assert seed.world(NOW) == seed.world(NOW)


def test_ids_do_not_change_from_week_to_week():
    def ids(world: World) -> list[str]:
        return [event.id for user in world.msgraph.users for event in user.events] + [
            event.id for calendar in world.elasticsearch.calendars for event in calendar.events
        ]

    assert ids(seed.world(NOW)) == ids(seed.world(NOW + timedelta(weeks=3)))


def test_no_two_events_share_an_id():
    world = seed.world(NOW)
    ids = [event.id for user in world.msgraph.users for event in user.events]
    ids += [event.id for group in world.msgraph.groups for event in group.events]
    ids += [event.id for calendar in world.elasticsearch.calendars for event in calendar.events]
    assert len(set(ids)) == len(ids)


def test_every_machine_learning_event_lies_in_the_week_of_now():
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    events = [event for calendar in seed.world(NOW).elasticsearch.calendars for event in calendar.events]
    assert events
    assert all(monday <= event.start < event.end <= monday + timedelta(days=7) for event in events)


def test_the_failover_is_announced_and_muted_at_the_same_time():
    world = seed.world(NOW)
    muted = next(e for c in world.elasticsearch.calendars for e in c.events if e.description == seed.FAILOVER)
    announced = next(e for u in world.msgraph.users for e in u.events if e.body["subject"] == seed.FAILOVER)
    assert announced.body["start"] == {"dateTime": f"{muted.start:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}


def test_every_event_of_a_mailbox_is_in_one_of_its_calendars():
    for user in seed.world(NOW).msgraph.users:
        assert {event.calendar_id for event in user.events} <= {calendar.id for calendar in user.calendars}


def test_a_world_survives_json():
    world = seed.world(NOW)
    assert msgspec.json.decode(msgspec.json.encode(world), type=World) == world
