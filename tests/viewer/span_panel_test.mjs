// The panel of a span.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chat, project, server, troubled } from './fixture.mjs';
import { openTrace, spanRow, withPage } from './harness.mjs';

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
  assert.deepEqual(await page.locator('.message .role').allInnerTexts(), ['System', 'User', 'Assistant', 'Assistant']);
  const call = page.locator('.call');
  assert.equal(await call.count(), 1);
  const text = await call.innerText();
  assert.ok(text.includes('order_status') && text.includes('4711') && text.includes('returned') && text.includes('in transit'), text);
  const reasoning = page.locator('details.reasoning');
  assert.equal(await reasoning.getAttribute('open'), null);
  await reasoning.locator('summary').click();
  await page.getByText('The order is in transit, so tomorrow.').waitFor();
  const head = await page.locator('.panel-head').first().innerText();
  for (const part of ['gpt-4o', '321 → 45', '412 ms', 'stop', '12', '2.80 s']) assert.ok(head.includes(part), `${part} in ${head}`);
  assert.ok((await page.locator('.parameters').innerText()).includes('temperature 0.25'));
  // A long system prompt begins folded.
  await page.locator('.message.system').getByRole('button', { name: /Show all/ }).click();
  assert.ok((await page.locator('.message.system').innerText()).length > 700);
}));

test('input and output are trees, texts, copies and files', () => withPage(server, { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
  await openSpan(page, chat, 'answer', 'io');
  const input = page.getByRole('region', { name: 'Input' });
  assert.ok((await input.getByRole('treeitem').first().innerText()).includes('messages'));
  await input.getByRole('button', { name: 'Text', exact: true }).click();
  await input.getByText('"role": "system"').waitFor();
  await page.getByRole('button', { name: 'Copy output' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'It arrives tomorrow.');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download input' }).click()]);
  assert.equal(JSON.parse(readFileSync(await download.path(), 'utf8')).messages.length, 4);
}));

test('attributes hold everything else', () => withPage(server, {}, async (page) => {
  await openSpan(page, chat, 'answer', 'attributes');
  const text = await page.locator('.panel-body').first().innerText();
  for (const part of ['gpt-4o-2024-08-06', 'http.status', '200', 'region', 'experiment', 'helpful', '0.9 · good', 'cache_miss', 'input_cached', '256']) assert.ok(text.includes(part), `${part} in ${text}`);
}));

test('an error has its tab, and a line on all others', () => withPage(server, {}, async (page) => {
  await openSpan(page, troubled, 'first');
  await page.locator('.error-line').click();
  await page.waitForURL(/tab=error/);
  const text = await page.getByRole('tabpanel').innerText();
  assert.ok(text.includes('timeout') && text.includes('no answer in 3 s'), text);
  await page.getByRole('tab', { name: 'Raw' }).click();
  await page.waitForURL(/tab=raw/);
  assert.ok((await page.getByRole('tree', { name: 'Span', exact: true }).innerText()).includes(troubled.idOf('first')));
}));

test('the next span keeps the tab', () => withPage(server, {}, async (page) => {
  await openSpan(page, troubled, 'first', 'raw');
  await spanRow(page, 'last').click();
  await ready(page, troubled.idOf('last'));
  assert.equal(await page.getByRole('tab', { name: 'Raw' }).getAttribute('aria-selected'), 'true');
  await page.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.waitForFunction(() => !location.search.includes('span='));
  assert.equal(await panel(page).count(), 0);
}));
