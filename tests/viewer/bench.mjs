// What a person waits for, in a real browser: opening a trace of 10,000 spans, and frames while it is scrolled.
//   run.sh <llmtrace> <folder> bench [--json FILE]     the figures are added to FILE as its member "viewer"
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { generator, largeTrace, send } from './data.mjs';
import { end, startServer, withPage } from './harness.mjs';

const rounds = 5;
const scrollTime = 3000;

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

// From the click on the row to the frame after the tree is there.
async function open(page, id) {
  await page.goto('/?project=large');
  await page.locator(`.trace-row[data-trace="${id}"]`).waitFor();
  return page.evaluate(() => new Promise((resolve) => {
    const began = performance.now();
    const look = () => (document.querySelector('.trace-page[data-spans] .span-row') ? requestAnimationFrame(() => resolve(performance.now() - began)) : requestAnimationFrame(look));
    document.querySelector('.trace-row a').click();
    look();
  }));
}

// What the page's thread has worked, in processor time: other programs make frames late, not this larger.
async function workOf(page, use) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const worked = async () => (await session.send('Performance.getMetrics')).metrics.find((one) => one.name === 'TaskDuration').value * 1000;
  const before = await worked();
  await use();
  return (await worked()) - before;
}

async function scroll(page) {
  return page.evaluate((length) => new Promise((resolve) => {
    const tree = document.querySelector('.tree');
    const frames = [];
    let last = performance.now();
    const began = last;
    const frame = (now) => {
      frames.push(now - last);
      last = now;
      tree.scrollTop += 190;
      if (now - began < length) requestAnimationFrame(frame);
      else resolve(frames.slice(2));
    };
    requestAnimationFrame(frame);
  }), scrollTime);
}

const server = await startServer();
const large = largeTrace(generator(53), Date.now(), 10_000);
await send(server.url, 'large', [large], 1000);
const opened = [];
let frames = [];
let nodes = 0;
let work = 0;
await withPage(server, { reducedMotion: 'no-preference' }, async (page) => {
  for (let round = 0; round < rounds; round += 1) opened.push(await open(page, large.trace.trace_id));
  work = await workOf(page, async () => {
    frames = await scroll(page);
  });
  nodes = await page.evaluate(() => document.querySelectorAll('*').length);
});
await server.stop();
await end();

const figures = {
  spans: large.spans.length, open_ms_median: quantile(opened, 0.5), open_ms_worst: Math.max(...opened),
  frame_ms_median: quantile(frames, 0.5), frame_ms_p95: quantile(frames, 0.95), frame_cpu_ms: work / frames.length, frames: frames.length, elements: nodes,
};
for (const name of Object.keys(figures)) figures[name] = Math.round(figures[name] * 10) / 10;
const row = (name, value, target) => console.log(`  ${name.padEnd(46)}${value.padStart(12)}   ${target}`);
console.log('the viewer, a trace of 10,000 spans');
row('opened', `${figures.open_ms_median} ms`, '<= 1000 ms');
row('opened, the slowest of five', `${figures.open_ms_worst} ms`, '');
row('a frame while scrolling, median', `${figures.frame_ms_median} ms`, '60 a second');
row('a frame while scrolling, p95', `${figures.frame_ms_p95} ms`, '<= 25 ms');
row('work in a frame, processor time', `${figures.frame_cpu_ms} ms`, '');
row('elements of the page', String(figures.elements), '');

const at = process.argv.indexOf('--json');
if (at > 0) {
  const file = process.argv[at + 1];
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8') || '{}') : {};
  writeFileSync(file, `${JSON.stringify({ ...before, viewer: figures }, null, 2)}\n`);
}
