// The span of time that a page looks at: `range=24h` counts back from now, `from` and `to` are fixed.
import { h } from '../base/dom.js';
import { shortDateTime } from '../base/format.js';
import { change } from '../base/router.js';
import { Menu } from './menu.js';

const minute = 60_000;
export const presets = [
  ['15m', 'Last 15 minutes', 15 * minute],
  ['1h', 'Last hour', 60 * minute],
  ['6h', 'Last 6 hours', 360 * minute],
  ['24h', 'Last 24 hours', 1440 * minute],
  ['7d', 'Last 7 days', 7 * 1440 * minute],
  ['30d', 'Last 30 days', 30 * 1440 * minute],
  ['all', 'All time', null],
];
const usual = '24h';

// { from, to } in milliseconds, either may be absent; `sliding` when it moves with the clock.
export function rangeOf(url) {
  const from = numberOf(url.searchParams.get('from'));
  const to = numberOf(url.searchParams.get('to'));
  if (from !== undefined || to !== undefined) {
    const text = (time, open) => (time === undefined ? open : shortDateTime(time));
    return { from, to, label: `${text(from, 'start')} – ${text(to, 'now')}`, sliding: to === undefined };
  }
  const asked = url.searchParams.get('range') ?? usual;
  const [name, label, length] = presets.find(([one]) => one === asked) ?? presets.find(([one]) => one === usual);
  return { name, label, from: length === null ? undefined : Date.now() - length, to: undefined, sliding: true };
}

function numberOf(text) {
  const value = Number(text);
  return text === null || text === '' || !Number.isFinite(value) ? undefined : value;
}

export function rangePicker() {
  return new Menu({
    label: '', title: 'Time range', side: 'right', symbol: 'clock',
    options: () => presets.map(([name, label]) => ({
      label, hint: name === 'all' ? '' : name, chosen: rangeOf(new URL(location.href)).name === name,
      action: () => change({ range: name === usual ? null : name, from: null, to: null }, { replace: false }),
    })),
    foot: ownRange,
  });
}

function ownRange(close) {
  const { from = Date.now() - 1440 * minute, to = Date.now() } = rangeOf(new URL(location.href));
  const first = timeField('From', from);
  const last = timeField('To', to);
  const apply = (event) => {
    event.preventDefault();
    close();
    change({ from: timeIn(first), to: timeIn(last), range: null }, { replace: false });
  };
  return h('form', { class: 'own-range', onsubmit: apply }, first, last, h('button', { class: 'button', type: 'submit' }, 'Apply'));
}

function timeField(label, time) {
  const local = new Date(time - new Date(time).getTimezoneOffset() * minute);
  return h('label', {}, h('span', { class: 'muted' }, label),
    h('input', { class: 'field', type: 'datetime-local', step: 1, value: local.toISOString().slice(0, 19) }));
}

function timeIn(label) {
  const value = label.querySelector('input').value;
  return value ? new Date(value).getTime() : null;
}

// Where a series begins that has no beginning of its own.
export function wideRange(range, oldest) {
  const to = range.to ?? Date.now();
  return { from: Math.min(range.from ?? oldest ?? to - 1440 * minute, to - minute), to };
}
