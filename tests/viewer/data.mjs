// Traces as programs would send them, the same ones in each run: the numbers are drawn by a seeded generator.

export function generator(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    pick: (list) => list[Math.floor(next() * list.length)],
    hex: (digits) => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('').replace(/^0+/, '1'.repeat(1)).padStart(digits, '1'),
    around: (middle) => middle * Math.exp((next() + next() + next() - 1.5) * 0.9),
  };
}

const iso = (milliseconds) => new Date(milliseconds).toISOString();

const models = [
  { model: 'gpt-4o', provider: 'openai', input: 2.5e-6, output: 10e-6 },
  { model: 'gpt-4o-mini', provider: 'openai', input: 0.15e-6, output: 0.6e-6 },
  { model: 'claude-sonnet-4', provider: 'anthropic', input: 3e-6, output: 15e-6 },
  { model: 'gemini-2.5-flash', provider: 'gcp.gemini', input: 0.3e-6, output: 2.5e-6 },
];

const questions = [
  ['Where is my parcel 4711?', 'It left the depot in Graz this morning and arrives tomorrow between 9 and 12.'],
  ['Can I still change the delivery address?', 'Yes, until 6 this evening: open My orders and press “Deliver elsewhere”.'],
  ['The box arrived damaged. What now?', 'I am sorry. Please send two photos; a replacement leaves today.'],
  ['How long do I have to return the shoes?', 'Thirty days from delivery. The label is in your account, below the order.'],
  ['Why was I charged twice?', 'One of the two is a reservation by your bank. It disappears within three days.'],
  ['Please summarise the terms of delivery.', 'Standard takes two to four days, express one. Both are insured up to 500 euros.'],
];

// A tree of one request of a support agent. Options: start, user, session, fails, running.
export function supportTrace(random, options) {
  const traceId = random.hex(32);
  const [question, answer] = random.pick(questions);
  const spans = [];
  let clock = options.start;
  const add = (name, type, parent, length, fields = {}) => {
    const start = fields.start ?? clock;
    spans.push({
      trace_id: traceId, span_id: random.hex(16), ...(parent ? { parent_span_id: parent.span_id } : {}), name, span_type: type,
      status: 'ok', start_time: iso(start), end_time: iso(start + length), duration_ms: length, ...without(fields, 'start'),
    });
    return spans.at(-1);
  };
  const llm = (name, parent, length, kind, messages, output, extra = {}) => {
    const tokensIn = Math.round(random.around(700));
    const tokensOut = Math.round(random.around(110));
    const span = add(name, 'llm', parent, length, {
      operation: 'chat', model: kind.model, provider: kind.provider, input_data: { messages }, output_data: output, finish_reasons: ['stop'],
      tokens_input: tokensIn, tokens_output: tokensOut, cost_usd: tokensIn * kind.input + tokensOut * kind.output, cost_source: 'prices',
      parameters: { temperature: 0.2 }, stream: true, time_to_first_token_ms: length * 0.3, ...extra,
    });
    clock += length;
    return span;
  };
  const root = add('chat-request', 'chain', null, 1, { input_data: question });
  const agent = add('support_agent', 'agent', root, 1);
  const messages = [{ role: 'system', content: 'You are a support agent of a parcel service.' }, { role: 'user', content: question }];
  llm('plan', agent, random.around(600), models[1], messages, 'Look up the order, then search the manual.');
  const search = add('search_manual', 'retrieval', agent, random.around(80), { input_data: { query: question, top_k: 3 }, output_data: { hits: 3 } });
  add('embed_query', 'embedding', search, search.duration_ms * 0.4, { model: 'text-embedding-3-small', provider: 'openai', tokens_input: 12 });
  clock += search.duration_ms;
  const tool = add('order_status', 'tool', agent, random.around(200), { input_data: { order: 4000 + random.below(900) } });
  if (options.fails) Object.assign(tool, { status: 'error', error: 'the order service did not answer in 1 s', error_type: 'timeout' });
  else tool.output_data = { state: 'in transit', eta: 'tomorrow' };
  clock += tool.duration_ms;
  llm('write_answer', agent, random.around(1800), random.pick([models[0], models[0], models[2], models[3]]), messages, answer);
  for (const [span, extra] of [[agent, 4], [root, 9]]) finish(span, clock - options.start + extra, options);
  root.output_data = answer;
  const trace = {
    trace_id: traceId, root_span_id: root.span_id, name: options.name ?? 'chat-request', start_time: root.start_time, end_time: root.end_time,
    duration_ms: root.duration_ms, status: options.running ? 'running' : options.broken ? 'error' : 'ok', user_id: options.user, session_id: options.session,
    tags: options.tags ?? ['prod'], environment: 'production', release: '1.4.2', input: question, output: answer, metadata: { plan: random.pick(['free', 'pro']) },
  };
  return { trace: JSON.parse(JSON.stringify(trace)), spans };
}

