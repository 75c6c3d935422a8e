"""msgraph-sdk and msgraph-beta-sdk at work on calendars: events, series, answers, batches, errors, paging.

Both are generated from one description, so one program drives either: GRAPH_PACKAGE names the package.
"""

import asyncio
import os
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any

from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from msgraph_core import PageIterator
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem
from report import operation, raises, same

PACKAGE, URL, VERSION = os.environ["GRAPH_PACKAGE"], os.environ["GRAPH_URL"], os.environ["GRAPH_VERSION"]
APP, ALICE, SRE = os.environ["GRAPH_APP"], os.environ["GRAPH_ALICE"], os.environ["GRAPH_SRE"]
OUTAGES, BOB, CEO = "outages@contoso.com", "bob.meyer@contoso.com", "ceo@contoso.com"
MONDAY = datetime(2027, 3, 1, 9)  # noqa: DTZ001 a wall clock: its zone is sent beside it
PROPERTY = "String {8e2f5a5c-0c1b-4a55-9d0b-2f8a2c6a1f00} Name key"


def module(path: str) -> Any:
    return import_module(f"{PACKAGE}.generated.{path}")


class Models:
    """Classes of the package's models by name, such as `models.Event`."""

    def __getattr__(self, name: str) -> Any:
        path = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
        return getattr(module(f"models.{path}"), name)


models = Models()
ODataError = module("models.o_data_errors.o_data_error").ODataError
GraphServiceClient = import_module(PACKAGE).GraphServiceClient
GraphRequestAdapter = import_module(PACKAGE).GraphRequestAdapter


