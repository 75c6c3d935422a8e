"""Lists and views: windows, series, paging, and what the query options do."""

from contextlib import suppress
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox import seed
from gateway.sandbox.msgraph.errors import GraphError
from gateway.sandbox.msgraph.filters import parse
from gateway.sandbox.msgraph.unknowns import PropertyFilter, TopOverMaximum

from .conftest import LUNCH, as_alice

OUTAGES = f"/users/{seed.OUTAGES}"


def at(day, hour, minute=0):
    return {"dateTime": f"2026-12-{day:02}T{hour:02}:{minute:02}:00", "timeZone": "UTC"}


def event(subject, start, end, **more):
    return {"subject": subject, "start": start, "end": end, **more}


def test_a_list_has_masters_and_no_occurrences(alice):
    events = alice.get(f"{OUTAGES}/events?$top=100").body["value"]
    kinds = {event["subject"]: event["type"] for event in events}
    assert kinds[seed.PATCHES] == "seriesMaster"
    assert set(kinds.values()) == {"seriesMaster", "singleInstance"}


def test_a_view_has_occurrences_and_no_masters(alice):
    found = alice.view("2026-11-16", "2026-11-30", OUTAGES).body["value"]
    patches = [event for event in found if event["subject"] == seed.PATCHES]
    assert [event["start"]["dateTime"][:10] for event in patches] == ["2026-11-18", "2026-11-25"]
    assert {event["type"] for event in patches} == {"occurrence"}
    assert len({event["id"] for event in patches}) == 2
    assert all(event["seriesMasterId"] and event["recurrence"] is None for event in patches)


def test_a_view_is_ordered_by_start(alice):
    starts = [
        event["start"]["dateTime"] for event in alice.view("2026-11-01", "2026-12-01", OUTAGES).body["value"]
    ]
    assert starts == sorted(starts)


def test_a_view_has_what_overlaps_its_window(alice):
    alice.post("/me/events", event("before", at(1, 8), at(1, 9)))
    alice.post("/me/events", event("into", at(1, 8), at(1, 9, 1)))
    alice.post("/me/events", event("around", at(1, 8), at(1, 12)))
    alice.post("/me/events", event("out of", at(1, 9, 59), at(1, 11)))
    alice.post("/me/events", event("after", at(1, 10), at(1, 11)))
    found = alice.view("2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z").subjects
    assert sorted(found) == ["around", "into", "out of"]


def test_a_view_may_have_what_touches_its_window(emulate):
    client = as_alice(emulate(view_includes_touching=True))
    client.post("/me/events", event("before", at(1, 8), at(1, 9)))
    client.post("/me/events", event("after", at(1, 10), at(1, 11)))
    assert client.view("2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z").subjects == ["before", "after"]


def test_an_event_without_length_is_in_the_window_that_it_begins(alice):
    alice.post("/me/events", event("instant", at(1, 9), at(1, 9)))
    assert alice.view("2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z").subjects == ["instant"]
    assert alice.view("2026-12-01T08:00:00Z", "2026-12-01T09:00:00Z").subjects == []


def test_a_bound_without_offset_is_utc_whatever_is_preferred(alice):
    alice.post("/me/events", event("noon", at(1, 12), at(1, 13)))
    alice.prefer = 'outlook.timezone="Tokyo Standard Time"'
    found = alice.view("2026-12-01T12:00:00", "2026-12-01T12:30:00").body["value"]
    assert [event["start"]["dateTime"] for event in found] == ["2026-12-01T21:00:00.0000000"]
    assert alice.view("2026-12-01T21:00:00+09:00", "2026-12-01T21:30:00+09:00").subjects == ["noon"]


def test_all_day_events_are_midnight_in_every_zone_and_match_as_days_of_utc(alice):
    day = {"dateTime": "2026-12-03T00:00:00", "timeZone": "Pacific Standard Time"}
    alice.post("/me/events", event("off", day, {**day, "dateTime": "2026-12-04T00:00:00"}, isAllDay=True))
    alice.prefer = 'outlook.timezone="Tokyo Standard Time"'
    found = alice.view("2026-12-03T00:00:00Z", "2026-12-03T01:00:00Z").body["value"]
    assert [event["start"] for event in found] == [
        {"dateTime": "2026-12-03T00:00:00.0000000", "timeZone": "Tokyo Standard Time"}
    ]
    assert alice.view("2026-12-04T00:00:00Z", "2026-12-04T08:00:00Z").subjects == []


