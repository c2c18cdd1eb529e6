// Every page in both themes and two widths, as pictures in the build folder, and what can be said of them by
// numbers: contrast, and that nothing is wider than the window.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { chat, project, server, troubled } from './fixture.mjs';
import { drawn, eventually, shots, withPage } from './harness.mjs';

const pages = [
  ['traces', '/', {}, '.traces[data-loaded]'],
  ['welcome', '/', { project: 'nothing-here' }, '.welcome'],
  ['trace', `/traces/${troubled.id}`, {}, '.trace-page[data-spans]'],
  ['span', `/traces/${chat.id}`, { span: chat.idOf('answer') }, '.panel[data-ready]'],
  ['attributes', `/traces/${chat.id}`, { span: chat.idOf('answer'), tab: 'attributes' }, '.panel[data-ready]'],
  ['sessions', '/sessions', {}, '.sessions[data-loaded]'],
  ['session', '/sessions/talk%2F2%20%C3%BC', {}, '[data-turns]'],
  ['dashboard', '/dashboard', {}, '[data-ready]'],
  ['search', '/search', { text: 'parcel' }, '[data-results]'],
  ['status', '/status', {}, '[data-ready]'],
];

for (const [width, height] of [[1440, 900], [420, 800]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`all pages, ${colorScheme}, ${width} wide`, () => withPage(server, { colorScheme, viewport: { width, height } }, async (page) => {
      for (const [name, path, parameters, ready] of pages) {
        await page.goto(`${path}?${new URLSearchParams({ ...project, ...parameters })}`);
        await page.locator(ready).first().waitFor();
        await drawn(page);
        await page.screenshot({ path: join(shots, `${name}-${colorScheme}-${width}.png`) });
        const wide = await page.evaluate(() => Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('.page.scrolls')].map((one) => one.scrollWidth)) - innerWidth);
        assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
      }
    }));
  }
}

// Of text to its ground as WCAG counts it.
const contrasts = () => {
  const probe = document.body.appendChild(document.createElement('i'));
  const channels = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
  };
  const light = (name) => {
    const [r, g, b] = channels(name);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (text, ground) => {
    const [a, b] = [light(text), light(ground)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const found = {};
  for (const ground of ['surface', 'page', 'sunken', 'hover', 'selected']) {
    for (const text of ['ink', 'ink-2', 'ink-3', 'accent', 'error', 'good', 'warn', 'running', 'llm', 'agent', 'tool', 'retrieval', 'embedding', 'function', 'chain']) found[`${text} on ${ground}`] = ratio(text, ground);
  }
  Object.assign(found, { 'error on error-soft': ratio('error', 'error-soft'), 'warn on warn-soft': ratio('warn', 'warn-soft'), 'on-accent on accent-fill': ratio('on-accent', 'accent-fill'), 'ink-2 on chip': ratio('ink-2', 'chip') });
  return found;
};

for (const colorScheme of ['light', 'dark']) {
  test(`text can be read, ${colorScheme}`, () => withPage(server, { colorScheme }, async (page) => {
    await page.goto('/status');
    await page.waitForSelector('.status-page[data-ready]');
    const poor = Object.entries(await page.evaluate(contrasts)).filter(([, ratio]) => !(ratio >= 4.5)).map(([name, ratio]) => `${name}: ${ratio.toFixed(2)}`);
    assert.deepEqual(poor, []);
  }));
}

test('a chosen theme wins over the system’s, and stays', () => withPage(server, { colorScheme: 'light' }, async (page) => {
  await page.goto('/status');
  await page.waitForSelector('.topbar');
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.keyboard.press('t');
  await page.keyboard.press('t');
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  await eventually(theme, 'dark');
  await eventually(ground, (now) => now !== light);
  await page.reload();
  await page.waitForSelector('.topbar');
  await eventually(theme, 'dark');
}));
