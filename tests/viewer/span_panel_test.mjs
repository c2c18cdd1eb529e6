// The panel of a span.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chat, project, server, troubled } from './fixture.mjs';
import { eventually, missing, openTrace, spanRow, withPage } from './harness.mjs';

const panel = (page) => page.getByRole('complementary', { name: 'Span' });
const ready = (page, id) => page.locator(`.panel[data-ready="${id}"]`).waitFor();

async function openSpan(page, trace, name, tab) {
  await openTrace(page, trace.id, { ...project, span: trace.idOf(name), ...(tab ? { tab } : {}) });
  await ready(page, trace.idOf(name));
}

test('a click shows a span, and the address keeps it', () => withPage(server, {}, async (page) => {
  await openTrace(page, chat.id, project);
  assert.equal(await panel(page).count(), 0);
  await spanRow(page, 'answer').click();
  await ready(page, chat.idOf('answer'));
  await page.waitForURL(new RegExp(`span=${chat.idOf('answer')}`));
  await page.reload();
  await ready(page, chat.idOf('answer'));
}));

test('the chat has roles, joined tool calls, folded reasoning and the facts of the call', () => withPage(server, {}, async (page) => {
  await openSpan(page, chat, 'answer');
  await eventually(() => page.locator('.message .role').allInnerTexts(), ['System', 'User', 'Assistant', 'Assistant']);
  const call = page.locator('.call');
  assert.equal(await call.count(), 1);
  await eventually(() => missing(call, 'order_status', '4711', 'returned', 'in transit'), []);
  const reasoning = page.locator('details.reasoning');
  assert.equal(await reasoning.getAttribute('open'), null);
  await reasoning.locator('summary').click();
  await page.getByText('The order is in transit, so tomorrow.').waitFor();
  await eventually(() => missing(page.locator('.panel-head').first(), 'gpt-4o', '321 → 45', '412 ms', 'stop', '12', '2.80 s'), []);
  await eventually(() => missing(page.locator('.parameters'), 'temperature 0.25'), []);
  // A long system prompt begins folded.
  await page.locator('.message.system').getByRole('button', { name: /Show all/ }).click();
  await eventually(async () => (await page.locator('.message.system').innerText()).length, (length) => length > 700);
}));

test('input and output are trees, texts, copies and files', () => withPage(server, { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
  await openSpan(page, chat, 'answer', 'io');
  const input = page.getByRole('region', { name: 'Input' });
  await eventually(() => missing(input.getByRole('treeitem').first(), 'messages'), []);
  await input.getByRole('button', { name: 'Text', exact: true }).click();
  await input.getByText('"role": "system"').waitFor();
  await page.getByRole('button', { name: 'Copy output' }).click();
  await eventually(() => page.evaluate(() => navigator.clipboard.readText()), 'It arrives tomorrow.');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download input' }).click()]);
  assert.equal(JSON.parse(readFileSync(await download.path(), 'utf8')).messages.length, 4);
}));

test('attributes hold everything else', () => withPage(server, {}, async (page) => {
  await openSpan(page, chat, 'answer', 'attributes');
  const body = page.locator('.panel-body').first();
  await eventually(() => missing(body, 'gpt-4o-2024-08-06', 'http.status', '200', 'region', 'experiment', 'helpful', '0.9 · good', 'cache_miss', 'input_cached', '256'), []);
}));

test('an error has its tab, and a line on all others', () => withPage(server, {}, async (page) => {
  await openSpan(page, troubled, 'first');
  await page.locator('.error-line').click();
  await page.waitForURL(/tab=error/);
  await eventually(() => missing(page.getByRole('tabpanel'), 'timeout', 'no answer in 3 s'), []);
  await page.getByRole('tab', { name: 'Raw' }).click();
  await page.waitForURL(/tab=raw/);
  await eventually(() => missing(page.getByRole('tree', { name: 'Span', exact: true }), troubled.idOf('first')), []);
}));

test('a span that is still loading is not taken for the one before', () => withPage(server, { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
  await openSpan(page, troubled, 'first');
  let answer;
  const asked = new Promise((resolve) => { answer = resolve; });
  await page.route(`**/spans/${troubled.idOf('last')}?*`, async (route) => {
    await asked;
    await route.continue().catch(() => {});  // the page has taken its question back
  });
  const name = panel(page).getByRole('heading').first();
  await spanRow(page, 'last').click();
  await eventually(() => name.innerText(), 'last');
  await page.getByRole('button', { name: 'Copy the span as JSON' }).click();
  await eventually(async () => JSON.parse(await page.evaluate(() => navigator.clipboard.readText()) || '{}').name, 'last');
  await spanRow(page, 'first').click();
  await ready(page, troubled.idOf('first'));
  await eventually(() => name.innerText(), 'first');
  answer();
}));

test('the next span keeps the tab', () => withPage(server, {}, async (page) => {
  await openSpan(page, troubled, 'first', 'raw');
  await spanRow(page, 'last').click();
  await ready(page, troubled.idOf('last'));
  await eventually(() => page.getByRole('tab', { name: 'Raw' }).getAttribute('aria-selected'), 'true');
  await page.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.waitForFunction(() => !location.search.includes('span='));
  await eventually(() => panel(page).count(), 0);
}));
