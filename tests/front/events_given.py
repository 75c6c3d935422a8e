"""Events as callers may write them: of any times, texts, fields and options, and most of them meant."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC", "W. Europe Standard Time")
PEOPLE = ("alice.nguyen@contoso.com", "bob.meyer@contoso.com", "somebody@fabrikam.com")
RULES = (
    "FREQ=DAILY;COUNT=3",
    "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4",
    "FREQ=MONTHLY;BYMONTHDAY=28;COUNT=2",
    "FREQ=DAILY;INTERVAL=2;UNTIL=20270115T000000Z",
    "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3",
)
_TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cc", "Zl", "Zp"))
)
_MOMENTS = st.integers(0, 90 * 24 * 4).map(
    lambda quarters: datetime(2026, 11, 19, tzinfo=UTC) + timedelta(minutes=15 * quarters)
)


@st.composite
def times(draw: st.DrawFn) -> dict[str, Any]:
    """A start and an end that fit together."""
    start = draw(_MOMENTS)
    kind = draw(st.sampled_from(("instant", "zoned", "allDay")))
    if kind == "instant":
        length = draw(st.sampled_from(("PT1M", "PT90M", "PT26H")))
        return {"start": {"instant": start.isoformat()}, "end": {"after": length}}
    zone = draw(st.sampled_from(ZONES))
    if kind == "zoned":
        local = {"local": start.strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": zone}
        return {"start": {"zoned": local}, "end": {"after": draw(st.sampled_from(("PT45M", "P1D")))}}
    days = draw(st.integers(1, 3))
    end = (start + timedelta(days=days)).date().isoformat()
    return {
        "start": {"allDay": {"date": start.date().isoformat(), "timeZone": zone}},
        "end": {"allDay": end},
    }


_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "description": st.one_of(
        st.fixed_dictionaries({"text": st.sampled_from(("Payments stop.", "Zwei\nZeilen", "計画停止"))}),
        st.fixed_dictionaries({"html": st.sampled_from(("<p>Stop</p>", "<b>Nobody</b> pays"))}),
    ),
    "location": st.fixed_dictionaries({"displayName": st.sampled_from(("Bridge", "Büro 3"))}),
    "categories": st.lists(st.sampled_from(("Payments", "Red", "Änderung")), unique=True, max_size=2),
    "showAs": st.sampled_from(("FREE", "TENTATIVE", "BUSY", "OUT_OF_OFFICE", "WORKING_ELSEWHERE")),
    "attendees": st.lists(st.sampled_from(PEOPLE), unique=True, max_size=2).map(
        lambda emails: [{"email": email} for email in emails]
    ),
    "recurrence": st.fixed_dictionaries({"rule": st.sampled_from(RULES)}),
    "elasticsearch": st.fixed_dictionaries(
        {},
        optional={
            "skipResult": st.booleans(),
            "skipModelUpdate": st.booleans(),
            "forceTimeShift": st.sampled_from((-3600, 3600)),
        },
    ),
    "msgraph": st.fixed_dictionaries(
        {},
        optional={
            "importance": st.sampled_from(("LOW", "NORMAL", "HIGH")),
            "sensitivity": st.sampled_from(("NORMAL", "PERSONAL", "PRIVATE", "CONFIDENTIAL")),
            "isReminderOn": st.booleans(),
            "reminderMinutesBeforeStart": st.integers(0, 120),
            "responseRequested": st.booleans(),
        },
    ),
}
_TITLES = st.one_of(st.sampled_from(("Upgrade", "Größere Wartung", "計画停止 🚧")), _TEXT.filter(len))


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """An event's input."""
    names = draw(st.lists(st.sampled_from(sorted(_FIELDS)), unique=True, max_size=5))
    fields = {name: draw(_FIELDS[name]) for name in names}
    return {"title": draw(_TITLES), **draw(times()), **fields}
