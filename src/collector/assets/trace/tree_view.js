// Tree and waterfall: one row a span, of which only those in sight exist.
import { h, replace } from '../base/dom.js';
import { cost, duration, shortCount } from '../base/format.js';
import { icon, kindIcon, kindOf } from '../base/icons.js';
import { VirtualList } from '../parts/virtual_list.js';
import { flagError, flagOpen, flagOrphan } from './model.js';

const indent = 14;
const deepest = 16;  // deeper levels are shown as this one, with their number in front

export class TreeView {
  constructor({ onSelect, onToggle }) {
    this.onSelect = onSelect;
    this.onToggle = onToggle;
    this.list = new VirtualList({
      rowHeight: 28,
      make: () => this.#make(),
      fill: (row, index) => this.#fill(row, this.rows[index], index),
      attributes: { role: 'tree', 'aria-label': 'Spans', class: 'virtual tree' },
    });
    this.element = this.list.element;
    this.rows = new Int32Array(0);
    this.matches = null;
    this.selected = -1;
  }

  // view: { model, scale, zoom: [from, to], closed }
  show(view) {
    Object.assign(this, view);
    this.rows = this.model.visible(this.closed);
    this.rowOf = new Map();
    this.rows.forEach((number, row) => this.rowOf.set(number, row));
    if (this.measured !== this.model) this.#measure();
    this.list.setCount(this.rows.length);
  }

  zoomTo(scale, zoom) {
    Object.assign(this, { scale, zoom });
    this.list.refresh();
  }

  select(number, { centre = false } = {}) {
    this.selected = number;
    const row = this.rowOf?.get(number);
    if (row !== undefined) {
      if (centre) this.list.centre(row);
      else this.list.reveal(row);
      this.element.setAttribute('aria-activedescendant', `span-${number}`);
    }
    this.list.refresh();
  }

  mark(matches) {
    this.matches = matches;
    this.list.refresh();
  }

  close() {
    this.list.close();
  }

