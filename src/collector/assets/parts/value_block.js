// One recorded value with its heading: as a tree or as text, to copy and to keep.
import { bytes } from '../base/format.js';
import { h, replace } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { JsonView, asText, isPlainText } from './json_view.js';
import { longText } from './long_text.js';
import { copyButton, download } from './transfer.js';

// A text that is JSON is shown as such: many programs record it encoded.
export function parsedIfJson(text) {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function valueBlock(title, value, { file = title, cutFrom, open = [] } = {}) {
  const inner = isPlainText(value) ? parsedIfJson(value) : value;
  const hasBoth = inner !== undefined;
  const body = h('div', { class: 'value-body' });
  const toggle = hasBoth && h('button', { class: 'button quiet', type: 'button', onclick: () => show(!asTree) });
  let asTree = hasBoth;
  const show = (tree) => {
    asTree = tree;
    if (toggle) toggle.textContent = tree ? 'Text' : 'Tree';
    if (tree) {
      const view = new JsonView(inner, { label: title });
      open.push(view);
      replace(body, view.element);
    } else {
      replace(body, longText(asText(value)));
    }
  };
  show(asTree);
  return h('section', { class: 'value', 'aria-label': title },
    h('header', { class: 'value-head' }, h('h3', {}, title),
      cutFrom && h('span', { class: 'badge warn', title: 'A limit of the program that recorded it' }, `cut from ${bytes(cutFrom)}`),
      h('span', { class: 'grow' }), toggle, copyButton(() => asText(value), `Copy ${title.toLowerCase()}`),
      h('button', { class: 'button quiet icon-only', type: 'button', title: `Download ${title.toLowerCase()}`, 'aria-label': `Download ${title.toLowerCase()}`,
        onclick: () => download(`${file}.${isPlainText(value) ? 'txt' : 'json'}`, asText(value)) }, icon('download'))),
    body);
}
