// Messages of all providers in one form:
//   { role, name, parts: [{ kind: text | reasoning | call | result | media | data, … }] }
// A part that is not known is kept as data, so nothing is hidden.

export function inputMessages(span) {
  const input = span.input_data;
  const fromAttributes = span.attributes?.['llm.messages'];
  const list = listIn(input) ?? listIn(parsed(fromAttributes));
  const found = [];
  const system = input?.system ?? input?.system_instruction ?? input?.instructions;
  if (system) found.push({ role: 'system', parts: partsOf(system) });
  if (list) return [...found, ...list.map(message)];
  const prompt = typeof input === 'string' ? input : typeof input?.prompt === 'string' ? input.prompt : input?.input;
  if (typeof prompt === 'string') return [...found, { role: 'user', parts: [{ kind: 'text', text: prompt }] }];
  return found;
}

export function outputMessages(span) {
  const found = replies(span.output_data).map(message);
  const parts = [];
  if (typeof span.reasoning === 'string' && span.reasoning !== '') parts.push({ kind: 'reasoning', text: span.reasoning });
  const said = found.flatMap((one) => one.parts);
  if (span.output_text && !said.some((part) => part.kind === 'text')) parts.push({ kind: 'text', text: span.output_text });
  if (!said.some((part) => part.kind === 'call')) parts.push(...calls(span.tool_calls));
  if (found.length === 0 && parts.length > 0) return [{ role: 'assistant', parts }];
  if (found.length > 0) {
    const hasReasoning = said.some((part) => part.kind === 'reasoning');
    found[0].parts = [...parts.filter((part) => part.kind !== 'reasoning' || !hasReasoning), ...found[0].parts]
      .sort((a, b) => weight(a) - weight(b));
  }
  return found;
}

const weights = { reasoning: 0, text: 1, media: 1, data: 1, call: 2, result: 3 };

function weight(part) {
  return weights[part.kind] ?? 1;
}

// Results of tools are shown with the calls that they answer.
export function joinResults(messages) {
  const results = new Map();
  for (const part of messages.flatMap((one) => one.parts)) {
    if (part.kind === 'result' && part.id) results.set(part.id, part);
  }
  const joined = new Set();
  const withResults = messages.map((one) => ({ ...one, parts: one.parts.map((part) => {
    const result = part.kind === 'call' && part.id ? results.get(part.id) : undefined;
    if (!result) return part;
    joined.add(result);
    return { ...part, result };
  }) }));
  return withResults.map((one) => ({ ...one, parts: one.parts.filter((part) => !joined.has(part)) })).filter((one) => one.parts.length > 0);
}

function parsed(value) {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

function isMessage(value) {
  return value !== null && typeof value === 'object' && (typeof value.role === 'string' || typeof value.type === 'string' && ('content' in value || 'call_id' in value));
}

function listIn(value) {
  const list = Array.isArray(value) ? value : value?.messages ?? value?.contents ?? (Array.isArray(value?.input) ? value.input : undefined);
  return Array.isArray(list) && list.length > 0 && list.every(isMessage) ? list : undefined;
}

function replies(output) {
  if (output === undefined || output === null) return [];
  if (typeof output === 'string') return [{ role: 'assistant', content: output }];
  if (Array.isArray(output.choices)) return output.choices.map((one) => one?.message ?? one?.delta ?? { role: 'assistant', content: one?.text });
  if (Array.isArray(output.candidates)) return output.candidates.map((one) => one?.content ?? {});
  if (Array.isArray(output.output)) return output.output.map((one) => ({ role: 'assistant', ...one }));
  const list = listIn(output);
  if (list) return list;
  if (isMessage(output)) return [output];
  for (const name of ['message', 'answer', 'text', 'content', 'response', 'completion']) {
    if (typeof output[name] === 'string') return [{ role: 'assistant', content: output[name] }];
    if (isMessage(output[name])) return [output[name]];
  }
  return [];
}

function message(value) {
  const parts = [];
  const result = value.tool_call_id ?? (value.type === 'function_call_output' ? value.call_id : undefined);
  if (result !== undefined) parts.push({ kind: 'result', id: result, name: value.name, value: plain(value.content ?? value.output) });
  else if (value.type === 'function_call') parts.push(call(value));
  else if (value.type === 'reasoning') parts.push({ kind: 'reasoning', text: asText(value.summary ?? value.content) });
  else parts.push(...partsOf(value.content ?? value.parts));
  const thought = value.reasoning_content ?? value.reasoning ?? value.thinking;
  if (typeof thought === 'string' && thought !== '') parts.unshift({ kind: 'reasoning', text: thought });
  if (typeof value.refusal === 'string') parts.push({ kind: 'text', text: value.refusal });
  parts.push(...calls(value.tool_calls));
  return { role: typeof value.role === 'string' ? value.role : 'assistant', name: value.name, parts };
}

function partsOf(content) {
  if (content === undefined || content === null || content === '') return [];
  if (typeof content === 'string') return [{ kind: 'text', text: content }];
  if (Array.isArray(content)) return content.map(part);
  return Array.isArray(content.parts) ? content.parts.map(part) : [part(content)];
}

function part(value) {
  if (typeof value === 'string') return { kind: 'text', text: value };
  if (value === null || typeof value !== 'object') return { kind: 'data', value };
  const type = value.type;
  if (type === 'tool_use' || type === 'tool_call' || value.functionCall) return call(value.functionCall ?? value);
  if (type === 'tool_result') return { kind: 'result', id: value.tool_use_id, value: plain(value.content), failed: value.is_error === true };
  if (type === 'tool_call_response') return { kind: 'result', id: value.id, value: plain(value.response) };
  if (value.functionResponse) return { kind: 'result', id: value.functionResponse.id ?? value.functionResponse.name, name: value.functionResponse.name, value: value.functionResponse.response };
  if (type === 'thinking' || type === 'reasoning' || value.thought === true) return { kind: 'reasoning', text: asText(value.thinking ?? value.content ?? value.text) };
  const text = value.text ?? (type === 'text' ? value.content : undefined);
  if (typeof text === 'string') return { kind: 'text', text };
  const media = mediaOf(value);
  return media ? { kind: 'media', media, value } : { kind: 'data', value };
}

// Named, not loaded: what a prompt refers to must not make this page fetch anything.
function mediaOf(value) {
  const type = String(value.type ?? value.modality ?? '');
  const kind = value.mime_type ?? value.inlineData?.mimeType ?? value.source?.media_type;
  if (/image|audio|file|document|blob|uri|video/.test(type) || kind) return kind ?? type;
  return undefined;
}

function calls(list) {
  return Array.isArray(list) ? list.filter((one) => one !== null && typeof one === 'object').map(call) : [];
}

function call(value) {
  const details = value.function ?? value;
  const given = details.arguments ?? details.input ?? details.args;
  return { kind: 'call', id: value.id ?? value.call_id ?? value.name, name: details.name ?? 'tool', value: typeof given === 'string' ? parsed(given) ?? given : given };
}

// The content of a result is often a list of one text.
function plain(content) {
  if (Array.isArray(content) && content.length === 1 && typeof content[0]?.text === 'string') return content[0].text;
  return content;
}

function asText(value) {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((one) => (typeof one === 'string' ? one : one?.text ?? '')).join('\n');
  return value === undefined ? '' : JSON.stringify(value);
}
