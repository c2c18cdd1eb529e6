// Short news that nobody has to answer.
import { h } from '../base/dom.js';

let place = null;

export function toast(text, kind = '') {
  place ??= document.body.appendChild(h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' }));
  const element = place.appendChild(h('div', { class: `toast ${kind}` }, text));
  setTimeout(() => element.remove(), kind === 'error' ? 6000 : 2200);
}
