// Rows of one height, of which only those in sight exist. Rows are reused: one that leaves at the top comes back
// at the bottom with other content, so scrolling allocates nothing.
import { h, oncePerFrame } from '../base/dom.js';

const spare = 6;  // rows above and below what is seen

export class VirtualList {
  // make() gives an empty row; fill(row, index) shows the item of that index in it.
  constructor({ rowHeight, make, fill, attributes = {} }) {
    this.rowHeight = rowHeight;
    this.make = make;
    this.fill = fill;
    this.count = 0;
    this.rows = [];  // by index modulo their number
    this.space = h('div', { class: 'rows', role: 'presentation' });
    this.element = h('div', { class: 'virtual', tabindex: '0', ...attributes }, this.space);
    this.stale = false;  // the rows that are shown have other content now
    this.draw = oncePerFrame(() => this.#place());
    this.element.addEventListener('scroll', this.draw, { passive: true });
    this.observer = new ResizeObserver(this.draw);
    this.observer.observe(this.element);
  }

  setCount(count) {
    this.count = count;
    this.space.style.height = `${count * this.rowHeight}px`;
    this.refresh();
  }

  // However often it is asked for, rows are filled once a frame.
  refresh() {
    this.stale = true;
    this.draw();
  }

  get first() {
    return Math.floor(this.element.scrollTop / this.rowHeight);
  }

  get seen() {
    return Math.ceil(this.element.clientHeight / this.rowHeight);
  }

  // The least scrolling that shows a row with one neighbour.
  reveal(index) {
    const top = index * this.rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (top - this.rowHeight < scrollTop) this.element.scrollTop = top - this.rowHeight;
    else if (top + 2 * this.rowHeight > scrollTop + clientHeight) this.element.scrollTop = top + 2 * this.rowHeight - clientHeight;
  }

  centre(index) {
    this.element.scrollTop = index * this.rowHeight - this.element.clientHeight / 2;
  }

  close() {
    this.observer.disconnect();
    this.draw.cancel();
  }

  #place() {
    const all = this.stale;
    this.stale = false;
    const { first, seen } = this;  // measured before anything is changed
    const from = Math.max(0, first - spare);
    const to = Math.min(this.count, first + seen + spare);
    this.#grow(to - from);
    const slots = this.rows.length;
    for (const row of this.rows) {
      if (row.index < 0 || (row.index >= from && row.index < to)) continue;
      row.index = -1;
      row.element.hidden = true;
    }
    for (let index = from; index < to; index += 1) this.#show(this.rows[index % slots], index, all);
  }

  #grow(needed) {
    if (needed <= this.rows.length) return;
    while (this.rows.length < needed) {
      const element = this.make();
      this.space.append(element);
      this.rows.push({ element, index: -1 });
    }
    // Their places depend on their number.
    for (const row of this.rows) {
      row.index = -1;
      row.element.hidden = true;
    }
  }

  #show(row, index, all) {
    if (row.index === index && !all) return;
    if (row.index !== index) row.element.style.transform = `translateY(${index * this.rowHeight}px)`;
    row.index = index;
    row.element.hidden = false;
    this.fill(row.element, index);
  }
}
