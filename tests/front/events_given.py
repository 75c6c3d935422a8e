"""Events and changes as callers may write them: any field of the input, and most of them meant."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC", "W. Europe Standard Time")
PEOPLE = ("alice.nguyen@contoso.com", "bob.meyer@contoso.com", "somebody@fabrikam.com")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cc", "Zl", "Zp"))
)
_WORDS = st.sampled_from(("Bridge", "Büro 3", "計画停止 🚧"))
_GUID = "{66f5a359-4659-4830-9070-00047ec6ac6e}"
SINGLE_VALUE = {f"String {_GUID} Name Ticket": "CHG-1", f"Integer {_GUID} Id 0x8501": "7"}
MULTI_VALUE = {f"StringArray {_GUID} Name Hosts": ["a", "b"]}
_FIRST = datetime(2026, 11, 19, tzinfo=UTC)
_LENGTHS = st.sampled_from(("PT1M", "PT90M", "PT26H", "P1D"))


def _some(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=optional)


def _one_of(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of([st.fixed_dictionaries({name: values}) for name, values in fields.items()])


def _degrees(most: int) -> st.SearchStrategy[float]:
    return st.floats(-most, most, width=32)


def _members(*values: Any, most: int = 2) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), unique_by=str, max_size=most)


PLACES = st.fixed_dictionaries(
    {"displayName": _WORDS},
    optional={
        "address": _some(
            street=_WORDS,
            city=_WORDS,
            state=_WORDS,
            countryOrRegion=st.just("DE"),
            postalCode=st.just("01099"),
        ),
        "coordinates": st.fixed_dictionaries(
            {"latitude": _degrees(90), "longitude": _degrees(180)},
            optional={name: _degrees(500) for name in ("altitude", "accuracy", "altitudeAccuracy")},
        ),
        "email": st.just("room1@contoso.com"),
        "uri": st.just("https://contoso.com/rooms/1"),
        "type": st.sampled_from(("DEFAULT", "CONFERENCE_ROOM", "STREET_ADDRESS")),
        "uniqueId": st.just("room1@contoso.com"),
        "uniqueIdType": st.sampled_from(("DIRECTORY", "PRIVATE")),
    },
)
ATTENDEES = st.lists(
    st.fixed_dictionaries(
        {"email": st.sampled_from(PEOPLE)},
        optional={"name": _WORDS, "type": st.sampled_from(("REQUIRED", "OPTIONAL", "RESOURCE"))},
    ),
    unique_by=lambda attendee: attendee["email"],
    max_size=2,
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "description": _one_of(
        text=st.sampled_from(("Payments stop.", "Zwei\nZeilen", "計画停止")),
        html=st.sampled_from(("<p>Stop</p>", "<b>Nobody</b> pays")),
    ),
    "location": PLACES,
    "locations": st.lists(PLACES, max_size=2, unique_by=lambda place: place["displayName"]),
    "categories": _members("Payments", "Red", "Änderung"),
    "showAs": st.sampled_from(("FREE", "TENTATIVE", "BUSY", "OUT_OF_OFFICE", "WORKING_ELSEWHERE")),
    "attendees": ATTENDEES,
    "elasticsearch": _some(
        skipResult=st.booleans(), skipModelUpdate=st.booleans(), forceTimeShift=st.sampled_from((-3600, 3600))
    ),
    "msgraph": _some(
        importance=st.sampled_from(("LOW", "NORMAL", "HIGH")),
        sensitivity=st.sampled_from(("NORMAL", "PERSONAL", "PRIVATE", "CONFIDENTIAL")),
        isReminderOn=st.booleans(),
        reminderMinutesBeforeStart=st.integers(0, 120),
        responseRequested=st.booleans(),
        allowNewTimeProposals=st.booleans(),
        hideAttendees=st.booleans(),
        isOnlineMeeting=st.booleans(),
        onlineMeetingProvider=st.sampled_from(("TEAMS_FOR_BUSINESS", "SKYPE_FOR_BUSINESS", "UNKNOWN")),
        singleValueExtendedProperties=_members(
            *({"id": id_, "value": it} for id_, it in SINGLE_VALUE.items())
        ),
        multiValueExtendedProperties=_members(*({"id": id_, "value": it} for id_, it in MULTI_VALUE.items())),
        extensions=_members({"name": "com.contoso.change", "data": {"ticket": "CHG-1", "hosts": [1, 2]}}),
    ),
}
"""What stands for itself: title, key, times and recurrence do not."""
TITLES = st.one_of(st.sampled_from(("Upgrade", "Größere Wartung", "計画停止 🚧")), _TEXT.filter(len))


_CLOCKS = st.fixed_dictionaries(
    {"timeZone": st.sampled_from(ZONES)}, optional={"disambiguation": st.sampled_from(("EARLIER", "LATER"))}
)
_DAYS = st.fixed_dictionaries({}, optional={"timeZone": st.sampled_from(ZONES)})
_KINDS = st.sampled_from(("instant", "zoned", "allDay"))
_ENDS = st.sampled_from(("instant", "zoned", "after"))


def _moment(draw: st.DrawFn, kind: str, moment: datetime) -> dict[str, Any]:
    """A start or an end at a moment, which a wall clock shows somewhere."""
    if kind == "instant":
        return {"instant": moment.isoformat()}
    if kind == "zoned":
        return {"zoned": {"local": moment.strftime("%Y-%m-%dT%H:%M:%S"), **draw(_CLOCKS)}}
    return {"after": draw(_LENGTHS)}


def _start_and_end(draw: st.DrawFn, moment: datetime) -> dict[str, Any]:
    """Two that fit together: whatever their zones are, the end is after the start."""
    kind = draw(_KINDS)
    if kind != "allDay":
        later = moment + timedelta(days=1, minutes=45)
        return {"start": _moment(draw, kind, moment), "end": _moment(draw, draw(_ENDS), later)}
    days = draw(st.integers(1, 3))
    last = (moment + timedelta(days=days)).date().isoformat()
    end = {"after": f"P{days}D"} if draw(st.booleans()) else {"allDay": last}
    return {"start": {"allDay": {"date": moment.date().isoformat(), **draw(_DAYS)}}, "end": end}


def _rules(moment: datetime, *, is_all_day: bool) -> Sequence[tuple[str, int | None]]:
    """Rules, and after how many days each has its second occurrence. All but the last pick the day."""
    name, before, day = DAYS[moment.weekday()], DAYS[moment.weekday() - 1], moment.day
    last = moment + timedelta(days=9)
    until = f"{last:%Y%m%d}" if is_all_day else f"{last:%Y%m%dT%H%M%SZ}"
    return (
        ("FREQ=DAILY;COUNT=3", 1),
        (f"FREQ=DAILY;INTERVAL=2;UNTIL={until}", 2),
        (f"FREQ=WEEKLY;BYDAY={name};COUNT=3", 7),
        (f"FREQ=WEEKLY;BYDAY={name},{before};COUNT=4", 6),
        (f"FREQ=MONTHLY;BYMONTHDAY={day};COUNT=2", None),
        (f"FREQ=MONTHLY;BYDAY={(day - 1) // 7 + 1}{name};COUNT=2", None),
        ("FREQ=DAILY;BYMONTHDAY=31;COUNT=2", None),
    )


def _recurrence(draw: st.DrawFn, moment: datetime, *, is_all_day: bool) -> dict[str, Any]:
    """A series, sometimes without its second day."""
    rule, second = _rules(moment, is_all_day=is_all_day)[draw(st.integers(0, 6))]
    recurrence: dict[str, Any] = {"rule": rule}
    if second is not None and draw(st.booleans()):
        recurrence["exceptDates"] = [(moment + timedelta(days=second)).date().isoformat()]
    if draw(st.booleans()):
        recurrence["timeZone"] = draw(st.sampled_from(ZONES))
    return recurrence


@st.composite
def times(draw: st.DrawFn) -> dict[str, Any]:
    """A start and an end that fit together, and with them maybe a series."""
    moment = _FIRST + timedelta(minutes=15 * draw(st.integers(0, 135 * 24 * 4)))
    given = _start_and_end(draw, moment)
    if draw(st.integers(0, 3)) == 3:
        given["recurrence"] = _recurrence(draw, moment, is_all_day="allDay" in given["start"])
    return given


_TIMES = times()
_FEW = _members(*sorted(FIELDS), most=5)


def _fields(draw: st.DrawFn) -> dict[str, Any]:
    """Some fields: of the two that name places one."""
    names = dict.fromkeys(draw(_FEW))
    if {"location", "locations"} <= names.keys():
        del names["location"]
    return {name: draw(FIELDS[name]) for name in names}


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """An event's input, without a key."""
    return {"title": draw(TITLES), **draw(_TIMES), **_fields(draw)}


_CLEARED = st.dictionaries(
    st.sampled_from(
        ("description", "location", "locations", "categories", "showAs", "attendees", "recurrence")
    ),
    st.none(),
    max_size=1,
)


@st.composite
def patches(draw: st.DrawFn) -> dict[str, Any]:
    """A change's input: any of an event's fields, and some that are cleared."""
    given = {**draw(_CLEARED), **_fields(draw)}
    if {"location", "locations"} <= given.keys():  # one of them cleared, and the other not
        del given["location"]
    if draw(st.booleans()):
        given["title"] = draw(TITLES)
    if draw(st.booleans()):
        given |= draw(_TIMES)
    if "end" in given and draw(st.booleans()):
        del given["end"]
    return given
