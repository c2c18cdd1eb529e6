// A real server, a real browser, and pages that are watched: a test fails when its page writes an error to the
// console, opens a dialog, or asks anybody but its server for anything.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

const folder = process.env.LLMTRACE_FOLDER;
const { chromium } = createRequire(resolve(folder, 'package.json'))('playwright-core');

export const shots = join(folder, 'screenshots');
mkdirSync(shots, { recursive: true });
const patience = 30_000;  // a busy machine is no failure
const scratch = mkdtempSync(join(tmpdir(), 'llmtrace-viewer-'));
const running = new Set();

const browser = await chromium.launch({
  executablePath: process.env.LLMTRACE_BROWSER,
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

// In milliseconds; run.sh says what for.
const slowFrames = Number(process.env.LLMTRACE_SLOW_FRAMES ?? 0);
const slowAnswers = Number(process.env.LLMTRACE_SLOW_ANSWERS ?? 0);

let databases = 0;

export function newDatabase() {
  databases += 1;
  return join(scratch, `${databases}.db`);
}

export function scratchFile(name) {
  return join(scratch, name);
}

// Starts `llmtrace serve`; port 0 takes a free one.
export async function startServer({ port = 0, db = newDatabase(), options = [] } = {}) {
  const child = spawn(process.env.LLMTRACE_PROGRAM, ['serve', '--port', String(port), '--db', db, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = /http:\/\/localhost:(\d+)\/$/.exec(line);
      // By number: for the name a busy browser races IPv6 against IPv4, and may lose the connection.
      if (match) resolve(`http://127.0.0.1:${match[1]}`);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return {
    url, db, port: Number(new URL(url).port),
    async stop() {
      running.delete(child);
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

// Making a context is what takes the time, so tests with the same settings share one; each has a page of its own,
// and leaves no storage.
const contexts = new Map();

async function contextFor(settings) {
  const name = JSON.stringify(settings);
  if (!contexts.has(name)) contexts.set(name, await browser.newContext(settings));
  return contexts.get(name);
}

function delayFrames(milliseconds) {
  window.requestAnimationFrame = (action) => setTimeout(() => action(performance.now()), milliseconds);
  window.cancelAnimationFrame = clearTimeout;
}

function delayAnswers(milliseconds) {
  const fetchNow = window.fetch;
  window.fetch = async (...request) => {
    const answer = await fetchNow(...request);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return answer;
  };
}

// Opens a page for a test and looks after it. options: those of a browser context, and `expected`, texts of
// console errors that belong to the test.
export async function withPage(server, options, use) {
  const { expected = [], ...settings } = options;
  const context = await contextFor({ viewport: { width: 1440, height: 900 }, baseURL: server.url, colorScheme: 'light', reducedMotion: 'reduce', ...settings });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  if (slowFrames > 0) await page.addInitScript(delayFrames, slowFrames);
  if (slowAnswers > 0) await page.addInitScript(delayAnswers, slowAnswers);
  const problems = [];
  const note = (text) => {
    if (!expected.some((one) => text.includes(one))) problems.push(text);
  };
  page.on('console', (message) => message.type() === 'error' && note(`console: ${message.text()}`));
  page.on('pageerror', (error) => note(`error: ${error.stack}`));
  page.on('dialog', (dialog) => {
    note(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${server.url}/`) && !request.url().startsWith('blob:')) note(`request: ${request.url()}`);
  });
  const onWindow = (other) => other !== page && note(`window: ${other.url()}`);
  context.on('page', onWindow);
  try {
    await use(page, problems);
  } catch (error) {
    await page.screenshot({ path: join(shots, 'failure.png') }).catch(() => {});
    error.message += `\n${problems.join('\n')}\nat ${page.url()}`;
    throw error;
  } finally {
    context.off('page', onWindow);
    await page.evaluate(() => localStorage.clear()).catch(() => {});
    await page.close();
  }
  assert.deepEqual(problems, []);
}

// What a test reads after it has done something, as one who looks at the page: again and again, until it is what is
// expected. expected: a value, or a function that says whether it is one.
export async function eventually(read, expected) {
  const isExpected = typeof expected === 'function' ? expected : (found) => isDeepStrictEqual(found, expected);
  const deadline = Date.now() + patience;
  let found = await read();
  while (!isExpected(found) && Date.now() < deadline) {
    await delay(20);
    found = await read();
  }
  if (typeof expected === 'function') assert.ok(expected(found), `${expected}: ${JSON.stringify(found)}`);
  else assert.deepEqual(found, expected);
}

// What of these a part of the page does not say.
export async function missing(locator, ...parts) {
  const text = await locator.innerText();
  return parts.filter((part) => !text.includes(part));
}

// Waits for the frame in which what was asked for before is drawn.
export async function drawn(page) {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
}

// Waits until the page's list has been loaded.
export async function loaded(page) {
  await page.waitForSelector('.traces[data-loaded]:not([aria-busy])');
}

export async function openTrace(page, id, parameters = {}) {
  await page.goto(`/traces/${id}?${new URLSearchParams(parameters)}`);
  await page.waitForSelector('.trace-page[data-spans] .span-row:not([hidden])');
}

export function rowsOf(page) {
  return page.locator('.trace-row:visible');
}

export function spanRow(page, name) {
  return page.locator('.span-row:visible', { has: page.locator('.name', { hasText: name }) });
}

export async function end() {
  await browser.close();
  for (const child of running) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
}
