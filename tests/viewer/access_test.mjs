// The first visit, and a server with keys.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { generator, send, supportTrace } from './data.mjs';
import { eventually, loaded, missing, scratchFile, startServer, withPage } from './harness.mjs';

const random = generator(31);

test('an empty server shows how to begin, and sends a sample', async () => {
  const server = await startServer();
  await withPage(server, { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
    await page.goto('/');
    await page.getByText('No traces yet').waitFor();
    const code = await page.locator('.code-card code').innerText();
    assert.equal(code.split('\n').length, 3);
    assert.ok(code.includes('Tracer::init({.project = "default"})'), code);
    await page.getByRole('button', { name: 'Copy the code' }).click();
    await eventually(() => page.evaluate(() => navigator.clipboard.readText()), code);
    await eventually(() => missing(page.locator('.welcome'), `TRACER_URL=${server.url}`), []);
    await page.getByRole('button', { name: 'Send a sample trace' }).click();
    await page.waitForSelector('.trace-page[data-spans="8"]');
    await page.locator('.span-row', { hasText: 'write_answer' }).click();
    await page.locator('.message.reply').waitFor();
    await eventually(() => page.locator('.call').count(), 2);
  });
  await server.stop();
});

test('a server with keys asks for one, and shows its project alone', async () => {
  const keys = scratchFile('keys');
  const line = (project, key) => `${project} ${createHash('sha256').update(key).digest('hex')}\n`;
  writeFileSync(keys, line('mine', 'secret-one') + line('theirs', 'secret-two'));
  const server = await startServer({ options: ['--keys', keys] });
  await send(server.url, { key: 'secret-one' }, [supportTrace(random, { start: Date.now() - 9000, user: 'ada', name: 'of-mine' })]);
  await send(server.url, { key: 'secret-two' }, [supportTrace(random, { start: Date.now() - 9000, user: 'eve', name: 'of-theirs' })]);
  await withPage(server, { expected: ['401'] }, async (page) => {
    await page.goto('/');
    const field = page.getByLabel('API key');
    await field.fill('wrong');
    await field.press('Enter');
    await page.getByText('The last key was not accepted').waitFor();
    await field.fill('secret-one');
    await page.getByRole('button', { name: 'Open' }).click();
    await loaded(page);
    await page.getByRole('link', { name: 'of-mine' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'of-theirs' }).count(), 0);
    assert.ok(!page.url().includes('secret'));
    // The stream of changes and downloads carry the key as well.
    await page.locator('.connection[data-state="live"]').waitFor({ state: 'attached' });
    await send(server.url, { key: 'secret-one' }, [supportTrace(random, { start: Date.now() - 3000, name: 'newer' })]);
    await page.getByRole('link', { name: 'newer' }).waitFor();
    await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download as JSON lines' }).click()]);
    await page.getByRole('button', { name: 'Forget the key' }).click();
    await page.getByText('This server asks for a key').waitFor();
    assert.equal(await page.evaluate(() => Object.keys({ ...localStorage, ...sessionStorage }).filter((name) => name.includes('key')).length), 0);
  });
  await server.stop();
});
