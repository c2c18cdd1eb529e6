// The stream of changes. It is read by fetch and not by EventSource, which cannot send a key. A hidden tab lets
// go of its connection: a browser has only six for one server, and many tabs would use them up.
import { address, headers } from './api.js';
import { access } from './access.js';

const longestWait = 8000;

export class LiveStream extends EventTarget {
  #last = null;
  #abort = null;
  #wait = 500;
  #timer = 0;
  state = 'waiting';

  start() {
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#pause() : this.restart()));
    this.restart();
  }

  restart({ forget = false } = {}) {
    this.#pause();
    if (forget) this.#last = null;
    this.#wait = 500;
    this.#run();
  }

  #pause() {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = null;
  }

  async #run() {
    if (!access.project || document.hidden) return;
    const abort = new AbortController();
    this.#abort = abort;
    try {
      await this.#read(abort.signal);
    } catch {
      // Lost, or refused: tried again below.
    }
    if (abort.signal.aborted) return;
    this.#become('lost');
    this.#timer = setTimeout(() => this.#run(), this.#wait);
    this.#wait = Math.min(longestWait, this.#wait * 2);
  }

  async #read(signal) {
    const last = this.#last === null ? {} : { 'Last-Event-ID': this.#last };
    const response = await fetch(address('/api/v1/live'), { headers: { ...headers(), ...last }, signal });
    if (!response.ok) throw new Error('refused');
    const returning = this.state === 'lost';
    this.#wait = 500;
    this.#become('live');
    if (returning) this.#tell('reset', {});
    await this.#events(response.body.pipeThrough(new TextDecoderStream()).getReader());
  }

  async #events(reader) {
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).split('\n\n');
      rest = parts.pop();
      parts.forEach((part) => this.#event(part));
    }
  }

  #event(text) {
    const fields = {};
    for (const line of text.split('\n')) {
      const colon = line.indexOf(': ');
      if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
    }
    if (!fields.event) return;
    this.#last = fields.id;
    this.#tell(fields.event, JSON.parse(fields.data));
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.#tell('state', state);
  }
}

export const live = new LiveStream();
