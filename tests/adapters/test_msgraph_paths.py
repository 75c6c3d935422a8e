"""The grammar of Graph's ids, without a server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.msgraph import paths
from gateway.errors import InvalidId
from gateway.model.ids import ResourceId

OWNER = ("users", "5d8d505c-864f-4804-88c7-4583c966cde8")
SEGMENT = st.text(min_size=1, max_size=12).filter(
    lambda text: text not in {".", ".."} and text.isprintable() and text.lower() != "me"
)
CALENDAR_FORMS = [
    # written, as addressed, canonical (None: only Graph can tell)
    ("me", "me", None),
    ("me/calendar", "me/calendar", None),
    ("me/calendars/AA=", "me/calendars/AA=", None),
    ("me/calendarGroup/calendars/AA=", "me/calendars/AA=", None),
    ("me/calendarGroups/G/calendars/AA=", "me/calendarGroups/G/calendars/AA=", None),
    ("users/U", "users/U", "users/U/calendar"),
    ("users/U/calendar", "users/U/calendar", "users/U/calendar"),
    ("users/U/calendars/AA=", "users/U/calendars/AA=", "users/U/calendars/AA="),
    ("users/U/calendarGroup/calendars/AA=", "users/U/calendars/AA=", "users/U/calendars/AA="),
    (
        "users/U/calendarGroups/G/calendars/AA=",
        "users/U/calendarGroups/G/calendars/AA=",
        "users/U/calendars/AA=",
    ),
    ("groups/G", "groups/G", "groups/G/calendar"),
    ("groups/G/calendar", "groups/G/calendar", "groups/G/calendar"),
    # resource names in any case, ids exactly, a principal name in small letters
    ("ME/Calendar", "me/calendar", None),
    (
        "Users/Ops@Contoso.com/CALENDARS/aB",
        "users/ops@contoso.com/calendars/aB",
        "users/ops@contoso.com/calendars/aB",
    ),
    (
        "users/Ops+x@Contoso.com/calendar",
        "users/ops%2Bx@contoso.com/calendar",
        "users/ops%2Bx@contoso.com/calendar",
    ),
    (
        "users/U/CalendarGroups/Gg/Calendars/aB",
        "users/U/calendarGroups/Gg/calendars/aB",
        "users/U/calendars/aB",
    ),
    # names of resources as ids
    (
        "users/calendars/calendars/events",
        "users/calendars/calendars/events",
        "users/calendars/calendars/events",
    ),
    ("me/calendars/a%2Fb%20%3F%23%25", "me/calendars/a%2Fb%20%3F%23%25", None),
]
NO_CALENDARS = [
    "users",
    "groups",
    "users/me/calendar",
    "users/Me",
    "me/calendars",
    "me/calendarGroup",
    "me/calendarGroup/calendars",
    "me/calendarGroups/G",
    "me/calendarGroups/G/calendars",
    "me/calendar/more",
    "groups/G/calendars/AA=",
    "groups/G/calendarGroups/H/calendars/AA=",
    "sites/S/calendar",
    "me/messages",
]
EVENT_FORMS = [
    ("users/U/events/E=", "users/U/events/E="),
    ("groups/G/events/E=", "groups/G/events/E="),
    ("me/events/E=", "me/events/E="),
    ("ME/Events/e", "me/events/e"),
    ("users/Ops@Contoso.com/events/E", "users/ops@contoso.com/events/E"),
    ("users/U/calendar/events/E=", "users/U/events/E="),
    ("users/U/calendars/C/events/E=", "users/U/events/E="),
    ("users/U/calendarGroup/calendars/C/events/E=", "users/U/events/E="),
    ("me/calendarGroups/G/calendars/C/events/E=", "me/events/E="),
    ("groups/G/calendar/events/E=", "groups/G/events/E="),
    ("users/events/events/events", "users/events/events/events"),
]


def parse(text: str) -> ResourceId:
    return ResourceId.parse(f"msgraph:{text}")


@pytest.mark.parametrize(("written", "addressed", "_canonical"), CALENDAR_FORMS)
def test_a_calendar_may_be_written_in_any_documented_way(written, addressed, _canonical):
    assert str(paths.calendar_id(parse(written))) == f"msgraph:{addressed}"


@pytest.mark.parametrize(
    ("written", "canonical"), [(form[0], form[2]) for form in CALENDAR_FORMS if form[2] is not None]
)
def test_a_canonical_id_has_the_owner_as_written_and_one_form(written, canonical):
    assert str(paths.canonical_if_known(paths.calendar_id(parse(written)))) == f"msgraph:{canonical}"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("me", "calendar"),
        ("me/calendar", "calendar"),
        ("me/calendars/AA=", "calendars/AA="),
        ("me/calendarGroup/calendars/AA=", "calendars/AA="),
        ("me/calendarGroups/G/calendars/AA=", "calendars/AA="),
    ],
)
def test_who_me_is_must_be_told(written, canonical):
    calendar = paths.calendar_id(parse(written))
    assert paths.canonical_if_known(calendar) is None
    assert str(paths.canonical(calendar, OWNER)) == f"msgraph:{'/'.join(OWNER)}/{canonical}"


@pytest.mark.parametrize("written", NO_CALENDARS)
def test_what_addresses_no_calendar_is_refused(written):
    with pytest.raises(InvalidId, match="names neither a Graph calendar nor an event"):
        paths.calendar_id(parse(written))


@pytest.mark.parametrize("written", [form[0] for form in EVENT_FORMS])
def test_an_event_is_no_calendar(written):
    with pytest.raises(InvalidId):
        paths.calendar_id(parse(written))


@pytest.mark.parametrize(("written", "addressed"), EVENT_FORMS)
def test_an_event_may_be_written_below_its_owner_or_its_calendar(written, addressed):
    assert str(paths.event_id(parse(written))) == f"msgraph:{addressed}"


@pytest.mark.parametrize("written", [form[0] for form in CALENDAR_FORMS])
def test_a_calendar_is_no_event(written):
    assert paths.event_id(parse(written)) is None


@pytest.mark.parametrize(
    "written", ["me/events", "me/events/E/instances", "users/U/events", "me/calendar/e/E"]
)
def test_what_addresses_no_event_is_refused(written):
    with pytest.raises(InvalidId):
        paths.event_id(parse(written))


@pytest.mark.parametrize("segment", [".", "..", "%2E", "%2e%2E"])
def test_dot_segments_are_refused(segment):
    with pytest.raises(InvalidId, match="refused"):
        parse(f"me/calendars/{segment}")


@pytest.mark.parametrize(
    ("context", "owner"),
    [
        (
            "https://graph.microsoft.com/beta/$metadata#users('5D8D')/calendars('AA%3D')/events/$entity",
            "5D8D",
        ),
        (
            "https://graph.microsoft.com/v1.0/$metadata#users('Ops%40Contoso.com')/calendars",
            "ops@contoso.com",
        ),
        ("https://graph.microsoft.com/v1.0/$metadata#users('o''brien%40contoso.com')/calendar/$entity", None),
    ],
)
def test_an_answers_context_names_the_owner(context, owner):
    assert paths.owner_in(context) == ("users", owner or "o'brien@contoso.com")


@pytest.mark.parametrize(
    "context", [None, "", "https://graph.microsoft.com/v1.0/$metadata#Me/events/$entity"]
)
def test_an_older_context_names_nobody(context):
    assert paths.owner_in(context) is None


@given(owner=SEGMENT, group=SEGMENT, calendar=SEGMENT)
def test_canonical_ids_are_stable(owner, group, calendar):
    """Canonical, written out, read in and made canonical again."""
    written = ResourceId("msgraph", ("users", owner, "calendarGroups", group, "calendars", calendar))
    canonical = paths.canonical_if_known(paths.calendar_id(written))
    assert canonical is not None
    again = paths.calendar_id(ResourceId.parse(str(canonical)))
    assert paths.canonical_if_known(again) == canonical
    assert canonical.segments[-1] == calendar
