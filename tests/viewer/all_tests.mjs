// One process and one browser for all files: starting a browser is what takes the time.
import { after } from 'node:test';
import { end } from './harness.mjs';

await import('./modules_test.mjs');
await import('./traces_test.mjs');
await import('./trace_test.mjs');
await import('./span_panel_test.mjs');
await import('./pages_test.mjs');
await import('./keyboard_test.mjs');
await import('./live_test.mjs');
await import('./access_test.mjs');
await import('./security_test.mjs');
await import('./large_test.mjs');
await import('./themes_test.mjs');

after(end);