@pytest.mark.parametrize(
    "query", ["", "?startDateTime=2026-01-01", "?endDateTime=2026-01-01", "?endDateTime=&startDateTime="]
)
def test_a_view_needs_both_bounds(alice, query):
    found = alice.get(f"/me/calendarView{query}")
    assert (found.status, found.code) == (400, "ErrorInvalidParameter")
    assert found.message.startswith("This request requires a time window")


def test_names_of_parameters_are_read_in_any_case(alice):
    assert alice.get("/me/calendarview?startdatetime=2026-01-01&ENDDATETIME=2026-01-02").status == 200


def test_a_view_is_of_1825_days_at_most(alice):
    assert alice.view("2026-01-01", "2030-12-31").status == 200
    found = alice.view("2026-01-01", "2031-01-01")
    assert (found.status, found.code) == (400, "ErrorInvalidRequest")
    assert found.message.endswith("Maximum number of days: 1825")


def test_ten_come_by_default_and_the_link_leads_to_the_rest(alice):
    made = {alice.post("/me/events", {**LUNCH, "subject": f"n{n}"}).body["id"] for n in range(23)}
    found, path = [], "/me/calendarView?startDateTime=2026-11-19&endDateTime=2026-11-20&$select=subject"
    sizes = []
    while path:
        page = alice.get(path).body
        sizes.append(len(page["value"]))
        found += [event["id"] for event in page["value"]]
        link = urlsplit(page.get("@odata.nextLink", ""))
        assert link.netloc in ("", "127.0.0.1:8080")
        path = f"{link.path.removeprefix('/v1.0')}?{link.query}" if link.path else ""
    assert made <= set(found)
    assert len(found) == len(set(found))
    assert sizes[:2] == [10, 10]


def pages(client, path):
    """The rows of every page, by following the links."""
    found = []
    while path:
        page = client.get(path).body
        found.append([row["subject"] for row in page["value"]])
        link = urlsplit(page.get("@odata.nextLink", ""))
        path = f"{link.path.removeprefix('/v1.0')}?{link.query}" if link.path else ""
    return found


def test_default_page_sizes_are_switches(emulate):
    client = as_alice(emulate(default_page_size=2, view_page_size=3))
    assert len(client.get(f"{OUTAGES}/events").body["value"]) == 2
    window = "startDateTime=2026-11-16&endDateTime=2026-11-23"
    assert len(client.get(f"{OUTAGES}/calendarView?{window}").body["value"]) == 3


def test_pages_may_overlap(emulate):
    path = f"{OUTAGES}/events?$top=2"
    plain = [subject for page in pages(as_alice(emulate()), path) for subject in page]
    found = pages(as_alice(emulate(pages_overlap=True)), path)
    assert all(one[-1] == other[0] for one, other in pairwise(found))
    assert [subject for page in found[:1] for subject in page] + [page[-1] for page in found[1:]] == plain


def test_the_first_page_may_be_empty(emulate):
    path = f"{OUTAGES}/events?$top=100"
    found = pages(as_alice(emulate(first_page_is_empty=True)), path)
    assert found == [[], *pages(as_alice(emulate()), path)]


def test_the_link_of_a_meeting_needs_another_property_selected_too(alice):
    made = f"/me/events/{alice.post('/me/events', {**LUNCH, 'isOnlineMeeting': True}).body['id']}"
    assert alice.get(f"{made}?$select=onlineMeeting").body["onlineMeeting"] is None
    assert alice.get(f"{made}?$select=onlineMeeting,isOnlineMeeting").body["onlineMeeting"]["joinUrl"]


def test_top_goes_up_to_a_thousand(emulate):
    client = as_alice(emulate())
    assert client.get("/me/events?$top=1").body["@odata.nextLink"].endswith("&$skip=1")
    assert client.get("/me/events?$top=1001").status == 200
    assert client.get("/me/events?$top=0").status == 400
    strict = as_alice(emulate(top_over_maximum=TopOverMaximum.REFUSED))
    assert strict.get("/me/events?$top=1001").status == 400


