"""Lists written from columns are to the byte what Strawberry and graphql-core make of the same events."""

from typing import Any

import pytest

from tests.front.test_announce_and_mute import add
from tests.front.test_bad_input import event
from tests.schema.both_ways import ours, theirs, written

pytestmark = pytest.mark.anyio

HOLIDAYS = "elasticsearch:holidays"
PLANNED = "elasticsearch:planned-outages"
ALICE = "msgraph:users/alice.nguyen@contoso.com"
TITLES = ['Say "when" \\ or not', "計画停止\u2028\x7f\x1f", "Works [#not a mark]", "]", "née <script>"]
SELECTIONS = {
    "plain": "id calendarId title start { instant } end { instant }",
    "nothing": "__typename",
    "times": "start { __typename instant local timeZone date } end { ...Time } duration isAllDay "
    "createdAt updatedAt",
    "aliases": "a: id b: id title x1: title s: start { i: instant j: instant } t: __typename",
    "ours": "key revision status showAs seriesId webUrl categories source { name } warnings { field }",
    "details": "elasticsearch { __typename eventId occurrence skipResult forceTimeShift } "
    "msgraph { eventId type importance isOrganizer onlineMeeting { joinUrl } originalStart }",
    "people": "organizer { email } attendees { email type } location { displayName } description { text }",
    "flags": "id @skip(if: $yes) title @include(if: $yes) ... @include(if: $no) { key } ...Named",
    "awaited": "id calendar { name } title",
}
QUERY = """
query ($calendars: [ID!]!, $first: Int!, $yes: Boolean = true, $no: Boolean = false) {
  used: __typename @skip(if: $yes) @include(if: $no)
  calendarEvents(
    calendars: $calendars, first: $first,
    window: {start: "2026-11-16T00:00:00Z", end: "2026-11-30T00:00:00Z"}
  ) { isComplete pageInfo { endCursor } nodes { %s } edges { cursor node { %s } } }
}
"""
FRAGMENTS = {
    "Time": "fragment Time on EventTime { instant local }",
    "Named": "fragment Named on CalendarEvent { named: title ... on Node { id } }",
}


@pytest.fixture
async def gateway(front: Any) -> Any:
    """The seed world, and events of one start in two ML calendars, with titles that JSON has to escape."""
    gateway = await front()
    events = [event(title=title, start={"instant": "2026-11-20T10:00:00.5Z"}) for title in TITLES]
    flags = {"skipResult": False, "forceTimeShift": -3600}
    keyed = event(title="Keyed", key="OPS-7", elasticsearch=flags, start={"instant": 1795208400000})
    report = await add(gateway, HOLIDAYS, PLANNED, events=[*events, keyed])
    assert report["status"] == "SUCCEEDED"
    return gateway


@pytest.mark.parametrize("first", [3, 100])
@pytest.mark.parametrize(
    "calendars", [[HOLIDAYS], [HOLIDAYS, PLANNED], [ALICE], [PLANNED, ALICE, HOLIDAYS]], ids=" and ".join
)
async def test_a_list_is_answered_the_same_both_ways(gateway: Any, calendars: list[str], first: int) -> None:
    variables = {"calendars": calendars, "first": first}
    for selected in SELECTIONS.values():
        used = [text for name, text in FRAGMENTS.items() if f"...{name}" in selected]
        query = "".join([QUERY % (selected, selected), *used])
        expected = written(await theirs(gateway.catalog, query, variables))
        assert b'"errors":[]' in expected
        assert b'"nodes":[{' in expected
        assert written(await ours(gateway.catalog, query, variables)) == expected
