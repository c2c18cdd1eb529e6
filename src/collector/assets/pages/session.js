// One session as a conversation: each trace is a turn.
import { get, isAbort } from '../base/api.js';
import { afterQuiet, h, replace } from '../base/dom.js';
import { age, cost, count, dateTime, duration, plural, timeOf, tokens } from '../base/format.js';
import { icon, statusIcon } from '../base/icons.js';
import { commands } from '../base/keys.js';
import { live } from '../base/live.js';
import { go, to } from '../base/router.js';
import { condition } from '../parts/filter_text.js';
import { longText } from '../parts/long_text.js';
import { failure, notice } from '../parts/notice.js';
import { facts } from '../trace/facts.js';

const pageSize = 50;
const mostFull = 50;  // turns whose whole texts are fetched; further ones show their beginnings

export class SessionPage {
  constructor(host, url, id) {
    document.title = `${id} · llmtrace`;
    this.id = id;
    this.turns = [];
    this.selected = -1;
    host.classList.add('scrolls');
    this.head = h('div');
    this.list = h('ol', { class: 'turns' });
    this.more = h('div', { class: 'notice', hidden: true }, h('button', { class: 'button', type: 'button', onclick: () => this.#next() }, 'Show more'));
    this.host = host;
    host.append(h('div', { class: 'session-page' }, this.head, this.list, this.more));
    this.reload = afterQuiet(600, () => this.#load());
    live.addEventListener('change', this.reload);
    live.addEventListener('reset', this.reload);
    this.offKeys = commands('Session', [
      [['j', 'ArrowDown'], 'Next turn', () => this.#move(1)], [['k', 'ArrowUp'], 'Previous turn', () => this.#move(-1)],
      [['Enter', 'o'], 'Open the trace', () => this.#open()], ['Escape', 'To all sessions', () => go(to('/sessions'))],
    ]);
    this.#load();
  }

  update() {}

  close() {
    live.removeEventListener('change', this.reload);
    live.removeEventListener('reset', this.reload);
    this.reload.cancel();
    this.offKeys();
    this.abort?.abort();
  }

  async #load() {
    this.abort?.abort();
    this.abort = new AbortController();
    try {
      const limit = Math.max(pageSize, Math.min(1000, this.turns.length));
      const answer = await get('/api/v1/traces', { session: this.id, order: 'asc', limit }, this.abort.signal);
      this.turns = answer.traces;
      this.cursor = answer.next_cursor;
      await this.#show();
    } catch (error) {
      if (!isAbort(error)) replace(this.list, failure(error, () => this.#load()));
    }
  }

  async #next() {
    const answer = await get('/api/v1/traces', { session: this.id, order: 'asc', limit: pageSize, cursor: this.cursor }, this.abort.signal);
    this.turns.push(...answer.traces);
    this.cursor = answer.next_cursor;
    await this.#show();
  }

  async #show() {
    this.more.hidden = !this.cursor;
    if (this.turns.length === 0) {
      replace(this.list, notice('This session has no traces', 'It may belong to another project, or be past its retention.'));
      return;
    }
    this.#showHead();
    replace(this.list, this.turns.map((turn, index) => this.#turn(turn, index)));
    this.host.dataset.turns = String(this.turns.length);
    await this.#fillTexts();
  }

  #showHead() {
    const sum = (pick) => {
      const known = this.turns.map(pick).filter((value) => value !== undefined);
      return known.length > 0 ? known.reduce((all, one) => all + one, 0) : undefined;
    };
    const first = timeOf(this.turns[0].start_time);
    const last = timeOf(this.turns.at(-1).start_time);
    const user = this.turns.findLast((turn) => turn.user_id)?.user_id;
    const errors = sum((turn) => turn.error_count);
    replace(this.head, h('header', { class: 'session-top' },
      h('div', { class: 'spread' }, h('a', { class: 'button quiet icon-only', href: to('/sessions'), 'aria-label': 'All sessions', title: 'All sessions (Esc)' }, icon('left')),
        icon('sessions'), h('h1', { class: 'truncate' }, this.id),
        user && h('a', { class: 'badge', href: to('/', { q: condition('user', user) }) }, icon('user'), user), h('span', { class: 'grow' }),
        h('a', { class: 'button quiet', href: to('/', { q: condition('session', this.id), range: 'all' }) }, icon('traces'), 'As a list')),
      facts([
        ['Turns', `${count(this.turns.length)}${this.cursor ? '+' : ''}`], ['Began', dateTime(first)], ['Last active', `${age(last)} ago`], ['Lasted', this.turns.length > 1 && duration(last - first)],
        ['At work', duration(sum((turn) => turn.duration_ms))], ['Tokens in → out', tokens(sum((turn) => turn.tokens_input), sum((turn) => turn.tokens_output))],
        ['Cost', cost(sum((turn) => turn.total_cost))], ['Errors', errors > 0 && h('span', { class: 'failed' }, count(errors))],
      ])));
  }

  #turn(turn, index) {
    return h('li', { class: `turn${index === this.selected ? ' selected' : ''}`, data: { trace: turn.trace_id } },
      h('div', { class: 'turn-head' }, statusIcon(turn.status), h('a', { href: to(`/traces/${turn.trace_id}`) }, turn.name || 'unnamed'),
        h('span', { class: 'muted', title: dateTime(timeOf(turn.start_time)) }, dateTime(timeOf(turn.start_time))), h('span', { class: 'grow' }),
        turn.error_count > 0 && h('span', { class: 'badge error' }, plural(turn.error_count, 'error')),
        h('span', {}, duration(turn.duration_ms)), h('span', { class: 'muted' }, tokens(turn.tokens_input, turn.tokens_output)), h('span', { class: 'muted' }, cost(turn.total_cost))),
      said('user', turn.input_preview), said('assistant', turn.output_preview, turn.status === 'running' ? 'running …' : 'no output was recorded'));
  }

  // Previews are cut; the whole texts come from the traces themselves.
  async #fillTexts() {
    const { signal } = this.abort;
    for (const turn of this.turns.slice(-mostFull)) {
      if (Math.max(turn.input_preview?.length ?? 0, turn.output_preview?.length ?? 0) < 100) continue;
      const answer = await get(`/api/v1/traces/${turn.trace_id}`, {}, signal).catch(() => null);
      const place = this.list.querySelector(`[data-trace="${CSS.escape(turn.trace_id)}"]`);
      if (signal.aborted || !answer || !place) return;
      if (typeof answer.trace.input === 'string') place.children[1].replaceWith(said('user', answer.trace.input));
      if (typeof answer.trace.output === 'string') place.children[2].replaceWith(said('assistant', answer.trace.output));
    }
  }

  #move(by) {
    this.selected = Math.min(this.turns.length - 1, Math.max(0, this.selected + by));
    [...this.list.children].forEach((item, index) => item.classList.toggle('selected', index === this.selected));
    this.list.children[this.selected]?.scrollIntoView({ block: 'nearest' });
  }

  #open() {
    const turn = this.turns[this.selected];
    if (turn) go(to(`/traces/${turn.trace_id}`));
  }
}

function said(role, text, otherwise = 'no input was recorded') {
  return h('div', { class: `said ${role}` }, text ? longText(text) : h('span', { class: 'muted' }, otherwise));
}
