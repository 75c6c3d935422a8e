"""Time zones by either of their names."""

import sys
from zoneinfo import ZoneInfo

import pytest
from tzlocal.windows_tz import win_tz

from gateway.errors import Code, UnknownTimeZone
from gateway.model.zones import find_zone, windows_name, zone, zone_info


@pytest.mark.parametrize("windows", sorted(win_tz))
def test_a_windows_name_comes_back(windows: str) -> None:
    iana = zone(windows)
    assert ZoneInfo(iana).key == iana
    assert windows_name(iana) == windows
    assert zone(iana) == iana


@pytest.mark.parametrize(
    ("written", "iana"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/BERLIN", "Europe/Berlin"),
        (" Europe/Berlin ", "Europe/Berlin"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("US/Pacific", "America/Los_Angeles"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("india standard time", "Asia/Kolkata"),
        ("Europe/Stockholm", "Europe/Stockholm"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("UTC", "UTC"),
        ("utc", "UTC"),
        ("Z", "UTC"),
        ("Etc/UTC", "UTC"),
        ("Etc/UCT", "UTC"),
        ("Zulu", "UTC"),
        ("tzone://Microsoft/Utc", "UTC"),
    ],
)
def test_a_zone_is_called_by_its_current_iana_name(written: str, iana: str) -> None:
    assert zone(written) == iana


@pytest.mark.parametrize(
    "name",
    ["", " ", "Mars/Olympus", "+01:00", "CEST", "../etc/passwd", "Europe", "Customized Time Zone", "\0", "é"],
)
def test_an_unknown_zone_is_refused(name: str) -> None:
    assert find_zone(name) is None
    with pytest.raises(UnknownTimeZone) as refused:
        zone(name)
    assert refused.value.problem.code is Code.UNKNOWN_TIME_ZONE
    assert refused.value.problem.hint


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "\0", "Europe"])
def test_there_are_no_rules_for_an_unknown_zone(name: str) -> None:
    with pytest.raises(UnknownTimeZone):
        zone_info(name)


def test_a_zone_that_windows_does_not_know_has_no_windows_name() -> None:
    assert windows_name("Antarctica/Troll") is None
    assert windows_name("Asia/Kolkata") == "India Standard Time"
    assert windows_name("UTC") == "UTC"


def test_a_name_that_is_too_long_for_one_is_not_remembered() -> None:
    name = "Nowhere/" + "x" * 10_000
    before = sys.getrefcount(name)
    assert find_zone(name) is None
    assert sys.getrefcount(name) == before
    assert find_zone("Europe/Berlin".center(200)) == "Europe/Berlin"
