"""Switches and limits by their places, as the command line sets them."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.sandbox import seed
from gateway.sandbox.errors import SandboxError
from gateway.sandbox.msgraph.unknowns import PostZone
from gateway.sandbox.setup import Setup

SETUP = Setup.of(seed.world(datetime(2026, 11, 18, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("place", "text", "value"),
    [
        ("msgraph.unknowns.post_zone", "UTC", PostZone.UTC),
        ("msgraph.unknowns.transaction_memory", "PT5M", timedelta(minutes=5)),
        ("msgraph.unknowns.transaction_memory", "null", None),
        ("msgraph.unknowns.subject_length", "255", 255),
        ("msgraph.unknowns.location_header", "true", True),
        ("msgraph.limits.concurrent", "2", 2),
    ],
)
def test_a_place_takes_a_value_and_all_else_stays(place, text, value):
    upstream, kind, name = place.split(".")
    changed = SETUP.assigned(place, text)
    assert getattr(getattr(getattr(changed, upstream), kind), name) == value
    before = SETUP.value(place)
    assert changed.assigned(place, "null" if before is None else str(before)) == SETUP


@pytest.mark.parametrize(
    ("place", "text", "complaint"),
    [
        ("msgraph.unknowns.post_zone", "", "post_zone`, which may be AS_SENT, UTC"),
        ("msgraph.unknowns.etag", "true", "unknown field `etag` .* which has repeated_transaction, "),
        ("msgraph.limits.concurrent", "few", "concurrent`, which may be a number"),
        ("unknowns.post_zone", "UTC", "write elasticsearch.unknowns.NAME=VALUE or msgraph.unknowns"),
        ("msgraph.users.0", "x", "no place of a switch or a limit"),
    ],
)
def test_what_cannot_be_set_is_refused_with_what_can(place, text, complaint):
    with pytest.raises(SandboxError, match=complaint):
        SETUP.assigned(place, text)
