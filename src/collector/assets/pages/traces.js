// Traces: filter, time, histogram, list.
import { get, getText, isAbort } from '../base/api.js';
import { afterQuiet, h, replace } from '../base/dom.js';
import { count, plural, timeOf } from '../base/format.js';
import { icon } from '../base/icons.js';
import { commands } from '../base/keys.js';
import { live } from '../base/live.js';
import { change, here } from '../base/router.js';
import { FilterBar } from '../parts/filter_bar.js';
import { failure, notice } from '../parts/notice.js';
import { spanOf, valuesOf } from '../parts/scales.js';
import { TimeChart } from '../parts/time_chart.js';
import { rangeOf, rangePicker, wideRange } from '../parts/time_range.js';
import { download } from '../parts/transfer.js';
import { TraceRows, listHead } from './trace_rows.js';
import { welcome } from './welcome.js';

const pageSize = 100;

// Where "back" leads from a trace.
function keepList(url) {
  try {
    sessionStorage.setItem('llmtrace.list', url.pathname + url.search);
  } catch {
    // It leads to the list without a filter.
  }
}

export class TracesPage {
  constructor(host, url) {
    document.title = 'Traces · llmtrace';
    this.host = host;
    this.build();
    this.closers = [this.#registerKeys(), this.#followLive()];
    this.timer = setInterval(() => this.#tick(), 5000);
    this.update(url);
  }

  build() {
    this.filter = new FilterBar({ placeholder: 'Filter: model:gpt-4o error:true latency>2s "free text"', onSubmit: (q) => change({ q }, { replace: false }) });
    this.range = rangePicker();
    this.liveButton = h('button', { class: 'button', type: 'button', title: 'Follow new traces (l)', onclick: () => this.#toggleLive() });
    this.sum = h('div', { class: 'sum', 'aria-live': 'off' });
    this.chart = new TimeChart({
      label: 'Traces over time; drag, or Shift and arrows, then Enter, to choose a time', height: 74, axis: false, format: count,
      onPick: (from, to) => this.#choose(from, to), onBrush: (from, to) => this.#choose(from, to),
    });
    this.rows = new TraceRows({ label: 'Traces', onNearEnd: () => this.#more() });
    this.head = h('div');
    this.rest = h('div', { hidden: true });
    this.pill = h('button', { class: 'button main pill', type: 'button', hidden: true, onclick: () => this.#showNew() });
    this.list = h('div', { class: 'list' }, this.head, this.rows.element, this.pill);
    this.element = h('div', { class: 'traces' },
      h('div', { class: 'toolbar' }, this.filter.element, this.range.element, this.liveButton,
        h('button', { class: 'button icon-only quiet', type: 'button', title: 'Download as JSON lines', 'aria-label': 'Download as JSON lines', onclick: () => this.#export() }, icon('download'))),
      h('div', { class: 'histogram' }, this.sum, this.chart.element),
      this.list);
    this.host.append(this.element, this.rest);
  }

  update(url) {
    this.url = url;
    keepList(url);
    this.filter.set(url.searchParams.get('q') ?? '');
    this.range.label(rangeOf(url).label);
    this.#showLive();
    const sort = url.searchParams.get('sort') ?? 'start_time';
    const ascending = url.searchParams.get('order') === 'asc';
    replace(this.head, listHead(sort, ascending, (name) => this.#sort(name, sort, ascending)));
    this.#load();
  }

  close() {
    clearInterval(this.timer);
    this.abort?.abort();
    this.reload.cancel();
    this.closers.forEach((close) => close());
    this.rows.close();
    this.chart.close();
  }

  // What is asked for. A sliding range is fixed once, so that the pages of one list belong together.
  question() {
    const parameters = this.url.searchParams;
    const { from, to } = rangeOf(this.url);
    return { q: parameters.get('q'), from: from && Math.floor(from), to, sort: parameters.get('sort'), order: parameters.get('order') };
  }

  async #load() {
    this.abort?.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.asked = this.question();
    this.pill.hidden = true;
    this.element.setAttribute('aria-busy', 'true');
    try {
      const answer = await get('/api/v1/traces', { ...this.asked, limit: pageSize }, signal);
      this.cursor = answer.next_cursor;
      this.rows.element.scrollTop = 0;
      this.rows.show(answer.traces);
      this.element.dataset.loaded = String(answer.traces.length);
      await (answer.traces.length === 0 ? this.#showNothing(signal) : this.#showList());
      await this.#loadHistogram(signal);
    } catch (error) {
      this.#fail(error);
    } finally {
      if (!signal.aborted) this.element.removeAttribute('aria-busy');
    }
  }

  #fail(error) {
    if (isAbort(error) || error.status === 401) return;
    if (error.mark) {
      this.filter.showProblem(error.mark, this.asked.q);
      return;
    }
    this.#instead(failure(error, () => this.#load()));
  }

  #showList() {
    this.rest.hidden = true;
    this.element.hidden = false;
    this.none?.remove();
    this.rows.element.hidden = false;
  }

  #instead(element) {
    this.none?.remove();
    this.none = element;
    this.rows.element.hidden = true;
    this.list.append(element);
  }

  async #showNothing(signal) {
    const totals = await get('/api/v1/totals', {}, signal);
    if (totals.traces === 0) {
      this.element.hidden = true;
      this.rest.hidden = false;
      this.rest.className = 'page scrolls';
      replace(this.rest, welcome());
      return;
    }
    this.rest.hidden = true;
    this.element.hidden = false;
    const filtered = Boolean(this.asked.q);
    const actions = [];
    if (filtered) actions.push(['Clear the filter', () => change({ q: null }, { replace: false })]);
    if (this.asked.from || this.asked.to) actions.push(['Show all time', () => change({ range: 'all', from: null, to: null }, { replace: false }), true]);
    this.#instead(notice(filtered ? 'No trace matches' : 'No trace in this time',
      `The project has ${plural(totals.traces, 'trace')} in all.`, ...actions));
  }

  async #loadHistogram(signal) {
    if (!this.element.isConnected || this.element.hidden) return;
    const range = wideRange(rangeOf(this.url), await this.#oldest(signal));
    const series = await get('/api/v1/series', { q: this.asked.q, from: Math.floor(range.from), to: Math.ceil(range.to) }, signal);
    const span = spanOf(series);
    const line = series.lines[0];
    const errors = valuesOf(line, span, (point) => point.errors);
    const all = valuesOf(line, span, (point) => point.count);
    this.chart.setData({ ...span, series: [
      { name: 'with errors', colour: 'var(--error-fill)', values: errors },
      { name: 'without', colour: 'var(--other-fill)', values: all.map((value, index) => value - errors[index]) },
    ] });
    const total = line?.total ?? { count: 0, errors: 0 };
    replace(this.sum, h('span', {}, h('b', {}, count(total.count)), total.count === 1 ? ' trace' : ' traces'),
      total.errors > 0 && h('span', {}, h('b', {}, count(total.errors)), ' with errors'));
  }

  async #oldest(signal) {
    if (rangeOf(this.url).from !== undefined) return undefined;
    const answer = await get('/api/v1/traces', { order: 'asc', limit: 1 }, signal);
    return timeOf(answer.traces[0]?.start_time);
  }

  async #more() {
    if (!this.cursor || this.loading) return;
    this.loading = true;
    const { signal } = this.abort;
    try {
      const answer = await get('/api/v1/traces', { ...this.asked, limit: pageSize, cursor: this.cursor }, signal);
      const known = new Set(this.rows.traces.map((one) => one.trace_id));
      this.cursor = answer.next_cursor;
      this.rows.show([...this.rows.traces, ...answer.traces.filter((one) => !known.has(one.trace_id))]);
      this.element.dataset.loaded = String(this.rows.traces.length);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.loading = false;
    }
  }

  // ---- live

  get isLive() {
    return this.url.searchParams.get('live') !== 'off' && rangeOf(this.url).sliding;
  }

  #toggleLive() {
    if (!rangeOf(this.url).sliding) change({ to: null, live: null });
    else change({ live: this.isLive ? 'off' : null });
  }

  #showLive() {
    this.liveButton.setAttribute('aria-pressed', String(this.isLive));
    replace(this.liveButton, icon(this.isLive ? 'pause' : 'play'), 'Live');
  }

  #followLive() {
    this.reload = afterQuiet(250, () => this.#refresh());
    const changed = () => {
      if (!this.isLive) return;
      this.since ??= Date.now();
      // A steady stream of changes must not put the reload off for ever.
      if (Date.now() - this.since > 1000) this.#refresh();
      else this.reload();
    };
    live.addEventListener('change', changed);
    live.addEventListener('reset', changed);
    return () => {
      live.removeEventListener('change', changed);
      live.removeEventListener('reset', changed);
    };
  }

  async #refresh() {
    this.since = undefined;
    this.reload.cancel();
    if (this.rows.traces.length === 0) {
      this.#load();
      return;
    }
    try {
      const answer = await get('/api/v1/traces', { ...this.question(), limit: pageSize }, this.abort.signal);
      this.#merge(answer.traces);
      await this.#loadHistogram(this.abort.signal);
    } catch (error) {
      if (!isAbort(error) && error.status !== 0) this.#fail(error);
    }
  }

  // The order of the service is kept for what it has just sent; what was loaded further down follows.
  #merge(newest) {
    const sent = new Map(newest.map((one) => [one.trace_id, one]));
    const known = new Set(this.rows.traces.map((one) => one.trace_id));
    const added = newest.filter((one) => !known.has(one.trace_id));
    const scrolled = this.rows.element.scrollTop > 10;
    if (scrolled) {
      this.rows.show(this.rows.traces.map((one) => sent.get(one.trace_id) ?? one));
      this.pill.hidden = added.length === 0;
      replace(this.pill, icon('up'), plural(added.length, 'new trace'));
      return;
    }
    this.rows.fresh = new Set(added.map((one) => one.trace_id));
    this.rows.show([...newest, ...this.rows.traces.filter((one) => !sent.has(one.trace_id))]);
    this.element.dataset.loaded = String(this.rows.traces.length);
  }

  #showNew() {
    this.rows.element.scrollTop = 0;
    this.#load();
  }