def test_the_page_size_can_be_a_preference(alice):
    found = alice.get(f"{OUTAGES}/events", prefer="odata.maxpagesize=2")
    assert len(found.body["value"]) == 2
    assert found.headers["Preference-Applied"] == 'odata.maxpagesize="2"'


def test_select_leaves_the_id_and_the_etag(alice):
    row = alice.get("/me/events?$select=subject").body["value"][0]
    assert row.keys() == {"@odata.etag", "id", "subject"}


@pytest.mark.parametrize(("word", "is_descending"), [("DESC", True), ("Desc", True), ("ASC", False)])
def test_the_direction_of_an_order_is_read_in_any_case(alice, word, is_descending):
    found = alice.get(f"{OUTAGES}/events?$orderby=start/dateTime%20{word}").body["value"]
    starts = [event["start"]["dateTime"] for event in found]
    assert len(set(starts)) > 1
    assert starts == sorted(starts, reverse=is_descending)


def test_order_by_start_needs_its_date_time(alice):
    found = alice.get(f"{OUTAGES}/events?$orderby=start/dateTime%20desc").body["value"]
    starts = [event["start"]["dateTime"] for event in found]
    assert starts == sorted(starts, reverse=True)
    refused = alice.get("/me/events?$orderby=start")
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert refused.message.startswith("The $orderby expression must evaluate to a single value")


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("subject eq 'company HOLIDAY'", ["Company holiday"]),
        ("startswith(subject,'Net')", ["Network maintenance in Frankfurt"]),
        ("contains(subject,'patch') and type eq 'seriesMaster'", ["Weekly patch window"]),
        ("start/dateTime ge '2026-11-19T21:00:00' and isAllDay eq false", ["Upgrade of the payments queue"]),
        ("start/dateTime ge '2026-11-20' or subject eq 'x'", ["Company holiday"]),
        (
            "categories/any(c:c eq 'Payments') and not (importance eq 'high')",
            ["Upgrade of the payments queue"],
        ),
        ("createdDateTime lt 2020-01-01T00:00:00Z", []),
        ("subject eq 'it''s'", []),
    ],
)
def test_filters_choose_events(alice, text, subjects):
    assert alice.send("GET", f"{OUTAGES}/events?$filter={text.replace(' ', '%20')}").subjects == subjects


@pytest.mark.parametrize(
    "text",
    ["subject", "subject eq", "subject like 'x'", "(subject eq 'x'", "'x' eq subject", "a b c", "\x00"],
)
def test_what_is_no_filter_is_refused(alice, text):
    found = alice.send("GET", f"/me/events?$filter={text.replace(' ', '%20')}")
    assert (found.status, found.code) == (400, "BadRequest")


def test_an_unknown_property_is_refused(alice):
    assert alice.get("/me/events?$filter=colour%20eq%20'red'").code == "BadRequest"


def test_order_and_filter_have_to_agree(alice):
    by = "$orderby=start/dateTime"
    found = alice.get(f"/me/events?{by}&$filter=subject%20eq%20'x'")
    assert (found.status, found.code) == (400, "InefficientFilter")
    assert (
        alice.get(
            f"/me/events?{by}&$filter=start/dateTime%20ge%20'2026-01-01'%20and%20subject%20eq%20'x'"
        ).status
        == 200
    )


def test_count_counts_what_the_filter_leaves(alice):
    found = alice.get(f"{OUTAGES}/events?$count=true&$top=1&$filter=isAllDay%20eq%20true")
    assert found.body["@odata.count"] == 1
    assert alice.get(f"{OUTAGES}/events/$count").body == b"5"


KEY = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Key"
KEYED = {**LUNCH, "singleValueExtendedProperties": [{"id": KEY, "value": "Change-1"}]}
ANY = f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq 'change-1')"


def quoted(text):
    return text.replace(" ", "%20").replace("{", "%7B").replace("}", "%7D")


def test_an_event_is_found_by_an_extended_property_ignoring_case(alice):
    alice.post("/me/events", KEYED)
    found = alice.get(f"/me/events?$filter={quoted(ANY)}")
    assert found.subjects == ["Lunch"]
    assert "singleValueExtendedProperties" not in found.body["value"][0]
    expand = quoted(f"singleValueExtendedProperties($filter=id eq '{KEY}')")
    expanded = alice.get(f"/me/events?$filter={quoted(ANY)}&$expand={expand}")
    assert expanded.body["value"][0]["singleValueExtendedProperties"] == [{"id": KEY, "value": "Change-1"}]


