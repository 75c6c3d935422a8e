"""What the configuration lets callers do with a source."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CalendarNotAllowed, GroupAddress, InvalidId, MuteTooLong, ReadOnlySource
from gateway.model.calendar import Calendar
from gateway.model.event import Attendee
from gateway.model.ids import CalendarId, ResourceId, encode_segment
from gateway.service.guard import CalendarPattern, SourceMode, SourcePolicy

SEGMENTS = st.lists(st.text(min_size=1, max_size=8).filter(lambda text: text not in {".", ".."}), min_size=1)


def _policy(*patterns: str) -> SourcePolicy:
    return SourcePolicy(calendars=tuple(map(CalendarPattern.parse, patterns)))


def _allows(pattern: str, path: str) -> bool:
    return CalendarPattern.parse(pattern).matches(ResourceId.parse(f"s:{path}"))


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*", "planned-outages"),
        ("*", "users/ops@contoso.com/calendars/AAMk"),
        ("planned-*", "planned-outages"),
        ("planned-*", "planned-"),
        ("*-outages", "planned-outages"),
        ("p*-*s", "planned-outages"),
        ("planned-outages", "planned-outages"),
        ("users/ops@contoso.com/*", "users/ops@contoso.com/calendar"),
        ("users/ops@contoso.com/*", "users/ops@contoso.com/calendars/AAMk"),
        ("users/ops@contoso.com/*", "users/ops@contoso.com"),
        ("users/*@contoso.com/calendar", "users/ops@contoso.com/calendar"),
        ("users/Ops@Contoso.com/calendar", "users/oPS@contoso.COM/calendar"),
        ("users/ops@contoso.com/calendars/AA+k=", "users/ops@contoso.com/calendars/AA%2Bk="),
        ("a%2Fb", "a%2fb"),
        ("a%2A", "a%2A"),
        ("users/*/calendar", "users/a%2Fb/calendar"),
    ],
)
def test_a_pattern_allows_what_it_names(pattern: str, path: str) -> None:
    assert _allows(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("planned-*", "unplanned-outages"),
        ("planned-*", "planned-outages/more"),
        ("planned-outages", "planned-outages-2"),
        ("planned.outages", "planned-outages"),
        ("planned-outages", "Planned-outages"),
        ("users/*", "groups/ops/calendar"),
        ("users/*/calendar", "users/a/b/calendar"),
        ("users/*/calendar", "users/a/calendars/calendar"),
        ("users/ops@contoso.com/*", "users%2Fops@contoso.com%2Fcalendar"),
        ("users/ops@contoso.com/*", "users/ops@contoso.com.evil.example/calendar"),
        ("users/ops@contoso.com/*", "users/ops%2Fops@contoso.com/calendar"),
        ("users/ops@contoso.com/*", "users"),
        ("users/ops@contoso.com/*", "me/calendar"),
        ("users/ops@contoso.com/calendars/AAMk", "users/ops@contoso.com/calendars/aamk"),
        ("users/skate@contoso.com/calendar", "users/s%E2%84%AAate@contoso.com/calendar"),  # the Kelvin sign
        ("a%2A", "abc"),
    ],
)
def test_a_pattern_allows_nothing_else(pattern: str, path: str) -> None:
    assert not _allows(pattern, path)


@given(SEGMENTS)
def test_every_path_is_allowed_by_itself_exactly(segments: list[str]) -> None:
    pattern = CalendarPattern.parse("/".join(map(encode_segment, segments)))
    assert pattern.is_exact
    assert pattern.matches(ResourceId("s", tuple(segments)))


@given(SEGMENTS, SEGMENTS)
def test_an_exact_pattern_allows_no_other_path_but_for_the_case_of_addresses(
    one: list[str], other: list[str]
) -> None:
    pattern = CalendarPattern.parse("/".join(map(encode_segment, one)))
    folded = [[part.lower() if "@" in part else part for part in path] for path in (one, other)]
    if pattern.matches(ResourceId("s", tuple(other))):
        assert folded[0] == folded[1]


@pytest.mark.parametrize("text", ["", "a//b", "/a", "a/", "a b", "a?", "%2*", "..", "a/../b", "[ab]"])
def test_a_pattern_that_no_path_can_have_is_refused(text: str) -> None:
    with pytest.raises(InvalidId):
        CalendarPattern.parse(text)


def test_nothing_is_allowed_unless_it_is_named() -> None:
    with pytest.raises(CalendarNotAllowed) as caught:
        SourcePolicy().check_calendar(CalendarId.parse("es:planned-outages"))
    assert caught.value.problem.hint == "Name it in `calendars` of the source 'es', or in an alias."


def test_an_alias_allows_its_own_calendars() -> None:
    SourcePolicy().check_calendar(CalendarId.parse("es:planned-outages"), by_alias=True)


def test_only_a_lone_wildcard_allows_all() -> None:
    assert _policy("planned-*", "*").allows_all
    assert not _policy("planned-*", "users/*").allows_all


def test_a_found_calendar_is_allowed_by_either_of_its_ids() -> None:
    found = Calendar(id="g:users/o@x/calendars/A", default_id="g:users/o@x/calendar", source="g", name="C")
    _policy("users/o@x/calendar").check_found(found)
    _policy("users/o@x/calendars/A").check_found(found)
    assert _policy("users/o@x/calendar").allows(found)


def test_a_found_calendar_that_nothing_names_is_refused() -> None:
    found = Calendar(id="g:users/o@x/calendars/A", source="g", name="C")
    assert not _policy("users/p@x/*").allows(found)
    with pytest.raises(CalendarNotAllowed, match="g:users/o@x/calendars/A"):
        _policy("users/p@x/*").check_found(found)


@pytest.mark.parametrize("pattern", ["*", "every-*"])
def test_a_calendar_that_mutes_all_jobs_is_read_but_not_written_to_by_a_wildcard(pattern: str) -> None:
    found = Calendar(id="es:every-job", source="es", name="every-job", mutes_all_jobs=True)
    with pytest.raises(CalendarNotAllowed, match="all anomaly detection jobs"):
        _policy(pattern).check_mutes(found)
    _policy(pattern).check_found(found)


def test_a_calendar_that_mutes_all_jobs_is_written_to_by_its_own_entry() -> None:
    found = Calendar(id="es:every-job", source="es", name="every-job", mutes_all_jobs=True)
    _policy("*", "every-job").check_mutes(found)


def test_a_calendar_that_mutes_some_jobs_is_written_to_by_a_wildcard() -> None:
    _policy("*").check_mutes(Calendar(id="es:some-jobs", source="es", name="some-jobs"))


def test_a_source_is_read_only_unless_told_otherwise() -> None:
    with pytest.raises(ReadOnlySource) as caught:
        SourcePolicy().check_write("es")
    assert 'mode = "write" in [sources.es]' in (caught.value.problem.hint or "")
    SourcePolicy(mode=SourceMode.WRITE).check_write("es")


def test_a_mute_may_last_as_long_as_the_limit_and_no_longer() -> None:
    policy = SourcePolicy(max_mute=timedelta(hours=2))
    policy.check_mute(timedelta(hours=2))
    with pytest.raises(MuteTooLong, match="PT2H1S is longer than PT2H"):
        policy.check_mute(timedelta(hours=2, seconds=1))


@pytest.mark.parametrize("lowered_to", [timedelta(0), timedelta(hours=1)])
def test_a_caller_may_lower_the_longest_mute(lowered_to: timedelta) -> None:
    with pytest.raises(MuteTooLong):
        SourcePolicy().check_mute(timedelta(hours=2), lowered_to=lowered_to)


def test_a_caller_may_not_raise_the_longest_mute() -> None:
    with pytest.raises(MuteTooLong, match="longer than PT744H"):
        SourcePolicy().check_mute(timedelta(days=32), lowered_to=timedelta(days=365))


@pytest.mark.parametrize("email", ["all-staff@contoso.com", "ALL-staff@Contoso.com", " all-x@contoso.com "])
def test_a_group_s_address_is_refused_whatever_its_case(email: str) -> None:
    people = (Attendee(email="bob@contoso.com"), Attendee(email=email))
    with pytest.raises(GroupAddress) as caught:
        SourcePolicy(group_addresses=("all-*@contoso.com",)).check_group_addresses(people)
    assert caught.value.problem.path == ("attendees", "1", "email")


def test_a_group_s_address_that_is_allowed_by_name_is_let_through() -> None:
    policy = SourcePolicy(group_addresses=("*@groups.x",), allow_group_addresses=("sre@groups.x",))
    policy.check_group_addresses((Attendee(email="SRE@groups.x"), Attendee(email="bob@x")))
    with pytest.raises(GroupAddress):
        policy.check_group_addresses((Attendee(email="other@groups.x"),))
