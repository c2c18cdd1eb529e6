// Sessions, dashboard, search, status.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chat, project, server, talk } from './fixture.mjs';
import { eventually, loaded, missing, withPage } from './harness.mjs';

const at = (path, more = {}) => `${path}?${new URLSearchParams({ ...project, ...more })}`;

test('sessions are listed and found by their beginning', () => withPage(server, {}, async (page) => {
  await page.goto(at('/sessions'));
  await page.locator('.sessions[data-loaded]').waitFor();
  await page.getByRole('searchbox').fill('talk/');
  await page.waitForURL(/prefix=talk/);
  await page.waitForFunction(() => document.querySelectorAll('.session-row:not([hidden])').length === 1);
  await eventually(() => missing(page.locator('.session-row:visible'), 'talk/2 ü', 'grace', '3'), []);
  await page.locator('.session-row:visible a').click();
  await page.waitForURL(/sessions\/talk%2F2%20%C3%BC/);
}));

test('a session is a conversation in its order, with whole texts', () => withPage(server, {}, async (page) => {
  await page.goto(at('/sessions/talk%2F2%20%C3%BC'));
  await page.locator('[data-turns="3"]').waitFor();
  await eventually(() => page.locator('.said.user').allInnerTexts(), ['question 1', 'question 2', 'question 3']);
  await page.waitForFunction(() => document.querySelector('.said.assistant').textContent.length > 900);
  await page.locator('.turn').nth(1).getByRole('link').click();
  await page.waitForURL(new RegExp(`traces/${talk[1].id}`));
}));

test('the dashboard shows figures, and each point opens its traces', () => withPage(server, {}, async (page) => {
  await page.goto(at('/dashboard'));
  await page.locator('[data-ready="true"]').waitFor();
  await eventually(() => missing(page.locator('.figures'), 'Traces', 'With errors', 'Latency p95', 'First token p50', 'Tokens', 'Cost'), []);
  assert.equal(await page.locator('[data-chart]').count(), 7);
  for (const id of ['requests', 'cost-model', 'tokens-name']) await eventually(() => page.locator(`[data-chart="${id}"] .plot rect`).count(), (bars) => bars > 10);
  await eventually(() => page.locator('[data-chart="latency"] .line').first().getAttribute('d'), (path) => path.length > 100);
  await eventually(() => missing(page.locator('[data-chart="cost-model"] .legend'), 'claude-sonnet-4'), []);
  const box = await page.locator('[data-chart="requests"] .chart').boundingBox();
  await page.mouse.click(box.x + box.width * 0.9, box.y + 60);
  await page.waitForURL(/\/\?.*from=\d+/);
  await loaded(page);
  await eventually(async () => Number(await page.locator('.traces').getAttribute('data-loaded')), (traces) => traces > 0);
}));

test('dashboard tables lead to the model and to the user', () => withPage(server, {}, async (page) => {
  await page.goto(at('/dashboard', { range: '7d' }));
  await page.locator('[data-ready="true"]').waitFor();
  await page.getByRole('link', { name: 'gemini-2.5-flash' }).click();
  await page.waitForURL(/q=model%3Agemini-2.5-flash.*range=7d|range=7d.*q=model/);
  await page.goBack();
  await page.locator('[data-ready="true"]').waitFor();
  await page.getByRole('link', { name: 'barbara' }).click();
  await page.waitForURL(/q=user%3Abarbara/);
}));

test('a chart tells its numbers and answers to keys', () => withPage(server, {}, async (page) => {
  await page.goto(at('/dashboard'));
  await page.locator('[data-ready="true"]').waitFor();
  const chart = page.getByRole('group', { name: 'Traces over time' });
  await chart.focus();
  await chart.press('ArrowLeft');
  await chart.press('ArrowLeft');
  await chart.locator('.tip', { hasText: 'without errors' }).waitFor();
  await chart.press('Enter');
  await page.waitForURL(/from=\d+/);
}));

test('search finds words inside spans, and marks them', () => withPage(server, {}, async (page) => {
  await page.goto(at('/search'));
  await page.getByRole('searchbox').fill('arrives tomorrow');
  await page.getByRole('searchbox').press('Enter');
  await page.waitForURL(/text=arrives/);
  await page.locator('[data-results]').waitFor();
  const card = page.locator('.result-card', { hasText: 'conversation' });
  await eventually(() => card.locator('mark').allInnerTexts(), ['arrives', 'tomorrow']);
  await card.getByRole('link').click();
  await page.waitForURL(new RegExp(`traces/${chat.id}.*find=arrives`));
  await page.locator('.span-row.match', { hasText: 'answer' }).waitFor();
}));

test('search takes any text for text', () => withPage(server, {}, async (page) => {
  await page.goto(at('/search', { text: 'latency>fast (OR -"' }));
  await page.getByText('Nothing found').waitFor();
}));

test('the status page shows ingest, queue, disk and retention', () => withPage(server, {}, async (page) => {
  await page.goto(at('/status'));
  await page.locator('.status-page[data-ready]').waitFor();
  await eventually(() => missing(page.locator('.status-page'), 'Ingest', 'Spans stored', 'Queue', 'Disk', server.db, 'Retention', '90 days', 'Check of the file', 'support-bot'), []);
}));

test('an address that leads nowhere says so', () => withPage(server, { expected: ['404'] }, async (page) => {
  await page.goto(at('/status'));
  const response = await page.request.get('/nowhere');
  assert.equal(response.status(), 404);
}));
