// Above the tree: search, errors, folding, idle time.
import { h, replace } from '../base/dom.js';
import { count } from '../base/format.js';
import { icon } from '../base/icons.js';

export class TraceToolbar {
  constructor({ onSearch, onStep, onBodies, onErrors, onFold, onCompress, onResetZoom }) {
    this.input = h('input', {
      class: 'field', type: 'search', placeholder: 'Search spans', 'aria-label': 'Search spans', spellcheck: 'false', autocomplete: 'off',
      oninput: () => onSearch(this.input.value), onkeydown: (event) => this.#onKey(event, onStep),
    });
    this.result = h('span', { class: 'muted result', role: 'status' });
    this.bodies = h('button', { class: 'button quiet', type: 'button', title: 'Also search inputs and outputs', 'aria-pressed': 'false', onclick: onBodies }, 'In texts');
    this.errors = h('button', { class: 'button quiet', type: 'button', title: 'Next error (e)', onclick: onErrors });
    this.compress = h('button', { class: 'button quiet', type: 'button', onclick: onCompress });
    this.reset = h('button', { class: 'button quiet', type: 'button', title: 'Show all time (0)', onclick: onResetZoom }, 'All time');
    this.element = h('div', { class: 'trace-toolbar' },
      h('div', { class: 'tree-search' }, icon('search', 'lens'), this.input, this.result), this.bodies, this.errors,
      h('span', { class: 'grow' }), this.reset, this.compress,
      h('button', { class: 'button quiet icon-only', type: 'button', title: 'Close all (Shift+←)', 'aria-label': 'Close all', onclick: () => onFold(true) }, icon('fold')),
      h('button', { class: 'button quiet icon-only', type: 'button', title: 'Open all (Shift+→)', 'aria-label': 'Open all', onclick: () => onFold(false) }, icon('unfold')));
  }

  show({ text, matches, at, bodies, errors, idle, compressed, zoomed }) {
    if (document.activeElement !== this.input) this.input.value = text;
    this.result.textContent = text === '' ? '' : matches === 0 ? 'none' : `${at >= 0 ? `${count(at + 1)} of ` : ''}${count(matches)}`;
    this.bodies.hidden = text === '';
    this.bodies.setAttribute('aria-pressed', String(bodies));
    this.errors.hidden = errors === 0;
    replace(this.errors, icon('error'), `${count(errors)} ${errors === 1 ? 'error' : 'errors'}`);
    this.errors.classList.add('failed');
    this.reset.hidden = !zoomed;
    this.compress.hidden = !idle.isOffered && !compressed;
    this.compress.setAttribute('aria-pressed', String(compressed));
    this.compress.title = compressed ? 'Show the time as it was (c)' : 'No innermost span runs in this time; make it narrow (c)';
    replace(this.compress, icon('compress'), compressed ? 'Idle time is compressed' : `${(idle.idle * 100).toFixed(idle.idle > 0.99 ? 1 : 0)} % idle · compress`);
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  #onKey(event, onStep) {
    if (event.key === 'Enter') onStep(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') this.input.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
