// The calendars of the benchmark through Mercurius with its compiler: `node mercurius.mjs PORT UPSTREAM`.
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { Agent, request } from 'undici'

const [port, upstream] = process.argv.slice(2)
const dispatcher = new Agent({ connections: 64, pipelining: 1 })

const schema = `
  type Query {
    events(calendarId: String!, size: Int!): [Event!]!
    graphEvents(mailbox: String!): [GraphEvent!]!
  }
  type Mutation {
    addEvents(calendarId: String!, input: EventListInput!): [Event!]!
    addGraphEvent(mailbox: String!, input: GraphEventInput!): GraphEvent!
  }
  input GraphEventInput { subject: String! }
  input EventListInput { events: [EventInput!]! }
  input EventInput { description: String! start_time: Float! end_time: Float! }
  type Event {
    id: ID
    title: String!
    start: Float!
    end: Float!
    calendarId: String!
    skipResult: Boolean!
    skipModelUpdate: Boolean!
    forceTimeShift: Int
  }
  type GraphEvent {
    id: ID!
    subject: String!
    start: DateTimeTimeZone!
    end: DateTimeTimeZone!
    isAllDay: Boolean!
    showAs: String
    webLink: String
    bodyPreview: String
  }
  type DateTimeTimeZone { dateTime: String! timeZone: String! }
`

async function get (path) {
  const { body } = await request(upstream + path, { dispatcher })
  return body.json()
}

async function post (path, value) {
  const headers = { 'content-type': 'application/json' }
  const { body } = await request(upstream + path, { dispatcher, method: 'POST', headers, body: JSON.stringify(value) })
  return body.json()
}

const events = (list) => list.events.map((event) => ({
  id: event.event_id,
  title: event.description,
  start: event.start_time,
  end: event.end_time,
  calendarId: event.calendar_id,
  skipResult: event.skip_result,
  skipModelUpdate: event.skip_model_update,
  forceTimeShift: event.force_time_shift
}))

const resolvers = {
  Query: {
    events: async (_, { calendarId, size }) => events(await get(`/_ml/calendars/${calendarId}/events?size=${size}`)),
    graphEvents: async (_, { mailbox }) => (await get(`/v1.0/users/${mailbox}/calendar/calendarView`)).value
  },
  Mutation: {
    addEvents: async (_, { calendarId, input }) =>
      events(await post(`/_ml/calendars/${calendarId}/events`, input)),
    addGraphEvent: (_, { mailbox, input }) => post(`/v1.0/users/${mailbox}/calendar/events`, input)
  }
}

const app = Fastify()
app.register(mercurius, { schema, resolvers, jit: 1 })
await app.listen({ port: Number(port), host: '127.0.0.1' })
