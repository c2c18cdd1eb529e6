// How a project does over time. Every point leads to the traces behind it.
import { get, isAbort } from '../base/api.js';
import { h, replace } from '../base/dom.js';
import { cost, count, duration, shortCount, timeOf } from '../base/format.js';
import { commands } from '../base/keys.js';
import { change, go, to } from '../base/router.js';
import { condition } from '../parts/filter_text.js';
import { failure } from '../parts/notice.js';
import { spanOf, valuesOf } from '../parts/scales.js';
import { TimeChart } from '../parts/time_chart.js';
import { rangeOf, rangePicker, wideRange } from '../parts/time_range.js';

const palette = ['llm', 'agent', 'tool', 'retrieval', 'embedding', 'function'].map((kind) => `var(--${kind}-fill)`);
const mostLines = 6;

// [title, what it draws, of which series, format, pick]
const charts = [
  { id: 'requests', title: 'Traces', of: 'none', kind: 'bars', format: count, lines: [['without errors', 'var(--other-fill)', (p) => p.count - p.errors], ['with errors', 'var(--error-fill)', (p) => p.errors]] },
  { id: 'latency', title: 'Latency', of: 'none', kind: 'lines', format: duration, lines: [['p99', 'var(--error-fill)', (p) => p.latency_p99_ms, true], ['p95', 'var(--retrieval-fill)', (p) => p.latency_p95_ms], ['p50', 'var(--tool-fill)', (p) => p.latency_p50_ms]] },
  { id: 'first-token', title: 'Time to first token', of: 'none', kind: 'lines', format: duration, lines: [['p95', 'var(--retrieval-fill)', (p) => p.first_token_p95_ms], ['p50', 'var(--tool-fill)', (p) => p.first_token_p50_ms]] },
  { id: 'cost-model', title: 'Cost by model', of: 'model', kind: 'bars', format: cost, pick: (p) => p.total_cost },
  { id: 'tokens-model', title: 'Tokens by model', of: 'model', kind: 'bars', format: shortCount, pick: (p) => p.tokens_input + p.tokens_output },
  { id: 'cost-name', title: 'Cost by trace name', of: 'name', kind: 'bars', format: cost, pick: (p) => p.total_cost },
  { id: 'tokens-name', title: 'Tokens by trace name', of: 'name', kind: 'bars', format: shortCount, pick: (p) => p.tokens_input + p.tokens_output },
];

export class DashboardPage {
  constructor(host, url) {
    document.title = 'Dashboard · llmtrace';
    host.classList.add('scrolls');
    this.host = host;
    this.range = rangePicker();
    this.figures = h('div', { class: 'figures' });
    this.cards = charts.map((one) => this.#card(one));
    this.models = h('section', { class: 'card' });
    this.users = h('section', { class: 'card' });
    this.problem = h('div');
    host.append(h('div', { class: 'dashboard' },
      h('div', { class: 'spread' }, h('h1', {}, 'Dashboard'), h('span', { class: 'grow' }), this.range.element),
      this.problem, this.figures, h('div', { class: 'cards' }, this.cards.map((card) => card.element), this.models, this.users)));
    this.offKeys = commands('Dashboard', [
      ['r', 'Choose the time range', () => this.range.button.click()],
      ['u', 'Load again', () => this.#load()],
    ]);
    this.timer = setInterval(() => !document.hidden && rangeOf(this.url).sliding && this.#load(), 30_000);
    this.update(url);
  }

  update(url) {
    this.url = url;
    this.range.label(rangeOf(url).label);
    this.#load();
  }

  close() {
    clearInterval(this.timer);
    this.abort?.abort();
    this.offKeys();
    this.cards.forEach((card) => card.chart.close());
  }

  #card(definition) {
    const card = { definition, legend: h('div', { class: 'legend' }) };
    card.chart = new TimeChart({
      label: `${definition.title} over time`, kind: definition.kind, format: definition.format, height: 168,
      onPick: (from, end) => go(to('/', { from, to: end })), onBrush: (from, end) => change({ from, to: end, range: null }, { replace: false }),
    });
    card.element = h('section', { class: 'card', data: { chart: definition.id } }, h('div', { class: 'card-head' }, h('h2', {}, definition.title), card.legend), card.chart.element);
    return card;
  }

  async #load() {
    this.abort?.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    try {
      const range = wideRange(rangeOf(this.url), await this.#oldest(signal));
      const question = { from: Math.floor(range.from), to: Math.ceil(range.to) };
      const groups = ['none', 'model', 'name', 'user'];
      // Of users only the sums are shown: days are the fewest rows to add up.
      const days = range.to - range.from > 14 * 86_400_000 ? { step_s: 86_400 } : {};
      const answers = await Promise.all(groups.map((group) => get('/api/v1/series', { ...question, group, ...(group === 'user' ? { top: 10, ...days } : { top: mostLines }) }, signal)));
      this.asked = question;
      this.#show(Object.fromEntries(groups.map((group, index) => [group, answers[index]])));
      replace(this.problem);
      this.host.dataset.ready = 'true';
    } catch (error) {
      if (!isAbort(error)) replace(this.problem, failure(error, () => this.#load()));
    }
  }

  async #oldest(signal) {
    if (rangeOf(this.url).from !== undefined) return undefined;
    const answer = await get('/api/v1/traces', { order: 'asc', limit: 1 }, signal);
    return timeOf(answer.traces[0]?.start_time);
  }

  #show(series) {
    this.#showFigures(series.none.lines[0]?.total);
    for (const card of this.cards) this.#showCard(card, series[card.definition.of]);
    this.#showModels(series.model);
    this.#showUsers(series.user);
  }

  #showFigures(total) {
    const known = total ?? { count: 0, errors: 0 };
    const share = known.count > 0 ? `${((known.errors / known.count) * 100).toFixed(1)} %` : '';
    const figure = (label, value, note) => h('div', { class: 'figure' }, h('span', { class: 'muted' }, label), h('b', {}, value || '–'), h('span', { class: 'muted' }, note ?? ''));
    replace(this.figures,
      figure('Traces', count(known.count)), figure('With errors', count(known.errors), share), figure('Latency p50', duration(known.latency_p50_ms)),
      figure('Latency p95', duration(known.latency_p95_ms)), figure('First token p50', duration(known.first_token_p50_ms)),
      figure('Tokens', total && shortCount(known.tokens_input + known.tokens_output), total && `${shortCount(known.tokens_input)} in, ${shortCount(known.tokens_output)} out`), figure('Cost', total && cost(known.total_cost)));
  }

  #showCard({ definition, chart, legend }, series) {
    const span = spanOf(series);
    const empty = definition.kind === 'lines' ? null : 0;
    const drawn = definition.lines
      ? definition.lines.map(([name, colour, pick, wide]) => ({ name, colour, values: valuesOf(series.lines[0], span, pick, empty), wide }))
      : series.lines.map((line, index) => ({ name: nameOf(line), colour: line.rest ? 'var(--other-fill)' : palette[index % palette.length], values: valuesOf(line, span, definition.pick) }));
    chart.setData({ ...span, series: drawn });
    replace(legend, drawn.map((one) => h('span', {}, h('i', { style: { background: one.colour } }), h('span', { class: 'truncate' }, one.name))));
  }

