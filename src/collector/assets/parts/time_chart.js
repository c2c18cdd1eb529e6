// A chart over time, in SVG: stacked bars or lines. Dragging chooses a span of time, a click (or Enter) a single
// step; arrows move the step for those who have no pointer.
import { h, oncePerFrame, replace } from '../base/dom.js';
import { count, shortDateTime, tick } from '../base/format.js';
import { niceTop, timeTicks } from './scales.js';

// Left of the plot, for the longer of the labels.
function labelSpace(...labels) {
  return 14 + 6 * Math.max(5, ...labels.map((label) => label.length));
}

export class TimeChart {
  constructor({ label, kind = 'bars', height = 160, format = String, axis = true, onPick, onBrush }) {
    Object.assign(this, { kind, height, format, axis, onPick, onBrush, label });
    this.data = { from: 0, to: 1, step: 1, series: [] };
    this.at = -1;
    // Nothing has a place until it is drawn, but all of it is there: a key may come before the first frame.
    this.left = this.plotWidth = this.width = 0;
    this.plotHeight = height - 18;
    this.cursor = h('rect', { class: 'cursor', y: 0, width: 0, height: this.plotHeight });
    this.brush = h('rect', { class: 'brush', y: 0, width: 0, height: this.plotHeight });
    this.svg = h('svg', { class: 'plot', height, 'aria-hidden': 'true' });
    this.tip = h('div', { class: 'tip', hidden: true });
    this.element = h('div', {
      class: `chart ${kind}`, tabindex: '0', role: 'group', 'aria-label': label,
      onpointermove: (event) => this.#move(event), onpointerleave: () => this.#leave(),
      onpointerdown: (event) => this.#press(event), onpointerup: (event) => this.#release(event),
      onkeydown: (event) => this.#onKey(event), onblur: () => this.#point(-1),
    }, this.svg, this.tip);
    this.draw = oncePerFrame(() => this.#draw());
    this.observer = new ResizeObserver(this.draw);
    this.observer.observe(this.element);
  }

  // series: [{ name, colour, values, wide }], a value for each step from `from` on; lines may have null. A wide line
  // is seen also where another lies on it.
  setData(data) {
    this.data = data;
    this.steps = Math.max(1, Math.round((data.to - data.from) / data.step));
    this.at = Math.min(this.at, this.steps - 1);
    this.draw();
  }

  close() {
    this.observer.disconnect();
    this.draw.cancel();
  }

  #draw() {
    this.width = this.element.clientWidth;
    if (this.width === 0) return;
    const { series } = this.data;
    this.top = niceTop(this.kind === 'bars' ? this.#highestStack() : Math.max(0, ...series.flatMap((one) => one.values.map((value) => value ?? 0))));
    this.left = this.axis ? labelSpace(this.format(this.top), this.format(this.top / 2)) : 0;
    this.plotWidth = this.width - this.left;
    this.svg.setAttribute('width', this.width);
    replace(this.svg, this.#grid(), this.cursor, this.kind === 'bars' ? this.#bars() : this.#lines(), this.brush);
    this.#point(this.at);
  }

  #highestStack() {
    let highest = 0;
    for (let step = 0; step < this.steps; step += 1) {
      highest = Math.max(highest, this.data.series.reduce((sum, one) => sum + (one.values[step] ?? 0), 0));
    }
    return highest;
  }

  #x(step) {
    return this.left + (step / this.steps) * this.plotWidth;
  }

