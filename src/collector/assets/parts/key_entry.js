// Asks for the key of a server that has a list of them.
import { setKey } from '../base/access.js';
import { h } from '../base/dom.js';
import { icon } from '../base/icons.js';

let open = null;

export function askForKey(refused, done) {
  if (open) return;
  const input = h('input', { class: 'field', type: 'password', name: 'key', autocomplete: 'off', spellcheck: 'false', required: true, 'aria-label': 'API key', placeholder: 'API key' });
  const keep = h('input', { type: 'checkbox', name: 'keep' });
  const accept = (event) => {
    event.preventDefault();
    setKey(input.value.trim(), keep.checked);
    done();
  };
  open = h('dialog', { class: 'key-entry', 'aria-labelledby': 'key-title', oncancel: (event) => event.preventDefault() },
    h('form', { class: 'body', onsubmit: accept },
      h('h2', { id: 'key-title', class: 'spread' }, icon('key'), 'This server asks for a key'),
      h('p', { class: 'muted' }, 'The key names the project that you will see. It stays in this tab.'),
      refused && h('p', { class: 'badge error', role: 'alert' }, 'The last key was not accepted'),
      input,
      h('label', { class: 'spread' }, keep, 'Keep it in this browser'),
      h('button', { class: 'button tall main', type: 'submit' }, 'Open')));
  document.body.append(open);
  open.showModal();
  input.focus();
}
