"""Keys in Graph: an event is made once under its key, found by it, and changed only if that is asked for."""

from dataclasses import replace
from datetime import datetime

import msgspec
import pytest

from gateway.adapters.base import OnExisting
from gateway.adapters.msgraph import keys
from gateway.adapters.msgraph.key_lookup import MOST_PAGES
from gateway.adapters.outcome import WriteStatus
from gateway.errors import (
    Code,
    Forbidden,
    InvalidInput,
    LookupUnsupported,
    Moved,
    NotOrganizer,
    NotUnderKey,
)
from gateway.model.elasticsearch import ElasticsearchEventOptions
from gateway.model.event import EventBody, EventLocation, SourceKind
from gateway.model.ids import CalendarId
from gateway.model.msgraph import ExtendedProperty, MSGraphEventOptions, MultiValueExtendedProperty
from gateway.sandbox.faults import Fault
from gateway.sandbox.msgraph import MSGraphEmulator
from gateway.sandbox.msgraph.auth import Token
from gateway.sandbox.msgraph.jwt import unsigned
from gateway.sandbox.msgraph.resources import ItemBody
from gateway.sandbox.msgraph.times import WallClock
from gateway.sandbox.msgraph.unknowns import PropertyFilter
from gateway.sandbox.seed import ALICE, OUTAGES

from .conformance import EVERYTHING, HOUR, MORNING, change, draft, read
from .msgraph_bench import EMPTY, LIST, SOURCE, SRE, sent
from .msgraph_key_bench import (
    DEFAULT,
    HOME,
    KEY,
    PLACES,
    adapter,
    add,
    at,
    change_stored,
    find,
    items,
    keyed,
    stored,
    tenant,
)

pytestmark = pytest.mark.anyio


def on_clock(text):
    return WallClock(datetime.fromisoformat(text), "UTC")


@pytest.fixture
async def server(anyio_backend):
    async with tenant() as server:
        yield server


@PLACES
async def test_the_same_call_again_is_unchanged_and_changes_nothing(server, place):
    (first,) = await add(server, keyed(), place=place)
    before = items(server)
    (again,) = await add(server, keyed(), place=place)
    assert (first.status, first.stored, first.event.key) == (WriteStatus.CREATED, True, KEY)
    assert (again.status, again.event.id, again.event.key) == (WriteStatus.UNCHANGED, first.event.id, KEY)
    assert items(server) == before
    assert len(sent(server)) == 1


@PLACES
async def test_an_event_is_found_by_its_key_and_by_no_other(server, place):
    (made,) = await add(server, keyed(), place=place)
    (found,) = await find(server, place=place)
    assert (found.id, found.key, found.calendar_id) == (made.event.id, KEY, str(place))
    assert await find(server, "CHG-4712", place=place) == []
    assert type(await find(server, KEY.lower(), place=place)) is NotUnderKey


async def test_reads_show_the_key_only_if_it_is_asked_for(server):
    await add(server, keyed())
    async with adapter(server) as own:
        (event,) = await read(own, HOME)
        narrow = [
            one
            async for run in own.events(HOME, EVERYTHING, page=10, fields=frozenset({"title"}))
            for one in run
        ]
        asked = [
            one
            async for run in own.events(HOME, EVERYTHING, page=10, fields=frozenset({"key"}))
            for one in run
        ]
    assert (event.key, narrow[0].key, asked[0].key) == (KEY, None, KEY)
    views = [request.target for request in sent(server, "GET") if "calendarView" in request.target]
    assert ["expand" in target for target in views] == [True, False, True]


async def test_another_event_under_the_key_is_a_conflict_that_shows_it(server):
    (made,) = await add(server, keyed())
    (other,) = await add(server, keyed("Something else"))
    assert (other.status, other.event.id) == (WriteStatus.CONFLICT, made.event.id)
    assert (other.problem.code, other.problem.path) == (Code.CONFLICT, ("key",))
    assert len(items(server)) == 1


