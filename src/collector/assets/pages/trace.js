// One trace: tree and waterfall, and the chosen span beside them. Span, tab, search, zoom and folding are in the
// address.
import { get, isAbort } from '../base/api.js';
import { afterQuiet, h, oncePerFrame, replace } from '../base/dom.js';
import { bytes } from '../base/format.js';
import { commands } from '../base/keys.js';
import { live } from '../base/live.js';
import { change, go, to } from '../base/router.js';
import { failure } from '../parts/notice.js';
import { splitter } from '../parts/splitter.js';
import { toast } from '../parts/toast.js';
import { showAxis } from '../trace/axis.js';
import { Minimap } from '../trace/minimap.js';
import { TraceModel, flagError } from '../trace/model.js';
import { overview } from '../trace/overview.js';
import { SpanPanel } from '../trace/panel.js';
import { bodiesOf, findSpans } from '../trace/search.js';
import { TimeScale, idleGaps } from '../trace/time_scale.js';
import { TraceToolbar } from '../trace/toolbar.js';
import { downloadTrace, traceHead } from '../trace/trace_head.js';
import { TreeView } from '../trace/tree_view.js';

const mostBodyBytes = 24 * 1024 * 1024;  // that a search in texts loads
const mostClosedInAddress = 40;

export class TracePage {
  constructor(host, url, id) {
    document.title = 'Trace · llmtrace';
    this.host = host;
    this.id = id;
    this.url = url;
    this.back = sessionStorageList() ?? to('/');
    this.#build();
    this.closers = [this.#registerKeys(), this.#followLive()];
    this.#load();
  }

  #build() {
    this.tree = new TreeView({ onSelect: (number) => this.#choose(number), onToggle: (number) => this.#toggle(number) });
    this.minimap = new Minimap({ onZoom: (zoom) => this.#zoomTo(zoom) });
    this.toolbar = new TraceToolbar({
      onSearch: afterQuiet(120, (text) => change({ find: text })), onStep: (by) => this.#step(by), onBodies: () => this.#toggleBodies(),
      onErrors: () => this.#nextError(1), onFold: (closed) => this.#foldAll(closed), onCompress: () => this.#toggleCompress(), onResetZoom: () => this.#zoomTo([0, 1]),
    });
    this.panel = new SpanPanel({ onTab: (tab) => change({ tab }), onClose: () => this.#closePanel() });
    this.overview = h('aside', { class: 'panel', 'aria-label': 'Trace', hidden: true });
    this.views = [];
    this.headPlace = h('div');
    this.axis = h('div', { class: 'axis' });
    const main = h('div', { class: 'trace-main' });
    const body = h('div', { class: 'trace-body' });
    main.append(this.toolbar.element, this.minimap.element,
      h('div', { class: 'tree-head' }, h('span', {}, 'Span'), h('span', { class: 'number tokens-cell' }, 'Tokens'), h('span', { class: 'number cost-cell' }, 'Cost'), this.axis),
      this.tree.element, splitter(body, { name: 'tree-width', usual: 340, least: 160, most: () => (main.clientWidth > 0 ? Math.max(200, main.clientWidth - 260) : Infinity), label: 'Width of the tree' }));
    this.panelLine = splitter(body, { name: 'panel-width', usual: Math.round(innerWidth * 0.38), least: 300, most: () => Math.max(320, innerWidth - 460), label: 'Width of the panel', sign: -1 });
    body.append(main, this.panelLine, this.panel.element, this.overview);
    this.body = body;
    this.element = h('div', { class: 'trace-page' }, this.headPlace, body);
    this.host.append(this.element);
    this.drawAxis = oncePerFrame(() => this.scale && showAxis(this.axis, this.scale, this.zoom));
    this.observer = new ResizeObserver(this.drawAxis);
    this.observer.observe(this.axis);
    this.#showPanel();
  }

  async #load() {
    const began = performance.now();
    this.abort?.abort();
    this.abort = new AbortController();
    try {
      const answer = await get(`/api/v1/traces/${encodeURIComponent(this.id)}`, {}, this.abort.signal);
      this.#receive(answer, began);
    } catch (error) {
      if (isAbort(error)) return;
      if (this.model) toast(error.message, 'error');
      else replace(this.host, failure(error, () => location.reload()));
    }
  }

  #receive({ trace, spans }, began) {
    const before = this.model;
    this.wasRunning = before?.isRunning ?? false;
    const closedIds = before ? this.#closedIds() : (this.url.searchParams.get('closed') ?? '').split(',');
    this.model = new TraceModel(trace, spans);
    this.closed = new Uint8Array(this.model.count);
    for (const id of closedIds) {
      const number = this.model.numberOf.get(id);
      if (number !== undefined) this.closed[number] = 1;
    }
    this.bodies = undefined;
    this.idle = idleGaps(this.model);
    this.errors = [...this.model.order].filter((number) => this.model.flags[number] & flagError);
    document.title = `${trace.name || 'trace'} · llmtrace`;
    replace(this.headPlace, traceHead(trace, { back: this.back, onOverview: () => change({ span: null, tab: null, overview: '1' }) }));
    this.shown = {};
    this.update(this.url, { again: true });
    this.element.dataset.spans = spans.length;
    this.element.dataset.sequence = trace.sequence;
    this.loadTime = performance.now() - began;
  }

  update(url, { again = false } = {}) {
    this.url = url;
    if (!this.model) return;
    const wanted = {
      span: url.searchParams.get('span'), find: url.searchParams.get('find') ?? '', inTexts: url.searchParams.get('in') === 'texts',
      compressed: url.searchParams.get('idle') === 'compressed', zoom: url.searchParams.get('zoom') ?? '', overview: url.searchParams.get('overview') === '1',
    };
    const before = this.shown;
    this.shown = wanted;
    if (again || wanted.compressed !== before.compressed) this.#showScale(wanted.compressed);
    if (again || wanted.zoom !== before.zoom) this.#showZoom(wanted.zoom);
    if (again) this.#showTree();
    if (again || wanted.find !== before.find || wanted.inTexts !== before.inTexts) this.#showMatches();
    if (again || wanted.span !== before.span) this.#showSelection(wanted.span, again && before.span === undefined);
    this.#showPanel(again);
    this.#showToolbar();
  }

  close() {
    this.abort?.abort();
    this.reload.cancel();
    this.closers.forEach((close) => close());
    this.panel.clear();
    this.tree.close();
    this.minimap.close();
    this.observer.disconnect();
    this.drawAxis.cancel();
    this.views.forEach((view) => view.close());
  }

  // ---- showing

  #showScale(compressed) {
    this.scale = new TimeScale(this.model.length, compressed ? this.idle.gaps : []);
    this.minimap.show(this.model, this.scale);
    if (this.tree.model === this.model) this.#applyZoom();
  }

  #showZoom(text) {
    const [from, to_] = text.split('-').map(Number);
    this.zoom = text !== '' && from >= 0 && to_ > from && to_ <= 1 ? [from, to_] : [0, 1];
    this.minimap.setZoom(this.zoom);
    if (this.tree.model === this.model) this.#applyZoom();
  }

  #applyZoom() {
    this.tree.zoomTo(this.scale, this.zoom);
    this.drawAxis();
  }

  #showTree() {
    this.tree.show({ model: this.model, scale: this.scale, zoom: this.zoom, closed: this.closed });
    this.drawAxis();
  }

