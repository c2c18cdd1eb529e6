// Everything else that is known of a span, as tables.
import { h } from '../base/dom.js';
import { cost, dateTime, duration, timeOf } from '../base/format.js';
import { to } from '../base/router.js';
import { asText } from '../parts/json_view.js';
import { longText } from '../parts/long_text.js';
import { copyButton } from '../parts/transfer.js';

function table(title, rows) {
  const known = rows.filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (known.length === 0) return null;
  return h('section', { class: 'attribute-group' }, h('h3', {}, title),
    h('div', { class: 'attributes', role: 'table', 'aria-label': title }, known.map(([name, value]) => h('div', { role: 'row' },
      h('span', { class: 'name', role: 'rowheader' }, name),
      h('span', { class: 'value', role: 'cell' }, value instanceof Node ? value : longText(asText(value), { length: 600, lines: 8 })),
      value instanceof Node ? null : copyButton(asText(value), `Copy ${name}`)))));
}

function objectTable(title, value) {
  if (value === undefined || value === null) return null;
  return table(title, typeof value === 'object' ? Object.entries(value) : [['value', value]]);
}

// Programs may record anything; what is no object has no parts to show.
function things(list) {
  return Array.isArray(list) ? list.filter((one) => one !== null && typeof one === 'object') : [];
}

function events(span) {
  const zero = timeOf(span.start_time);
  return table('Events', things(span.events).map((event) => [
    event.time && zero !== undefined ? `+${duration(Math.max(0, timeOf(event.time) - zero)) || '0 ms'}` : '', `${event.name}${event.attributes ? ` ${asText(event.attributes)}` : ''}`]));
}

function links(span) {
  return table('Links', things(span.links).map((link) => [
    'trace', h('a', { class: 'mono', href: to(`/traces/${encodeURIComponent(link.trace_id ?? '')}`, { span: link.span_id }) }, String(link.trace_id ?? ''))]));
}

export function attributesView(span) {
  const found = [
    table('Span', [
      ['span_id', span.span_id], ['parent_span_id', span.parent_span_id], ['type', span.span_type], ['status', span.status], ['status_message', span.status_message],
      ['start', span.start_time && `${dateTime(timeOf(span.start_time))}  (${span.start_time})`], ['end', span.end_time], ['agent_type', span.agent_type],
    ]),
    table('Model', [
      ['model', span.model], ['response_model', span.response_model], ['provider', span.provider], ['operation', span.operation], ['response_id', span.response_id],
      ['finish_reasons', span.finish_reasons?.join(', ')], ['stream', span.stream === undefined ? undefined : String(span.stream)], ['chunk_count', span.chunk_count], ['cost_source', span.cost_source],
    ]),
    objectTable('Parameters', span.parameters),
    objectTable('Usage', span.usage),
    span.cost_details && table('Cost', Object.entries(span.cost_details).map(([name, value]) => [name, typeof value === 'number' ? cost(value) : value])),
    table('Scores', things(span.scores).map((score) => [score.name, `${score.value}${score.comment ? ` · ${score.comment}` : ''}`])),
    objectTable('Attributes', span.attributes),
    objectTable('Metadata', span.metadata),
    events(span),
    links(span),
    objectTable('Cut fields (original bytes)', span.truncated),
  ];
  return h('div', { class: 'attribute-groups' }, found);
}

export { table, objectTable };