@PLACES
async def test_update_makes_the_event_as_asked_and_then_it_is_unchanged(server, place):
    (made,) = await add(server, keyed(location=EventLocation(display_name="Cellar")), place=place)
    wanted = keyed("Moved", start=at(MORNING + HOUR), end=at(MORNING + 2 * HOUR))
    (updated,) = await add(server, wanted, place=place, on_existing=OnExisting.UPDATE)
    assert (updated.status, updated.event.id, updated.event.key) == (
        WriteStatus.UPDATED,
        made.event.id,
        KEY,
    )
    assert (updated.event.title, updated.event.start.instant) == ("Moved", MORNING + HOUR)
    assert updated.event.location.display_name == "Cellar"
    assert sent(server, "PATCH")[0].headers["if-match"] == made.event.revision
    for on_existing in (OnExisting.UPDATE, OnExisting.RETURN):
        (again,) = await add(server, wanted, place=place, on_existing=on_existing)
        assert again.status is WriteStatus.UNCHANGED
    assert len(sent(server, "PATCH")) == 1


async def test_fail_wants_no_event_under_the_key(server):
    (made,) = await add(server, keyed(), on_existing=OnExisting.FAIL)
    (again,) = await add(server, keyed(), on_existing=OnExisting.FAIL)
    assert made.status is WriteStatus.CREATED
    assert (again.status, again.problem.code) == (WriteStatus.FAILED, Code.KEY_EXISTS)
    assert again.event.id == made.event.id


# What stands in the way


@pytest.mark.parametrize(
    ("on_existing", "status", "code"),
    [
        (OnExisting.RETURN, WriteStatus.CONFLICT, Code.CONFLICT),
        (OnExisting.UPDATE, WriteStatus.CONFLICT, Code.CONFLICT),
        (OnExisting.FAIL, WriteStatus.FAILED, Code.KEY_EXISTS),
    ],
)
async def test_a_key_is_taken_by_one_that_differs_in_case(server, on_existing, status, code):
    (made,) = await add(server, keyed())
    (row,) = await add(server, keyed(key=KEY.lower()), on_existing=on_existing)
    assert (row.status, row.problem.code) == (status, code)
    assert (row.event.id, row.event.key) == (made.event.id, KEY)
    assert KEY in row.problem.message
    assert len(sent(server)) == 1


@PLACES
async def test_a_pasted_copy_makes_the_key_ambiguous_and_both_are_named(server, place):
    (made,) = await add(server, keyed(), place=place)
    (item,) = items(server)
    stored(server)["AAMkPasted"] = replace(item, id="AAMkPasted")
    for on_existing in (OnExisting.RETURN, OnExisting.UPDATE):
        (row,) = await add(server, keyed(), place=place, on_existing=on_existing)
        assert (row.status, row.problem.code) == (WriteStatus.CONFLICT, Code.AMBIGUOUS_KEY)
        assert sorted(row.ids) == sorted([made.event.id, f"msgraph:users/{OUTAGES}/events/AAMkPasted"])
        assert all(name in row.problem.message for name in row.ids)
    assert len(await find(server, place=place)) == 2
    assert len(items(server)) == 2


async def test_an_attendees_copy_is_no_holder_and_no_other_is_made_beside_it(server):
    await add(server, keyed())
    copy = change_stored(server, is_organizer=False)
    (row,) = await add(server, keyed())
    assert (row.status, row.problem.code) == (WriteStatus.FAILED, Code.NOT_ORGANIZER)
    assert row.event.details.event_id == copy.id
    assert isinstance(await find(server), NotOrganizer)
    assert len(sent(server)) == 1


@pytest.mark.parametrize("on_existing", OnExisting)
async def test_events_whose_keys_differ_in_case_are_a_conflict_that_names_both(server, on_existing):
    await add(server, keyed())
    (item,) = items(server)
    stored(server)["AAMkALower"] = replace(
        item, id="AAMkALower", single_values={**item.single_values, keys.KEY: KEY.lower()}
    )
    (row,) = await add(server, keyed(), on_existing=on_existing)
    assert row.status in {WriteStatus.CONFLICT, WriteStatus.FAILED}
    assert [name.rpartition("/")[2] for name in row.ids] == [item.id, "AAMkALower"]
    assert len(sent(server)) == 1


