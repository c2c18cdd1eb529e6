// The page behind `?`: every command that works where one is.
import { h } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { allCommands } from '../base/keys.js';

const shown = { ' ': 'Space', ArrowDown: '↓', ArrowUp: '↑', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc' };

function keyCaps(keys) {
  return keys.split(' ').filter(Boolean).map((part) => {
    const plain = part.replace('Shift+', '');
    return [part.startsWith('Shift+') && h('kbd', {}, '⇧'), h('kbd', {}, shown[plain] ?? plain)];
  });
}

function entry({ keys, help }) {
  return h('div', {}, h('dt', {}, help),
    h('dd', {}, keys.map((one, index) => [index > 0 && 'or', one === ' ' ? h('kbd', {}, 'Space') : keyCaps(one)])));
}

export function toggleHelp() {
  const open = document.querySelector('dialog.help');
  if (open) {
    open.close();
    return;
  }
  const dialog = h('dialog', { class: 'help', 'aria-labelledby': 'help-title', onclose: () => dialog.remove() },
    h('div', { class: 'head' }, h('h2', { id: 'help-title' }, 'Keyboard'),
      h('button', { class: 'button quiet icon-only', type: 'button', 'aria-label': 'Close', onclick: () => dialog.close() }, icon('close'))),
    h('div', { class: 'body key-help' }, allCommands().reverse().filter(([, list]) => list.length > 0).map(([group, list]) =>
      h('section', {}, h('h3', {}, group), h('dl', {}, list.filter((one) => one.help).map(entry))))));
  document.body.append(dialog);
  dialog.showModal();
}