  // Ages and running times grow by themselves.
  #tick() {
    if (document.hidden || getSelection().toString() !== '') return;
    this.rows.fresh.clear();
    this.rows.list.refresh();
  }

  // ---- doing

  #choose(from, to) {
    change({ from, to, range: null }, { replace: false });
  }

  #sort(name, sort, ascending) {
    const order = name === sort && !ascending ? 'asc' : null;
    change({ sort: name === 'start_time' ? null : name, order });
  }

  async #export() {
    const text = await getText('/api/v1/export', { q: this.asked.q, from: this.asked.from, to: this.asked.to });
    download('traces.jsonl', text, 'application/jsonl');
  }

  #registerKeys() {
    return commands('Traces', [
      [['j', 'ArrowDown'], 'Next trace', () => this.rows.move(1)],
      [['k', 'ArrowUp'], 'Previous trace', () => this.rows.move(-1)],
      [['Enter', 'o'], 'Open', () => this.rows.open()],
      ['/', 'Filter', () => this.filter.focus()],
      ['l', 'Live on or off', () => this.#toggleLive()],
      ['e', 'Only traces with errors, or all', () => this.#toggleErrors()],
      ['r', 'Choose the time range', () => this.range.button.click()],
      ['0', 'Back to the last 24 hours, no filter', () => change({ q: null, from: null, to: null, range: null }, { replace: false })],
    ]);
  }

  #toggleErrors() {
    const q = here().searchParams.get('q') ?? '';
    const on = /(^|\s)error:true(\s|$)/.test(q);
    change({ q: on ? q.replace(/(^|\s)error:true(?=\s|$)/, '').trim() : `${q} error:true`.trim() }, { replace: false });
  }
}