  #list(field, value) {
    return to('/', { q: condition(field, value), range: this.url.searchParams.get('range'), from: this.url.searchParams.get('from'), to: this.url.searchParams.get('to') });
  }

  #showModels(series) {
    replace(this.models, h('div', { class: 'card-head' }, h('h2', {}, 'Models')), table(
      ['Model', 'Calls', 'Errors', 'p50', 'p95', 'Tokens', 'Cost'],
      series.lines.map((line) => ({
        label: nameOf(line), href: !line.rest && this.#list('model', line.group), share: line.total.count / (series.lines[0]?.total.count || 1),
        cells: [count(line.total.count), count(line.total.errors || undefined), duration(line.total.latency_p50_ms), duration(line.total.latency_p95_ms), shortCount(line.total.tokens_input + line.total.tokens_output), cost(line.total.total_cost)],
      })), 'No span names a model in this time.'));
  }

  #showUsers(series) {
    const known = series.lines.filter((line) => line.group !== '' && !line.rest).sort((a, b) => b.total.total_cost - a.total.total_cost);
    replace(this.users, h('div', { class: 'card-head' }, h('h2', {}, 'Top users')), table(
      ['User', 'Traces', 'Errors', 'Tokens', 'Cost'],
      known.map((line) => ({
        label: line.group, href: this.#list('user', line.group), share: line.total.total_cost / (known[0].total.total_cost || 1),
        cells: [count(line.total.count), count(line.total.errors || undefined), shortCount(line.total.tokens_input + line.total.tokens_output), cost(line.total.total_cost)],
      })), 'No trace names a user in this time.'));
  }
}

function nameOf(line) {
  return line.rest ? 'all others' : line.group === '' ? 'unnamed' : line.group;
}

function table(head, rows, none) {
  if (rows.length === 0) return h('p', { class: 'muted' }, none);
  return h('table', { class: 'figures-table' },
    h('thead', {}, h('tr', {}, head.map((label, index) => h('th', { class: index > 0 ? 'number' : '', scope: 'col' }, label)))),
    h('tbody', {}, rows.map((row) => h('tr', {},
      h('th', { scope: 'row' }, h('span', { class: 'share', style: { width: `${(row.share * 100).toFixed(1)}%` } }), row.href ? h('a', { href: row.href }, row.label) : row.label),
      row.cells.map((cell, index) => h('td', { class: `number${index === 1 ? ' failed' : ''}` }, cell))))));
}
