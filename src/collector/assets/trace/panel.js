// What is known of the chosen span, in tabs.
import { get, isAbort } from '../base/api.js';
import { h, replace } from '../base/dom.js';
import { cost, count, duration, tokens } from '../base/format.js';
import { icon, kindIcon, kindOf, statusIcon } from '../base/icons.js';
import { failure } from '../parts/notice.js';
import { copyButton, copyText, download } from '../parts/transfer.js';
import { valueBlock } from '../parts/value_block.js';
import { longText } from '../parts/long_text.js';
import { attributesView } from './attributes.js';
import { chatView, hasChat } from './chat.js';
import { facts, usageText } from './facts.js';

const mostKept = 40;

export class SpanPanel {
  constructor({ onTab, onClose }) {
    this.onTab = onTab;
    this.onClose = onClose;
    this.views = [];
    this.kept = new Map();
    this.element = h('aside', { class: 'panel', 'aria-label': 'Span', tabindex: '-1' });
  }

  // light: the row that is known already; it is shown until the whole span has come.
  async show(traceId, light, tab, { again = false } = {}) {
    this.wantedTab = tab;
    const same = this.span?.span_id === light.span_id;
    if (same && !again) {
      this.#showTabs();
      return;
    }
    this.abort?.abort();
    this.abort = new AbortController();
    this.traceId = traceId;
    if (!same) {
      this.span = undefined;  // what is copied from here on is not of the span before
      this.#head(light);
    }
    try {
      const span = (!again && this.kept.get(light.span_id)) || await get(`/api/v1/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(light.span_id)}`, {}, this.abort.signal);
      if (span.end_time) this.#keep(span);
      const scrolled = same ? this.body?.scrollTop : 0;
      this.span = span;
      this.#head(span);
      this.#showTabs();
      if (this.body) this.body.scrollTop = scrolled;
      this.element.dataset.ready = span.span_id;
    } catch (error) {
      if (!isAbort(error)) replace(this.body, failure(error, () => this.show(traceId, light, tab, { again: true })));
    }
  }

  clear() {
    this.abort?.abort();
    this.span = undefined;
    this.#closeViews();
    delete this.element.dataset.ready;
  }

  nextTab(by) {
    if (!this.span) return;
    const names = this.#tabs().map(([name]) => name);
    this.onTab(names[(names.indexOf(this.tab) + by + names.length) % names.length]);
  }

  copy() {
    if (this.span) copyText(JSON.stringify(this.span, null, 2), 'The span is copied as JSON');
  }

