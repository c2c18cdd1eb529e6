// Finds spans: by what the light rows say at once, by their inputs and outputs when these are asked for.

const lightFields = ['name', 'model', 'response_model', 'provider', 'operation', 'agent_type', 'span_type', 'error', 'error_type', 'status_message', 'span_id'];

export function findSpans(model, text, bodies) {
  const wanted = text.trim().toLowerCase();
  const found = [];
  if (wanted === '') return found;
  for (let at = 0; at < model.count; at += 1) {
    const number = model.order[at];
    const span = model.spans[number];
    const light = lightFields.some((field) => typeof span[field] === 'string' && span[field].toLowerCase().includes(wanted));
    if (light || bodies?.get(span.span_id)?.includes(wanted)) found.push(number);
  }
  return found;
}

const heavyFields = ['input_data', 'output_data', 'output_text', 'reasoning', 'tool_calls', 'attributes', 'metadata', 'events'];

// Lower-case text of each whole span, for searching.
export function bodiesOf(spans) {
  return new Map(spans.map((span) => [
    span.span_id,
    heavyFields.filter((field) => span[field] !== undefined)
      .map((field) => (typeof span[field] === 'string' ? span[field] : JSON.stringify(span[field]))).join('\n').toLowerCase(),
  ]));
}
