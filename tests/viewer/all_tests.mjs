// One process and one browser for all files: starting a browser is what takes the time.
import { after } from 'node:test';
import { end } from './harness.mjs';

// All of them, or those that are named: node all_tests.mjs trace keyboard
const all = ['modules', 'traces', 'trace', 'span_panel', 'pages', 'keyboard', 'live', 'access', 'security', 'large', 'themes'];
const named = process.argv.slice(2);
for (const name of named.length > 0 ? named : all) await import(`./${name}_test.mjs`);

after(end);