  #keep(span) {
    this.kept.set(span.span_id, span);
    if (this.kept.size > mostKept) this.kept.delete(this.kept.keys().next().value);
  }

  #closeViews() {
    this.views.forEach((view) => view.close());
    this.views = [];
  }

  #head(span) {
    this.#closeViews();
    delete this.element.dataset.ready;
    this.tabList = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Parts of the span', onkeydown: (event) => this.#onTabKey(event) });
    this.body = h('div', { class: 'panel-body', role: 'tabpanel', tabindex: '0' });
    replace(this.element,
      h('header', { class: 'panel-head' },
        h('div', { class: 'spread' }, kindIcon(kindOf(span)), h('h2', { class: 'truncate', title: span.name }, span.name || 'unnamed'), statusIcon(span.status ?? 'running'),
          h('span', { class: 'grow' }), copyButton(() => JSON.stringify(this.span ?? span, null, 2), 'Copy the span as JSON (y)'),
          h('button', { class: 'button quiet icon-only', type: 'button', title: 'Download the span', 'aria-label': 'Download the span',
            onclick: () => download(`span-${span.span_id}.json`, JSON.stringify(this.span ?? span, null, 2)) }, icon('download')),
          h('button', { class: 'button quiet icon-only', type: 'button', title: 'Close (Esc)', 'aria-label': 'Close', onclick: this.onClose }, icon('close'))),
        this.#facts(span)),
      this.tabList, this.body);
  }

  #facts(span) {
    return facts([
      ['Type', kindOf(span)],
      ['Latency', duration(span.duration_ms)],
      ['Model', span.model && h('span', { class: 'truncate', title: span.response_model }, span.model)],
      ['Tokens', tokens(span.tokens_input, span.tokens_output), usageText(span.usage)],
      ['Cost', cost(span.cost_usd), span.cost_source && `by ${span.cost_source}`],
      ['First token', duration(span.time_to_first_token_ms)],
      ['Finish', span.finish_reasons?.join(', ')],
      ['Chunks', count(span.chunk_count)],
    ]);
  }

  #tabs() {
    const { span } = this;
    const hasValues = span.input_data !== undefined || span.output_data !== undefined || span.output_text !== undefined;
    return [
      hasChat(span) && ['chat', 'Chat', () => this.#chat()],
      (hasValues || !hasChat(span)) && ['io', 'Input / Output', () => this.#values()],
      ['attributes', 'Attributes', () => attributesView(span)],
      (span.error || span.error_type || span.status === 'error') && ['error', 'Error', () => this.#error()],
      ['raw', 'Raw', () => valueBlock('Span', span, { file: `span-${span.span_id}`, open: this.views })],
    ].filter(Boolean);
  }

  #showTabs() {
    const tabs = this.#tabs();
    const [name, , view] = tabs.find(([one]) => one === this.wantedTab) ?? tabs[0];
    this.tab = name;
    replace(this.tabList, tabs.map(([one, label]) => h('button', {
      class: 'tab', role: 'tab', type: 'button', id: `tab-${one}`, 'aria-selected': String(one === name), tabindex: one === name ? '0' : '-1',
      onclick: () => this.onTab(one),
    }, label)));
    this.#closeViews();
    this.body.setAttribute('aria-labelledby', `tab-${name}`);
    replace(this.body, name !== 'error' && this.span.error && this.#errorLine(), view());
    this.body.scrollTop = 0;
  }

  #onTabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    this.nextTab(step);
    this.tabList.querySelector('[aria-selected="true"]')?.focus();
    event.preventDefault();
    event.stopPropagation();
  }

  #errorLine() {
    return h('button', { class: 'error-line', type: 'button', onclick: () => this.onTab('error') }, icon('error'),
      h('span', { class: 'truncate' }, this.span.error_type && h('b', {}, `${this.span.error_type}: `), this.span.error));
  }

  #chat() {
    const { span } = this;
    const parameters = Object.entries(span.parameters ?? {});
    return [
      parameters.length > 0 && h('div', { class: 'parameters' }, parameters.map(([name, value]) =>
        h('span', { class: 'badge', title: `${name}: ${JSON.stringify(value)}` }, h('span', { class: 'truncate' }, `${name} ${JSON.stringify(value)}`)))),
      chatView(span, this.views),
    ];
  }

  #values() {
    const { span } = this;
    const block = (title, field) => span[field] !== undefined && valueBlock(title, span[field], { file: `${span.span_id}-${field}`, cutFrom: span.truncated?.[field], open: this.views });
    const sameText = span.output_text === span.output_data;
    const found = [block('Input', 'input_data'), block('Output', 'output_data'), !sameText && block('Text of the output', 'output_text'), block('Reasoning', 'reasoning'), block('Tool calls', 'tool_calls')].filter(Boolean);
    if (found.length > 0) return found;
    return h('p', { class: 'muted nothing' }, span.end_time ? 'No input and no output were recorded.' : 'Nothing is known yet: the span still runs.');
  }

  #error() {
    const { span } = this;
    return h('section', { class: 'error-view' },
      h('h3', {}, span.error_type ?? 'Error'),
      span.error ? longText(span.error) : h('p', { class: 'muted' }, 'The span was marked as failed, without a message.'),
      span.status_message && h('p', {}, span.status_message),
      span.error && copyButton(span.error, 'Copy the error'));
  }
}