  #y(value) {
    return this.plotHeight - (value / this.top) * (this.plotHeight - 6);
  }

  // Half a trace there is not.
  #levelText(value) {
    return this.format === count && !Number.isInteger(value) ? '' : this.format(value);
  }

  #grid() {
    const { from, to } = this.data;
    const levels = this.axis ? [0, 0.5, 1] : [0];
    return [
      levels.map((level) => [
        h('line', { class: 'grid', x1: this.left, x2: this.width, y1: this.#y(level * this.top), y2: this.#y(level * this.top) }),
        this.axis && h('text', { class: 'label', x: this.left - 8, y: this.#y(level * this.top) + 4, 'text-anchor': 'end' }, level > 0 ? this.#levelText(level * this.top) : '0'),
      ]),
      timeTicks(from, to, this.plotWidth / 90).map(([time, step]) => {
        const x = this.left + ((time - from) / (to - from)) * this.plotWidth;
        if (x < this.left + 16 || x > this.width - 24) return null;
        return h('text', { class: 'label', x, y: this.height - 3, 'text-anchor': 'middle' }, tick(time, step));
      }),
    ];
  }

  #bars() {
    const width = Math.max(1, this.plotWidth / this.steps - (this.plotWidth / this.steps > 4 ? 1.5 : 0.3));
    const found = [];
    for (let step = 0; step < this.steps; step += 1) {
      let below = 0;
      for (const one of this.data.series) {
        const value = one.values[step] ?? 0;
        if (value <= 0) continue;
        const top = Math.min(this.#y(below + value), this.#y(below) - 1.5);  // even a single one is seen
        found.push(h('rect', { x: this.#x(step), y: top, width, height: this.#y(below) - top, style: { fill: one.colour } }));
        below += value;
      }
    }
    return found;
  }

  #lines() {
    return this.data.series.map((one) => {
      let path = '';
      let gap = true;
      const dots = [];
      one.values.forEach((value, step) => {
        if (value === null || value === undefined) {
          gap = true;
          return;
        }
        const [x, y] = [this.#x(step + 0.5).toFixed(1), this.#y(value).toFixed(1)];
        path += `${gap ? 'M' : 'L'}${x} ${y}`;
        const alone = gap && (one.values[step + 1] ?? null) === null;
        if (alone) dots.push(h('circle', { cx: x, cy: y, r: 2, style: { fill: one.colour } }));
        gap = false;
      });
      return [h('path', { d: path, class: one.wide ? 'line wide' : 'line', style: { stroke: one.colour } }), dots];
    });
  }

  #stepAt(event) {
    const x = event.clientX - this.element.getBoundingClientRect().left - this.left;
    return Math.min(this.steps - 1, Math.max(0, Math.floor((x / this.plotWidth) * this.steps)));
  }

  timesOf(first, last = first) {
    const { from, step } = this.data;
    return [from + Math.min(first, last) * step, from + (Math.max(first, last) + 1) * step];
  }

  #point(step) {
    this.at = step;
    this.tip.hidden = step < 0;
    this.cursor.setAttribute('width', step < 0 ? 0 : this.plotWidth / this.steps);
    if (step < 0) return;
    this.cursor.setAttribute('x', this.#x(step));
    const [time, end] = this.timesOf(step);
    replace(this.tip, h('div', { class: 'when' }, `${shortDateTime(time)} – ${tick(end, 0)}`),
      this.data.series.map((one) => h('div', { class: 'entry' }, h('i', { style: { background: one.colour } }),
        h('span', { class: 'truncate' }, one.name), h('b', {}, this.format(one.values[step] ?? 0)))));
    const x = this.#x(step + 0.5);
    const onRight = x > this.width / 2;
    Object.assign(this.tip.style, { left: onRight ? '' : `${x + 12}px`, right: onRight ? `${this.width - x + 12}px` : '' });
    this.element.setAttribute('aria-description', this.tip.textContent);
  }

  #move(event) {
    const step = this.#stepAt(event);
    if (step !== this.at) this.#point(step);
    if (this.pressed !== undefined) this.#mark(this.pressed, step);
  }

  #mark(first, last) {
    const [from, to] = [Math.min(first, last), Math.max(first, last) + 1];
    this.brush.setAttribute('x', this.#x(from));
    this.brush.setAttribute('width', first === last ? 0 : this.#x(to) - this.#x(from));
  }

  #leave() {
    if (this.pressed === undefined) this.#point(-1);
  }

  #press(event) {
    if (event.button !== 0) return;
    this.pressed = this.#stepAt(event);
    this.element.setPointerCapture(event.pointerId);
  }

  #release(event) {
    if (this.pressed === undefined) return;
    const [first, last] = [this.pressed, this.#stepAt(event)];
    this.pressed = undefined;
    this.#choose(first, last);
  }

  #choose(first, last) {
    this.anchor = undefined;
    this.brush.setAttribute('width', 0);
    this.#point(-1);
    const [from, to] = this.timesOf(first, last);
    if (first === last && this.onPick) this.onPick(from, to);
    else this.onBrush?.(from, to);
  }

  #onKey(event) {
    const moves = { ArrowRight: 1, ArrowLeft: -1 };
    if (event.key in moves) {
      const start = this.at < 0 ? (moves[event.key] > 0 ? -1 : this.steps) : this.at;
      const next = Math.min(this.steps - 1, Math.max(0, start + moves[event.key]));
      if (event.shiftKey) this.anchor ??= this.at < 0 ? next : this.at;
      else this.anchor = undefined;
      this.#point(next);
      this.#mark(this.anchor ?? next, next);
    } else if (event.key === 'Enter' && this.at >= 0) {
      this.#choose(this.anchor ?? this.at, this.at);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
