// A trace as the tree shows it: spans by number, and flat arrays of numbers about them, so that ten thousand
// spans cost a few passes over memory and no object each.
import { timeOf } from '../base/format.js';

const none = -1;

export const flagError = 1;
export const flagOrphan = 2;
export const flagOpen = 4;

export class TraceModel {
  constructor(trace, spans, now = Date.now()) {
    this.trace = trace;
    this.spans = spans;
    this.count = spans.length;
    this.numberOf = new Map(spans.map((span, number) => [span.span_id, number]));
    this.#readTimes(now);
    this.#readParents();
    this.#walk();
  }

  hasChildren(number) {
    return this.firstChild[number] !== none;
  }

  // How many spans lie below one.
  below(number) {
    return this.pastEnd[this.position[number]] - this.position[number] - 1;
  }

  // The numbers of the spans that are shown, in the order of the tree.
  visible(closed) {
    const found = new Int32Array(this.count);
    let size = 0;
    for (let at = 0; at < this.count;) {
      const number = this.order[at];
      found[size] = number;
      size += 1;
      at = closed[number] ? this.pastEnd[at] : at + 1;
    }
    return found.subarray(0, size);
  }

  // Milliseconds from the start of the trace.
  #readTimes(now) {
    const { trace, spans, count } = this;
    this.start = new Float64Array(count);
    this.finish = new Float64Array(count);
    this.flags = new Uint8Array(count);
    let zero = timeOf(trace.start_time) ?? Infinity;
    let last = timeOf(trace.end_time) ?? -Infinity;
    for (let number = 0; number < count; number += 1) {
      const span = spans[number];
      const start = timeOf(span.start_time) ?? timeOf(span.end_time) ?? NaN;
      const end = timeOf(span.end_time) ?? NaN;
      this.start[number] = start;
      this.finish[number] = end;
      if (start < zero) zero = start;
      if (end > last) last = end;
      if (start > last) last = start;
      if (span.status === 'error') this.flags[number] |= flagError;
      if (!span.end_time) this.flags[number] |= flagOpen;
    }
    this.isRunning = trace.status === 'running';
    if (!Number.isFinite(zero)) zero = now;
    if (this.isRunning) last = Math.max(last, now);
    this.zero = zero;
    this.length = Math.max(last - zero, 0.001);
    for (let number = 0; number < count; number += 1) {
      const start = Number.isNaN(this.start[number]) ? 0 : this.start[number] - zero;
      const end = Number.isNaN(this.finish[number]) ? this.length : this.finish[number] - zero;
      this.start[number] = start;
      this.finish[number] = Math.max(start, end);
    }
  }

  #readParents() {
    const { spans, count } = this;
    this.parent = new Int32Array(count).fill(none);
    this.firstChild = new Int32Array(count).fill(none);
    this.nextSibling = new Int32Array(count).fill(none);
    for (let number = 0; number < count; number += 1) {
      const id = spans[number].parent_span_id;
      if (!id) continue;
      const parent = this.numberOf.get(id);
      if (parent === undefined) this.flags[number] |= flagOrphan;
      else if (parent !== number) this.parent[number] = parent;
    }
    // From the last to the first, so that each list of children is in the order of their starts.
    for (let number = count - 1; number >= 0; number -= 1) {
      const parent = this.parent[number];
      if (parent === none) continue;
      this.nextSibling[number] = this.firstChild[parent];
      this.firstChild[parent] = number;
    }
  }

  #walk() {
    const { count } = this;
    this.order = new Int32Array(count);
    this.position = new Int32Array(count).fill(none);
    this.pastEnd = new Int32Array(count);
    this.depth = new Int32Array(count);
    this.filled = 0;
    for (let number = 0; number < count; number += 1) if (this.parent[number] === none) this.#descend(number);
    // Spans that are each other's parents hang on no root: the first of each ring becomes one.
    for (let number = 0; number < count; number += 1) {
      if (this.position[number] !== none) continue;
      this.flags[number] |= flagOrphan;
      this.#descend(number);
    }
  }

  #descend(root) {
    const path = [];
    let number = root;
    let depth = 0;
    while (number !== none) {
      this.order[this.filled] = number;
      this.position[number] = this.filled;
      this.depth[number] = depth;
      this.filled += 1;
      const child = this.firstChild[number];
      if (child !== none && this.position[child] === none) {
        path.push(number);
        depth += 1;
        number = child;
        continue;
      }
      number = this.#leave(number, path);
      depth = path.length;
    }
  }

  // Closes finished subtrees on the way up; gives the next span in order.
  #leave(number, path) {
    for (;;) {
      this.pastEnd[this.position[number]] = this.filled;
      if (path.length === 0) return none;
      const next = this.nextSibling[number];
      if (next !== none && this.position[next] === none) return next;
      number = path.pop();
    }
  }
}
