"""A run of Graph's events: whatever is asked of all at once is what each event has, in the right order."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.adapters.msgraph.events import event_reader, reader_at
from gateway.adapters.msgraph.reading import Reading
from gateway.adapters.msgraph.run import GraphRun
from gateway.adapters.msgraph.selection import page_of
from gateway.adapters.msgraph.shown import Shown
from gateway.adapters.msgraph.wire import GraphEvent, Page
from gateway.errors import UnexpectedAnswer
from gateway.model.event import Event
from gateway.model.fields import ALWAYS, EVERYTHING
from gateway.model.ids import CalendarId
from gateway.model.run import Written, as_run
from gateway.model.time import Window
from gateway.schema.rows import joined, woven

OWNER = ("users", "ops@contoso.com")
CALENDAR = CalendarId("msgraph", (*OWNER, "calendar"))
READER = event_reader(source="msgraph", owner=OWNER, calendar=CALENDAR)
PARTS = {f"{end}.{part}" for end in ("start", "end") for part in ("instant", "zone", "day", "local")}
PATHS = sorted(EVERYTHING | PARTS | {"elasticsearch", "msgraph", "order", "length"})
SELECTABLE = sorted(EVERYTHING - ALWAYS)
ALWAYS_SHOWN = sorted(ALWAYS | PARTS | {"elasticsearch", "msgraph", "order", "length"})
WEEK = Window(start=datetime(2027, 3, 1, tzinfo=UTC), end=datetime(2027, 3, 8, tzinfo=UTC))
NOBODY_KNOWS = "Customized Time Zone"
ZONES = st.sampled_from([None, "", "UTC", "Etc/UTC", "W. Europe Standard Time", "Asia/Tokyo", NOBODY_KNOWS])
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
NEVER = "0001-01-01T00:00:00Z"
BAD = "2027-02-30T00:00:00"
BEFORE_ALL_TIME = {"dateTime": "0001-01-01T00:00:00", "timeZone": "W. Europe Standard Time"}
CLOCKS = st.builds(
    "2027-0{}T{}{}".format,
    st.sampled_from(["2-27", "2-28", *(f"3-0{day}" for day in range(1, 10))]),
    st.sampled_from(["00:00:00", "09:00:00", "09:00:01", "12:00:00", "23:59:59"]),
    st.sampled_from(["", ".0000000", ".5", ".5000000", ".1234567", ".12"]),
)
SHORT_CLOCKS = st.sampled_from(
    ["2027-03-02T09:00", "2027-03-28T02:30:00", "0001-01-01T00:00:00", BAD, "x", ""]
)


def times(clocks=CLOCKS):
    return st.fixed_dictionaries({"dateTime": clocks}, optional={"timeZone": ZONES})


INSTANTS = st.sampled_from([None, NEVER, "2027-03-01T09:00:00.1234567Z", "2027-03-01T09:00:00+02:00"])
BAD_INSTANTS = st.just("2027-03-01T25:00:00Z")
PEOPLE = st.fixed_dictionaries({"emailAddress": st.just({"address": "ops@contoso.com", "name": "Ops"})})


def wires(clocks=CLOCKS, instants=INSTANTS):
    attendee = st.fixed_dictionaries(
        {"emailAddress": st.just({"address": "ops@contoso.com"})},
        optional={
            "type": st.sampled_from(["required", "resource", "robot"]),
            "status": st.fixed_dictionaries({"time": instants}),
            "proposedNewTime": st.fixed_dictionaries({}, optional={"start": times(clocks)}),
        },
    )
    return st.fixed_dictionaries(
        {"id": st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)}
        | dict.fromkeys(("start", "end"), times(clocks)),
        optional=dict.fromkeys(("originalStartTimeZone", "originalEndTimeZone"), ZONES)
        | dict.fromkeys(("isAllDay", "isCancelled", "isOrganizer", "isDraft"), st.none() | st.booleans())
        | dict.fromkeys(("createdDateTime", "lastModifiedDateTime", "originalStart"), instants)
        | dict.fromkeys(("subject", "bodyPreview", "webLink", "seriesMasterId", "@odata.etag"), NAMES)
        | dict.fromkeys(("showAs", "sensitivity", "type"), st.sampled_from([None, "busy", "private", "new"]))
        | {
            "attendees": st.lists(attendee, max_size=2),
            "organizer": PEOPLE,
            "categories": st.lists(NAMES, max_size=2),
            "location": st.fixed_dictionaries({"displayName": NAMES}),
            "body": st.fixed_dictionaries({"contentType": st.just("html"), "content": NAMES}),
            "responseStatus": st.fixed_dictionaries({"response": st.just("accepted"), "time": instants}),
            "recurrence": st.just(
                {
                    "pattern": {"type": "daily", "interval": 1},
                    "range": {"type": "noEnd", "startDate": "2027-03-01"},
                }
            ),
        },
    )


def page(events, fields=EVERYTHING) -> Page[GraphEvent]:
    """The events as they are read of an answer."""
    form = page_of(fields)
    return msgspec.json.decode(msgspec.json.encode({"value": events}), type=form)


def unique(events):
    return [*{event["id"]: event for event in events}.values()]


def plain(column, path, count):
    """A column as the API would show it; of details only whether there are any."""
    if path in {"msgraph", "elasticsearch"}:
        return [it is None for it in column]
    if isinstance(column, Written):
        return [msgspec.json.decode(it) for it in joined(woven(count, *column), count)]
    return list(column)


@pytest.mark.parametrize("segments", [("me", "calendar"), ("users", "Lee"), ("users", "Lee", "calendar")])
def test_a_calendar_has_one_reader_however_it_is_addressed(segments):
    owner = ("users", "Lee")
    home = CalendarId("msgraph", (*owner, "calendar"))
    kept = event_reader(source="msgraph", owner=owner, calendar=home, fields=EVERYTHING)
    assert reader_at(CalendarId("msgraph", segments), owner, EVERYTHING) is kept


@given(st.lists(wires(), max_size=5).map(unique), st.frozensets(st.sampled_from(SELECTABLE)))
@settings(max_examples=150)
def test_a_column_is_what_each_event_has(events, selected):
    fields = ALWAYS | selected
    reader = event_reader(source="msgraph", owner=OWNER, calendar=CALENDAR, fields=fields)
    (run,) = Reading(reader, WEEK, WEEK, None).runs(page(in_order(events), fields).value, is_last=True)
    made = as_columns_have_it(run, (*ALWAYS_SHOWN, *selected))
    assert [it.order for it in made] == sorted(it.order for it in made)


def as_columns_have_it(run, paths):
    """The events of a run, of which each has what the columns have."""
    made = as_run(list(run))
    for path in paths:
        column, each = run.column(path), made.column(path)
        if isinstance(column, Written):
            each = msgspec.to_builtins(each)
        assert (path, plain(column, path, len(run))) == (path, plain(each, path, len(run)))
    return made


@given(st.lists(wires(), min_size=2, max_size=5).map(unique), st.integers(0, 4), st.permutations(range(5)))
@settings(max_examples=50)
def test_a_part_of_a_run_and_one_in_another_order_have_the_columns_of_their_events(events, cut_at, order):
    (run,) = Reading(READER, WEEK, WEEK, None).runs(page(in_order(events)).value, is_last=True)
    whole = list(run)
    places = [place for place in order if place < len(whole)]
    assert list(as_columns_have_it(run.part(slice(cut_at)), ALWAYS_SHOWN)) == whole[:cut_at]
    assert list(as_columns_have_it(run.part(slice(cut_at, None)), ALWAYS_SHOWN)) == whole[cut_at:]
    assert list(as_columns_have_it(run.at(places), ALWAYS_SHOWN)) == [whole[place] for place in places]


def in_order(events):
    """As Graph gives them: by the start, whole days by midnight in UTC."""
    read = {one["id"]: READER.read(it) for one, it in zip(events, page(events).value, strict=True)}
    return sorted(events, key=lambda it: read[it["id"]].start.instant)


def runs(pages, part=WEEK, window=WEEK):
    reading = Reading(READER, part, window, None)
    given = [page(it).value for it in pages]
    return [
        list(run)
        for number, events in enumerate(given, 1)
        for run in reading.runs(events, is_last=number == len(given))
    ]


def cut(events, size):
    return [events[first : first + size] for first in range(0, len(events), size)] or [[]]


@given(st.lists(wires(), max_size=9).map(unique), st.integers(1, 4))
@settings(max_examples=60)
def test_what_overlaps_the_window_comes_by_start_and_id_however_it_is_paged(events, size):
    read = [READER.read(it) for it in page(events).value]
    inside = [it for it in read if WEEK.overlaps(it.start.instant, it.end.instant)]
    found = [event for run in runs(cut(in_order(events), size)) for event in run]
    assert found == sorted(inside, key=lambda it: it.order)


@given(st.lists(wires(), max_size=9).map(unique), st.integers(1, 7 * 86_400 - 1))
@settings(max_examples=60)
def test_of_the_parts_of_a_window_an_event_is_in_the_first_that_it_overlaps(events, seconds):
    middle = WEEK.start + timedelta(seconds=seconds)
    events = in_order(events)
    whole = {event.id for (run,) in [runs([events])] for event in run}
    ids = [
        event.id
        for part in (Window(start=WEEK.start, end=middle), Window(start=middle, end=WEEK.end))
        for run in runs([events], part)
        for event in run
    ]
    assert len(ids) == len(set(ids))
    assert set(ids) == whole


@given(
    wires(CLOCKS | SHORT_CLOCKS, INSTANTS | BAD_INSTANTS),
    st.frozensets(st.sampled_from(SELECTABLE)) | st.just(EVERYTHING),
)
@example({"id": "both", "start": BEFORE_ALL_TIME, "end": {"dateTime": BAD}}, frozenset())
@settings(max_examples=200)
def test_an_event_is_in_a_run_if_all_that_is_wanted_of_it_can_be_read(wire, selected):
    fields = ALWAYS | selected
    reader = event_reader(source="msgraph", owner=OWNER, calendar=CALENDAR, fields=fields)
    (event,) = page([wire], fields).value
    reading = Reading(reader, WEEK, WEEK, None)
    assert complaint(lambda: [*reading.runs([event], is_last=True)]) == complaint(lambda: reader.read(event))


def complaint(read):
    """What is said of an event that cannot be read."""
    try:
        read()
    except UnexpectedAnswer as exc:
        return str(exc)
    return None


def timed(name, clock, zone="UTC", **rest):
    time = {"dateTime": f"2027-03-{clock}", "timeZone": zone}
    return {"id": name, "start": time, "end": time, **rest}


def names(found: list[list[Event]]):
    return [[it.id.rpartition("/")[2] for it in run] for run in found]


def test_what_comes_before_an_event_that_cannot_be_read_is_passed_on_as_far_as_it_is_settled():
    bad = {"id": "bad", "start": {"dateTime": BAD}, "end": {"dateTime": BAD}}
    reading = Reading(READER, WEEK, WEEK, None)
    events = page([timed("a", "01T09:00"), timed("b", "03T09:00"), bad, timed("c", "04T09:00")]).value
    found = reading.runs(events, is_last=True)
    assert names([list(next(found))]) == [["a"]]
    with pytest.raises(UnexpectedAnswer, match="shows the event bad with an unreadable time"):
        next(found)


def test_a_place_is_settled_by_an_event_a_day_later_or_by_the_end():
    day = timed("day", "03T00:00", isAllDay=True, originalStartTimeZone="Asia/Tokyo")
    paged = [[timed("a", "01T09:00"), timed("b", "02T23:00")], [day, timed("c", "03T01:00")], []]
    assert names(runs(paged)) == [["a"], [], ["day", "b", "c"]]


def test_an_event_that_comes_after_its_place_has_gone_by_is_an_unexpected_answer():
    with pytest.raises(UnexpectedAnswer, match=r"out of order: msgraph:users/ops@contoso\.com/events/late"):
        runs([[timed("a", "04T12:00"), timed("late", "03T09:59")]])


def test_an_event_that_is_shown_again_stays_as_it_was_first_seen():
    again = [timed("a", "02T09:00", subject="new"), timed("b", "02T09:00")]
    found = runs([[timed("a", "02T09:00", subject="old")], again])
    assert [event.title for run in found for event in run] == ["old", ""]


def test_a_run_is_a_sequence_of_its_events():
    events = page([timed(f"e{n}", "01T09:00") for n in range(4)]).value
    starts = ["2027-03-01T09:00:00"] * len(events)
    run = GraphRun(READER, (starts, [it.id for it in events], starts, Shown(events)))
    assert list(run) == [READER.read(it) for it in events]
    assert (run[0], run[-1]) == (READER.read(events[0]), READER.read(events[3]))
    assert list(run[1:3]) == list(run)[1:3]


def test_a_second_is_before_each_part_of_it_and_after_those_of_the_one_before():
    clocks = ["00", "00.5", "00.50001", "01"]
    events = [timed(f"{n}", f"01T09:00:{clock}") for n, clock in enumerate(clocks)]
    assert names(runs([events[::-1]])) == [["0", "1", "2", "3"]]
    later = [it.start.instant - WEEK.start for it in runs([events])[0]]
    assert later == [timedelta(hours=9, seconds=it) for it in (0, 0.5, 0.50001, 1)]
