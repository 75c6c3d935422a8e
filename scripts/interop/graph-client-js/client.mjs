// @microsoft/microsoft-graph-client at work on calendars: events, series, answers, batches, errors, paging.
import { operation, rejects, required, same } from "../report.mjs";

const sdk = required("@microsoft/microsoft-graph-client");
const { GRAPH_URL, GRAPH_VERSION, GRAPH_APP, GRAPH_ALICE, GRAPH_SRE } = process.env;
const [OUTAGES, BOB, CEO] = ["outages@contoso.com", "bob.meyer@contoso.com", "ceo@contoso.com"];
const HTTPS = GRAPH_URL.replace("http:", "https:");

// The client takes absolute links for its own only if they begin with https. This end of its chain of
// middleware stands in for the TLS that the sandbox does not speak: all above it sees https.
class Loopback {
  async execute(context) {
    const url = String(context.request.url ?? context.request).replace(HTTPS, GRAPH_URL);
    const answer = await fetch(url, context.options);
    const body = (await answer.text()).replaceAll(GRAPH_URL, HTTPS);
    const isEmpty = [202, 204].includes(answer.status);
    context.response = new Response(isEmpty ? null : body, { status: answer.status, headers: answer.headers });
  }
}

function client(token) {
  const chain = [
    new sdk.AuthenticationHandler({ getAccessToken: async () => token }),
    new sdk.RetryHandler(new sdk.RetryHandlerOptions()),
    new sdk.RedirectHandler(new sdk.RedirectHandlerOptions()),
    new sdk.TelemetryHandler(),
    new Loopback(),
  ];
  chain.slice(0, -1).forEach((handler, index) => handler.setNext(chain[index + 1]));
  return sdk.Client.initWithMiddleware({
    baseUrl: `${HTTPS}/`,
    defaultVersion: GRAPH_VERSION,
    customHosts: new Set(["127.0.0.1"]),
    middleware: chain[0],
  });
}

const [app, alice] = [client(GRAPH_APP), client(GRAPH_ALICE)];
const hours = (number) => new Date(Date.UTC(2027, 2, 1, 9 + number)).toISOString().slice(0, 19);
const clock = (number) => ({ dateTime: hours(number), timeZone: "UTC" });
const event = (subject, number = 0, more = {}) => ({ subject, start: clock(number), end: clock(number + 1), ...more });
const weekly = (numberOfOccurrences) => ({
  pattern: { type: "weekly", interval: 1, daysOfWeek: ["monday"] },
  range: { type: "numbered", startDate: "2027-03-01", numberOfOccurrences },
});
const refused = (statusCode, code, attempt) => rejects(sdk.GraphError, { statusCode, code }, attempt);

await operation("get a user, after a 429", async () => {
  same((await app.api(`/users/${OUTAGES}`).get()).userPrincipalName, OUTAGES);
});
await operation("users, groups, memberships, mailbox settings", async () => {
  const mails = [];
  const first = await app.api("/users").select("mail").top(2).get();
  await new sdk.PageIterator(app, first, (user) => Boolean(mails.push(user.mail))).iterate();
  same([mails.includes(OUTAGES), mails.length > 3], [true, true]);
  same((await alice.api("/groups").get()).value.map((group) => group.id), [GRAPH_SRE]);
  same((await alice.api(`/groups/${GRAPH_SRE}`).get()).displayName, "SRE");
  same((await alice.api("/me/memberOf").get()).value.map((group) => group.id), [GRAPH_SRE]);
  same((await app.api(`/users/${OUTAGES}/mailboxSettings`).get()).userPurpose, "shared");
});
await operation("calendar groups: create, get, list, update, delete", async () => {
  const made = await app.api(`/users/${OUTAGES}/calendarGroups`).post({ name: "Interop JS" });
  const one = `/users/${OUTAGES}/calendarGroups/${made.id}`;
  same((await app.api(one).patch({ name: "Renamed JS" })).name, "Renamed JS");
  same((await app.api(one).get()).name, "Renamed JS");
  const { value } = await app.api(`/users/${OUTAGES}/calendarGroups`).orderby("name desc").get();
  same(value[0].name, "Renamed JS");
  await app.api(one).delete();
});
await operation("calendars: create, list, update, delete", async () => {
  const made = await app.api(`/users/${OUTAGES}/calendars`).post({ name: "Interop JS" });
  const one = `/users/${OUTAGES}/calendars/${made.id}`;
  same((await app.api(one).patch({ name: "Renamed JS" })).name, "Renamed JS");
  const { value } = await app.api(`/users/${OUTAGES}/calendars`).get();
  same(value.some((calendar) => calendar.name === "Renamed JS"), true);
  await app.api(one).delete();
  await refused(404, "ErrorItemNotFound", () => app.api(one).get());
});
await operation("events: create, get, update, delete", async () => {
  const sent = event("Störung", 0, { body: { contentType: "html", content: "<b>down</b>" } });
  const made = await app
    .api(`/users/${OUTAGES}/calendar/events`)
    .header("Prefer", 'outlook.timezone="Europe/Berlin"')
    .post(sent);
  same([made.subject, made.start.dateTime.slice(0, 16)], ["Störung", "2027-03-01T10:00"]);
  const one = `/users/${OUTAGES}/events/${made.id}`;
  same(Object.keys(await app.api(one).select("subject").get()).filter((key) => !key.startsWith("@")).sort(), ["id", "subject"]);
  same((await app.api(one).header("If-Match", made["@odata.etag"]).patch({ subject: "New" })).subject, "New");
  await refused(412, "ErrorIrresolvableConflict", () =>
    app.api(one).header("If-Match", made["@odata.etag"]).patch({ subject: "Newer" }));
  await app.api(one).delete();
  await refused(404, "ErrorItemNotFound", () => app.api(one).get());
});
await operation("open extensions: create, get, update, list, delete", async () => {
  const { id } = await app.api(`/users/${OUTAGES}/events`).post(event("Extended JS"));
  const place = `/users/${OUTAGES}/events/${id}/extensions`;
  const one = `${place}/com.contoso.js`;
  await app.api(place).post({ extensionName: "com.contoso.js", ticket: 4711 });
  same((await app.api(one).get()).ticket, 4711);
  await app.api(one).patch({ ticket: 4712 });
  same((await app.api(place).get()).value.map((extension) => extension.ticket), [4712]);
  await app.api(one).delete();
  await refused(404, "ErrorItemNotFound", () => app.api(one).get());
});
let place;
await operation("PageIterator over 25 events", async () => {
  const { id } = await app.api(`/users/${OUTAGES}/calendars`).post({ name: "Many JS" });
  place = `/users/${OUTAGES}/calendars/${id}/events`;
  for (let number = 0; number < 25; number += 1) await app.api(place).post(event(`event ${number}`, number));
  const first = await app.api(place).orderby("start/dateTime").get();
  const found = [];
  await new sdk.PageIterator(app, first, (item) => Boolean(found.push(item.subject))).iterate();
  same(found, Array.from({ length: 25 }, (_, number) => `event ${number}`));
});
await operation("top, skip, count, filter, orderby", async () => {
  const found = await app
    .api(place)
    .filter("startswith(subject,'event')").orderby("subject").top(2).skip(1).count(true).get();
  same([found["@odata.count"], found.value.map((item) => item.subject)], [25, ["event 1", "event 10"]]);
});
await operation("calendarView by page, over a series, and instances", async () => {
  const { id } = await app.api(`/users/${OUTAGES}/calendars`).post({ name: "Series JS" });
  const place = `/users/${OUTAGES}/calendars/${id}`;
  const master = await app.api(`${place}/events`).post(event("Weekly", 0, { recurrence: weekly(20) }));
  const window = { startDateTime: "2027-03-08T00:00:00Z", endDateTime: "2027-06-30T00:00:00Z" };
  const first = await app.api(`${place}/calendarView`).query(window).top(5).get();
  const found = [];
  await new sdk.PageIterator(app, first, (item) => Boolean(found.push(item.type))).iterate();
  same(found, Array(17).fill("occurrence"));
  const { value } = await app.api(`/users/${OUTAGES}/events/${master.id}/instances`).query(window).top(100).get();
  same(value.length, 17);
});
await operation("calendarView without a window is refused", () =>
  refused(400, "ErrorInvalidParameter", () => app.api(`/users/${OUTAGES}/calendarView`).get()));
