// Sessions, the last active first.
import { get, isAbort } from '../base/api.js';
import { afterQuiet, h, replace } from '../base/dom.js';
import { age, cost, count, dateTime, duration, timeOf, tokens } from '../base/format.js';
import { icon } from '../base/icons.js';
import { commands } from '../base/keys.js';
import { live } from '../base/live.js';
import { change, go, to } from '../base/router.js';
import { failure, notice } from '../parts/notice.js';
import { VirtualList } from '../parts/virtual_list.js';

export class SessionsPage {
  constructor(host, url) {
    document.title = 'Sessions · llmtrace';
    this.sessions = [];
    this.selected = -1;
    this.input = h('input', { class: 'field grow', type: 'search', placeholder: 'Sessions whose id begins with …', 'aria-label': 'Beginning of the session’s id', spellcheck: 'false',
      oninput: afterQuiet(200, () => change({ prefix: this.input.value.trim() })) });
    this.list = new VirtualList({
      rowHeight: 44,
      make: () => h('div', { class: 'session-row', role: 'row', onclick: (event) => this.#open(Number(event.currentTarget.dataset.index)) }),
      fill: (row, index) => this.#fill(row, index),
      attributes: { role: 'grid', 'aria-label': 'Sessions' },
    });
    this.list.element.addEventListener('scroll', () => this.#near(), { passive: true });
    this.rest = h('div');
    this.element = h('div', { class: 'sessions' },
      h('div', { class: 'toolbar' }, this.input),
      h('div', { class: 'list' }, h('div', { class: 'list-head session-head', role: 'row' },
        ['Session', 'User', 'Traces', 'Errors', 'Tokens in → out', 'Cost', 'Lasted', 'Last active'].map((label, index) => h('div', { class: index > 1 ? 'number' : '', role: 'columnheader' }, label))),
      this.list.element), this.rest);
    host.append(this.element);
    this.reload = afterQuiet(800, () => this.#load());
    live.addEventListener('change', this.reload);
    live.addEventListener('reset', this.reload);
    this.offKeys = commands('Sessions', [
      [['j', 'ArrowDown'], 'Next session', () => this.#move(1)], [['k', 'ArrowUp'], 'Previous session', () => this.#move(-1)],
      [['Enter', 'o'], 'Open', () => this.#open(this.selected)], ['/', 'Find by the beginning of the id', () => this.input.focus()],
    ]);
    this.update(url);
  }

  update(url) {
    this.prefix = url.searchParams.get('prefix') ?? '';
    if (document.activeElement !== this.input) this.input.value = this.prefix;
    this.#load();
  }

  close() {
    live.removeEventListener('change', this.reload);
    live.removeEventListener('reset', this.reload);
    this.reload.cancel();
    this.offKeys();
    this.abort?.abort();
    this.list.close();
  }

  async #load() {
    this.abort?.abort();
    this.abort = new AbortController();
    try {
      const answer = await get('/api/v1/sessions', { prefix: this.prefix, limit: 100 }, this.abort.signal);
      this.sessions = answer.sessions;
      this.cursor = answer.next_cursor;
      this.list.setCount(this.sessions.length);
      this.element.dataset.loaded = String(this.sessions.length);
      const none = this.prefix ? notice('No session begins so', `“${this.prefix}”`) : notice('No sessions', 'Traces that name a session_id are shown here as conversations: TraceScope trace{"chat-request", {.session_id = "s9"}};');
      replace(this.rest, this.sessions.length === 0 && none);
    } catch (error) {
      if (!isAbort(error)) replace(this.rest, failure(error, () => this.#load()));
    }
  }

  async #near() {
    if (!this.cursor || this.list.first + this.list.seen + 20 < this.sessions.length) return;
    const cursor = this.cursor;
    this.cursor = undefined;
    const answer = await get('/api/v1/sessions', { prefix: this.prefix, limit: 100, cursor }, this.abort.signal).catch(() => null);
    if (!answer) return;
    this.sessions.push(...answer.sessions);
    this.cursor = answer.next_cursor;
    this.list.setCount(this.sessions.length);
  }

  #move(by) {
    if (this.sessions.length === 0) return;
    this.selected = Math.min(this.sessions.length - 1, Math.max(0, this.selected + by));
    this.list.reveal(this.selected);
    this.list.refresh();
  }

  #open(index) {
    const session = this.sessions[index];
    if (session) go(to(`/sessions/${encodeURIComponent(session.session_id)}`));
  }

  #fill(row, index) {
    const session = this.sessions[index];
    const last = timeOf(session.last_start);
    row.dataset.index = index;
    row.setAttribute('aria-selected', String(index === this.selected));
    const cell = (...content) => h('div', { class: 'number', role: 'gridcell' }, content);
    replace(row,
      h('div', { class: 'spread', role: 'gridcell' }, icon('sessions'), h('a', { class: 'truncate', tabindex: '-1', href: to(`/sessions/${encodeURIComponent(session.session_id)}`) }, session.session_id),
        session.open_count > 0 && h('span', { class: 'badge running' }, 'running')),
      h('div', { class: 'truncate', role: 'gridcell' }, session.user_id),
      cell(count(session.trace_count)), h('div', { class: 'number failed', role: 'gridcell' }, count(session.error_count || undefined)),
      cell(tokens(session.tokens_input, session.tokens_output)), cell(cost(session.total_cost)), cell(session.trace_count > 1 && duration(Math.max(0, last - timeOf(session.first_start)))),
      h('div', { class: 'number muted', role: 'gridcell', title: dateTime(last) }, age(last)));
  }
}