@pytest.mark.parametrize("on_existing", OnExisting)
async def test_somebody_elses_meeting_takes_a_key_whatever_its_case(server, on_existing):
    await add(server, keyed())
    copy = change_stored(server, is_organizer=False)
    (row,) = await add(server, keyed(key=KEY.lower()), on_existing=on_existing)
    assert (row.status, row.problem.code) == (WriteStatus.FAILED, Code.NOT_ORGANIZER)
    assert row.event.details.event_id == copy.id
    assert f"the key {KEY}," in row.problem.message
    assert isinstance(await find(server, KEY.lower()), NotOrganizer)
    assert len(sent(server)) == 1


async def test_a_meeting_of_somebody_else_does_not_hide_an_own_event_whatever_its_case(server):
    """Nor does the one with the key in another case hide the one with this very key."""
    await add(server, keyed())
    item = change_stored(server, is_organizer=False)
    other = replace(item, id="AAMkALower", single_values={**item.single_values, keys.KEY: KEY.lower()})
    stored(server)[other.id] = other
    (row,) = await add(server, keyed())
    assert (row.problem.code, row.event.details.event_id) == (Code.NOT_ORGANIZER, item.id)
    stored(server)[item.id] = replace(item, is_organizer=True)
    (row,) = await add(server, keyed())
    assert row.status is WriteStatus.UNCHANGED
    (row,) = await add(server, keyed(key=KEY.lower()))
    assert (row.status, row.problem.code) == (WriteStatus.CONFLICT, Code.CONFLICT)
    assert (row.event.key, len(sent(server))) == (KEY, 1)


async def test_in_the_calendar_of_a_group_the_organizer_is_the_group_whoever_asks(server):
    """So that `isOrganizer` is false of its own events does not make them somebody else's."""
    alice = server.emulator.tokens.of(ALICE).authorization
    group = {"place": CalendarId(SOURCE, ("groups", SRE, "calendar")), "authorization": alice}
    (made,) = await add(server, keyed(), **group)
    there = stored(server, SRE, is_group=True)
    (item,) = [item for item in there.values() if item.single_values.get(keys.KEY) == KEY]
    there[item.id] = replace(item, is_organizer=False)
    (again,) = await add(server, keyed(), **group)
    assert (again.status, again.event.id) == (WriteStatus.UNCHANGED, made.event.id)
    assert [event.id for event in await find(server, **group)] == [made.event.id]
    (updated,) = await add(server, keyed("Later"), on_existing=OnExisting.UPDATE, **group)
    assert (updated.status, updated.event.title) == (WriteStatus.UPDATED, "Later")


async def test_a_cancelled_copy_takes_no_key(server):
    await add(server, keyed())
    change_stored(server, is_organizer=False, is_cancelled=True)
    (row,) = await add(server, keyed("Anew"))
    assert row.status is WriteStatus.CREATED


async def test_an_event_that_was_moved_to_the_default_calendar_is_shown_and_not_made_again(server):
    await add(server, keyed())
    default = server.emulator.state.find(OUTAGES).default_calendar.id
    change_stored(server, calendar_id=default)
    for on_existing in OnExisting:
        (row,) = await add(server, keyed(), on_existing=on_existing)
        assert (row.status, row.problem.code) == (WriteStatus.FAILED, Code.MOVED)
        assert row.event.calendar_id == f"msgraph:users/{OUTAGES}/calendars/{default}"
    assert isinstance(await find(server), Moved)
    assert len(sent(server)) == 1


async def test_an_event_that_was_moved_out_of_the_default_calendar_is_seen_where_the_mailbox_lists_all(
    anyio_backend,
):
    async with tenant(mailbox_lists_all_calendars=True) as server:
        await add(server, keyed(), place=DEFAULT)
        change_stored(server, calendar_id=EMPTY)
        (row,) = await add(server, keyed(), place=DEFAULT)
        assert (row.status, row.problem.code) == (WriteStatus.FAILED, Code.MOVED)