class StaticToken(AccessTokenProvider):
    """A token that is known; the SDK's own credentials refuse plain HTTP."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_authorization_token(self, *_: object) -> str:
        return self._token

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator(["127.0.0.1"])


def client(token: str) -> Any:
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(StaticToken(token)))
    adapter.base_url = f"{URL}/{VERSION}"
    return GraphServiceClient(request_adapter=adapter)


def own(user: Any) -> Any:
    """What is at `/me`: a property of one package, and a method of the other."""
    return user.me() if callable(user.me) else user.me


def asking(headers: dict[str, str] | None = None, parameters: object = None) -> Any:
    sent = HeadersCollection()
    for name, value in (headers or {}).items():
        sent.add(name, value)
    return RequestConfiguration(headers=sent, query_parameters=parameters)


def parameters(builder: Any, **given: object) -> Any:
    """The query parameters of a request builder's GET, in a class that is nested in the builder's."""
    (kind,) = [value for name, value in vars(type(builder)).items() if name.endswith("GetQueryParameters")]
    return kind(**given)


def clock(moment: datetime, zone: str = "UTC") -> Any:
    return models.DateTimeTimeZone(date_time=moment.isoformat(), time_zone=zone)


def event(subject: str, start: datetime = MONDAY, **more: object) -> Any:
    return models.Event(subject=subject, start=clock(start), end=clock(start + timedelta(hours=1)), **more)


def attendee(address: str) -> Any:
    return models.Attendee(
        email_address=models.EmailAddress(address=address, name=address), type=models.AttendeeType.Required
    )


def weekly(count: int) -> Any:
    pattern = models.RecurrencePattern(
        type=models.RecurrencePatternType.Weekly, interval=1, days_of_week=[models.DayOfWeek.Monday]
    )
    bounds = models.RecurrenceRange(
        type=models.RecurrenceRangeType.Numbered,
        start_date=date(2027, 3, 1),
        number_of_occurrences=count,
        recurrence_time_zone="UTC",
    )
    return models.PatternedRecurrence(pattern=pattern, range=bounds)


async def calendars(app: Any, alice: Any) -> None:
    user = app.users.by_user_id(OUTAGES)
    with operation("users.get, after a 429"):
        same((await user.get()).user_principal_name, OUTAGES)
    with operation("users.get, groups and memberships: lists, and who is in which"):
        found = await app.users.get(asking(parameters=parameters(app.users, select=["mail"], top=2)))
        mails: list[str] = []
        await PageIterator(found, app.request_adapter).iterate(lambda item: mails.append(item.mail) is None)
        same(OUTAGES in mails and len(mails) > 3, True)
        same([group.id for group in (await alice.groups.get()).value], [SRE])
        same((await alice.groups.by_group_id(SRE).get()).display_name, "SRE")
        same([group.id for group in (await own(alice).member_of.get()).value], [SRE])
    with operation("mailboxSettings.get"):
        same((await user.mailbox_settings.get()).user_purpose, models.UserPurpose.Shared)
    with operation("calendar.get"):
        same((await user.calendar.get()).is_default_calendar, True)
    with operation("calendars: create, list, update, delete"):
        made = await user.calendars.post(models.Calendar(name="Interop"))
        same("Interop" in [found.name for found in (await user.calendars.get()).value], True)
        one = user.calendars.by_calendar_id(made.id)
        same((await one.patch(models.Calendar(name="Renamed"))).name, "Renamed")
        await one.events.post(event("Here"))
        same([found.subject for found in (await one.events.get()).value], ["Here"])
        await one.delete()
        with raises(ODataError, response_status_code=404):
            await one.get()
    with operation("calendars.get with $filter, $orderby and $count"):
        place = own(alice).calendars
        asked = parameters(place, filter="isDefaultCalendar eq false", orderby=["name desc"], count=True)
        found = await place.get(asking(parameters=asked))
        names = [calendar.name for calendar in found.value]
        same((names, found.odata_count), (sorted(names, reverse=True), len(names)))
        same(await place.count.get(), len(names) + 1)
    with operation("calendarGroups: create, list, get, update, fill, delete"):
        made = await user.calendar_groups.post(models.CalendarGroup(name="Interop"))
        group = user.calendar_groups.by_calendar_group_id(made.id)
        same((await group.patch(models.CalendarGroup(name="Renamed"))).name, "Renamed")
        same((await group.get()).name, "Renamed")
        same("Renamed" in [found.name for found in (await user.calendar_groups.get()).value], True)
        inner = await group.calendars.post(models.Calendar(name="Inner"))
        same([found.id for found in (await group.calendars.get()).value], [inner.id])
        await group.calendars.by_calendar_id(inner.id).delete()
        await group.delete()


async def events(app: Any) -> None:
    place = app.users.by_user_id(OUTAGES).calendar.events
    sent = event(
        "Störung",
        body=models.ItemBody(content_type=models.BodyType.Html, content="<b>down</b>"),
        location=models.Location(display_name="Frankfurt"),
        categories=["Payments"],
        is_reminder_on=False,
        transaction_id="interop-1",
        single_value_extended_properties=[models.SingleValueLegacyExtendedProperty(id=PROPERTY, value="k1")],
    )
    with operation("events.post"):
        made = await place.post(sent, asking({"Prefer": 'outlook.timezone="Europe/Berlin"'}))
        same((made.subject, made.start.date_time[:16]), ("Störung", "2027-03-01T10:00"))
        same(made.type, models.EventType.SingleInstance)
    with operation("events.post again with its transactionId"):
        same((await place.post(sent)).id, made.id)
    one = app.users.by_user_id(OUTAGES).events.by_event_id(made.id)
    with operation("events.get with $select and Prefer"):
        found = await one.get(
            asking(
                {"Prefer": 'outlook.body-content-type="text"'}, parameters(one, select=["subject", "body"])
            )
        )
        same((found.body.content.strip(), found.location), ("down", None))
    with operation("events.get with $expand of an extended property"):
        expand = f"singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
        found = await one.get(asking(parameters=parameters(one, expand=[expand])))
        same([item.value for item in found.single_value_extended_properties], ["k1"])
    with operation("events.get with $filter on an extended property"):
        near = f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq 'k1')"
        every = app.users.by_user_id(OUTAGES).events
        found = await every.get(asking(parameters=parameters(every, filter=near)))
        same([item.id for item in found.value], [made.id])
    with operation("events.patch with If-Match"):
        etag = (await one.get()).additional_data["@odata.etag"]
        same((await one.patch(models.Event(subject="New"), asking({"If-Match": etag}))).subject, "New")
        with raises(ODataError, response_status_code=412):
            await one.patch(models.Event(subject="Newer"), asking({"If-Match": etag}))
    with operation("event.calendar.get"):
        same((await one.calendar.get()).is_default_calendar, True)
    with operation("extensions: create, get, update, list, delete"):
        name = "com.contoso.interop"
        await one.extensions.post(
            models.OpenTypeExtension(extension_name=name, additional_data={"ticket": "4711"})
        )
        found = await one.extensions.by_extension_id(name).get()
        same(found.additional_data["ticket"], "4711")
        changed = models.OpenTypeExtension(extension_name=name, additional_data={"ticket": "4712"})
        await one.extensions.by_extension_id(name).patch(changed)
        (found,) = (await one.extensions.get()).value
        same(found.additional_data["ticket"], "4712")
        await one.extensions.by_extension_id(name).delete()
    with operation("events.delete"):
        await one.delete()
        with raises(ODataError, response_status_code=404):
            await one.get()


async def paging(app: Any) -> None:
    place = app.users.by_user_id(OUTAGES).calendars
    calendar = place.by_calendar_id((await place.post(models.Calendar(name="Many"))).id)
    with operation("PageIterator over 25 events"):
        for number in range(25):
            await calendar.events.post(event(f"event {number:02}", MONDAY + timedelta(hours=number)))
        first = await calendar.events.get(
            asking(parameters=parameters(calendar.events, orderby=["start/dateTime"]))
        )
        found: list[str] = []
        await PageIterator(first, app.request_adapter).iterate(
            lambda item: found.append(item.subject) is None
        )
        same(found, [f"event {number:02}" for number in range(25)])
    with operation("events.get with $top, $skip, $count, $filter"):
        asked = parameters(
            calendar.events,
            top=3,
            skip=1,
            count=True,
            filter="start/dateTime ge '2027-03-01T19:00:00'",
            orderby=["start/dateTime"],
        )
        found = await calendar.events.get(asking(parameters=asked))
        same(
            (found.odata_count, [item.subject for item in found.value]),
            (15, ["event 11", "event 12", "event 13"]),
        )
    with operation("events.$count"):
        same(await calendar.events.count.get(), 25)
    with operation("calendarView, by page, over a series"):
        await calendar.events.post(event("Weekly", recurrence=weekly(20)))
        view = calendar.calendar_view
        window = parameters(
            view, start_date_time="2027-03-08T00:00:00Z", end_date_time="2027-06-30T00:00:00Z", top=5
        )
        first = await view.get(asking(parameters=window))
        found = []
        await PageIterator(first, app.request_adapter).iterate(lambda item: found.append(item.type) is None)
        same(found, [models.EventType.Occurrence] * 17)
    with operation("calendarView without a window is refused"), raises(ODataError, response_status_code=400):
        await calendar.calendar_view.get()


async def series(app: Any) -> None:
    user = app.users.by_user_id(OUTAGES)
    with operation("a series: instances, an exception, a cancelled occurrence"):
        master = await user.events.post(event("Patches", recurrence=weekly(5)))
        same(
            (master.type, master.recurrence.range.start_date),
            (models.EventType.SeriesMaster, date(2027, 3, 1)),
        )
        instances = user.events.by_event_id(master.id).instances
        window = parameters(
            instances, start_date_time="2027-03-01T00:00:00Z", end_date_time="2027-12-01T00:00:00Z"
        )
        days = (await instances.get(asking(parameters=window))).value
        same(len(days), 5)
        await user.events.by_event_id(days[1].id).patch(models.Event(subject="Moved patches"))
        await user.events.by_event_id(days[2].id).delete()
        found = (await instances.get(asking(parameters=window))).value
        kinds = sorted((item.start.date_time[:10], item.type.value) for item in found)
        same([kind for _, kind in kinds], ["occurrence", "exception", "occurrence", "occurrence"])
        await user.events.by_event_id(master.id).delete()


async def meetings(app: Any, alice: Any) -> None:
    actions = "users.item.events.item"

    def body(action: str, **given: object) -> Any:
        name = "".join(part.title() for part in action.split("_"))
        kind = getattr(module(f"{actions}.{action}.{action}_post_request_body"), f"{name}PostRequestBody")
        return kind(**given)

    bob = app.users.by_user_id(BOB)

    async def invited(subject: str) -> tuple[Any, Any]:
        meeting = await own(alice).events.post(event(subject, attendees=[attendee(BOB)]))
        (copy,) = [item for item in (await _all(bob.events)) if item.subject == subject]
        return own(alice).events.by_event_id(meeting.id), bob.events.by_event_id(copy.id)

    with operation("accept, tentativelyAccept, decline"):
        for action, builder in (
            ("accept", "accept"),
            ("tentatively_accept", "tentatively_accept"),
            ("decline", "decline"),
        ):
            meeting, copy = await invited(action)
            await getattr(copy, builder).post(body(action, comment="Noted", send_response=True))
            (guest,) = (await meeting.get()).attendees
            wanted = {
                "accept": "Accepted",
                "decline": "Declined",
                "tentatively_accept": "TentativelyAccepted",
            }
            same(guest.status.response, getattr(models.ResponseType, wanted[action]))
    with operation("cancel"):
        meeting, copy = await invited("cancelled")
        await meeting.cancel.post(body("cancel", comment="No longer needed"))
        with raises(ODataError, response_status_code=404):
            await meeting.get()
    with operation("cancel as an attendee is refused"):
        meeting, copy = await invited("not mine")
        with raises(ODataError, response_status_code=400):
            await copy.cancel.post(body("cancel", comment="Mine?"))
    with operation("forward, snoozeReminder, dismissReminder"):
        meeting, _ = await invited("forwarded")
        recipient = models.Recipient(email_address=models.EmailAddress(address=OUTAGES, name="Outages"))
        await meeting.forward.post(body("forward", to_recipients=[recipient], comment="FYI"))
        await meeting.snooze_reminder.post(body("snooze_reminder", new_reminder_time=clock(MONDAY)))
        await meeting.dismiss_reminder.post()
    with operation("getSchedule"):
        schedule = module("users.item.calendar.get_schedule.get_schedule_post_request_body")
        asked = schedule.GetSchedulePostRequestBody(
            schedules=[BOB, "nobody@contoso.com"],
            start_time=clock(datetime(2027, 3, 1, 8)),  # noqa: DTZ001 as above
            end_time=clock(datetime(2027, 3, 1, 12)),  # noqa: DTZ001 as above
            availability_view_interval=60,
        )
        builder = own(alice).calendar.get_schedule
        post = getattr(builder, "post_as_get_schedule_post_response", builder.post)
        busy, unknown = (await post(asked)).value
        same((len(busy.availability_view), unknown.error is not None), (4, True))


async def _all(place: Any) -> list[Any]:
    return (await place.get(asking(parameters=parameters(place, top=1000)))).value


async def own_calendars(alice: Any) -> None:
    with operation("me, me.calendar, me.events"):
        same((await own(alice).get()).user_principal_name, "alice.nguyen@contoso.com")
        same((await own(alice).calendar.get()).can_edit, True)
        made = await own(alice).calendar.events.post(event("Mine"))
        same((await own(alice).events.by_event_id(made.id).get()).is_organizer, True)
    with operation("groups.calendar and groups.events"):
        group = alice.groups.by_group_id(SRE)
        made = await group.calendar.events.post(event("Together"))
        same(made.id in [item.id for item in (await group.events.get()).value], True)
        await group.events.by_event_id(made.id).delete()


async def batches(alice: Any) -> None:
    adapter = alice.request_adapter
    batch = BatchRequestBuilder(adapter)  # the beta client has no property for it
    with operation("$batch: create, then read and fail"):
        create = own(alice).events.to_post_request_information(event("In a batch"))
        missing = own(alice).events.by_event_id("AAMkAGI2missing=").to_get_request_information()
        content = BatchRequestContent()
        for name, request in (
            ("create", create),
            ("missing", missing),
            ("list", own(alice).events.to_get_request_information()),
        ):
            request.path_parameters["baseurl"] = adapter.base_url
            content.add_request(name, BatchRequestItem(request, id=name))
        answers = await batch.post(content)
        same(answers.get_response_status_codes(), {"create": 201, "missing": 404, "list": 200})
        # The SDK drops bodies that are JSON objects (microsoft/kiota-python#737), so they are not looked at.
        same("In a batch" in [item.subject for item in await _all(own(alice).events)], True)
    with operation("$batch: one after the other"):
        items = []
        for number in range(3):
            request = own(alice).events.to_post_request_information(event(f"step {number}"))
            request.path_parameters["baseurl"] = adapter.base_url
            items.append(
                BatchRequestItem(request, id=str(number), depends_on=[str(number - 1)] if number else [])
            )
        content = BatchRequestContent()
        for item in items:
            content.add_request(item.id, item)
        answers = await batch.post(content)
        same(set(answers.get_response_status_codes().values()), {201})


async def errors(app: Any) -> None:
    user = app.users.by_user_id(OUTAGES)

    async def refused(status: int, code: str, asked: Any) -> None:
        try:
            await asked
        except ODataError as error:
            same((error.response_status_code, error.error.code), (status, code))
            same(error.error.inner_error.request_id is not None, True)
        else:
            raise AssertionError("no ODataError was raised")

    with operation("400 is ODataError: end before start"):
        backwards = event("Backwards")
        backwards.end = clock(MONDAY - timedelta(hours=1))
        await refused(400, "ErrorPropertyValidationFailure", user.events.post(backwards))
    with operation("400 is ODataError: unknown zone"):
        nowhere = event("Nowhere")
        nowhere.start.time_zone = "Mars Standard Time"
        await refused(400, "TimeZoneNotSupportedException", user.events.post(nowhere))
    with operation("401 is ODataError"):
        stranger = client("not-a-token").users.by_user_id(OUTAGES)
        await refused(401, "InvalidAuthenticationToken", stranger.calendar.get())
    with operation("403 is ODataError"):
        await refused(403, "ErrorAccessDenied", app.users.by_user_id(CEO).events.get())
    with operation("404 is ODataError"):
        await refused(404, "ErrorItemNotFound", user.events.by_event_id("AAMkAGI2missing=").get())


async def main() -> None:
    app, alice = client(APP), client(ALICE)
    await calendars(app, alice)
    await events(app)
    await paging(app)
    await series(app)
    await meetings(app, alice)
    await own_calendars(alice)
    await batches(alice)
    await errors(app)


asyncio.run(main())
