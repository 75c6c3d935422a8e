// Announce and mute an outage, as a dry run, and list what is planned around it.

type Trouble = { message: string; hint?: string };
type Row = { calendarId: string | null; status: string; problem: Trouble | null; warnings: Trouble[] };
type Plan = { status: string; problems: Trouble[]; results: Row[] };
type Event = { start: { instant: string }; title: string; calendarId: string };
type Source = { source: { name: string }; status: 'OK' | 'PARTIAL' | 'FAILED'; problem: Trouble | null };
type Page = { nodes: Event[]; isComplete: boolean; problems: Trouble[]; sources: Source[] };

const url = process.env.CALENDARS_URL ?? 'http://127.0.0.1:8000/graphql';
const calendars = ['payments-maintenance'];

async function ask<Data>(query: string, variables: object): Promise<Data> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(`The question is at fault, or the gateway: ${JSON.stringify(errors)}`);
  return data;
}

const { addEvents: plan } = await ask<{ addEvents: Plan }>(
  `mutation ($input: AddEventsInput!) {
    addEvents(input: $input) {
      status
      problems { message }
      results { calendarId status problem { message hint } warnings { field message } }
    }
  }`,
  {
    input: {
      dryRun: true,
      calendars,
      events: [
        {
          key: 'CHG-4711',
          title: 'Payments database upgrade',
          start: { zoned: { local: '2027-03-27T22:00:00', timeZone: 'Europe/Berlin' } },
          end: { after: 'PT2H' },
        },
      ],
    },
  },
);
for (const row of plan.results) {
  console.log(row.status, row.calendarId);
  for (const note of [row.problem, ...row.warnings]) if (note) console.log('   ', note.message);
}
if (plan.status !== 'PLANNED') throw new Error(`Not everything would be written: ${JSON.stringify(plan.problems)}`);

const { calendarEvents: page } = await ask<{ calendarEvents: Page }>(
  `query ($calendars: [ID!]!, $window: TimeWindowInput!) {
    calendarEvents(calendars: $calendars, window: $window) {
      nodes { start { instant } title calendarId }
      isComplete
      problems { message }
      sources { source { name } status problem { message } }
    }
  }`,
  { calendars, window: { start: '2027-03-27T00:00:00Z', end: '2027-03-29T00:00:00Z' } },
);
for (const event of page.nodes) console.log(event.start.instant, event.title, event.calendarId);
if (!page.isComplete) throw new Error(`Events may be missing: ${JSON.stringify([page.problems, page.sources])}`);
