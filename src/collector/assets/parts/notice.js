// A page or a place that has nothing else to show: what is the case, and what can be done.
import { h } from '../base/dom.js';

export function notice(title, text, ...actions) {
  return h('div', { class: 'notice', role: 'status' },
    h('h2', {}, title),
    text && h('p', {}, text),
    h('div', { class: 'spread' }, actions.map(([label, action, main]) =>
      h('button', { class: `button tall ${main ? 'main' : ''}`, type: 'button', onclick: action }, label))));
}

export function failure(error, retry) {
  if (error.status === 404) return notice('Not found', `${error.message}. It may belong to another project, or be past its retention.`);
  return notice('That did not work', error.message, ['Try again', retry]);
}
