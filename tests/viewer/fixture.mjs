// The server that most tests look at, filled once: a day of requests, and traces that show one thing each.
import { dayOfTraces, generator, send, supportTrace } from './data.mjs';
import { startServer } from './harness.mjs';

const random = generator(11);
export const now = Date.now();
export const server = await startServer();

const iso = (milliseconds) => new Date(milliseconds).toISOString();

// Spans from a short description: [name, parent's name, type, start, length, more fields].
export function traceOf(name, list, header = {}) {
  const traceId = random.hex(32);
  const start = now - 3_600_000;
  const ids = new Map(list.map(([span]) => [span, random.hex(16)]));
  const spans = list.map(([span, parent, type, at, length, fields = {}]) => ({
    trace_id: traceId, span_id: ids.get(span), ...(parent ? { parent_span_id: ids.get(parent) ?? 'feedfeedfeedfeed' } : {}), name: span, span_type: type,
    start_time: iso(start + at), ...(length === null ? {} : { end_time: iso(start + at + length), duration_ms: length, status: 'ok' }), ...fields,
  }));
  const ends = list.map(([, , , at, length]) => at + (length ?? 0));
  const trace = { trace_id: traceId, name, start_time: iso(start), end_time: iso(start + Math.max(...ends)), duration_ms: Math.max(...ends), status: 'ok', ...header };
  return { trace, spans, id: traceId, idOf: (span) => ids.get(span) };
}

const call = { id: 'call_7', type: 'function', function: { name: 'order_status', arguments: '{"order":4711}' } };

export const chat = traceOf('conversation', [
  ['root', null, 'chain', 0, 3000],
  ['answer', 'root', 'llm', 100, 2800, {
    operation: 'chat', model: 'gpt-4o', provider: 'openai', response_model: 'gpt-4o-2024-08-06', parameters: { temperature: 0.25 },
    input_data: { messages: [
      { role: 'system', content: 'Be brief. '.repeat(80) }, { role: 'user', content: 'Where is my parcel?' },
      { role: 'assistant', content: null, tool_calls: [call] }, { role: 'tool', tool_call_id: 'call_7', content: '{"state":"in transit"}' }] },
    output_data: 'It arrives tomorrow.', reasoning: 'The order is in transit, so tomorrow.', finish_reasons: ['stop'], stream: true, chunk_count: 12,
    tokens_input: 321, tokens_output: 45, usage: { input: 321, input_cached: 256, output: 45 }, cost_usd: 0.00125, time_to_first_token_ms: 412,
    attributes: { 'http.status': 200, region: 'eu' }, metadata: { experiment: 'b' }, scores: [{ name: 'helpful', value: 0.9, comment: 'good' }],
    events: [{ name: 'cache_miss', time: iso(now - 3_599_500), attributes: { key: 'k1' } }],
  }],
], { input: 'Where is my parcel?', output: 'It arrives tomorrow.', user_id: 'ada', session_id: 'talk-1', tags: ['shown'], metadata: { plan: 'pro' } });

export const troubled = traceOf('troubled', [
  ['root', null, 'agent', 0, 10_000],
  ['first', 'root', 'tool', 10, 100, { status: 'error', error: 'no answer in 3 s', error_type: 'timeout' }],
  ['lost', 'nowhere', 'function', 200, 50],
  ['unended', 'root', 'tool', 300, null],
  ['last', 'root', 'llm', 9900, 90, { status: 'error', error: 'refused' }],
], { tags: ['shown'] });

// Two pieces of work an hour apart.
export const idle = traceOf('waits-for-a-person', [
  ['root', null, 'agent', 0, 3_600_000],
  ['draft', 'root', 'llm', 0, 4000],
  ['approve', 'root', 'llm', 3_595_000, 5000],
], { start_time: iso(now - 3_600_000) });

export const talk = [1, 2, 3].map((turn) => traceOf('turn', [['root', null, 'chain', turn * 1000, 500]], {
  session_id: 'talk/2 ü', user_id: 'grace', input: `question ${turn}`, output: `answer ${turn} ${'long '.repeat(200)}`,
}));

await send(server.url, 'support-bot', dayOfTraces(random, now, 260));
await send(server.url, 'support-bot', [chat, troubled, idle, ...talk]);
await send(server.url, 'other', [supportTrace(random, { start: now - 60_000, user: 'linus' })]);

export const project = { project: 'support-bot' };