  #measure() {
    this.measured = this.model;
    this.mostTokens = 1;
    this.mostCost = 0;
    for (const span of this.model.spans) {
      this.mostTokens = Math.max(this.mostTokens, (span.tokens_input ?? 0) + (span.tokens_output ?? 0));
      this.mostCost = Math.max(this.mostCost, span.cost_usd ?? 0);
    }
  }

  #make() {
    const parts = {
      guides: h('span', { class: 'guides' }),
      toggle: h('button', { class: 'toggle', type: 'button', tabindex: '-1' }),
      symbol: h('span', { class: 'symbol' }),
      name: h('span', { class: 'name truncate' }),
      note: h('span', { class: 'note truncate' }),
      marks: h('span', { class: 'marks' }),
      tokens: barNumber(),
      money: barNumber(),
      bar: h('span', { class: 'bar' }, h('i')),
      label: h('span', { class: 'length' }),
    };
    const row = h('div', { class: 'span-row', role: 'treeitem' },
      h('div', { class: 'tree-cell' }, parts.guides, parts.toggle, parts.symbol, parts.name, parts.note, parts.marks),
      h('div', { class: 'tokens-cell' }, parts.tokens.element), h('div', { class: 'cost-cell' }, parts.money.element),
      h('div', { class: 'time-cell' }, parts.bar, parts.label));
    row.parts = parts;
    row.addEventListener('click', (event) => {
      if (parts.toggle.contains(event.target)) this.onToggle(row.number);
      else this.onSelect(row.number);
    });
    row.addEventListener('dblclick', () => this.onToggle(row.number));
    return row;
  }

  #fill(row, number, index) {
    const { model } = this;
    const span = model.spans[number];
    const kind = kindOf(span);
    const flags = model.flags[number];
    const parent = model.hasChildren(number);
    row.number = number;
    row.id = `span-${number}`;
    row.dataset.span = span.span_id;
    row.className = `span-row${number === this.selected ? ' selected' : ''}${this.matches?.has(number) ? ' match' : ''}${flags & flagError ? ' failed' : ''}`;
    row.setAttribute('aria-level', model.depth[number] + 1);
    row.setAttribute('aria-selected', String(number === this.selected));
    row.setAttribute('aria-posinset', index + 1);
    row.setAttribute('aria-setsize', this.rows.length);
    if (parent) row.setAttribute('aria-expanded', String(!this.closed[number]));
    else row.removeAttribute('aria-expanded');
    this.#fillTree(row.parts, span, number, kind, flags, parent);
    this.#fillFigures(row.parts, span);
    this.#fillBar(row.parts, span, number, kind, flags);
  }

  #fillTree(parts, span, number, kind, flags, parent) {
    const depth = this.model.depth[number];
    const closed = Boolean(parent && this.closed[number]);
    parts.guides.style.width = `${Math.min(depth, deepest) * indent}px`;
    parts.guides.textContent = depth > deepest ? String(depth) : '';
    this.#fillToggle(parts, parent ? (closed ? 'right' : 'down') : '');
    if (parts.kind !== kind) {
      parts.kind = kind;
      parts.symbol.title = kind;
      replace(parts.symbol, kindIcon(kind));
    }
    parts.name.textContent = span.name || 'unnamed';
    parts.name.title = span.name ?? '';
    parts.note.textContent = closed ? `+${this.model.below(number)}` : span.model ?? '';
    if (flags !== 0 || span.cancelled || parts.marks.firstChild) this.#fillMarks(parts.marks, span, flags);
  }

  #fillToggle(parts, symbol) {
    if (parts.toggleSymbol === symbol) return;
    parts.toggleSymbol = symbol;
    parts.toggle.style.visibility = symbol ? '' : 'hidden';
    parts.toggle.setAttribute('aria-label', symbol === 'right' ? 'Open' : 'Close');
    replace(parts.toggle, symbol && icon(symbol));
  }

  #fillMarks(element, span, flags) {
    replace(element,
      (flags & flagError) !== 0 && mark('error', span.error ? `Failed: ${span.error}` : 'Failed', 'failed'),
      (flags & flagOrphan) !== 0 && mark('orphan', 'Orphan: its parent is not in this trace', 'orphan'),
      (flags & flagOpen) !== 0 && h('span', { class: 'badge running', title: this.model.isRunning ? 'Has not ended yet' : 'Never ended' }, this.model.isRunning ? 'running' : 'no end'),
      span.cancelled && h('span', { class: 'badge warn', title: 'Its stream was abandoned' }, 'cancelled'));
  }

  #fillFigures(parts, span) {
    const sum = (span.tokens_input ?? 0) + (span.tokens_output ?? 0);
    const known = span.tokens_input !== undefined || span.tokens_output !== undefined;
    fillBarNumber(parts.tokens, known ? shortCount(sum) : '', sum / this.mostTokens);
    parts.tokens.element.title = known ? `${span.tokens_input ?? '–'} in, ${span.tokens_output ?? '–'} out` : '';
    fillBarNumber(parts.money, cost(span.cost_usd), this.mostCost > 0 ? (span.cost_usd ?? 0) / this.mostCost : 0);
  }

  #fillBar(parts, span, number, kind, flags) {
    const { model, scale } = this;
    const [from, to] = this.zoom;
    const place = (time) => (scale.share(time) - from) / (to - from);
    const left = place(model.start[number]);
    const right = place(model.finish[number]);
    const shownLeft = Math.max(0, Math.min(1, left));
    const shownRight = Math.max(0, Math.min(1, right));
    const outside = right < 0 || left > 1;
    parts.bar.hidden = outside;
    parts.label.hidden = outside;
    if (outside) return;
    Object.assign(parts.bar.style, {
      left: `${shownLeft * 100}%`, width: `${(shownRight - shownLeft) * 100}%`,
      background: `var(--${flags & flagError ? 'error' : kind}-fill)`,
    });
    parts.bar.className = `bar${flags & flagOpen ? ' open' : ''}`;
    const first = span.time_to_first_token_ms;
    const length = model.finish[number] - model.start[number];
    parts.bar.firstChild.style.width = first > 0 && length > 0 && left >= 0 && right <= 1 ? `${Math.min(100, (first / length) * 100)}%` : '0';
    parts.label.textContent = duration(span.duration_ms ?? length);
    const after = shownRight < 0.86;
    Object.assign(parts.label.style, {
      left: after ? `calc(${shownRight * 100}% + 6px)` : '', right: after ? '' : `calc(${(1 - shownLeft) * 100}% + 6px)`,
    });
    if (!after && shownLeft < 0.12) Object.assign(parts.label.style, { right: `calc(${(1 - shownRight) * 100}% + 6px)` });
    // A bar that is still open is pale where it ends.
    parts.label.classList.toggle('inside', !after && shownLeft < 0.12 && (flags & flagOpen) === 0);
    parts.bar.title = `${span.name}: from ${duration(model.start[number])}, ${duration(span.duration_ms ?? length)}${first ? `, first token after ${duration(first)}` : ''}`;
  }
}

function mark(symbol, title, className) {
  return h('span', { class: `mark ${className}`, title, role: 'img', 'aria-label': title }, icon(symbol));
}

function barNumber() {
  const text = document.createTextNode('');
  const bar = h('i');
  return { element: h('span', { class: 'bar-number number' }, text, bar), text, bar };
}

function fillBarNumber({ text, bar }, shown, share) {
  if (text.data !== shown) text.data = shown;
  bar.hidden = shown === '';
  if (shown !== '') bar.style.width = `${Math.max(2, Math.min(1, share) * 100).toFixed(1)}%`;
}
