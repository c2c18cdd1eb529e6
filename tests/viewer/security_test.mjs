// What a traced program records may be hostile. None of it may run, open a dialog, or make the page fetch
// anything; the harness fails a test for each of these.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generator, send } from './data.mjs';
import { drawn, eventually, loaded, rowsOf, startServer, withPage } from './harness.mjs';

const random = generator(41);
const outside = 'http://127.0.0.1:9/stolen';
const corpus = [
  '<script>alert(1)</script>', '</script><script>alert(2)</script>', `<img src=x onerror=alert(3)>`, '<svg/onload=alert(4)>', '"><svg onload=alert(5)>',
  `'-alert(6)-'`, '{{constructor.constructor("alert(7)")()}}', '${alert(8)}', 'javascript:alert(9)', `<a href="javascript:alert(10)">x</a>`,
  `<iframe src="javascript:alert(11)"></iframe>`, `<img src="${outside}/a.png">`, `![x](${outside}/b.png)`, `[x](javascript:alert(12))`,
  `<link rel=stylesheet href="${outside}/c.css">`, `<style>@import "${outside}/d.css";*{background:url(${outside}/e)}</style>`, `<object data="${outside}/f">`,
  `<form action="${outside}/g"><button autofocus onfocus=alert(13)>`, `<base href="${outside}/">`, `<meta http-equiv=refresh content="0;url=${outside}">`,
  '<details open ontoggle=alert(14)>', '<math><mtext><script>alert(15)</script>', '--><script>alert(16)</script>', ']]><script>alert(17)</script>',
  '\u2028\u2029<script>alert(18)</script>', '<input onfocus=alert(19) autofocus>', '__proto__', 'constructor', '\u202Ealert(20)\u202C', '\u0000<b>', '//evil.example/x', '\\\\evil.example\\x',
];

// Every text field of the wire holds the whole corpus, or one of it where one is all there is room for.
function hostileTrace(index) {
  const trace_id = random.hex(32);
  const span_id = random.hex(16);
  const one = corpus[index % corpus.length];
  const all = corpus.join(' ');
  const object = Object.fromEntries(corpus.map((text) => [text, text]));
  const now = Date.now();
  const times = { start_time: new Date(now - 60_000).toISOString(), end_time: new Date(now - 50_000).toISOString(), duration_ms: 10_000 };
  const span = {
    trace_id, span_id, ...times, name: one, span_type: 'llm', status: 'error', error: all, error_type: one, status_message: all, operation: one, agent_type: one, model: one,
    response_model: one, provider: one, response_id: one, finish_reasons: corpus, parameters: object, attributes: { ...object, 'llm.messages': all }, metadata: object,
    input_data: { system: all, messages: [
      ...corpus.map((text) => ({ role: 'user', name: text, content: text })), { role: one, content: [{ type: 'image_url', image_url: { url: `${outside}/h.png` } }, { type: one, text: all }] },
      { role: 'assistant', content: all, tool_calls: corpus.map((text) => ({ id: text, function: { name: text, arguments: text } })) },
      ...corpus.map((text) => ({ role: 'tool', tool_call_id: text, content: text }))] },
    output_data: { role: 'assistant', content: all }, output_text: all, reasoning: all, tool_calls: corpus.map((text) => ({ id: text, name: text, arguments: { [text]: text } })),
    events: corpus.map((text) => ({ name: text, attributes: { [text]: text } })), links: [{ trace_id: one, span_id: one, attributes: object }],
    scores: corpus.map((text) => ({ name: text, value: 1, comment: text })), usage: { input: 3 }, cost_source: one, truncated: { input_data: 5 },
    tokens_input: 1, tokens_output: 2, cost_usd: 0.1, time_to_first_token_ms: 5,
  };
  const trace = { trace_id, root_span_id: span_id, name: one, ...times, status: 'error', error: all, tags: corpus.filter((text) => text.length <= 60).slice(0, 40), user_id: one, session_id: one,
    environment: one, release: one, input: all, output: { [one]: all }, metadata: object, resource: object };
  return { trace, spans: [span], id: trace_id, span_id };
}

const clean = (trace) => JSON.parse(JSON.stringify(trace).replaceAll('\\u0000', ''));

