// The editor's workers, from beside this script: no CDN, no blob.
const here = document.currentScript.src;
const files = { json: 'json.worker.js', graphql: 'graphql.worker.js' };

globalThis.MonacoEnvironment = {
  getWorker: (_, label) => new Worker(new URL(files[label] ?? 'editor.worker.js', here)),
};
