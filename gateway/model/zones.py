"""Time zones: IANA and Windows names, and what each is called on the other side.

Windows names come from CLDR by way of tzlocal; old IANA spellings (Asia/Calcutta) are made current.
"""

from functools import cache, lru_cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal.windows_tz import tz_win, win_tz

from gateway.errors import UnknownTimeZone

UTC: Final = "UTC"
_LONGEST: Final = 200
"""In characters, blanks around a name included. What callers write is remembered: it must not be long."""
_UTC_SPELLINGS: Final = frozenset({"utc", "z", "etc/utc", "tzone://microsoft/utc"})


def zone(name: str) -> str:
    """The current IANA name of the zone that `name` (IANA or Windows) means. Raises UnknownTimeZone."""
    found = find_zone(name)
    if found is None:
        raise UnknownTimeZone(
            f"{name!r} is no time zone that is known here.",
            hint="Use an IANA name such as Europe/Berlin or a Windows name such as W. Europe Standard Time.",
        )
    return found


@cache
def _windows_to_iana() -> dict[str, str]:
    return {windows.lower(): iana for windows, iana in win_tz.items()}


def find_zone(name: str) -> str | None:
    """The current IANA name of the zone that `name` means, or None."""
    return None if len(name) > _LONGEST else _found(name)


@lru_cache(maxsize=4096)
def _found(name: str) -> str | None:
    folded = name.strip().lower()
    if folded in _UTC_SPELLINGS:
        return UTC
    iana = _windows_to_iana().get(folded) or _iana_names().get(folded)
    return None if iana is None else _current(iana)


def windows_name(iana: str) -> str | None:
    """The Windows name of an IANA zone, or None where CLDR knows none."""
    if iana == UTC:
        return UTC
    for spelling in (iana, *_old_spellings().get(iana, ())):
        if spelling in tz_win:
            return tz_win[spelling]
    return None


def zone_info(iana: str) -> ZoneInfo:
    """The rules of a zone whose name `zone` has already vouched for. Cached by zoneinfo."""
    try:
        return ZoneInfo(iana)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise UnknownTimeZone(f"{iana!r} is no time zone that is known here.") from exc


@cache
def _iana_names() -> dict[str, str]:
    listing = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return {name.lower(): name for name in listing.split()}


@cache
def _geographic() -> frozenset[str]:
    """The names that tzdata lists by country: those in current use, whatever they link to."""
    lines = _tzdata_lines("zone.tab")
    return frozenset(line.split("\t")[2] for line in lines if line and not line.startswith("#"))


@cache
def _links() -> dict[str, str]:
    links = (line.split() for line in _tzdata_lines("tzdata.zi") if line.startswith("L "))
    return {old: new for _, new, old in links}


@cache
def _old_spellings() -> dict[str, tuple[str, ...]]:
    spellings: dict[str, tuple[str, ...]] = {}
    for old in _links():
        new = _current(old)
        if new != old:
            spellings[new] = (*spellings.get(new, ()), old)
    return spellings


def _current(iana: str) -> str:
    seen = iana
    while seen not in _geographic() and seen in _links():
        seen = _links()[seen]
    return UTC if seen == "Etc/UTC" else seen


def _tzdata_lines(name: str) -> list[str]:
    return resources.files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8").splitlines()
