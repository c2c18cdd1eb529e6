// The list of traces.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chat, project, server } from './fixture.mjs';
import { drawn, eventually, loaded, missing, rowsOf, withPage } from './harness.mjs';

const list = `/?${new URLSearchParams(project)}`;

test('a row says what a trace was', () => withPage(server, {}, async (page) => {
  await page.goto(`${list}&q=name:conversation`);
  await loaded(page);
  const row = rowsOf(page).first();
  await eventually(() => missing(row, 'conversation', 'shown', 'Where is my parcel?', 'It arrives tomorrow.', '3.00 s', '321 → 45', '$0.0013', 'ada', 'talk-1', '1 h'), []);
  assert.equal(await row.getByRole('img', { name: 'ok' }).count(), 1);
}));

test('a filter is completed, applied, kept in the address and cleared', () => withPage(server, {}, async (page) => {
  await page.goto(list);
  await loaded(page);
  const input = page.getByRole('combobox', { name: 'Filter' });
  await input.click();
  await page.getByRole('option', { name: /^model/ }).waitFor();
  await input.pressSequentially('mod');
  await page.waitForFunction(() => document.querySelectorAll('#filter-list .option').length === 1);
  await input.press('Tab');
  await eventually(() => input.inputValue(), 'model:');
  await input.pressSequentially('claude');
  await page.getByRole('option', { name: /claude-sonnet-4/ }).waitFor();
  await input.press('ArrowDown');
  await input.press('Enter');
  await eventually(() => input.inputValue(), 'model:claude-sonnet-4 ');
  await input.press('Enter');
  await page.waitForURL(/q=model%3Aclaude-sonnet-4/);
  await loaded(page);
  await eventually(async () => Number(await page.locator('.histogram .sum b').first().innerText()), (filtered) => filtered > 0 && filtered < 200);
  await page.reload();
  await loaded(page);
  await eventually(() => input.inputValue(), 'model:claude-sonnet-4');
  await page.getByRole('button', { name: 'Clear the filter' }).click();
  await page.waitForFunction(() => !location.search.includes('q='));
}));

test('a wrong filter is marked at its place', () => withPage(server, { expected: ['422'] }, async (page) => {
  await page.goto(list);
  await loaded(page);
  const input = page.getByRole('combobox', { name: 'Filter' });
  await input.fill('model:gpt-4o latency>fast');
  await input.press('Enter');
  await page.getByRole('alert').waitFor();
  await eventually(() => page.locator('.filter-problem mark').innerText(), 'fast');
  await eventually(() => input.getAttribute('aria-invalid'), 'true');
}));

test('time is chosen from the menu and by brushing the histogram', () => withPage(server, {}, async (page) => {
  await page.goto(list);
  await loaded(page);
  const all = Number((await page.locator('.histogram .sum b').first().innerText()).replace(',', ''));
  await page.getByRole('button', { name: 'Time range' }).click();
  await page.getByRole('menuitemradio', { name: /Last 6 hours/ }).click();
  await page.waitForURL(/range=6h/);
  await loaded(page);
  const box = await page.locator('.histogram .chart').boundingBox();
  await page.waitForFunction(() => document.querySelectorAll('.histogram .plot rect').length > 5);
  await page.mouse.move(box.x + box.width * 0.3, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 30, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/from=\d+&to=\d+|to=\d+&from=\d+/);
  await page.waitForFunction((before) => Number(document.querySelector('.histogram .sum b')?.textContent ?? before) < before, all);
  const { searchParams } = new URL(page.url());
  assert.ok(searchParams.get('to') - searchParams.get('from') < 3 * 3_600_000);
  assert.equal(searchParams.get('range'), null);
  await page.goBack();
  await page.waitForURL(/range=6h/);
}));

test('a range of nothing offers the way out', () => withPage(server, {}, async (page) => {
  await page.goto(`${list}&from=1000000&to=2000000`);
  await page.getByText('No trace in this time').waitFor();
  await page.getByRole('button', { name: 'Show all time' }).click();
  await page.waitForURL(/range=all/);
  await rowsOf(page).first().waitFor();
}));

test('columns sort', () => withPage(server, {}, async (page) => {
  await page.goto(list);
  await loaded(page);
  await page.getByRole('columnheader', { name: 'Latency' }).getByRole('button').click();
  await page.waitForURL(/sort=latency/);
  await page.locator('[aria-sort="descending"]', { hasText: 'Latency' }).waitFor();
  await page.waitForFunction(() => document.querySelector('.trace-row:not([hidden])')?.textContent.includes('waits-for-a-person'));
  await page.getByRole('columnheader', { name: 'Latency' }).getByRole('button').click();
  await page.waitForURL(/order=asc/);
}));

test('further pages come while one scrolls, and rows stay few', () => withPage(server, {}, async (page) => {
  await page.goto(list);
  await loaded(page);
  await rowsOf(page).first().waitFor();
  assert.equal(await page.locator('.traces').getAttribute('data-loaded'), '100');
  await page.getByRole('grid', { name: 'Traces' }).evaluate((grid) => { grid.scrollTop = grid.scrollHeight; });
  await page.waitForFunction(() => Number(document.querySelector('.traces').dataset.loaded) > 100);
  await drawn(page);
  assert.ok(await page.locator('.trace-row').count() < 50);
}));

test('a trace opens by a click, and back leads to the same list', () => withPage(server, {}, async (page) => {
  await page.goto(`${list}&q=name:conversation`);
  await loaded(page);
  await rowsOf(page).first().locator('.preview').click();
  await page.waitForURL(new RegExp(`/traces/${chat.id}`));
  await page.getByRole('link', { name: 'Back to the list' }).click();
  await page.waitForURL(/q=name(:|%3A)conversation/);
  await rowsOf(page).first().getByRole('link', { name: 'ada' }).click();
  await page.waitForURL(/q=user%3Aada/);
}));

test('the list is kept as JSON lines', () => withPage(server, {}, async (page) => {
  await page.goto(`${list}&q=name:conversation`);
  await loaded(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download as JSON lines' }).click()]);
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(lines[0].trace.trace_id, chat.id);
  assert.equal(lines.filter((line) => line.span).length, 2);
}));

test('projects are picked, and are apart', () => withPage(server, {}, async (page) => {
  await page.goto(list);
  await loaded(page);
  await page.getByRole('button', { name: 'Project' }).click();
  await page.getByRole('menuitemradio', { name: /other/ }).click();
  await page.waitForURL(/project=other/);
  await eventually(() => page.locator('.traces').getAttribute('data-loaded'), '1');
}));
