// Bundles src/main.jsx and the editor's workers: `node build.mjs OUTDIR`.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const [outdir] = process.argv.slice(2);
const settings = {
  bundle: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  format: 'iife',
  jsx: 'automatic',
  legalComments: 'none',
  loader: { '.ttf': 'file', '.woff2': 'file' },
  logLevel: 'error',
  metafile: true,
  minify: true,
  outdir,
  target: 'es2022',
};

const { metafile } = await build({
  ...settings,
  entryPoints: {
    graphiql: 'src/main.jsx',
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
  },
});

// The licences of all that went in travel with it.
const folder = (input) => input.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0];
const packages = new Set(Object.keys(metafile.inputs).map(folder).filter(Boolean));
const notices = [];
for (const path of [...packages].sort()) {
  const { name, version, license } = JSON.parse(await readFile(`${path}/package.json`));
  const files = (await readdir(path)).filter((file) => /^licen[cs]e/i.test(file));
  const texts = await Promise.all(files.map((file) => readFile(`${path}/${file}`, 'utf8')));
  notices.push([`${name} ${version} (${license})`, ...texts].join('\n\n'));
}
await writeFile(`${outdir}/LICENSES.txt`, notices.join('\n\n---\n\n'));