function without(object, name) {
  const { [name]: _, ...rest } = object;
  return rest;
}

function finish(span, length, { running }) {
  span.duration_ms = running ? undefined : length;
  span.end_time = running ? undefined : iso(Date.parse(span.start_time) + length);
  if (running) span.status = 'running';
}

// A day of requests, the more the later; sessions of a few turns.
export function dayOfTraces(random, now, number) {
  const found = [];
  const names = ['chat-request', 'chat-request', 'chat-request', 'summarise-ticket', 'nightly-report'];
  const users = ['ada', 'grace', 'linus', 'barbara', 'edsger', 'margaret'];
  for (let turn = 0; turn < number; turn += 1) {
    const back = 86_000_000 * (1 - Math.sqrt((turn + 0.5) / number));
    const user = random.pick(users);
    found.push(supportTrace(random, {
      start: now - back - 20_000, user, session: `${user}-${1 + Math.floor(turn / 40)}`, fails: random.next() < 0.09,
      name: random.pick(names), tags: random.next() < 0.2 ? ['prod', 'vip'] : ['prod'],
    }));
  }
  return found;
}

// One trace of many spans, as a long batch job makes it: groups of forty below a root.
export function largeTrace(random, now, number) {
  const traceId = random.hex(32);
  const ids = Array.from({ length: number }, (_, index) => (index + 1).toString(16).padStart(16, '0'));
  const start = now - 600_000;
  const spans = ids.map((span_id, index) => {
    const group = index === 0 ? null : Math.floor((index - 1) / 40) * 40 + 1;
    const head = index === group;
    const at = start + (index / number) * 590_000;
    const length = index === 0 ? 595_000 : head ? 40 * 590_000 / number : random.around(40);
    return {
      trace_id: traceId, span_id, ...(index === 0 ? {} : { parent_span_id: head ? ids[0] : ids[group] }),
      name: index === 0 ? 'index-documents' : head ? `document-${group}` : random.pick(['chunk', 'embed', 'summarise', 'store']),
      span_type: index === 0 ? 'chain' : head ? 'agent' : random.pick(['llm', 'tool', 'embedding', 'function']),
      status: index % 997 === 5 ? 'error' : 'ok', ...(index % 997 === 5 ? { error: 'the store was busy', error_type: 'busy' } : {}),
      start_time: iso(at), end_time: iso(at + length), duration_ms: length,
      ...(random.next() < 0.3 ? { model: 'gpt-4o-mini', tokens_input: 100 + random.below(900), tokens_output: random.below(200), cost_usd: random.next() * 0.001 } : {}),
    };
  });
  const trace = { trace_id: traceId, root_span_id: ids[0], name: 'index-documents', start_time: iso(start), end_time: iso(start + 595_000), duration_ms: 595_000, status: 'ok' };
  return { trace, spans };
}

export async function send(server, project, traces, size = 400) {
  const post = async (path, body) => {
    const response = await fetch(server + path, {
      method: 'POST', headers: { 'X-API-Key': project.key ?? `project-${project}`, 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.status !== 200 || answer.rejected.length > 0) throw new Error(`not stored: ${JSON.stringify(answer).slice(0, 400)}`);
  };
  const spans = traces.flatMap((one) => one.spans);
  for (let at = 0; at < spans.length; at += size) await post('/api/spans', { spans: spans.slice(at, at + size) });
  const headers = traces.map((one) => one.trace).filter(Boolean);
  for (let at = 0; at < headers.length; at += size) await post('/api/traces', { traces: headers.slice(at, at + size) });
}
