// What arrives is seen without a reload, also after the server was away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generator, send, supportTrace } from './data.mjs';
import { eventually, loaded, missing, openTrace, rowsOf, startServer, withPage } from './harness.mjs';

const random = generator(23);
const iso = (milliseconds) => new Date(milliseconds).toISOString();
const request = (name, more = {}) => supportTrace(random, { start: Date.now() - 5000, user: 'ada', name, ...more });
const live = (page) => page.locator('.connection[data-state="live"]').waitFor({ state: 'attached' });

test('new traces come to the top while one looks', async () => {
  const server = await startServer();
  await send(server.url, 'live', [request('first')]);
  await withPage(server, {}, async (page) => {
    await page.goto('/?project=live');
    await loaded(page);
    await live(page);
    await send(server.url, 'live', [request('second')]);
    await page.getByRole('link', { name: 'second' }).waitFor();
    await eventually(() => missing(rowsOf(page).first(), 'second'), []);
    // Paused, nothing moves; another project's news never do.
    await page.getByRole('button', { name: 'Live' }).click();
    await page.waitForURL(/live=off/);
    await send(server.url, 'live', [request('third')]);
    await page.getByRole('button', { name: 'Live' }).click();
    await send(server.url, 'elsewhere', [request('foreign')]);
    await send(server.url, 'live', [request('fourth')]);
    await page.getByRole('link', { name: 'fourth' }).waitFor();
    await page.getByRole('link', { name: 'third' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'foreign' }).count(), 0);
  });
  await server.stop();
});

test('the first trace of a project opens the list by itself', async () => {
  const server = await startServer();
  await withPage(server, {}, async (page) => {
    await page.goto('/?project=fresh');
    await page.getByText('No traces yet').waitFor();
    await live(page);
    await send(server.url, 'fresh', [request('hello')]);
    await page.getByRole('link', { name: 'hello' }).waitFor();
  });
  await server.stop();
});

test('a running trace grows, and ends', async () => {
  const server = await startServer();
  const trace_id = random.hex(32);
  const start = Date.now() - 2000;
  const span = (span_id, name, more) => ({ trace_id, span_id, name, span_type: 'agent', start_time: iso(start), ...more });
  const root = span('00000000000000aa', 'long-agent');
  await send(server.url, 'live', [{ spans: [root], trace: { trace_id, name: 'long', status: 'running', start_time: iso(start) } }]);
  await withPage(server, {}, async (page) => {
    await openTrace(page, trace_id, { project: 'live', span: root.span_id });
    await page.locator('.span-row .badge.running').waitFor();
    await live(page);
    await send(server.url, 'live', [{ spans: [span('00000000000000ab', 'step', { parent_span_id: root.span_id, end_time: iso(start + 900), status: 'ok' })] }]);
    await page.locator('.span-row:visible', { hasText: 'step' }).waitFor();
    await eventually(() => page.locator('.span-row.selected:visible .name').allInnerTexts(), ['long-agent']);
    await send(server.url, 'live', [{
      spans: [{ ...root, end_time: iso(start + 1000), duration_ms: 1000, status: 'ok', output_data: 'done' }],
      trace: { trace_id, status: 'ok', end_time: iso(start + 1000), duration_ms: 1000 },
    }]);
    await page.locator('.trace-head .status.ok').waitFor();
    await page.locator('.panel').getByText('done').waitFor();
    await eventually(() => page.locator('.span-row .badge.running:visible').count(), 0);
  });
  await server.stop();
});

test('after a restart of the server the page goes on', async () => {
  let server = await startServer();
  await send(server.url, 'live', [request('before')]);
  await withPage(server, { expected: ['ERR_CONNECTION_REFUSED', 'ERR_INCOMPLETE_CHUNKED_ENCODING', 'ERR_EMPTY_RESPONSE', 'ERR_CONNECTION_RESET'] }, async (page) => {
    await page.goto('/?project=live');
    await loaded(page);
    await live(page);
    await server.stop();
    await page.locator('.connection[data-state="lost"]').waitFor({ state: 'attached' });
    server = await startServer({ port: server.port, db: server.db });
    await send(server.url, 'live', [request('meanwhile')]);
    await page.getByRole('link', { name: 'meanwhile' }).waitFor({ timeout: 20_000 });
    await live(page);
    await send(server.url, 'live', [request('afterwards')]);
    await page.getByRole('link', { name: 'afterwards' }).waitFor();
    await page.getByRole('link', { name: 'before' }).waitFor();
  });
  await server.stop();
});
