// How the collector itself is doing.
import { access } from '../base/access.js';
import { get, isAbort } from '../base/api.js';
import { h, replace } from '../base/dom.js';
import { age, bytes, count, dateTime, duration, plural, timeOf } from '../base/format.js';
import { commands } from '../base/keys.js';
import { live } from '../base/live.js';
import { failure } from '../parts/notice.js';

const checks = {
  pending: ['warn', 'not begun'], running: ['running', 'running'], ok: ['ok', 'ok'], damaged: ['error', 'damaged'], not_needed: ['', 'not needed'],
};

export class StatusPage {
  constructor(host) {
    document.title = 'Status · llmtrace';
    host.classList.add('scrolls');
    this.body = h('div', { class: 'status-page' });
    host.append(this.body);
    this.offKeys = commands('Status', [['u', 'Load again', () => this.#load()]]);
    this.timer = setInterval(() => !document.hidden && this.#load(), 2000);
    this.reset = () => this.#load();
    live.addEventListener('reset', this.reset);
    this.#load();
  }

  update() {}

  close() {
    clearInterval(this.timer);
    live.removeEventListener('reset', this.reset);
    this.abort?.abort();
    this.offKeys();
  }

  async #load() {
    this.abort?.abort();
    this.abort = new AbortController();
    try {
      const status = await get('/api/v1/status', {}, this.abort.signal);
      const rate = this.#rate(status);
      replace(this.body, ...view(status, rate));
      this.body.dataset.ready = 'true';
    } catch (error) {
      if (!isAbort(error)) replace(this.body, failure(error, () => this.#load()));
    }
  }

  // Spans a second since the last look.
  #rate({ ingest, uptime_s: uptime }) {
    const before = this.before;
    this.before = { spans: ingest.spans, uptime };
    if (!before || uptime <= before.uptime) return undefined;
    return (ingest.spans - before.spans) / (uptime - before.uptime);
  }
}

function card(title, ...rows) {
  return h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, title)),
    h('dl', { class: 'status-list' }, rows.filter(Boolean).map(([label, value, note]) => h('div', {}, h('dt', {}, label), h('dd', { title: note }, value)))));
}

function meter(used, limit, label) {
  const share = limit > 0 ? Math.min(1, used / limit) : 0;
  return h('span', { class: 'meter', role: 'meter', 'aria-label': label, 'aria-valuenow': Math.round(share * 100), 'aria-valuemin': 0, 'aria-valuemax': 100 },
    h('i', { class: share > 0.85 ? 'full' : '', style: { width: `${(share * 100).toFixed(1)}%` } }));
}

function alarm(number) {
  return number > 0 ? h('span', { class: 'failed' }, count(number)) : '0';
}

function view(status, rate) {
  const { ingest, queue, disk, retention, http } = status;
  const [kind, word] = checks[status.check] ?? ['', status.check];
  const diskLimit = retention.max_bytes > 0 ? retention.max_bytes : disk.file_bytes + disk.free_bytes;
  return [
    h('div', { class: 'spread' }, h('h1', {}, 'Status'),
      h('span', { class: `badge ${status.ready ? 'ok' : 'error'}` }, status.ready ? 'ready' : 'not ready'), h('span', { class: 'grow' }),
      h('span', { class: 'muted' }, `llmtrace ${status.version}`)),
    status.problem && h('p', { class: 'error-view' }, status.problem),
    h('div', { class: 'cards' },
      card('Ingest', ['Spans stored', count(ingest.spans)], ['Traces stored', count(ingest.traces)], ['Now', rate === undefined ? '…' : `${count(Math.round(rate))} spans/s`], ['Commits', count(ingest.commits)],
        ['Last commit', duration(ingest.last_commit_ms)], ['Slowest of the last minute', duration(ingest.slowest_commit_ms)],
        ['Batches sent away, too busy', alarm(ingest.busy_batches)], ['Batches failed', alarm(ingest.failed_batches)]),
      card('Queue', ['Waiting', plural(queue.items, 'item')], ['Batches', count(queue.batches)], ['Bytes', `${bytes(queue.bytes)} of ${bytes(queue.limit_bytes)}`], ['', meter(queue.bytes, queue.limit_bytes, 'Queue')],
        ['Text not searchable yet', plural(status.text_index_backlog, 'item')]),
      card('Disk', ['Where', h('code', {}, status.location)], ['In use', bytes(disk.database_bytes)], ['On disk', bytes(disk.file_bytes)], ['', meter(disk.file_bytes, diskLimit, 'Disk')],
        ['Write-ahead log', bytes(disk.wal_bytes)], ['Text index', bytes(disk.text_index_bytes)], ['Free on the disk', bytes(disk.free_bytes)], ['Check of the file', h('span', { class: `badge ${kind}` }, word)]),
      card('Retention', ['Kept', retention.days > 0 ? plural(retention.days, 'day') : 'for ever'], ['At most', retention.max_bytes > 0 ? bytes(retention.max_bytes) : 'no limit'],
        ['Oldest', retention.oldest_received ? `${age(timeOf(retention.oldest_received))} ago` : 'nothing yet', retention.oldest_received && dateTime(timeOf(retention.oldest_received))], ['Deleted since the start', plural(retention.deleted_traces, 'trace')]),
      card('Server', ['Runs for', duration(status.uptime_s * 1000)], ['Keys', status.auth === 'keys' ? 'asked for' : 'any, on this machine only'], ['Connections', count(http.connections)], ['Requests', count(http.requests)], ['Live streams', count(http.live_streams)],
        ['Timed out', count(http.timed_out)], ['Malformed', count(http.malformed)], ['Refused', count(http.refused + http.evicted)]),
      card('Projects', ...access.projects.map((one) => [one.project, `${plural(one.traces, 'trace')}, ${plural(one.spans, 'span')}`]))),
  ];
}
