// The numbers of a span or a trace, as a row of labelled facts.
import { h } from '../base/dom.js';
import { count } from '../base/format.js';

export function facts(list) {
  return h('dl', { class: 'facts' }, list.filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false)
    .map(([label, value, title]) => h('div', { title }, h('dt', {}, label), h('dd', {}, value))));
}

const usageWords = {
  input_cached: 'from cache', input_cache_write: 'written to cache', input_cache_write_5m: 'cached for 5 min', input_cache_write_1h: 'cached for 1 h',
  output_reasoning: 'reasoning', input_audio: 'audio in', output_audio: 'audio out', input_image: 'images in', output_image: 'images out',
};

export function usageText(usage = {}) {
  return Object.entries(usage).filter(([name, value]) => usageWords[name] && value > 0)
    .map(([name, value]) => `${count(value)} ${usageWords[name]}`).join(', ');
}
