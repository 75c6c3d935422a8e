// Two more subgraphs: incidents hang on events, and are about events and calendars by id; changes name events by key.
import { createServer } from "node:http";
import { required } from "../report.mjs";

const { buildSchema, graphql } = required("graphql");

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';

const incidents = {
  types: `
    type Incident @key(fields: "id") { id: ID! summary: String! }
    type CalendarEvent @key(fields: "id") { id: ID! incidents: [Incident!]! }
    type Calendar @key(fields: "id", resolvable: false) { id: ID! }
    union Thing = CalendarEvent | Calendar
    input Reference { event: ID calendar: ID }
  `,
  query: "byId(ids: [ID!]!): [CalendarEvent]! things(references: [Reference!]!): [Thing]!",
  entities: "Incident | CalendarEvent",
};
const changes = {
  types: 'type CalendarEvent @key(fields: "calendarId key", resolvable: false) { calendarId: ID! key: String }',
  query: "byKey(calendar: ID!, keys: [String!]!): [CalendarEvent]!",
};

const sdl = ({ types, query }) => `${LINK} ${types} type Query { ${query} }`;
const served = ({ types, query, entities }) => buildSchema(`
  directive @key(fields: String!, resolvable: Boolean = true) repeatable on OBJECT
  ${types}
  ${entities ? `scalar _Any union _Entity = ${entities}` : ""}
  type Query { ${query} ${entities ? "_entities(representations: [_Any!]!): [_Entity]!" : ""} }
`);

export const sdls = { incidents: sdl(incidents), changes: sdl(changes) };
const schemas = { "/incidents": served(incidents), "/changes": served(changes) };

const event = ({ id }) => ({
  __typename: "CalendarEvent",
  id,
  incidents: [{ __typename: "Incident", id: `of ${id}`, summary: "Pager went off" }],
});
const rootValue = {
  byId: ({ ids }) => ids.map((id) => event({ id })),
  byKey: ({ calendar, keys }) => keys.map((key) => ({ __typename: "CalendarEvent", calendarId: calendar, key })),
  things: ({ references }) => references.map((one) =>
    (one.event === undefined ? { __typename: "Calendar", id: one.calendar } : event({ id: one.event }))),
  _entities: ({ representations }) => representations.map(event),
};

/** The subgraphs as a server on loopback, each at its name; to be closed. */
export async function serve() {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const { query, variables } = JSON.parse(body);
    const answer = await graphql({ schema: schemas[request.url], source: query, rootValue, variableValues: variables });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
