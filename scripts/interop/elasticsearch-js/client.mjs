// @elastic/elasticsearch at work on ML calendars: every calendar method, its errors, its paging.
import { operation, rejects, required, same } from "../report.mjs";

const { Client, errors } = required("@elastic/elasticsearch");
const { ES_URL, ES_VERSION, ES_MANAGE, ES_MONITOR } = process.env;
const HOUR = 3_600_000;
const MOMENT = Date.UTC(2026, 10, 21, 10);
const calendar_id = "interop-js";

const client = (apiKey = ES_MANAGE, options = {}) => new Client({ node: ES_URL, auth: { apiKey }, ...options });
const es = client();
const ml = es.ml;
const events = (number) =>
  Array.from({ length: number }, (_, n) => ({
    description: `event ${n}`,
    start_time: n * HOUR,
    end_time: (n + 1) * HOUR,
  }));

await operation("info", async () => same((await es.info()).version.number, ES_VERSION));
await operation("ml.putCalendar", async () => {
  const made = await ml.putCalendar({ calendar_id, job_ids: ["web-traffic"], description: "ours" });
  same(made, { calendar_id, job_ids: ["web-traffic"], description: "ours" });
});
await operation("ml.getCalendars, one", async () => {
  same((await ml.getCalendars({ calendar_id })).calendars[0].description, "ours");
});
await operation("ml.getCalendars, by page", async () => {
  const ids = [];
  for (let from = 0; from < 6; from += 2) {
    ids.push(...(await ml.getCalendars({ from, size: 2 })).calendars.map((calendar) => calendar.calendar_id));
  }
  same(ids, ["empty", "global-maintenance", "holidays", calendar_id, "planned-outages"]);
});
await operation("ml.getCalendars, page in the body", async () => {
  same((await ml.getCalendars({ page: { from: 1, size: 3 } })).calendars.length, 3);
});
await operation("ml.putCalendarJob", async () => {
  const { job_ids } = await ml.putCalendarJob({ calendar_id, job_id: ["payments", "checkout-errors"] });
  same([...job_ids].sort(), ["checkout-errors", "payments", "web-traffic"]);
});
await operation("ml.deleteCalendarJob", async () => {
  const { job_ids } = await ml.deleteCalendarJob({ calendar_id, job_id: "web-traffic" });
  same([...job_ids].sort(), ["checkout-errors", "payments"]);
});
await operation("ml.postCalendarEvents", async () => {
  same((await ml.postCalendarEvents({ calendar_id, events: events(250) })).events[7].end_time, 8 * HOUR);
});
await operation("ml.postCalendarEvents, Dates and umlauts", async () => {
  const event = { description: "Störung „ü“", start_time: new Date(MOMENT), end_time: new Date(MOMENT + HOUR) };
  const [posted] = (await ml.postCalendarEvents({ calendar_id, events: [event] })).events;
  same([posted.description, posted.start_time], [event.description, MOMENT]);
});
await operation("ml.getCalendarEvents, by page", async () => {
  const ids = new Set();
  for (let from = 0; from < 300; from += 100) {
    for (const event of (await ml.getCalendarEvents({ calendar_id, from })).events) ids.add(event.event_id);
  }
  same(ids.size, 251);
});
await operation("ml.getCalendarEvents, in a window", async () => {
  const found = await ml.getCalendarEvents({ calendar_id, start: String(3 * HOUR), end: String(5 * HOUR) });
  same(found.events.map((event) => event.description), ["event 3", "event 4"]);
});
await operation("ml.getCalendarEvents, of a job", async () => {
  const found = await ml.getCalendarEvents({ calendar_id: "_all", job_id: "checkout-errors", size: 1000 });
  const calendars = new Set(found.events.map((event) => event.calendar_id));
  same([...calendars].sort(), ["global-maintenance", "holidays", calendar_id]);
});
await operation("ml.deleteCalendarEvent", async () => {
  const [{ event_id }] = (await ml.getCalendarEvents({ calendar_id, size: 1 })).events;
  same(await ml.deleteCalendarEvent({ calendar_id, event_id }), { acknowledged: true });
});
await operation("ml.getJobs", async () => same((await ml.getJobs({ job_id: "payments" })).count, 2));
await operation("ml.getJobStats, after a 503", async () => {
  same((await ml.getJobStats({ job_id: "web-traffic" })).count, 1);
});
await operation("compression", async () => {
  const compressing = client(ES_MANAGE, { compression: true });
  same((await compressing.ml.postCalendarEvents({ calendar_id, events: events(50) })).events.length, 50);
});
await operation("404 is ResponseError", () =>
  rejects(errors.ResponseError, { statusCode: 404 }, () => ml.getCalendars({ calendar_id: "nowhere" })));
await operation("400 is ResponseError", () =>
  rejects(errors.ResponseError, { statusCode: 400 }, () => ml.putCalendar({ calendar_id })));
await operation("401 is ResponseError", () =>
  rejects(errors.ResponseError, { statusCode: 401 }, () => client("bm9ib2R5Om5vdGhpbmc=").ml.getCalendars()));
await operation("403 is ResponseError", () =>
  rejects(errors.ResponseError, { statusCode: 403 }, () =>
    client(ES_MONITOR).ml.putCalendar({ calendar_id: "forbidden" })));
await operation("ml.deleteCalendar", async () => {
  same(await ml.deleteCalendar({ calendar_id }), { acknowledged: true });
});
