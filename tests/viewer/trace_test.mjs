// One trace: tree, waterfall, search, time.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chat, idle, project, server, troubled } from './fixture.mjs';
import { eventually, missing, openTrace, spanRow, withPage } from './harness.mjs';

test('the tree has the spans in their places, with what was wrong with them', () => withPage(server, {}, async (page) => {
  await openTrace(page, troubled.id, project);
  await eventually(() => page.locator('.span-row:visible .name').allInnerTexts(), ['root', 'first', 'unended', 'last', 'lost']);
  assert.equal(await spanRow(page, 'first').getByRole('img', { name: 'Failed: no answer in 3 s' }).count(), 1);
  assert.equal(await spanRow(page, 'lost').getByRole('img', { name: /Orphan/ }).count(), 1);
  assert.ok((await spanRow(page, 'unended').innerText()).includes('no end'));
  assert.equal(await spanRow(page, 'first').getAttribute('aria-level'), '2');
  assert.equal(await spanRow(page, 'root').getAttribute('aria-expanded'), 'true');
}));

test('the head says whose the trace is and what it cost', () => withPage(server, {}, async (page) => {
  await openTrace(page, chat.id, project);
  const head = page.locator('.trace-head');
  await eventually(() => missing(head, 'conversation', 'ada', 'talk-1', 'shown', '3.00 s', '321 → 45', '$0.0013'), []);
  await head.getByRole('link', { name: 'talk-1' }).click();
  await page.waitForURL(/sessions\/talk-1/);
}));

test('bars lie where their spans ran', () => withPage(server, {}, async (page) => {
  await openTrace(page, chat.id, project);
  const cell = await spanRow(page, 'answer').locator('.time-cell').boundingBox();
  const bar = await spanRow(page, 'answer').locator('.bar').boundingBox();
  const near = (value, wanted) => assert.ok(Math.abs(value - wanted) < 0.01, `${value} is not ${wanted}`);
  near((bar.x - cell.x) / cell.width, 100 / 3000);
  near(bar.width / cell.width, 2800 / 3000);
  const first = await spanRow(page, 'answer').locator('.bar i').boundingBox();
  near(first.width / bar.width, 412 / 2800);
}));

test('folding hides what is below, and is kept in the address', () => withPage(server, {}, async (page) => {
  await openTrace(page, troubled.id, project);
  await spanRow(page, 'root').getByRole('button').click();
  const shown = () => page.locator('.span-row:visible').count();
  await eventually(shown, 2);
  await eventually(() => missing(spanRow(page, 'root'), '+3'), []);
  await page.reload();
  await eventually(shown, 2);
  // What is chosen is never hidden.
  await page.goto(page.url() + `&span=${troubled.idOf('last')}`);
  await spanRow(page, 'last').waitFor();
}));

test('search finds spans by name and, when asked, by their texts', () => withPage(server, {}, async (page) => {
  await openTrace(page, troubled.id, project);
  const input = page.getByRole('searchbox', { name: 'Search spans' });
  await input.fill('refused');
  await eventually(() => page.locator('.span-row.match:visible .name').allInnerTexts(), ['last']);
  await input.press('Enter');
  await page.waitForURL(new RegExp(`span=${troubled.idOf('last')}`));
  await openTrace(page, chat.id, { ...project, find: 'in transit' });
  await eventually(() => page.locator('.tree-search .result').innerText(), 'none');
  await page.getByRole('button', { name: 'In texts' }).click();
  await page.locator('.span-row.match', { hasText: 'answer' }).waitFor();
  await page.waitForURL(/in=texts/);
}));

test('errors are stepped through', () => withPage(server, {}, async (page) => {
  await openTrace(page, troubled.id, project);
  const button = page.getByRole('button', { name: '2 errors' });
  await button.click();
  await page.waitForURL(new RegExp(`span=${troubled.idOf('first')}`));
  await button.click();
  await page.waitForURL(new RegExp(`span=${troubled.idOf('last')}`));
  await button.click();
  await page.waitForURL(new RegExp(`span=${troubled.idOf('first')}`));
}));

test('idle time is offered, compressed, and shown again', () => withPage(server, {}, async (page) => {
  await openTrace(page, idle.id, project);
  const width = async () => (await spanRow(page, 'draft').locator('.bar').boundingBox()).width;
  const before = await width();
  await page.getByRole('button', { name: /99\.\d % idle · compress/ }).click();
  await page.waitForURL(/idle=compressed/);
  await page.locator('.axis .gap').waitFor();
  await eventually(width, (now) => now > 20 * before);
  await page.getByRole('button', { name: /Idle time is compressed/ }).click();
  await page.waitForFunction(() => !location.search.includes('idle'));
}));

test('dragging on the minimap zooms, a double click shows all', () => withPage(server, {}, async (page) => {
  await openTrace(page, chat.id, project);
  const box = await page.locator('.minimap').boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + 20, { steps: 3 });
  await page.mouse.up();
  await page.waitForURL(/zoom=0\.5\d*-0\.75/);
  // The address changes first, the axis with the next frame.
  const firstTick = (pattern) => page.waitForFunction(
    (wanted) => new RegExp(wanted).test(document.querySelector('.axis .tick')?.innerText ?? ''), pattern);
  await firstTick('^1\\.');
  await page.locator('.minimap').dblclick();
  await page.waitForFunction(() => !location.search.includes('zoom'));
  await firstTick('^0$');
}));

test('the minimap is painted', () => withPage(server, {}, async (page) => {
  await openTrace(page, chat.id, project);
  await page.waitForFunction(() => {
    const canvas = document.querySelector('.minimap canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value > 0);
  });
}));

test('the overview has input, output and metadata of the trace', () => withPage(server, {}, async (page) => {
  await openTrace(page, chat.id, project);
  await page.getByRole('button', { name: 'Overview' }).click();
  await eventually(() => missing(page.getByRole('complementary', { name: 'Trace' }), 'Where is my parcel?', 'It arrives tomorrow.', 'plan', 'pro', chat.id), []);
}));

test('a trace is kept as JSON lines', () => withPage(server, {}, async (page) => {
  await openTrace(page, chat.id, project);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download as JSON lines' }).click()]);
  assert.equal(download.suggestedFilename(), `trace-${chat.id}.jsonl`);
  assert.equal(readFileSync(await download.path(), 'utf8').trim().split('\n').length, 3);
}));

test('an unknown trace is said to be so', () => withPage(server, { expected: ['404'] }, async (page) => {
  await page.goto(`/traces/${'0'.repeat(31)}9?project=support-bot`);
  await page.getByText('Not found').waitFor();
}));

test('parts are resized by their lines', () => withPage(server, {}, async (page) => {
  await openTrace(page, chat.id, { ...project, span: chat.idOf('answer') });
  const line = page.getByRole('separator', { name: 'Width of the panel' });
  const width = async () => (await page.locator('.panel:visible').boundingBox()).width;
  const before = await width();
  await line.focus();
  await line.press('ArrowLeft');
  await line.press('ArrowLeft');
  await eventually(width, (now) => Math.abs(now - before - 32) < 2);
}));
