// Parts of the viewer that compute and do not show, as the browser loads them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { server } from './fixture.mjs';
import { withPage } from './harness.mjs';

// Runs `body(exports of the module)` in the page; what it returns comes back.
async function inPage(module, body) {
  let result;
  await withPage(server, {}, async (page) => {
    await page.goto('/status');
    result = await page.evaluate(`import(new URL('${module}', document.querySelector('script[type="module"]').src)).then(${body})`);
  });
  return result;
}

test('numbers are written as people read them', async () => {
  const written = await inPage('base/format.js', `(f) => [
    f.duration(0.0123), f.duration(812.4), f.duration(999.7), f.duration(59_949), f.duration(59_999), f.duration(3_725_000), f.duration(undefined), f.duration(0),
    f.cost(0.00078), f.cost(1.239), f.cost(0), f.cost(undefined), f.cost(8e-8), f.shortCount(9_999), f.shortCount(12_345), f.bytes(1536), f.tokens(undefined, 4), f.tokens()]`);
  assert.deepEqual(written, ['12.3 µs', '812 ms', '1.00 s', '59.9 s', '1 min', '1 h 2 min', '', '0 ms', '$0.00078', '$1.24', '$0', '', '<$0.000001', '9,999', '12.3k', '1.50 KiB', '– → 4', '']);
});

test('times keep their nanoseconds', async () => {
  const apart = await inPage('base/format.js', `(f) => f.timeOf('2026-01-01T00:00:00.000001500Z') - f.timeOf('2026-01-01T00:00:00.000001Z')`);
  assert.ok(Math.abs(apart - 0.0005) < 0.0003, String(apart));
});

test('a tree has its spans in order, whatever their parents are', async () => {
  const shape = await inPage('trace/model.js', `({ TraceModel }) => {
    const at = (ms) => new Date(1e12 + ms).toISOString();
    const span = (span_id, parent_span_id, start, length) => ({ span_id, parent_span_id, start_time: at(start), end_time: at(start + length) });
    const spans = [span('a', undefined, 0, 100), span('b', 'a', 1, 10), span('ring1', 'ring2', 2, 1), span('ring2', 'ring1', 3, 1),
      span('self', 'self', 4, 1), span('c', 'b', 5, 1), span('lost', 'gone', 6, 1), span('d', 'a', 7, 1)];
    const model = new TraceModel({ start_time: at(0), end_time: at(100), status: 'ok' }, spans);
    const names = (list) => [...list].map((number) => spans[number].span_id + model.depth[number]).join(' ');
    const closed = new Uint8Array(spans.length);
    const all = names(model.visible(closed));
    closed[0] = 1;
    return { all, closed: names(model.visible(closed)), below: model.below(0), flags: [...model.flags] };
  }`);
  assert.equal(shape.all, 'a0 b1 c2 d1 self0 lost0 ring10 ring21');
  assert.equal(shape.closed, 'a0 self0 lost0 ring10 ring21');
  assert.equal(shape.below, 3);
  assert.deepEqual(shape.flags.map((flags) => flags & 2), [0, 0, 2, 0, 0, 0, 2, 0]);
});

test('compressed idle time keeps order and work', async () => {
  const scale = await inPage('trace/time_scale.js', `({ TimeScale }) => {
    const scale = new TimeScale(3_600_000, [[4000, 3_595_000]]);
    const shares = [0, 2000, 4000, 3_595_000, 3_600_000].map((time) => scale.share(time));
    return { shares, back: shares.map((share) => scale.time(share)) };
  }`);
  assert.deepEqual(scale.shares, [...scale.shares].sort((a, b) => a - b));
  assert.ok(scale.shares[3] - scale.shares[2] < 0.05, 'the gap is narrow');
  assert.ok(scale.shares[2] > 0.4, 'the work is wide');
  scale.back.forEach((time, index) => assert.ok(Math.abs(time - [0, 2000, 4000, 3_595_000, 3_600_000][index]) < 1));
});

test('messages of all providers have one form', async () => {
  const found = await inPage('trace/messages.js', `(m) => {
    const kinds = (list) => list.map((one) => one.role + ':' + one.parts.map((part) => part.kind + (part.result ? '+result' : '')).join(',')).join(' ');
    const both = (span) => kinds(m.joinResults([...m.inputMessages(span), ...m.outputMessages(span)]));
    return {
      openai: both({ input_data: { messages: [{ role: 'user', content: 'q' }, { role: 'assistant', tool_calls: [{ id: '1', function: { name: 'f', arguments: '{}' } }] }, { role: 'tool', tool_call_id: '1', content: 'r' }] },
        output_data: { choices: [{ message: { role: 'assistant', content: 'a' } }] } }),
      anthropic: both({ input_data: { system: 's', messages: [{ role: 'user', content: 'q' }, { role: 'assistant', content: [{ type: 'thinking', thinking: 't' }, { type: 'tool_use', id: '1', name: 'f', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: '1', content: 'r' }] }] }, output_data: { role: 'assistant', content: [{ type: 'text', text: 'a' }] } }),
      gemini: both({ input_data: { contents: [{ role: 'user', parts: [{ text: 'q' }] }] }, output_data: { candidates: [{ content: { role: 'model', parts: [{ text: 'a' }, { functionCall: { name: 'f', args: {} } }] } }] } }),
      otel: both({ input_data: [{ role: 'user', parts: [{ type: 'text', content: 'q' }, { type: 'uri', uri: 'https://example.org/x.png', modality: 'image' }] }], output_text: 'a', reasoning: 't', tool_calls: [{ id: '1', name: 'f', arguments: {} }] }),
      odd: both({ input_data: { messages: [null] }, output_data: { choices: [null] }, tool_calls: [null, 3] }),
      text: both({ input_data: 'q', output_data: 'a' }),
    };
  }`);
  assert.deepEqual(found, {
    openai: 'user:text assistant:call+result assistant:text',
    anthropic: 'system:text user:text assistant:reasoning,call+result assistant:text',
    gemini: 'user:text model:text,call',
    otel: 'user:text,media assistant:reasoning,text,call',
    odd: '',
    text: 'user:text assistant:text',
  });
});

test('a chart takes keys before it is drawn', async () => {
  const picked = await inPage('parts/time_chart.js', `({ TimeChart }) => {
    const picked = [];
    const chart = new TimeChart({ label: 'chart', onPick: (from, to) => picked.push([from, to]) });
    document.body.append(chart.element);
    chart.setData({ from: 0, to: 10, step: 1, series: [] });
    for (const key of ['ArrowLeft', 'ArrowLeft', 'Enter']) chart.element.dispatchEvent(new KeyboardEvent('keydown', { key }));
    return picked;
  }`);
  assert.deepEqual(picked, [[8, 9]]);
});

test('the word at the caret of a filter', async () => {
  const words = await inPage('parts/filter_text.js', `({ wordAt, quoted, characterAt }) => [
    wordAt('model:gpt err', 13).text, wordAt('model:gpt', 9).value, wordAt('tag:"a b', 8).value, wordAt('-user:ada', 9).field, wordAt('tag:prod,eu', 11).kept,
    quoted('gpt-4o'), quoted('a "b'), characterAt('ü:x', 3)]`);
  assert.deepEqual(words, ['err', 'gpt', 'a b', 'user', 'prod,', 'gpt-4o', '"a \\"b"', 2]);
});