await operation("accept, tentativelyAccept, decline, cancel", async () => {
  for (const action of ["accept", "tentativelyAccept", "decline"]) {
    const attendees = [{ emailAddress: { address: BOB }, type: "required" }];
    const meeting = await alice.api("/me/events").post(event(`${action} JS`, 0, { attendees }));
    const { value } = await app.api(`/users/${BOB}/events`).filter(`subject eq '${action} JS'`).get();
    await app.api(`/users/${BOB}/events/${value[0].id}/${action}`).post({ comment: "Noted", sendResponse: true });
    const [guest] = (await alice.api(`/me/events/${meeting.id}`).get()).attendees;
    const said = { accept: "accepted", tentativelyAccept: "tentativelyAccepted", decline: "declined" };
    same(guest.status.response, said[action]);
    await alice.api(`/me/events/${meeting.id}/cancel`).post({ comment: "No longer needed" });
    await refused(404, "ErrorItemNotFound", () => alice.api(`/me/events/${meeting.id}`).get());
  }
});
await operation("getSchedule", async () => {
  const asked = { schedules: [BOB], startTime: clock(0), endTime: clock(4), availabilityViewInterval: 60 };
  const { value } = await alice.api("/me/calendar/getSchedule").post(asked);
  same([value[0].scheduleId, value[0].availabilityView.length], [BOB, 4]);
});
await operation("group calendar", async () => {
  const made = await alice.api(`/groups/${GRAPH_SRE}/calendar/events`).post(event("Together JS"));
  same((await alice.api(`/groups/${GRAPH_SRE}/events/${made.id}`).get()).subject, "Together JS");
});
await operation("$batch by BatchRequestContent", async () => {
  // The client cuts off the host only, so the version must not be there.
  const request = (path, options) => new Request(`${HTTPS}${path}`, options);
  const create = request("/me/events", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(event("In a batch JS")),
  });
  const content = new sdk.BatchRequestContent([
    { id: "1", request: create },
    { id: "2", request: request("/me/events/AAMkAGI2missing=", { method: "GET" }) },
  ]);
  const answer = new sdk.BatchResponseContent(await alice.api("/$batch").post(await content.getContent()));
  same([answer.getResponseById("1").status, answer.getResponseById("2").status], [201, 404]);
  same((await answer.getResponseById("1").json()).subject, "In a batch JS");
});
await operation("401 is GraphError", () =>
  refused(401, "InvalidAuthenticationToken", () => client("not-a-token").api("/me/calendar").get()));
await operation("403 is GraphError", () =>
  refused(403, "ErrorAccessDenied", () => app.api(`/users/${CEO}/events`).get()));
await operation("400 is GraphError", () =>
  refused(400, "ErrorPropertyValidationFailure", () =>
    app.api(`/users/${OUTAGES}/events`).post(event("Backwards", 0, { end: clock(-1) }))));
