// One trace as a support agent would send it: a plan, a search, a tool that fails once, a streamed answer.

function id(digits) {
  const bytes = crypto.getRandomValues(new Uint8Array(digits / 2));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const question = 'My parcel 4711 should have come on Tuesday. Where is it, and can I still change the address?';
const answer = `Your parcel **4711** left our depot in Graz this morning and will reach you tomorrow between 9 and 12.

The address can be changed until 6 this evening:
1. open *My orders*,
2. choose the parcel,
3. press “Deliver elsewhere”.`;

const tools = [
  { id: 'call_1', name: 'order_status', arguments: { order: 4711 } },
  { id: 'call_2', name: 'search_manual', arguments: { query: 'change delivery address', top_k: 2 } },
];

function spanTree() {
  return [
    { key: 'root', name: 'chat-request', span_type: 'chain', at: 0, for: 4180, input_data: question, output_data: answer },
    { key: 'agent', parent: 'root', name: 'support_agent', span_type: 'agent', agent_type: 'support', at: 6, for: 4160, input_data: question },
    {
      key: 'plan', parent: 'agent', name: 'plan', span_type: 'llm', at: 14, for: 812, operation: 'chat', model: 'gpt-4o-mini', provider: 'openai',
      response_model: 'gpt-4o-mini-2024-07-18', parameters: { temperature: 0.1, max_tokens: 300 },
      input_data: { messages: [
        { role: 'system', content: 'You are a support agent of a parcel service. Use tools before you answer.' },
        { role: 'user', content: question }] },
      tool_calls: tools, finish_reasons: ['tool_calls'], tokens_input: 214, tokens_output: 38, cost_usd: 0.0000549, cost_source: 'prices',
    },
    { key: 'search', parent: 'agent', name: 'search_manual', span_type: 'retrieval', at: 840, for: 96, input_data: tools[1].arguments,
      output_data: { documents: [
        { id: 'manual#12', score: 0.91, content: 'An address can be changed until 18:00 on the day before delivery.' },
        { id: 'manual#31', score: 0.78, content: 'Deliver elsewhere: in My orders, below each parcel.' }] } },
    { key: 'embed', parent: 'search', name: 'embed_query', span_type: 'embedding', at: 843, for: 41, model: 'text-embedding-3-small', provider: 'openai',
      input_data: 'change delivery address', tokens_input: 4, cost_usd: 0.00000008 },
    { key: 'first', parent: 'agent', name: 'order_status', span_type: 'tool', at: 842, for: 1003, input_data: tools[0].arguments, status: 'error',
      error: 'the order service did not answer in 1 s', error_type: 'timeout', attributes: { attempt: 1, 'server.address': 'orders.internal' } },
    { key: 'second', parent: 'agent', name: 'order_status', span_type: 'tool', at: 1852, for: 187, input_data: tools[0].arguments,
      output_data: { order: 4711, state: 'in transit', depot: 'Graz', eta: 'tomorrow 9:00–12:00' }, attributes: { attempt: 2, 'server.address': 'orders.internal' } },
    {
      key: 'answer', parent: 'agent', name: 'write_answer', span_type: 'llm', at: 2050, for: 2090, operation: 'chat', model: 'gpt-4o', provider: 'openai',
      response_model: 'gpt-4o-2024-08-06', response_id: 'chatcmpl-sample', parameters: { temperature: 0.3, stream: true }, stream: true, chunk_count: 96,
      time_to_first_token_ms: 384.2,
      input_data: { messages: [
        { role: 'system', content: 'You are a support agent of a parcel service. Use tools before you answer.' },
        { role: 'user', content: question },
        { role: 'assistant', content: null, tool_calls: tools.map((one) => ({ id: one.id, type: 'function', function: { name: one.name, arguments: JSON.stringify(one.arguments) } })) },
        { role: 'tool', tool_call_id: 'call_1', content: '{"order":4711,"state":"in transit","depot":"Graz","eta":"tomorrow 9:00–12:00"}' },
        { role: 'tool', tool_call_id: 'call_2', content: 'An address can be changed until 18:00 on the day before delivery.' }] },
      output_data: answer, output_text: answer,
      reasoning: 'The parcel is in transit and due tomorrow, so the change is possible until 18:00 today. Name both, briefly.',
      finish_reasons: ['stop'], tokens_input: 1162, tokens_output: 157, usage: { input: 1162, input_cached: 1024, output: 157, output_reasoning: 24 },
      cost_usd: 0.0031950, cost_source: 'prices', scores: [{ name: 'helpful', value: 0.92, comment: 'by a judge' }],
    },
  ];
}

function iso(milliseconds) {
  return new Date(milliseconds).toISOString();
}

export function sampleTrace(now, project) {
  const traceId = id(32);
  const tree = spanTree();
  const start = now - 4200;
  const ids = new Map(tree.map((one) => [one.key, id(16)]));
  const spans = tree.map(({ key, parent, at, for: length, ...fields }) => ({
    trace_id: traceId, span_id: ids.get(key), ...(parent ? { parent_span_id: ids.get(parent) } : {}),
    status: 'ok', ...fields, start_time: iso(start + at), end_time: iso(start + at + length), duration_ms: length,
  }));
  const trace = {
    trace_id: traceId, root_span_id: ids.get('root'), name: 'chat-request', ...(project === '(yours)' ? {} : { project_id: project }),
    start_time: iso(start), end_time: iso(start + 4180), duration_ms: 4180, status: 'ok', user_id: 'ada', session_id: 'sample-session',
    tags: ['sample'], environment: 'development', release: '1.4.2', input: question, output: answer, metadata: { plan: 'pro' },
    resource: { 'telemetry.sdk.name': 'llmtrace viewer', 'telemetry.sdk.language': 'cpp' },
  };
  return { trace, spans };
}