def test_a_filter_on_extended_properties_may_be_ignored_or_refused(emulate):
    ignoring = as_alice(emulate(property_filter=PropertyFilter.IGNORED))
    assert len(ignoring.get(f"/me/events?$filter={quoted(ANY)}").body["value"]) > 1
    refusing = as_alice(emulate(property_filter=PropertyFilter.REFUSED))
    assert refusing.get(f"/me/events?$filter={quoted(ANY)}").code == "ErrorInvalidUrlQueryFilter"


def test_extended_properties_cannot_be_expanded_without_naming_one(alice):
    alice.post("/me/events", KEYED)
    assert alice.get("/me/events?$expand=singleValueExtendedProperties").status == 400


def test_immutable_ids_are_understood_in_both_forms(alice):
    made = alice.post("/me/events", LUNCH).body["id"]
    found = alice.get(f"/me/events/{made}", prefer='IdType="ImmutableId"')
    immutable = found.body["id"]
    assert immutable != made
    assert found.headers["Preference-Applied"] == 'IdType="ImmutableId"'
    assert alice.get(f"/me/events/{immutable}").body["id"] == made


def test_an_unknown_zone_is_not_preferred(alice):
    found = alice.get("/me/events", prefer='outlook.timezone="Mars Standard Time"')
    assert (found.status, found.code) == (400, "TimeZoneNotSupportedException")


def test_preferences_combine(alice):
    found = alice.get("/me/events", prefer='outlook.timezone="UTC", outlook.body-content-type="text"')
    assert found.headers["Preference-Applied"] == 'outlook.timezone="UTC", outlook.body-content-type="text"'


def names(answer):
    return [row["name"] for row in answer.body["value"]]


def test_calendars_are_filtered_and_ordered(alice):
    everything = names(alice.get("/me/calendars"))
    assert len(everything) > 2
    assert names(alice.get("/me/calendars?$orderby=name%20desc")) == sorted(everything, reverse=True)
    on_call = alice.get("/me/calendars?$filter=startswith(name,'on')&$count=true&$select=name")
    assert (on_call.body["@odata.count"], names(on_call)) == (1, ["On call"])
    both = alice.get("/me/calendars?$filter=isRemovable eq true&$orderby=name desc")
    assert names(both) == sorted(set(everything) - {"Calendar"}, reverse=True)
    own = alice.get(f"/me/calendars?$filter=owner/address eq '{seed.ALICE}' and isDefaultCalendar eq false")
    assert sorted(names(own)) == sorted(set(everything) - {"Calendar"})
    assert alice.get("/me/calendars/$count?$filter=isRemovable eq true").body == b"2"


def test_calendar_groups_are_filtered_and_ordered_and_so_are_the_calendars_in_them(alice):
    everything = names(alice.get("/me/calendarGroups"))
    assert names(alice.get("/me/calendarGroups?$orderby=name desc")) == sorted(everything, reverse=True)
    found = alice.get(f"/me/calendarGroups?$filter=name eq '{everything[0]}'").body["value"]
    place = f"/me/calendarGroups/{found[0]['id']}/calendars"
    assert names(alice.get(f"{place}?$filter=isDefaultCalendar eq true")) == ["Calendar"]
    assert alice.get(f"{place}/$count").body == str(len(names(alice.get(place)))).encode()
    assert alice.get("/me/calendarGroups/$count").body == str(len(everything)).encode()


@pytest.mark.parametrize(("place", "kind"), [("calendars", "calendar"), ("calendarGroups", "calendarGroup")])
def test_a_property_that_a_row_has_not_is_refused_in_the_name_of_its_type(alice, place, kind):
    for query in ("$filter=colour eq 'x'", "$orderby=colour"):
        found = alice.get(f"/me/{place}?{query}")
        assert found.message == f"Could not find a property named 'colour' on type 'microsoft.graph.{kind}'."
        assert (found.status, found.code) == (400, "BadRequest")


@given(st.text(alphabet="abc '()/:,eqandorx", max_size=30))
def test_a_text_is_a_filter_or_is_refused_as_graph_refuses_it(text):
    with suppress(GraphError):
        parse(text)
