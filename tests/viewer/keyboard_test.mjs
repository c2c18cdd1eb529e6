// Everything without a pointer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { project, server, troubled } from './fixture.mjs';
import { drawn, eventually, loaded, missing, openTrace, withPage } from './harness.mjs';

const list = `/?${new URLSearchParams(project)}`;

test('from the list into a span and back', () => withPage(server, {}, async (page) => {
  await page.goto(`${list}&q=name:troubled`);
  await loaded(page);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.trace-page[data-spans]');
  const chosen = () => page.locator('.span-row.selected:visible .name').allInnerTexts();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await eventually(chosen, ['first']);
  await page.keyboard.press('h');
  await eventually(chosen, ['root']);
  await page.keyboard.press('h');
  await eventually(() => page.locator('.span-row:visible').count(), 2);
  await page.keyboard.press('l');
  await page.keyboard.press('l');
  await eventually(chosen, ['first']);
  await page.keyboard.press('End');
  await eventually(chosen, ['lost']);
  await page.keyboard.press('E');
  await eventually(chosen, ['last']);
  await page.locator(`.panel[data-ready="${troubled.idOf('last')}"]`).waitFor();
  await page.keyboard.press(']');
  await page.waitForURL(/tab=attributes/);
  await page.keyboard.press('Enter');
  await eventually(() => page.evaluate(() => document.activeElement.getAttribute('role')), 'tabpanel');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !location.search.includes('span='));
  await page.keyboard.press('Escape');
  await page.waitForURL(/q=name(:|%3A)troubled/);
}));

test('search, zoom and idle time of a trace', () => withPage(server, {}, async (page) => {
  await openTrace(page, troubled.id, project);
  await page.keyboard.press('/');
  await page.keyboard.type('unended');
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`find=unended`));
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`span=${troubled.idOf('unended')}`));
  await page.keyboard.press('Escape');
  await page.keyboard.press('+');
  await page.waitForURL(/zoom=0\.25/);
  await page.keyboard.press('.');
  await page.waitForURL(/zoom=0\.3750-0\.8750/);
  await page.keyboard.press('0');
  await page.waitForFunction(() => !location.search.includes('zoom'));
  await page.keyboard.press('i');
  await page.waitForURL(/overview=1/);
}));

test('pages are reached by g and a letter', () => withPage(server, {}, async (page) => {
  await page.goto(list);
  await loaded(page);
  for (const [keys, path] of [['s', '/sessions'], ['d', '/dashboard'], ['i', '/status'], ['t', '/'], ['f', '/search']]) {
    await page.keyboard.press('g');
    await page.keyboard.press(keys);
    await page.waitForURL((url) => url.pathname === path);
    if (path === '/search') await eventually(() => page.evaluate(() => document.activeElement.type), 'search');
  }
}));

test('the help lists what works here, and hides no key', () => withPage(server, {}, async (page) => {
  await openTrace(page, troubled.id, project);
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard' });
  await eventually(() => missing(dialog, 'Next span', 'Compress idle time', 'Go to Dashboard', 'Next error', 'Copy the span as JSON'), []);
  await page.keyboard.press('?');
  await dialog.waitFor({ state: 'detached' });
}));

test('menus are walked by arrows and give the focus back', () => withPage(server, {}, async (page) => {
  await page.goto(list);
  await loaded(page);
  await page.keyboard.press('r');
  await eventually(() => missing(page.locator(':focus'), 'Last 24 hours'), []);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(/range=7d/);
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await page.getByRole('menu').waitFor();
  await page.keyboard.press('Escape');
  await eventually(() => page.evaluate(() => document.activeElement.title), 'Project');
}));

test('the histogram is brushed by arrows', () => withPage(server, {}, async (page) => {
  await page.goto(list);
  await loaded(page);
  await page.waitForFunction(() => document.querySelectorAll('.histogram .plot rect').length > 5);
  await page.locator('.histogram .chart').focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('Enter');
  await page.waitForURL(/from=\d+/);
}));

test('everything that can be pressed has a name, and is reached by Tab', () => withPage(server, {}, async (page) => {
  const pages = {
    '/': '.traces[data-loaded]', '/sessions': '.sessions[data-loaded]', '/dashboard': '[data-ready]', '/search': '.search-page', '/status': '[data-ready]',
    [`/traces/${troubled.id}`]: '.panel[data-ready]',
  };
  for (const [path, ready] of Object.entries(pages)) {
    await page.goto(`${path}?project=support-bot&span=${troubled.idOf('first')}`);
    await page.waitForSelector(ready);
    await drawn(page);
    const nameless = await page.evaluate(() => [...document.querySelectorAll('button, a, input')]
      .filter((element) => element.checkVisibility() && !(element.textContent.trim() || element.ariaLabel || element.title || element.labels?.[0]?.textContent.trim()))
      .map((element) => element.outerHTML.slice(0, 120)));
    assert.deepEqual(nameless, [], path);
  }
  await page.goto(list);
  await loaded(page);
  const reached = new Set();
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => document.activeElement.ariaLabel || document.activeElement.title || document.activeElement.textContent.trim()));
  }
  for (const wanted of ['Skip to the page', 'Project', 'Dashboard', 'Keyboard', 'Filter', 'Time range', 'Traces']) assert.ok([...reached].some((name) => name.includes(wanted)), wanted);
}));
