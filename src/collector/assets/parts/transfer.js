// Out of the page: the clipboard and files.
import { h } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { toast } from './toast.js';

export async function copyText(text, what = 'Copied') {
  try {
    await navigator.clipboard.writeText(text);
    toast(what);
  } catch {
    copyBySelection(text) ? toast(what) : toast('The browser does not let this page copy', 'error');
  }
}

// For pages that are not served over a secure origin.
function copyBySelection(text) {
  const area = document.body.appendChild(h('textarea', { class: 'unseen', value: text }));
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}

// Fetched files are handed over as a blob, because a link cannot carry a key.
export function download(name, text, type = 'application/json') {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name.replace(/[^\w.-]+/g, '_');
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function copyButton(text, label = 'Copy') {
  return h('button', {
    class: 'button quiet icon-only', type: 'button', title: label, 'aria-label': label,
    onclick: (event) => {
      event.stopPropagation();
      copyText(typeof text === 'function' ? text() : text);
    },
  }, icon('copy'));
}