  async #showMatches() {
    const { find, inTexts } = this.shown;
    if (inTexts && find !== '' && !this.bodies) await this.#loadBodies();
    if (find !== this.shown.find) return;
    this.matches = findSpans(this.model, find, inTexts ? this.bodies : undefined);
    this.tree.mark(new Set(this.matches));
    this.#showToolbar();
  }

  #showSelection(id, first) {
    const number = this.model.numberOf.get(id) ?? -1;
    if (number >= 0) this.#reveal(number);
    this.tree.select(number, { centre: first });
  }

  // Opens what a chosen span is folded into.
  #reveal(number) {
    let changed = false;
    for (let at = this.model.parent[number]; at >= 0; at = this.model.parent[at]) {
      if (this.closed[at]) changed = true;
      this.closed[at] = 0;
      if (this.model.parent[at] === number) break;
    }
    if (changed) this.#showTree();
  }

  #showPanel(again = false) {
    const number = this.model?.numberOf.get(this.shown.span) ?? -1;
    const wantsOverview = number < 0 && Boolean(this.shown?.overview);
    this.panel.element.hidden = number < 0;
    this.overview.hidden = !wantsOverview;
    this.panelLine.hidden = number < 0 && !wantsOverview;
    this.body.classList.toggle('with-panel', number >= 0 || wantsOverview);
    if (number >= 0) this.panel.show(this.id, this.model.spans[number], this.url.searchParams.get('tab'), { again: again && (this.model.isRunning || this.wasRunning) });
    else this.panel.clear();
    this.views.forEach((view) => view.close());
    this.views = [];
    if (wantsOverview) replace(this.overview, overview(this.model.trace, { onClose: () => this.#closePanel(), open: this.views }));
  }

  #showToolbar() {
    const { find, inTexts, compressed } = this.shown;
    const selected = this.model.numberOf.get(this.shown.span) ?? -1;
    this.toolbar.show({
      text: find, matches: this.matches?.length ?? 0, at: this.matches?.indexOf(selected) ?? -1, bodies: inTexts, errors: this.errors.length,
      idle: this.idle, compressed, zoomed: this.zoom[0] > 0 || this.zoom[1] < 1,
    });
  }

  async #loadBodies() {
    const size = this.model.spans.reduce((sum, span) => sum + (span.input_bytes ?? 0) + (span.output_bytes ?? 0), 0);
    if (size > mostBodyBytes) {
      toast(`The texts of this trace have ${bytes(size)}: too much to search here. Use the Search page.`, 'error');
      this.bodies = new Map();
      return;
    }
    try {
      const answer = await get(`/api/v1/traces/${encodeURIComponent(this.id)}`, { detail: 'full' }, this.abort.signal);
      this.bodies = bodiesOf(answer.spans);
    } catch (error) {
      if (!isAbort(error)) toast(error.message, 'error');
    }
  }

  // ---- doing

  #choose(number) {
    change({ span: this.model.spans[number].span_id, overview: null });
  }

  #selectedRow() {
    return this.tree.rowOf.get(this.tree.selected);
  }

  #move(by) {
    const row = this.#selectedRow();
    const next = row === undefined ? 0 : Math.min(this.tree.rows.length - 1, Math.max(0, row + by));
    if (this.tree.rows.length > 0) this.#choose(this.tree.rows[next]);
  }

  #toggle(number, closed = !this.closed[number]) {
    if (!this.model.hasChildren(number)) return;
    this.closed[number] = closed ? 1 : 0;
    this.#showTree();
    this.#keepClosed();
  }

  #closedIds() {
    return [...this.closed.keys()].filter((number) => this.closed[number]).map((number) => this.model.spans[number].span_id);
  }

  #keepClosed() {
    const ids = this.#closedIds();
    change({ closed: ids.length <= mostClosedInAddress ? ids.join(',') : null });
  }

  #foldAll(closed) {
    for (let number = 0; number < this.model.count; number += 1) {
      this.closed[number] = closed && this.model.depth[number] > 0 && this.model.hasChildren(number) ? 1 : 0;
    }
    this.#showTree();
    this.#keepClosed();
  }

  #fold() {
    const number = this.tree.selected;
    if (number < 0) return;
    const parent = this.model.parent[number];
    if (this.model.hasChildren(number) && !this.closed[number]) this.#toggle(number, true);
    else if (parent >= 0) this.#choose(parent);
  }

  #unfold() {
    const number = this.tree.selected;
    if (number < 0 || !this.model.hasChildren(number)) return;
    if (this.closed[number]) this.#toggle(number, false);
    else this.#move(1);
  }

  #step(by) {
    if (!this.matches?.length) return;
    this.#goTo(nextOf(this.matches, this.model.position, this.tree.selected, by));
  }

  #nextError(by) {
    if (this.errors.length > 0) this.#goTo(nextOf(this.errors, this.model.position, this.tree.selected, by));
  }

  #goTo(number) {
    this.#choose(number);
    this.tree.select(number, { centre: true });
  }

  #toggleBodies() {
    change({ in: this.shown.inTexts ? null : 'texts' });
  }

  #toggleCompress() {
    change({ idle: this.shown.compressed ? null : 'compressed', zoom: null });
  }

  #zoomTo([from, to_]) {
    const all = from <= 0.001 && to_ >= 0.999;
    change({ zoom: all ? null : `${from.toFixed(4)}-${to_.toFixed(4)}` });
  }

  #zoomBy(factor, shift = 0) {
    const [from, to_] = this.zoom;
    const width = Math.min(1, Math.max(0.002, (to_ - from) * factor));
    const middle = (from + to_) / 2 + shift * (to_ - from);
    const start = Math.min(1 - width, Math.max(0, middle - width / 2));
    this.#zoomTo([start, start + width]);
  }

  #closePanel() {
    change({ span: null, tab: null, overview: null });
    this.tree.element.focus();
  }

  #escape() {
    if (this.shown?.span || this.shown?.overview) this.#closePanel();
    else if (this.shown?.find) change({ find: null, in: null });
    else go(this.back);
  }

  #followLive() {
    this.reload = afterQuiet(300, () => this.#load());
    const changed = ({ detail }) => {
      if (detail.traces && !detail.traces.includes(this.id)) return;
      // The larger the trace, the rarer it is loaded again.
      const wait = Math.max(500, 4 * (this.loadTime ?? 0));
      if (Date.now() - (this.lastLoad ?? 0) > wait) {
        this.lastLoad = Date.now();
        this.#load();
      } else {
        this.reload();
      }
    };
    live.addEventListener('change', changed);
    live.addEventListener('reset', changed);
    return () => {
      live.removeEventListener('change', changed);
      live.removeEventListener('reset', changed);
    };
  }

  #registerKeys() {
    const onTree = (action) => () => (this.model ? action() : false);
    return commands('Trace', [
      [['j', 'ArrowDown'], 'Next span', onTree(() => this.#move(1))],
      [['k', 'ArrowUp'], 'Previous span', onTree(() => this.#move(-1))],
      [['h', 'ArrowLeft'], 'Close, or go to the parent', onTree(() => this.#fold())],
      [['l', 'ArrowRight'], 'Open, or go to the first child', onTree(() => this.#unfold())],
      ['PageDown', '', onTree(() => this.#move(this.tree.list.seen - 2))],
      ['PageUp', '', onTree(() => this.#move(2 - this.tree.list.seen))],
      ['Home', '', onTree(() => this.#move(-this.model.count))],
      ['End', '', onTree(() => this.#move(this.model.count))],
      ['Shift+ArrowLeft', 'Close all', onTree(() => this.#foldAll(true))],
      ['Shift+ArrowRight', 'Open all', onTree(() => this.#foldAll(false))],
      ['Enter', 'Into the panel of the span', onTree(() => (this.tree.selected < 0 ? this.#move(1) : this.panel.body?.focus()))],
      [']', 'Next tab', () => this.panel.nextTab(1)],
      ['[', 'Previous tab', () => this.panel.nextTab(-1)],
      ['/', 'Search spans', () => this.toolbar.focus()],
      ['n', 'Next match', onTree(() => this.#step(1))],
      ['N', 'Previous match', onTree(() => this.#step(-1))],
      ['e', 'Next error', onTree(() => this.#nextError(1))],
      ['E', 'Previous error', onTree(() => this.#nextError(-1))],
      ['+', 'Zoom in', onTree(() => this.#zoomBy(0.5))],
      ['-', 'Zoom out', onTree(() => this.#zoomBy(2))],
      [',', 'Earlier', onTree(() => this.#zoomBy(1, -0.25))],
      ['.', 'Later', onTree(() => this.#zoomBy(1, 0.25))],
      ['0', 'All time', onTree(() => this.#zoomTo([0, 1]))],
      ['c', 'Compress idle time', onTree(() => this.#toggleCompress())],
      ['i', 'Overview of the trace', () => change({ span: null, tab: null, overview: '1' })],
      ['y', 'Copy the span as JSON', () => this.panel.copy()],
      ['d', 'Download the trace', () => downloadTrace(this.id)],
      ['Escape', 'Close the panel, the search, the trace', () => this.#escape()],
    ]);
  }
}

// The list that one came from, with its filter.
function sessionStorageList() {
  try {
    return sessionStorage.getItem('llmtrace.list');
  } catch {
    return null;
  }
}

function nextOf(numbers, position, selected, by) {
  const at = selected < 0 ? -1 : position[selected];
  if (by > 0) return numbers.find((number) => position[number] > at) ?? numbers[0];
  return numbers.findLast((number) => position[number] < at) ?? numbers.at(-1);
}
