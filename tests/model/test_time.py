"""Instants are exact, wall clocks honest about where they jump, and durations mean what ISO 8601 says."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.errors import InvalidTime
from gateway.model.time import (
    EPOCH,
    Duration,
    EventTime,
    Window,
    add_days,
    at_wall_clock,
    candidates,
    exists,
    from_millis,
    midnight,
    parse_date,
    parse_instant,
    parse_local,
    to_iso_duration,
    to_millis,
    to_rfc3339,
    whole_millis,
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def ascii_head(value: object) -> str:
    return "huge" if isinstance(value, int) and value > 10**100 else ascii(value)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def outcome(text: str) -> object:
    try:
        return parse_instant(text)
    except InvalidTime as refused:
        return type(refused), refused.problem.hint


BERLIN = "Europe/Berlin"
INSTANTS = st.datetimes(local("0001-01-02"), local("9999-12-30"), timezones=st.just(UTC))
MILLIS = st.integers(to_millis(datetime(1, 1, 1, tzinfo=UTC)), to_millis(datetime(9999, 12, 31, tzinfo=UTC)))
WHOLE = st.integers(-(2**33), 2**34).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
ZONES = [BERLIN, "Africa/Cairo", "America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Asia/Kolkata",
         "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Africa/Casablanca", "UTC"]  # fmt: skip


@given(MILLIS)
@settings(max_examples=60)
def test_every_millisecond_comes_back(millis: int) -> None:
    assert to_millis(from_millis(millis)) == millis


@pytest.mark.parametrize("start", [1513641600000, 1513814400000, 999999999999, -1])
def test_no_millisecond_of_a_thousand_is_lost(start: int) -> None:
    assert [to_millis(from_millis(millis)) for millis in range(start, start + 1000)] == list(
        range(start, start + 1000)
    )


@given(INSTANTS)
@settings(max_examples=60)
def test_milliseconds_are_rounded_down(instant: datetime) -> None:
    assert timedelta(0) <= instant - from_millis(to_millis(instant)) < timedelta(milliseconds=1)


@given(st.lists(WHOLE, min_size=16, max_size=20) | st.lists(WHOLE | INSTANTS, min_size=16, max_size=20))
@example([EPOCH, EPOCH + timedelta(seconds=2**32 - 1)] * 8)
@example([EPOCH - timedelta(seconds=1), EPOCH] * 8)
@example([EPOCH + timedelta(seconds=2**32), EPOCH + timedelta(microseconds=1)] * 8)
@example([datetime(2027, 3, 1, 7, tzinfo=ZoneInfo(BERLIN))] * 16)
def test_whole_seconds_have_together_the_milliseconds_that_each_has(instants: list[datetime]) -> None:
    millis = [to_millis(each) for each in instants]
    is_whole = not any(each.microsecond for each in instants)
    are_of_four_bytes = all(0 <= each < 2**32 * 1000 for each in millis)
    assert whole_millis(instants) == (millis if is_whole and are_of_four_bytes else None)


@pytest.mark.parametrize("many", [0, 1, 15, 16, 2**16 - 1, 2**16])
def test_many_instants_have_their_milliseconds_together_and_few_or_too_many_have_not(many: int) -> None:
    seven = utc(2027, 3, 1, 7)
    is_many = 16 <= many < 2**16
    assert whole_millis([seven] * many) == ([to_millis(seven)] * many if is_many else None)


@given(INSTANTS)
@settings(max_examples=60)
def test_an_instant_that_is_written_out_can_be_read(instant: datetime) -> None:
    assert to_rfc3339(instant) == instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
    assert parse_instant(to_rfc3339(instant)) == instant


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2027-03-28T01:30:00+01:00", utc(2027, 3, 28, 0, 30)),
        ("2027-03-28T01:30:00Z", utc(2027, 3, 28, 1, 30)),
        ("2027-03-28t01:30:00z", utc(2027, 3, 28, 1, 30)),
        ("2027-03-28T01:30Z", utc(2027, 3, 28, 1, 30)),
        ("2027-03-28T01:30:00.5-05:30", utc(2027, 3, 28, 7, 0, 0, 500000)),
        ("2027-03-28T01:30:00.000Z", utc(2027, 3, 28, 1, 30)),
        ("2027-03-28T01:30:00.123456Z", utc(2027, 3, 28, 1, 30, 0, 123456)),
        ("2027-03-28T01:30:00.123456789Z", utc(2027, 3, 28, 1, 30, 0, 123456)),
        ("2027-03-28T01:30:59.9999999Z", utc(2027, 3, 28, 1, 30, 59, 999999)),
        (0, EPOCH),
        (1513641600000, utc(2017, 12, 19)),
        (-1, utc(1969, 12, 31, 23, 59, 59, 999000)),
    ],
)
def test_an_instant_may_be_written_with_an_offset_or_in_milliseconds(
    written: object, instant: datetime
) -> None:
    assert parse_instant(written) == instant
    assert parse_instant(written).tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        None,
        True,
        False,
        1.5,
        1513641600000.0,
        float("nan"),
        [],
        {},
        b"2027-03-28T01:30:00Z",
        "",
        "now",
        "2027-03-28",
        "2027-03-28T01:30:00",
        "2027-03-28 01:30:00Z",
        "2027-02-29T00:00:00Z",
        "2027-03-28T24:00:00Z",
        "2027-03-28T23:59:60Z",
        "2027-03-28T01:30:00+25:00",
        "2027-03-28T01:30:00Z ",
        "2027-03-28T01:30:00Z\n",
        "٢٠٢٧-03-28T01:30:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "1513641600000",
        10**17,
        -(10**17),
        10**400,
        10**5000,
        "\ud800",
    ],
    ids=ascii_head,
)
def test_what_is_no_instant_is_refused(written: object) -> None:
    with pytest.raises(InvalidTime):
        parse_instant(written)


@given(INSTANTS, st.integers(0, 19), st.sampled_from([*"0159- :.,TtWZz+٢\ud800", ""]))
@settings(max_examples=300)
def test_an_instant_is_read_alike_in_its_plain_form_and_in_others(at: datetime, place: int, put: str) -> None:
    text = at.replace(microsecond=0).isoformat()[:19]
    text = text[:place] + put + text[place + 1 :]
    assert outcome(f"{text}Z") == outcome(f"{text}z") == outcome(f"{text}+00:00") == outcome(f"{text}.0Z")


def test_an_instant_without_an_offset_is_told_how_to_get_one() -> None:
    with pytest.raises(InvalidTime) as refused:
        parse_instant("2027-03-28T01:30:00")
    assert refused.value.problem.hint == 'Write "2027-03-28T01:30:00Z", or use `zoned` with a time zone.'


@pytest.mark.parametrize(
    "text", ["", "2027-03-28", "2027-03-28T01:30:00Z", "2027-13-01T00:00:00", "x", "\ud800"]
)
def test_what_is_no_wall_clock_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidTime):
        parse_local(text)


@pytest.mark.parametrize(
    "text", ["", "2027-02-30", "20270328", "2027-W12-7", "2027-03-28T00:00", "0000-01-01"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidTime):
        parse_date(text)


def test_wall_clocks_and_dates_are_read_as_written() -> None:
    assert parse_local("2027-03-28T22:00:00.5") == local("2027-03-28T22:00:00.500000")
    assert parse_local("2027-03-28T22:00") == local("2027-03-28T22:00:00")
    assert parse_date("2028-02-29") == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("text", "days", "exact"),
    [
        ("PT90M", 0, timedelta(minutes=90)),
        ("P1D", 1, timedelta(0)),
        ("PT24H", 0, timedelta(hours=24)),
        ("P1W", 7, timedelta(0)),
        ("P1W2DT3H4M5S", 9, timedelta(hours=3, minutes=4, seconds=5)),
        ("PT0S", 0, timedelta(0)),
    ],
)
def test_days_are_nominal_and_hours_exact(text: str, days: int, exact: timedelta) -> None:
    assert Duration.parse(text) == Duration(days=days, exact=exact)


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1", "1D", "P1M", "P1Y", "P1DT", "PT1D", "P-1D", "-P1D", "PT1.5H", "PT1H1H", "P1D ",
     "p1d", "PT١H", "PT9999999999S", "\ud800"],
)  # fmt: skip
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidTime):
        Duration.parse(text)


@given(st.integers(0, 10**9))
@settings(max_examples=60)
def test_a_duration_that_is_written_out_can_be_read(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert Duration.parse(to_iso_duration(length)).longest == length


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "PT0S"),
        (timedelta(days=1, hours=12), "PT36H"),
        (timedelta(seconds=10), "PT10S"),
        (timedelta(minutes=1, milliseconds=500), "PT1M0.5S"),
        (timedelta(microseconds=1), "PT0.000001S"),
        (-timedelta(minutes=90), "-PT1H30M"),
    ],
)
def test_elapsed_time_is_written_in_hours_and_less(length: timedelta, text: str) -> None:
    assert to_iso_duration(length) == text


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        # Clocks go forward on 28 March 2027 and back on 31 October in Berlin.
        ("2027-03-27T12:00:00", "P1D", utc(2027, 3, 28, 10)),
        ("2027-03-27T12:00:00", "PT24H", utc(2027, 3, 28, 11)),
        ("2027-03-28T12:00:00", "P1D", utc(2027, 3, 29, 10)),
        ("2027-10-30T12:00:00", "P1D", utc(2027, 10, 31, 11)),
        ("2027-10-30T12:00:00", "PT24H", utc(2027, 10, 31, 10)),
        ("2027-03-27T12:00:00", "P1DT2H", utc(2027, 3, 28, 12)),
        ("2027-03-21T12:00:00", "P1W", utc(2027, 3, 28, 10)),
        ("2027-03-27T02:30:00", "P1D", utc(2027, 3, 28, 1, 30)),
    ],
)
def test_a_day_later_the_clock_shows_the_same_and_24_hours_later_it_may_not(
    start: str, duration: str, end: datetime
) -> None:
    begins = EventTime(instant=local(start).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC), zone=BERLIN)
    assert Duration.parse(duration).after(begins) == end


def test_a_duration_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(InvalidTime):
        Duration.parse("P99999D").after(EventTime(instant=utc(9999, 1, 1), zone=BERLIN))
    with pytest.raises(InvalidTime):
        Duration.parse("PT999999H").after(EventTime(instant=utc(9999, 1, 1)))
    with pytest.raises(InvalidTime):
        add_days(date(9999, 12, 31), 1)


@pytest.mark.parametrize(
    ("clock", "instants", "is_shown"),
    [
        ("2027-03-28T01:30:00", [utc(2027, 3, 28, 0, 30)], True),
        ("2027-03-28T02:30:00", [utc(2027, 3, 28, 0, 30), utc(2027, 3, 28, 1, 30)], False),
        ("2027-03-28T03:00:00", [utc(2027, 3, 28, 1)], True),
        ("2027-10-31T02:30:00", [utc(2027, 10, 31, 0, 30), utc(2027, 10, 31, 1, 30)], True),
        ("2027-10-31T03:00:00", [utc(2027, 10, 31, 2)], True),
    ],
)
def test_a_wall_clock_time_can_be_shown_once_twice_or_never(
    clock: str, instants: list[datetime], is_shown: bool
) -> None:
    assert list(candidates(local(clock), BERLIN)) == instants
    assert exists(local(clock), BERLIN) is is_shown
    assert at_wall_clock(local(clock), BERLIN) == (instants[0], instants[-1])


@given(st.datetimes(local("2000-01-01"), local("2050-01-01"), timezones=st.just(UTC)), st.sampled_from(ZONES))
@settings(max_examples=60)
def test_an_instant_is_among_those_its_wall_clock_can_mean(instant: datetime, zone: str) -> None:
    shown = EventTime(instant=instant, zone=zone).local
    assert shown.tzinfo is None
    assert instant in candidates(shown, zone)
    assert exists(shown, zone)


@pytest.mark.parametrize("clock", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_a_wall_clock_time_beyond_the_calendar_is_refused(clock: str) -> None:
    with pytest.raises(InvalidTime):
        candidates(local(clock), "Asia/Tokyo" if clock.startswith("0") else "America/New_York")


MIDNIGHTS = [
    (date(2027, 3, 28), BERLIN),
    (date(2027, 10, 31), BERLIN),
    (date(2017, 10, 15), "America/Sao_Paulo"),
    (date(2018, 2, 18), "America/Sao_Paulo"),
    (date(2024, 3, 31), "Asia/Beirut"),
    (date(2024, 10, 27), "Asia/Beirut"),
    (date(2024, 4, 26), "Africa/Cairo"),
    (date(2024, 11, 1), "Africa/Cairo"),
    (date(2024, 11, 3), "America/Havana"),
    (date(2011, 12, 31), "Pacific/Apia"),
]


@pytest.mark.parametrize(("day", "zone"), MIDNIGHTS)
def test_a_whole_day_holds_every_moment_that_bears_its_date(day: date, zone: str) -> None:
    start = midnight(day, zone).instant
    end = midnight(add_days(day, 1), zone, latest=True).instant
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    moments = [noon + timedelta(minutes=15 * quarter) for quarter in range(-160, 160)]
    of_the_day = [at for at in moments if at.astimezone(ZoneInfo(zone)).date() == day]
    assert of_the_day
    assert all(start <= at < end for at in of_the_day)


@given(st.dates(date(2000, 1, 2), date(2100, 1, 1)), st.sampled_from(ZONES))
@settings(max_examples=60)
def test_a_whole_day_keeps_its_date_and_is_about_a_day_long(day: date, zone: str) -> None:
    start, end = midnight(day, zone), midnight(add_days(day, 1), zone, latest=True)
    assert (start.day, start.zone) == (day, zone)
    assert end.day == add_days(day, 1)
    assert timedelta(hours=22) <= end.instant - start.instant <= timedelta(hours=48)


def test_whole_days_where_no_clock_jumps_at_midnight_touch_each_other() -> None:
    for day in (date(2027, 3, 27), date(2027, 3, 28), date(2027, 10, 31)):
        assert midnight(day, BERLIN) == midnight(day, BERLIN, latest=True)


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [
        (1, 2, True),
        (-1, 1, True),
        (-1, 11, True),
        (9, 11, True),
        (-2, 0, False),
        (10, 12, False),
        (0, 0, True),
        (5, 5, True),
        (10, 10, False),
        (-1, -1, False),
    ],
)
def test_a_window_holds_its_start_and_not_its_end(start: int, end: int, overlaps: bool) -> None:
    window = Window(start=EPOCH, end=EPOCH + timedelta(hours=10))
    assert window.overlaps(EPOCH + timedelta(hours=start), EPOCH + timedelta(hours=end)) is overlaps


@pytest.mark.parametrize("length", [timedelta(0), timedelta(microseconds=-1)])
def test_a_window_ends_after_it_starts(length: timedelta) -> None:
    with pytest.raises(InvalidTime) as refused:
        Window(start=EPOCH, end=EPOCH + length)
    assert refused.value.problem.path == ("end",)
