// The explorer at /graphql: GraphiQL over plain POST, with the sample tabs that the page carries.
import './workers.js';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';
import '@graphiql/plugin-explorer/style.css';
import 'graphiql/style.css';
import './page.css';
import { refresh } from './samples.js';
import { shelf } from './shelf.js';

const world = document.documentElement.dataset.world;
const samples = JSON.parse(document.getElementById('samples').textContent);
const storage = shelf(`${world}/`);

async function post(operation, { headers } = {}) {
  const response = await fetch(location.pathname, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json;q=0.9',
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(operation),
  });
  return response.json();
}

refresh(storage, samples);
createRoot(document.getElementById('explorer')).render(
  <GraphiQL fetcher={post} storage={storage} plugins={[HISTORY_PLUGIN, explorerPlugin()]} schemaDescription>
    <GraphiQL.Logo>Calendar gateway</GraphiQL.Logo>
  </GraphiQL>,
);
