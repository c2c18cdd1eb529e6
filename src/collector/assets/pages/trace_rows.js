// The list of traces: what a row shows, and how one moves in it.
import { h, replace } from '../base/dom.js';
import { age, cost, count, dateTime, duration, timeOf, tokens } from '../base/format.js';
import { icon, statusIcon } from '../base/icons.js';
import { go, to } from '../base/router.js';
import { condition } from '../parts/filter_text.js';
import { VirtualList } from '../parts/virtual_list.js';

const columns = [
  ['', ''],
  ['Trace', ''],
  ['Latency', 'latency'],
  ['Tokens in → out', 'tokens'],
  ['Cost', 'cost'],
  ['Spans', 'spans'],
  ['User, session', ''],
  ['Age', 'start_time'],
];

export function listHead(sort, ascending, onSort) {
  return h('div', { class: 'list-head', role: 'row' }, columns.map(([label, name], index) => {
    const active = name !== '' && name === sort;
    return h('div', {
      class: index >= 2 && index !== 6 ? 'number' : '', role: 'columnheader',
      'aria-sort': active ? (ascending ? 'ascending' : 'descending') : null,
    }, name ? h('button', { type: 'button', onclick: () => onSort(name) }, label, active && icon(ascending ? 'up' : 'down')) : label);
  }));
}

function preview(trace) {
  const { input_preview: input, output_preview: output } = trace;
  if (!input && !output) return h('div', { class: 'preview truncate' }, trace.error ?? ' ');
  // Isolated, or two texts that run from right to left would change places.
  return h('div', { class: 'preview truncate' }, input && h('bdi', {}, input), output && [icon('right'), h('bdi', {}, output)]);
}

function title(trace) {
  return h('div', { class: 'title' },
    h('a', { class: 'truncate', href: to(`/traces/${trace.trace_id}`), tabindex: '-1' }, trace.name || 'unnamed'),
    trace.error_count > 0 && h('span', { class: 'badge error', title: `${trace.error_count} of ${trace.span_count} spans failed` }, count(trace.error_count), trace.error_count === 1 ? ' error' : ' errors'),
    (trace.tags ?? []).slice(0, 3).map((tag) => h('span', { class: 'badge tag' }, h('span', { class: 'truncate' }, tag))));
}

function who(trace) {
  return h('div', { class: 'who', role: 'gridcell' },
    trace.user_id && h('a', { class: 'truncate', tabindex: '-1', href: to('/', { q: condition('user', trace.user_id) }), title: 'All traces of this user' }, trace.user_id),
    trace.session_id && h('a', { class: 'truncate', tabindex: '-1', href: to(`/sessions/${encodeURIComponent(trace.session_id)}`), title: 'This session' }, trace.session_id));
}

export function latencyOf(trace, now) {
  return trace.duration_ms ?? (trace.status === 'running' ? Math.max(0, now - timeOf(trace.start_time)) : undefined);
}

function latency(trace, longest) {
  const now = Date.now();
  const value = latencyOf(trace, now);
  const share = value ? Math.min(1, value / longest) : 0;
  return h('div', { class: `number ${trace.status === 'running' ? 'ticking' : ''}`, role: 'gridcell' },
    h('span', { class: 'bar-number' }, duration(value), h('i', { style: { width: `${(share * 100).toFixed(1)}%` } })));
}

export class TraceRows {
  constructor({ label, onNearEnd }) {
    this.traces = [];
    this.selected = -1;
    this.longest = 1;
    this.fresh = new Set();
    this.onNearEnd = onNearEnd;
    this.list = new VirtualList({
      rowHeight: 52,
      make: () => h('div', { class: 'trace-row', role: 'row', onclick: (event) => this.#click(event) }),
      fill: (row, index) => this.#fill(row, index),
      attributes: { role: 'grid', 'aria-label': label },
    });
    this.list.element.addEventListener('scroll', () => this.#near(), { passive: true });
    this.element = this.list.element;
  }

  show(traces) {
    const before = this.traces[this.selected]?.trace_id;
    this.traces = traces;
    this.selected = before ? traces.findIndex((one) => one.trace_id === before) : -1;
    const values = traces.map((one) => one.duration_ms ?? 0).sort((a, b) => a - b);
    this.longest = values[Math.floor(values.length * 0.98)] || 1;  // one outlier does not flatten all others
    this.element.setAttribute('aria-rowcount', traces.length);
    this.list.setCount(traces.length);
  }

  move(by) {
    if (this.traces.length === 0) return;
    this.selected = Math.min(this.traces.length - 1, Math.max(0, this.selected + by));
    this.list.reveal(this.selected);
    this.list.refresh();
    this.element.setAttribute('aria-activedescendant', `trace-${this.selected}`);
    this.element.focus({ preventScroll: true });
    this.#near();
  }

  open() {
    const trace = this.traces[this.selected];
    if (trace) go(to(`/traces/${trace.trace_id}`));
    return Boolean(trace);
  }

  close() {
    this.list.close();
  }

  #near() {
    if (this.list.first + this.list.seen + 20 > this.traces.length) this.onNearEnd?.();
  }

  #click(event) {
    if (event.target.closest('a')) return;
    const trace = this.traces[Number(event.currentTarget.dataset.index)];
    if (getSelection().toString() === '') go(to(`/traces/${trace.trace_id}`));
  }

  #fill(row, index) {
    const trace = this.traces[index];
    if (!trace) return;
    row.dataset.index = index;
    row.dataset.trace = trace.trace_id;
    row.id = `trace-${index}`;
    row.setAttribute('aria-selected', String(index === this.selected));
    row.setAttribute('aria-rowindex', index + 1);
    row.classList.toggle('fresh', this.fresh.has(trace.trace_id));
    const start = timeOf(trace.start_time ?? trace.received_time);
    replace(row,
      statusIcon(trace.status),
      h('div', { role: 'gridcell', class: 'grow' }, title(trace), preview(trace)),
      latency(trace, this.longest),
      h('div', { class: 'number', role: 'gridcell' }, tokens(trace.tokens_input, trace.tokens_output)),
      h('div', { class: 'number', role: 'gridcell' }, cost(trace.total_cost)),
      h('div', { class: 'number', role: 'gridcell' }, count(trace.span_count)),
      who(trace),
      h('div', { class: 'number muted', role: 'gridcell', title: dateTime(start) }, age(start)));
  }
}
