// The whole trace on a small canvas. Dragging chooses the part that the waterfall shows; a double click all.
import { h, oncePerFrame } from '../base/dom.js';
import { kindOf } from '../base/icons.js';
import { colours, onThemeChange } from '../base/theme.js';
import { flagError } from './model.js';

const height = 46;
const kinds = ['llm', 'tool', 'agent', 'function', 'retrieval', 'embedding', 'chain', 'other'];

export class Minimap {
  constructor({ onZoom }) {
    this.onZoom = onZoom;
    this.zoom = [0, 1];
    this.canvas = h('canvas', { height });
    this.window = h('div', { class: 'window' }, h('span', { class: 'grip left' }), h('span', { class: 'grip right' }));
    this.element = h('div', {
      class: 'minimap', 'aria-hidden': 'true', title: 'Drag to zoom, double click for all',
      onpointerdown: (event) => this.#press(event), onpointermove: (event) => this.#move(event),
      onpointerup: () => this.#release(), ondblclick: () => onZoom([0, 1]),
    }, this.canvas, this.window);
    this.draw = oncePerFrame(() => this.#draw());
    this.observer = new ResizeObserver(this.draw);
    this.observer.observe(this.element);
    this.offTheme = onThemeChange(this.draw);
  }

  show(model, scale) {
    Object.assign(this, { model, scale });
    this.draw();
  }

  setZoom(zoom) {
    this.zoom = zoom;
    this.window.hidden = zoom[0] <= 0 && zoom[1] >= 1;
    Object.assign(this.window.style, { left: `${zoom[0] * 100}%`, width: `${(zoom[1] - zoom[0]) * 100}%` });
  }

  close() {
    this.observer.disconnect();
    this.offTheme();
    this.draw.cancel();
  }

  #draw() {
    const { model, scale } = this;
    const width = this.element.clientWidth;
    if (!model || width === 0) return;
    const dots = devicePixelRatio || 1;
    this.canvas.width = width * dots;
    this.canvas.height = height * dots;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    const paint = this.canvas.getContext('2d');
    paint.scale(dots, dots);
    const [error, ...fills] = colours('error-fill', ...kinds.map((kind) => `${kind}-fill`));
    const rowHeight = (height - 6) / Math.max(model.count, 10);
    const thickness = Math.max(1, Math.min(4, rowHeight - 0.5));
    for (let at = 0; at < model.count; at += 1) {
      const number = model.order[at];
      const left = scale.share(model.start[number]) * width;
      const right = scale.share(model.finish[number]) * width;
      paint.fillStyle = model.flags[number] & flagError ? error : fills[kinds.indexOf(kindOf(model.spans[number]))];
      paint.fillRect(left, 3 + at * rowHeight, Math.max(1, right - left), thickness);
    }
  }

  #share(event) {
    const box = this.element.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  }

  #press(event) {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    const share = this.#share(event);
    const [from, to] = this.zoom;
    const near = 6 / this.element.clientWidth;
    const zoomed = !this.window.hidden;
    if (zoomed && Math.abs(share - from) < near) this.drag = { fixed: to };
    else if (zoomed && Math.abs(share - to) < near) this.drag = { fixed: from };
    else if (zoomed && share > from && share < to) this.drag = { grab: share, from, to };
    else this.drag = { fixed: share };
  }

  #move(event) {
    if (!this.drag) return;
    const share = this.#share(event);
    const { fixed, grab, from, to } = this.drag;
    if (fixed !== undefined) {
      this.next = [Math.min(fixed, share), Math.max(fixed, share)];
    } else {
      const by = Math.max(-from, Math.min(1 - to, share - grab));
      this.next = [from + by, to + by];
    }
    if (this.next[1] - this.next[0] > 0.002) this.setZoom(this.next);
  }

  #release() {
    if (this.next && this.next[1] - this.next[0] > 0.002) this.onZoom(this.next);
    this.drag = undefined;
    this.next = undefined;
  }
}
