// Words anywhere in a project: in prompts, replies, arguments, errors.
import { get, isAbort } from '../base/api.js';
import { h, replace } from '../base/dom.js';
import { age, cost, dateTime, duration, plural, timeOf, tokens } from '../base/format.js';
import { statusIcon } from '../base/icons.js';
import { commands } from '../base/keys.js';
import { change, go, here, to } from '../base/router.js';
import { failure, notice } from '../parts/notice.js';
import { rangeOf, rangePicker } from '../parts/time_range.js';

const pageSize = 30;

export class SearchPage {
  constructor(host, url) {
    document.title = 'Search · llmtrace';
    host.classList.add('scrolls');
    this.selected = -1;
    this.input = h('input', { class: 'field search-input', type: 'search', name: 'text', placeholder: 'Words in prompts, replies, tools and errors; "in quotes" as a phrase', 'aria-label': 'Search', autocomplete: 'off', spellcheck: 'false' });
    this.range = rangePicker();
    this.errors = h('input', { type: 'checkbox', onchange: () => change({ error: this.errors.checked ? 'true' : null }) });
    this.summary = h('p', { class: 'muted', role: 'status' });
    this.list = h('ol', { class: 'results' });
    this.more = h('div', { class: 'notice', hidden: true }, h('button', { class: 'button', type: 'button', onclick: () => this.#load(true) }, 'Show more'));
    const submit = (event) => {
      event.preventDefault();
      change({ text: this.input.value.trim() }, { replace: false });
    };
    this.host = host;
    host.append(h('div', { class: 'search-page' }, h('h1', {}, 'Search'),
      h('form', { class: 'search-form', role: 'search', onsubmit: submit }, this.input, this.range.element, h('button', { class: 'button main', type: 'submit' }, 'Search')),
      h('label', { class: 'spread only-errors' }, this.errors, 'Only traces with errors'), this.summary, this.list, this.more));
    this.offKeys = commands('Search', [
      ['/', 'Into the search field', () => this.input.focus()],
      [['j', 'ArrowDown'], 'Next result', () => this.#move(1)], [['k', 'ArrowUp'], 'Previous result', () => this.#move(-1)],
      [['Enter', 'o'], 'Open', () => this.list.children[this.selected]?.querySelector('a').click()],
    ]);
    this.update(url);
    if (!url.searchParams.get('text')) this.input.focus();
  }

  update(url) {
    this.url = url;
    this.range.label(rangeOf(url).label);
    if (document.activeElement !== this.input || !this.input.value) this.input.value = url.searchParams.get('text') ?? '';
    this.errors.checked = url.searchParams.get('error') === 'true';
    this.#load();
  }

  close() {
    this.abort?.abort();
    this.offKeys();
  }

  async #load(further = false) {
    this.abort?.abort();
    this.abort = new AbortController();
    const text = this.url.searchParams.get('text') ?? '';
    if (!further) {
      this.selected = -1;
      this.results = [];
      this.question = { text: undefined, q: asFilter(text), error: this.url.searchParams.get('error'), from: rangeOf(this.url).from && Math.floor(rangeOf(this.url).from), to: rangeOf(this.url).to, limit: pageSize };
    }
    if (text === '') {
      replace(this.list);
      this.more.hidden = true;
      this.summary.textContent = 'The filter of the Traces page knows more: model, cost, latency, tags …';
      return;
    }
    try {
      const answer = await get('/api/v1/traces', { ...this.question, cursor: further ? this.cursor : undefined }, this.abort.signal);
      this.cursor = answer.next_cursor;
      this.results.push(...answer.traces);
      this.#show(text, answer.text_complete);
    } catch (error) {
      if (!isAbort(error)) replace(this.list, failure(error, () => this.#load()));
    }
  }

  #show(text, complete) {
    this.more.hidden = !this.cursor;
    this.summary.textContent = `${plural(this.results.length, 'trace')}${this.cursor ? ' so far' : ''}${complete ? '' : '; what has just arrived is not searched yet'}`;
    this.host.dataset.results = String(this.results.length);
    if (this.results.length === 0) {
      const all = here().searchParams.get('range') === 'all';
      replace(this.list, notice('Nothing found', `No text has “${text}”${all ? '' : ' in this time'}.`, ...(all ? [] : [['Search all time', () => change({ range: 'all', from: null, to: null }), true]])));
      return;
    }
    const words = wordsOf(text);
    replace(this.list, this.results.map((trace) => result(trace, words)));
  }

  #move(by) {
    const items = [...this.list.children];
    this.selected = Math.min(items.length - 1, Math.max(0, this.selected + by));
    items.forEach((item, index) => item.classList.toggle('selected', index === this.selected));
    items[this.selected]?.scrollIntoView({ block: 'nearest' });
  }
}

// Plain words and phrases; everything else of the filter language is quoted away.
function wordsOf(text) {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, phrase, word]) => phrase ?? word.replaceAll('"', '')).filter((word) => word.trim() !== '');
}

function asFilter(text) {
  return wordsOf(text).map((word) => `"${word.replace(/(["\\])/g, '\\$1')}"`).join(' ');
}

function marked(text, words) {
  if (!text) return null;
  const pattern = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'gi');
  return text.split(pattern).map((part, index) => (index % 2 === 1 ? h('mark', {}, part) : part));
}

function shows(trace, words) {
  const text = [trace.name, trace.input_preview, trace.output_preview].join('\n').toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()));
}

function result(trace, words) {
  const start = timeOf(trace.start_time);
  const address = to(`/traces/${trace.trace_id}`, { find: words[0], in: 'texts' });
  return h('li', { class: 'result-card', onclick: (event) => !event.target.closest('a') && getSelection().toString() === '' && go(address) },
    h('div', { class: 'spread' }, statusIcon(trace.status), h('a', { href: address }, marked(trace.name, words) ?? 'unnamed'),
      trace.error_count > 0 && h('span', { class: 'badge error' }, plural(trace.error_count, 'error')), h('span', { class: 'grow' }),
      h('span', { class: 'muted' }, [duration(trace.duration_ms), tokens(trace.tokens_input, trace.tokens_output), cost(trace.total_cost)].filter(Boolean).join('  ·  ')),
      h('span', { class: 'muted', title: dateTime(start) }, `${age(start)} ago`)),
    trace.input_preview && h('p', {}, h('span', { class: 'side' }, 'in'), h('span', { class: 'clip', dir: 'auto' }, marked(trace.input_preview, words))),
    trace.output_preview && h('p', {}, h('span', { class: 'side' }, 'out'), h('span', { class: 'clip', dir: 'auto' }, marked(trace.output_preview, words))),
    !shows(trace, words) && h('p', { class: 'inside' }, 'The words are inside: open it to see the spans that have them.'));
}