@pytest.mark.parametrize("lists_all", [False, True])
async def test_an_event_in_another_calendar_of_the_mailbox_is_another_copy(anyio_backend, lists_all):
    async with tenant(mailbox_lists_all_calendars=lists_all) as server:
        (one,) = await add(server, keyed(), place=HOME)
        (two,) = await add(server, keyed(), place=DEFAULT)
        assert (one.status, two.status) == (WriteStatus.CREATED, WriteStatus.CREATED)
        assert [event.id for event in await find(server, place=HOME)] == [one.event.id]
        assert [event.id for event in await find(server, place=DEFAULT)] == [two.event.id]
        for place in (HOME, DEFAULT):
            (again,) = await add(server, keyed(), place=place)
            assert again.status is WriteStatus.UNCHANGED


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"subject": "Renamed"}, "'Renamed' instead of 'Maintenance'"),
        ({"start": on_clock("2027-03-15T08:00:00")}, "the start is 2027-03-15T08:00:00"),
        ({"end": on_clock("2027-03-15T12:00:00")}, "the end is 2027-03-15T12:00:00"),
    ],
    ids=["title", "start", "end"],
)
async def test_what_was_changed_in_outlook_is_a_conflict_that_says_what(server, changes, word):
    (made,) = await add(server, keyed())
    change_stored(server, **changes)
    (row,) = await add(server, keyed())
    assert (row.status, row.problem.code, row.event.id) == (
        WriteStatus.CONFLICT,
        Code.CONFLICT,
        made.event.id,
    )
    assert "was changed upstream" in row.problem.message
    assert word in row.problem.message
    (updated,) = await add(server, keyed(), on_existing=OnExisting.UPDATE)
    assert updated.status is WriteStatus.UPDATED
    (again,) = await add(server, keyed())
    assert again.status is WriteStatus.UNCHANGED


async def test_neither_the_body_nor_the_name_of_a_zone_is_compared(server):
    await add(server, keyed(body=EventBody(text="Why.")))
    (item,) = items(server)
    there = WallClock(item.start.on("Asia/Tokyo").local, "Asia/Tokyo")
    change_stored(
        server, start=there, original_start_zone="Tokyo Standard Time", body=ItemBody(content="Else")
    )
    (row,) = await add(server, keyed(body=EventBody(text="Why.")))
    assert row.status is WriteStatus.UNCHANGED


async def test_a_title_that_exchange_cuts_is_no_drift(anyio_backend):
    async with tenant(subject_length=255) as server:
        await add(server, keyed("x" * 300))
        (row,) = await add(server, keyed("x" * 300))
        assert row.status is WriteStatus.UNCHANGED


async def test_what_only_another_kind_of_source_understands_makes_no_difference(server):
    await add(server, keyed())
    flags = {SourceKind.ELASTICSEARCH: ElasticsearchEventOptions(skip_result=False)}
    (row,) = await add(server, keyed(options=flags))
    assert row.status is WriteStatus.UNCHANGED


# Looking up


@PLACES
@pytest.mark.parametrize("behaviour", [PropertyFilter.IGNORED, PropertyFilter.REFUSED])
async def test_where_the_filter_does_not_work_the_events_are_paged_through(anyio_backend, behaviour, place):
    async with tenant(property_filter=behaviour, first_page_is_empty=True, pages_overlap=True) as server:
        await add(server, *(msgspec.structs.replace(draft(f"{n}"), key=None) for n in range(12)), place=place)
        (first,) = await add(server, keyed(), place=place)
        (again,) = await add(server, keyed(), place=place)
        assert (first.status, again.status) == (WriteStatus.CREATED, WriteStatus.UNCHANGED)
        assert [event.id for event in await find(server, place=place)] == [first.event.id]
        assert await find(server, "CHG-0", place=place) == []


class OnePerPage(MSGraphEmulator):
    """Shows one event a page, whatever is asked for, and heeds no filter."""

    def answer(self, request, **options):
        target = request.target.replace("$top=1000", "$top=1")
        return super().answer(replace(request, target=target), **options)


