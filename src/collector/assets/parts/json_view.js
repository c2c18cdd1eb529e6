// Shows a JSON value as a tree that can be opened and closed, however large it is.
import { h, replace } from '../base/dom.js';
import { plural } from '../base/format.js';
import { icon } from '../base/icons.js';
import { JsonLines, size } from './json_lines.js';
import { VirtualList } from './virtual_list.js';

const rowHeight = 20;
const previewLength = 200;

function summary(line) {
  const items = size(line.value);
  if (line.kind === 'array') return items === 0 ? '[]' : `[ ${plural(items, 'item')} ]`;
  return items === 0 ? '{}' : `{ ${plural(items, 'field')} }`;
}

function valueOf(line) {
  if (line.kind === 'array' || line.kind === 'object') return h('span', { class: 'sum' }, line.open && size(line.value) > 0 ? (line.kind === 'array' ? '[' : '{') : summary(line));
  if (line.kind !== 'text') return h('span', { class: line.kind }, String(line.value));
  if (line.open) return h('span', { class: 'sum' }, `${plural(line.value.length, 'character')}`);
  const text = line.value.slice(0, previewLength).replaceAll('\n', ' ↵ ');
  return h('span', { class: 'string' }, `"${text}${line.value.length > previewLength ? '…' : ''}"`);
}

export class JsonView {
  constructor(value, { label = 'JSON', most = 26 } = {}) {
    this.tree = new JsonLines(value);
    this.most = most;
    this.list = new VirtualList({
      rowHeight,
      make: () => h('div', { class: 'json-line', role: 'treeitem', onclick: (event) => this.#click(event.currentTarget) }),
      fill: (row, index) => this.#fill(row, index),
      attributes: { class: 'virtual json', role: 'tree', 'aria-label': label },
    });
    this.list.element.addEventListener('keydown', (event) => this.#onKey(event));
    this.element = this.list.element;
    this.at = 0;
    this.#resize();
  }

  close() {
    this.list.close();
  }

  #resize() {
    const { lines } = this.tree;
    if (this.most) this.element.style.height = `${Math.min(this.most, Math.max(1, lines.length)) * rowHeight + 10}px`;
    this.list.setCount(lines.length);
  }

  #fill(row, index) {
    const line = this.tree.lines[index];
    row.dataset.index = index;
    row.style.paddingLeft = `${Math.min(line.depth, 20) * 14 + 4}px`;
    row.setAttribute('aria-level', line.depth + 1);
    row.classList.toggle('at', index === this.at);
    if (line.kind === 'piece') {
      row.removeAttribute('aria-expanded');
      replace(row, h('span', { class: 'string piece-of-text' }, line.value || ' '));
      return;
    }
    if (line.kind === 'rest') {
      replace(row, h('span', { class: 'sum' }, `… ${plural(line.left, 'more item')}: show`));
      return;
    }
    const foldable = this.tree.isFoldable(line);
    row.classList.toggle('foldable', foldable);
    if (foldable) row.setAttribute('aria-expanded', String(line.open));
    else row.removeAttribute('aria-expanded');
    replace(row, h('span', { class: 'fold' }, foldable && icon(line.open ? 'down' : 'right')),
      line.key !== undefined && h('span', { class: typeof line.key === 'number' ? 'index' : 'key' }, String(line.key), ':'), ' ', valueOf(line));
  }

  #toggle(index) {
    const line = this.tree.lines[index];
    if (line.kind !== 'rest' && !(line.kind !== 'piece' && this.tree.isFoldable(line))) return;
    this.tree.toggle(index);
    this.#resize();
  }

  #click(row) {
    if (getSelection().toString() !== '') return;
    this.at = Number(row.dataset.index);
    this.#toggle(this.at);
    this.list.refresh();
  }

  #onKey(event) {
    const { lines } = this.tree;
    const line = lines[this.at];
    if (event.key === 'ArrowDown') this.at = Math.min(lines.length - 1, this.at + 1);
    else if (event.key === 'ArrowUp') this.at = Math.max(0, this.at - 1);
    else if (event.key === 'ArrowRight' && !line.open) this.#toggle(this.at);
    else if (event.key === 'ArrowLeft' && line.open) this.#toggle(this.at);
    else if (event.key === 'ArrowLeft') this.at = this.#parent(this.at);
    else if (event.key === 'Enter' || event.key === ' ') this.#toggle(this.at);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.list.reveal(this.at);
    this.list.refresh();
  }

  #parent(index) {
    const { lines } = this.tree;
    let at = index;
    while (at > 0 && lines[at].depth >= lines[index].depth) at -= 1;
    return at;
  }
}

// A text is shown as text, everything else as a tree.
export function isPlainText(value) {
  return typeof value === 'string';
}

export function asText(value) {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

