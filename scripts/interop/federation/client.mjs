// The gateway as a subgraph: composed with another one by two compositions, asked by two routers.
import { randomUUID } from "node:crypto";
import { operation, required, same } from "../report.mjs";
import { sdls, serve } from "./incidents.mjs";

const { composeServices: apollo } = required("@apollo/composition");
const { composeServices: theguild } = required("@theguild/federation-composition");
const { ApolloGateway, RemoteGraphQLDataSource } = required("@apollo/gateway");
const { createGatewayRuntime } = required("@graphql-hive/gateway-runtime");
const { parse } = required("graphql");
const { GATEWAY_URL } = process.env;
const OUTAGES = "elasticsearch:planned-outages";
const MAILBOX = "msgraph:users/outages@contoso.com/calendar";
const HUNDRED = Array.from({ length: 100 }, (_, number) => number);

/** The answer of the gateway itself. */
async function ask(query, variables) {
  const response = await fetch(GATEWAY_URL, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

const ADD = `mutation ($input: AddEventsInput!) {
  addEvents(input: $input) { status results { eventId problem { message } } }
}`;

/** The ids of a hundred events with keys, one a day from a prefix's own key on. */
async function added(calendar, prefix) {
  const events = HUNDRED.map((number) => ({
    key: `${prefix}-${number}`,
    title: `Outage ${number}`,
    start: { instant: new Date(Date.UTC(2027, 2, 1 + number, 9)).toISOString() },
    end: { after: "PT1H" },
  }));
  const { data } = await ask(ADD, { input: { calendars: [calendar], events } });
  same(data.addEvents.status, "SUCCEEDED");
  return data.addEvents.results.map((row) => row.eventId);
}

/** Apollo's router for Node, as a function that answers an operation. */
async function apolloGateway(supergraphSdl) {
  const headed = ({ url }) => new RemoteGraphQLDataSource({
    url,
    willSendRequest: ({ request, context }) => request.http?.headers.set("x-request-id", context.id ?? ""),
  });
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const gateway = new ApolloGateway({ supergraphSdl, buildService: headed, logger });
  const { executor, schema } = await gateway.load();
  const answer = (query, variables, id) => {
    const document = parse(query);
    const [definition] = document.definitions;
    return executor({
      request: { query, variables }, document, operation: definition, operationName: null, queryHash: query,
      schema, context: { id }, cache: new Map(), metrics: {}, logger,
    });
  };
  return { answer, close: () => gateway.stop() };
}

/** The same of Hive's. */
async function hiveGateway(supergraph) {
  const propagateHeaders = {
    fromClientToSubgraphs: ({ request }) => ({ "x-request-id": request.headers.get("x-request-id") ?? "" }),
  };
  const gateway = createGatewayRuntime({ supergraph, propagateHeaders, logging: false });
  const answer = async (query, variables, id = "") => {
    const response = await gateway.fetch("http://hive/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": id },
      body: JSON.stringify({ query, variables }),
    });
    return response.json();
  };
  return { answer, close: () => gateway[Symbol.asyncDispose]() };
}