@pytest.mark.parametrize("pages", [MOST_PAGES, MOST_PAGES + 1])
async def test_so_many_pages_are_looked_through_and_no_more(anyio_backend, pages):
    ignored = {"emulator": OnePerPage, "property_filter": PropertyFilter.IGNORED}
    async with tenant(**ignored) as server, adapter(server) as own:
        drafts = (msgspec.structs.replace(draft(f"{n}"), key=None) for n in range(pages))
        *_, last = await add(server, *drafts)
        item = stored(server)[last.event.details.event_id]
        stored(server)[item.id] = replace(item, single_values={keys.KEY: KEY})
        writes = len(sent(server))
        if pages > MOST_PAGES:
            with pytest.raises(LookupUnsupported, match=f"more than {MOST_PAGES} pages"):
                await own.plan(HOME, [keyed()])
        else:
            assert [event.title for event in await find(server)] == [last.event.title]
        reads = [one.target for one in sent(server, "GET") if "bodyPreview" in one.target]
        assert len([target for target in reads if "/calendars/" in target]) == pages
        assert len(sent(server)) == writes


async def test_where_nothing_can_be_looked_up_nothing_is_written(server):
    server.faults.add(LIST, Fault(status=400))
    async with adapter(server) as own:
        with pytest.raises(LookupUnsupported, match="no filter works there"):
            await own.plan(HOME, [keyed()])
    assert sent(server) == []


@pytest.mark.parametrize("is_told", [True, False], ids=["jwt", "opaque"])
async def test_a_token_for_the_basics_is_forbidden_and_does_not_find_none(server, is_told):
    await add(server, keyed())
    value = unsigned(roles=["Calendars.ReadBasic"], idtyp="app") if is_told else "basics-of-an-application"
    token = Token(value=value, allowed=frozenset({"Calendars.ReadBasic"}))
    server.emulator.tokens.add(token)
    async with adapter(server, authorization=token.authorization) as own:
        with pytest.raises(Forbidden, match="basics"):
            await own.by_keys(HOME, [KEY])


async def test_a_callers_own_property_in_the_gateways_set_is_refused(server):
    single = (ExtendedProperty(id=keys.KEY.upper(), value="mine"),)
    multi = (MultiValueExtendedProperty(id=f"StringArray {{{keys.GUID}}} Name Mine", value=("a",)),)
    given = [
        MSGraphEventOptions(single_value_extended_properties=single),
        MSGraphEventOptions(multi_value_extended_properties=multi),
    ]
    async with adapter(server) as own:
        for options in given:
            for key in (KEY, None):
                wanted = keyed(key=key, options={SourceKind.MSGRAPH: options})
                plan = await own.plan(HOME, [wanted])
                assert plan.refused[0].code is Code.INVALID_INPUT
                assert plan.refused[0].path[0] == "msgraph"
            (event,) = await read(own, HOME) or [(await add(server, keyed()))[0].event]
            with pytest.raises(InvalidInput):
                await own.plan_event(change(event, options={SourceKind.MSGRAPH: options}))
    assert len(sent(server)) == 1


async def test_a_callers_own_property_is_kept_beside_the_key_and_by_an_update(server):
    own = ExtendedProperty(id="String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Color", value="red")
    options = {SourceKind.MSGRAPH: MSGraphEventOptions(single_value_extended_properties=(own,))}
    await add(server, keyed(options=options))
    await add(server, keyed("Other"), on_existing=OnExisting.UPDATE)
    (item,) = items(server)
    assert item.single_values[own.id] == "red"
    assert item.subject == "Other"


async def test_an_event_that_was_changed_by_its_id_is_no_longer_what_it_was_made_as(server):
    """Not even if title, times and rule are as they were: its location is not."""
    place = EventLocation(display_name="Cellar")
    await add(server, keyed(location=place))
    async with adapter(server) as own:
        (event,) = (await own.by_keys(HOME, [KEY]))[KEY]
        moved = change(event, location=EventLocation(display_name="Attic"))
        outcome = await own.apply_event(await own.plan_event(moved))
    assert (outcome.status, outcome.event.key) == (WriteStatus.UPDATED, KEY)
    (row,) = await add(server, keyed(location=place))
    assert row.status is WriteStatus.CONFLICT
    (row,) = await add(server, keyed(location=place), on_existing=OnExisting.UPDATE)
    assert (row.status, row.event.location.display_name) == (WriteStatus.UPDATED, "Cellar")
    (row,) = await add(server, keyed(location=place))
    assert row.status is WriteStatus.UNCHANGED