test('nothing that is recorded runs', async () => {
  const server = await startServer();
  const traces = corpus.map((_, index) => ({ ...clean(hostileTrace(index)) }));
  await send(server.url, 'hostile', traces, 4);
  await withPage(server, {}, async (page, problems) => {
    const quiet = async (what) => {
      await drawn(page);
      assert.deepEqual(problems, [], what);
      const injected = await page.evaluate(() => document.querySelectorAll('script:not([src^="/assets/"]), iframe, object, embed, base, img, form[action], style, meta[http-equiv], [onerror], [onload], [onfocus]').length
        + [...document.links].filter((link) => link.origin !== location.origin).length);
      assert.equal(injected, 0, what);
    };
    await page.goto('/?project=hostile&range=all');
    await loaded(page);
    await eventually(() => rowsOf(page).count(), (rows) => rows > 10);
    await quiet('list');
    await page.getByRole('grid', { name: 'Traces' }).evaluate((grid) => { grid.scrollTop = grid.scrollHeight; });
    await quiet('list, scrolled');
    for (const field of ['name', 'model', 'tag', 'user', 'error_type']) {
      await page.getByRole('combobox', { name: 'Filter' }).fill(`${field}:`);
      await page.getByRole('option').first().waitFor();
      await quiet(`completion of ${field}`);
    }
    await page.goto(`/?project=hostile&range=all&q=${encodeURIComponent('"<script>"')}`);
    await loaded(page);
    for (const path of ['/sessions', '/dashboard', '/status', `/search?text=${encodeURIComponent('<script>alert(1)</script> onerror')}&range=all`]) {
      await page.goto(`${path}${path.includes('?') ? '&' : '?'}project=hostile`);
      await page.waitForSelector('[data-loaded], [data-ready], [data-results]');
      await quiet(path);
    }
    // Further pages are opened as a link would, without loading the viewer again.
    const visit = (address) => page.evaluate((to) => {
      history.pushState(null, '', to);
      dispatchEvent(new PopStateEvent('popstate'));
    }, address);
    for (const [index, trace] of traces.entries()) {
      const tabs = index === 0 ? ['chat', 'io', 'attributes', 'error', 'raw'] : [['chat', 'attributes', 'error', 'io', 'raw'][index % 5]];
      for (const tab of tabs) {
        await visit(`/traces/${trace.id}?project=hostile&span=${trace.span_id}&tab=${tab}`);
        await page.waitForSelector(`.panel[data-ready="${trace.span_id}"] #tab-${tab}[aria-selected="true"]`);
        await quiet(`${tab} of ${corpus[index]}`);
      }
    }
    for (const text of corpus.slice(0, 6)) {
      await visit(`/sessions/${encodeURIComponent(text)}?project=hostile`);
      await page.locator('.turn').first().waitFor();
      await quiet(`session ${text}`);
    }
    await page.goto(`/traces/${traces[0].id}?project=hostile&overview=1&find=${encodeURIComponent('<img src=x onerror=alert(1)>')}`);
    await page.waitForSelector('.trace-page[data-spans]');
    await quiet('overview');
  });
  await server.stop();
});

test('addresses cannot bring script into the page', async () => {
  const server = await startServer();
  await withPage(server, { expected: ['422', '404'] }, async (page) => {
    for (const path of ['/?q=<img src=x onerror=alert(1)>', '/traces/<svg onload=alert(1)>', '/sessions/javascript:alert(1)', '/?project="><script>alert(1)</script>', '/search?text=</script><script>alert(1)</script>', '/dashboard?from=<b>&to=x']) {
      await page.goto(path);
      await page.waitForSelector('.notice, .filter-problem:not([hidden]), [data-loaded], [data-results], [data-ready]');
      await drawn(page);
    }
  });
  await server.stop();
});

test('the page allows nothing but its own files', async () => {
  const server = await startServer();
  const response = await fetch(`${server.url}/`);
  const policy = response.headers.get('content-security-policy');
  assert.ok(policy.includes(`default-src 'none'`) && !policy.includes('unsafe'), policy);
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  const page = await response.text();
  assert.ok(!/<script>|\son\w+=|style=/.test(page), 'nothing inline');
  assert.equal(response.headers.get('cache-control'), 'no-cache');
  const app = server.url + /\/assets\/[0-9a-f]{16}\/app\.js/.exec(page)[0];
  const first = await fetch(app);
  assert.ok(first.headers.get('cache-control').includes('immutable'));
  for (const address of [server.url, app]) {
    const again = await fetch(address, { headers: { 'If-None-Match': (await fetch(address)).headers.get('etag') } });
    assert.equal(again.status, 304);
  }
  for (const path of ['/assets/../CMakeLists.txt', '/assets/%2e%2e/index.html', '/assets/', '/assets/app.js/', '/traces/', '/index.html', '/assets/nothing.js']) {
    const { status } = await fetch(server.url + path);
    assert.ok(status === 404 || status === 400, `${path}: ${status}`);
  }
  await server.stop();
});
