// The trace itself: name, figures, whose it is.
import { getText } from '../base/api.js';
import { h } from '../base/dom.js';
import { age, cost, count, dateTime, duration, timeOf, tokens } from '../base/format.js';
import { icon, statusIcon } from '../base/icons.js';
import { to } from '../base/router.js';
import { condition } from '../parts/filter_text.js';
import { copyText, download } from '../parts/transfer.js';
import { toast } from '../parts/toast.js';
import { facts } from './facts.js';

function chip(symbol, label, address, title) {
  // A long title leaves each of them a few characters.
  const style = { minWidth: `${Math.min(label.length, 8) + 4}ch` };
  return h('a', { class: 'badge', href: address, title, style }, icon(symbol), h('span', { class: 'truncate' }, label));
}

const mostTags = 4;

function tags(all) {
  const rest = all.slice(mostTags);
  return [
    ...all.slice(0, mostTags).map((tag) => chip('tag', tag, to('/', { q: condition('tag', tag) }), `All traces with the tag ${tag}`)),
    rest.length > 0 && h('span', { class: 'badge short', title: rest.join(', ') }, `+${rest.length}`),
  ];
}

export async function downloadTrace(id) {
  try {
    download(`trace-${id}.jsonl`, await getText('/api/v1/export', { trace_id: id }), 'application/jsonl');
  } catch (error) {
    toast(error.message, 'error');
  }
}

export function traceHead(trace, { back, onOverview }) {
  const start = timeOf(trace.start_time ?? trace.received_time);
  const running = trace.status === 'running';
  return h('header', { class: 'trace-head' },
    h('div', { class: 'spread' },
      h('a', { class: 'button quiet icon-only', href: back, title: 'Back to the list (Esc)', 'aria-label': 'Back to the list' }, icon('left')),
      statusIcon(trace.status), h('h1', { class: 'truncate', title: trace.name }, trace.name || 'unnamed'),
      trace.user_id && chip('user', trace.user_id, to('/', { q: condition('user', trace.user_id) }), 'All traces of this user'),
      trace.session_id && chip('sessions', trace.session_id, to(`/sessions/${encodeURIComponent(trace.session_id)}`), 'The session'),
      tags(trace.tags ?? []),
      h('span', { class: 'grow' }),
      h('button', { class: 'button quiet', type: 'button', title: 'Input, output and metadata of the trace', onclick: onOverview }, 'Overview'),
      h('button', { class: 'button quiet', type: 'button', title: 'Copy the trace id', onclick: () => copyText(trace.trace_id, 'The trace id is copied') }, icon('copy'), h('span', { class: 'mono' }, trace.trace_id.slice(0, 8))),
      h('button', { class: 'button quiet icon-only', type: 'button', title: 'Download as JSON lines (d)', 'aria-label': 'Download as JSON lines', onclick: () => downloadTrace(trace.trace_id) }, icon('download'))),
    trace.error && h('p', { class: 'trace-error truncate', title: trace.error }, trace.error),
    facts([
      ['Started', `${dateTime(start)}`, `${age(start)} ago`],
      ['Latency', running ? h('span', { class: 'ticking' }, `${duration(Math.max(0, Date.now() - start))}…`) : duration(trace.duration_ms)],
      ['First token', duration(trace.time_to_first_token_ms)],
      ['Tokens in → out', tokens(trace.tokens_input, trace.tokens_output)],
      ['Cost', cost(trace.total_cost)],
      ['Spans', count(trace.span_count)],
      ['LLM calls', count(trace.llm_count || undefined)],
      ['Errors', trace.error_count > 0 && h('span', { class: 'failed' }, count(trace.error_count))],
      ['Running', running && trace.open_count > 0 && count(trace.open_count)],
      ['Environment', trace.environment],
      ['Release', trace.release],
    ]));
}
