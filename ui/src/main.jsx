// The explorer at /graphql: GraphiQL over plain POST, with the sample tabs that the page carries.
import './workers.js';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { parse } from 'graphql';
import { createRoot } from 'react-dom/client';
import '@graphiql/plugin-explorer/style.css';
import 'graphiql/style.css';
import './page.css';
import { refresh } from './samples.js';
import { shelf } from './shelf.js';

const world = document.documentElement.dataset.world;
const samples = JSON.parse(document.getElementById('samples').textContent);
const storage = shelf(`${world}/`);

// GraphiQL learns an operation's name with a delay: run right after a change of tabs, it would give the name before.
function named(operation) {
  try {
    const names = parse(operation.query).definitions.filter((one) => one.operation).map((one) => one.name?.value);
    return names.length === 1 ? { ...operation, operationName: names[0] } : operation;
  } catch {
    return operation; // does not parse: the gateway says where
  }
}

async function post(operation, { headers } = {}) {
  const response = await fetch(location.pathname, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json;q=0.9',
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(named(operation)),
  });
  return response.json();
}

refresh(storage, samples);
createRoot(document.getElementById('explorer')).render(
  <GraphiQL fetcher={post} storage={storage} plugins={[HISTORY_PLUGIN, explorerPlugin()]} schemaDescription>
    <GraphiQL.Logo>Calendar gateway</GraphiQL.Logo>
  </GraphiQL>,
);
