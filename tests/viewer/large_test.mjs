// Large things. What is counted is work (elements, requests), never time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generator, largeTrace, send } from './data.mjs';
import { drawn, eventually, openTrace, startServer, withPage } from './harness.mjs';

const spans = 10_000;
const fewElements = 1500;

test('a trace of 10,000 spans is shown by a handful of elements', async () => {
  const server = await startServer();
  const large = largeTrace(generator(53), Date.now(), spans);
  await send(server.url, 'large', [large], 1000);
  await withPage(server, {}, async (page) => {
    const requests = [];
    page.on('request', (request) => request.url().includes('/api/v1/') && requests.push(new URL(request.url()).pathname));
    await openTrace(page, large.trace.trace_id, { project: 'large' });
    assert.equal(await page.locator('.trace-page').getAttribute('data-spans'), String(spans));
    assert.deepEqual(requests.filter((path) => path.includes('/traces/')), [`/api/v1/traces/${large.trace.trace_id}`]);
    const elements = () => page.evaluate(() => document.querySelectorAll('*').length);
    assert.ok(await elements() < fewElements);
    // One row after the other comes by, and the number of elements stays.
    const tree = page.getByRole('tree', { name: 'Spans' });
    for (const share of [0.25, 0.5, 1]) {
      await tree.evaluate((element, at) => { element.scrollTop = element.scrollHeight * at; }, share);
      await page.waitForFunction((at) => {
        const shown = [...document.querySelectorAll('.span-row:not([hidden])')].map((row) => Number(row.getAttribute('aria-posinset')));
        return Math.max(...shown) >= at * 10_000 - 60;
      }, share);
      assert.ok(await elements() < fewElements);
    }
    assert.ok(await page.locator('.span-row').count() < 80);
    await page.keyboard.press('Home');
    await page.keyboard.press('End');
    await page.locator(`.span-row.selected[data-span="${large.spans.at(-1).span_id}"]`).waitFor();
    await page.locator('.panel[data-ready]').waitFor();
    await drawn(page);
    assert.ok(await elements() < fewElements);
    // Search over all of them, and folding all.
    await page.getByRole('searchbox', { name: 'Search spans' }).fill('document-');
    await page.waitForFunction(() => document.querySelector('.tree-search .result').textContent.endsWith('250'));
    await page.getByRole('button', { name: 'Close all' }).click();
    await page.waitForFunction(() => document.querySelector('.span-row:not([hidden])')?.getAttribute('aria-setsize') === '251');
  });
  await server.stop();
});

test('JSON of 20 MB is shown line by line', async () => {
  const server = await startServer();
  await withPage(server, {}, async (page) => {
    await page.goto('/status');
    await page.locator('main h1, main h2').first().waitFor();
    const counted = await page.evaluate(async () => {
      const { JsonView } = await import(new URL('parts/json_view.js', document.querySelector('script[type="module"]').src));
      const value = { rows: Array.from({ length: 120_000 }, (_, index) => ({ index, text: 'x'.repeat(140), nested: { deep: [1, 2, 3] } })), long: 'line\n'.repeat(200_000) };
      const bytes = JSON.stringify(value).length;
      const view = new JsonView(value);
      document.querySelector('main').replaceChildren(view.element);
      await new Promise(requestAnimationFrame);
      const closed = view.element.querySelectorAll('*').length;
      const lineOf = (key) => view.tree.lines.findIndex((line) => line.key === key);
      if (!view.tree.lines[lineOf('rows')].open) view.tree.toggle(lineOf('rows'));
      view.tree.toggle(lineOf('long'));
      view.list.setCount(view.tree.lines.length);
      view.element.scrollTop = 1e9;
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return { bytes, closed, open: view.element.querySelectorAll('*').length, lines: view.tree.lines.length };
    });
    assert.ok(counted.bytes > 20e6, String(counted.bytes));
    assert.ok(counted.closed < 400 && counted.open < 400, JSON.stringify(counted));
    assert.ok(counted.lines > 200_000 && counted.lines < 210_000, 'of a long array one part, of a long text every line');
  });
  await server.stop();
});

test('a prompt of a megabyte begins folded, and unfolds in pieces', async () => {
  const server = await startServer();
  const trace_id = 'ab'.repeat(16);
  const text = `${'word '.repeat(40)}\n`.repeat(5000);
  await send(server.url, 'large', [{ spans: [{ trace_id, span_id: 'cd'.repeat(8), name: 'long', span_type: 'llm', start_time: new Date().toISOString(), input_data: { messages: [{ role: 'user', content: text }] } }] }]);
  await withPage(server, {}, async (page) => {
    await openTrace(page, trace_id, { project: 'large', span: 'cd'.repeat(8) });
    const message = page.locator('.message.user');
    await message.waitFor();
    assert.ok((await message.innerText()).length < 5000);
    await message.getByRole('button', { name: /Show all \(98\d KiB\)/ }).click();
    const whole = () => message.locator('.text').evaluate((element) => ({ length: element.textContent.length, pieces: element.children.length }));
    await eventually(whole, ({ length, pieces }) => length >= text.length - pieces && pieces > 100 && pieces < 400);
  });
  await server.stop();
});