const server = await serve();
const { data: { _service } } = await ask("{ _service { sdl } }");
const subgraphs = [
  { name: "calendars", typeDefs: parse(_service.sdl), url: GATEWAY_URL },
  ...Object.entries(sdls).map(([name, sdl]) => (
    { name, typeDefs: parse(sdl), url: `http://127.0.0.1:${server.address().port}/${name}` })),
];
const oneOf = (text) => [...text.matchAll(/^input (\w+)[^{]*@oneOf/gm)].map((match) => match[1]).sort();
const supergraphs = {};
for (const [name, compose] of Object.entries({ "@apollo/composition": apollo, "@theguild/federation-composition": theguild })) {
  await operation(`${name}: no errors, no hints, @oneOf kept`, async () => {
    const { errors = [], hints = [], supergraphSdl } = compose(subgraphs);
    same([errors.map((error) => error.message), hints.map(String)], [[], []]);
    supergraphs[name] = supergraphSdl;
    const inputs = oneOf(_service.sdl);
    same([oneOf(supergraphSdl), inputs.includes("EventTimeInput")], [inputs, true]);
  });
}

const ids = { [OUTAGES]: await added(OUTAGES, "ML"), [MAILBOX]: await added(MAILBOX, "MAIL") };
const keys = { [OUTAGES]: "ML", [MAILBOX]: "MAIL" };
const routers = {
  "@apollo/gateway": await apolloGateway(supergraphs["@apollo/composition"]),
  "Hive Gateway": await hiveGateway(supergraphs["@theguild/federation-composition"]),
};
const TITLES = HUNDRED.map((number) => `Outage ${number}`);
const OURS = ["INVALID_ID", "INVALID_INPUT", "UNKNOWN_SOURCE"];
const SHOWN = "id title incidents { id summary }";

/** Say what an operation of a router took upstream; whoever sees the upstreams says whether it did. */
const took = (name, request, requests) =>
  console.log(JSON.stringify({ operation: `${name}: requests upstream`, request, requests }));

for (const [name, router] of Object.entries(routers)) {
  /** The data of an operation that has no errors. */
  const data = async (query, variables, id) => {
    const answer = await router.answer(query, variables, id);
    same(answer.errors ?? [], []);
    return answer.data;
  };
  // Twenty in a batch. Hive asks for all keys of an event, and in which calendar one of Graph is takes another look.
  const batches = name === "Hive Gateway" ? 5 + 5 : 5;
  // By key: which calendar it is, who bears each key, and where each bearer is.
  for (const [calendar, byIds, byKeys] of [[OUTAGES, 1, 1], [MAILBOX, batches, 1 + 5 + 5]]) {
    await operation(`${name}: 100 events of ${calendar} by id`, async () => {
      const request = randomUUID();
      const { byId } = await data(`query ($ids: [ID!]!) { byId(ids: $ids) { ${SHOWN} } }`, { ids: ids[calendar] }, request);
      same(byId.map((event) => [event.id, event.title]), ids[calendar].map((id, number) => [id, TITLES[number]]));
      same(byId[99].incidents[0].summary, "Pager went off");
      took(`${name}: 100 events of ${calendar} by id`, request, byIds);
    });
    await operation(`${name}: 100 events of ${calendar} by calendarId and key`, async () => {
      const request = randomUUID();
      const { byKey } = await data(
        "query ($calendar: ID!, $keys: [String!]!) { byKey(calendar: $calendar, keys: $keys) { key title } }",
        { calendar, keys: HUNDRED.map((number) => `${keys[calendar]}-${number}`) },
        request,
      );
      same(byKey.map((event) => event.title), TITLES);
      took(`${name}: 100 events of ${calendar} by calendarId and key`, request, byKeys);
    });
  }
  await operation(`${name}: mixed types keep their order`, async () => {
    const references = [
      { calendar: OUTAGES }, { event: ids[MAILBOX][3] }, { event: ids[OUTAGES][4] }, { calendar: MAILBOX },
    ];
    const { things } = await data(
      "query ($references: [Reference!]!) { things(references: $references) { __typename ... on Calendar { name } ... on CalendarEvent { title } } }",
      { references },
    );
    same(things.map((thing) => thing.title ?? thing.name), ["planned-outages", "Outage 3", "Outage 4", "Calendar"]);
  });
  await operation(`${name}: unknown and malformed ones are null for their own row`, async () => {
    const asked = [`${OUTAGES}/events/1803891600000/none`, "nonsense", OUTAGES, ids[OUTAGES][7], "nowhere:a/events/1/b"];
    const { data: found, errors } = await router.answer(
      "query ($ids: [ID!]!) { byId(ids: $ids) { title } }", { ids: asked });
    same(found.byId.map((event) => event?.title ?? null), [null, null, null, "Outage 7", null]);
    const codes = errors.map((error) => error.extensions?.code).filter((code) => OURS.includes(code));
    const inside = /Traceback|\.py|127\.0\.0\.1|gateway\./;
    same([codes.sort(), inside.test(JSON.stringify(errors))], [OURS, false]);
  });
  await operation(`${name}: what hangs on the gateway's own events`, async () => {
    const { calendarEvent } = await data(
      "query ($id: ID!) { calendarEvent(id: $id) { title incidents { id } calendar { name } } }", { id: ids[OUTAGES][0] });
    same(calendarEvent, { title: "Outage 0", incidents: [{ id: `of ${ids[OUTAGES][0]}` }], calendar: { name: "planned-outages" } });
  });
  await operation(`${name}: more than 1,000 are refused at once`, async () => {
    const request = randomUUID();
    const many = Array.from({ length: 1001 }, (_, number) => `${OUTAGES}/events/1803891600000/none-${number}`);
    const { data: found, errors } = await router.answer(
      "query ($ids: [ID!]!) { byId(ids: $ids) { title } }", { ids: many }, request);
    same([new Set(found.byId).size, found.byId[0]?.title ?? null], [1, null]);
    same(JSON.stringify(errors).includes("1001 representations are too many"), true);
    took(`${name}: more than 1,000`, request, 0);
  });
  await operation(`${name}: an input that says one thing in two ways is refused`, async () => {
    const { errors } = await router.answer(ADD, { input: { calendars: [OUTAGES], events: [{
      title: "Twice", start: { instant: "2027-01-01T00:00:00Z", allDay: { date: "2027-01-01" } }, end: { after: "PT1H" },
    }] } });
    same(/exactly one (key|field)/i.test(JSON.stringify(errors)), true);
  });
  await router.close();
}
server.close();
