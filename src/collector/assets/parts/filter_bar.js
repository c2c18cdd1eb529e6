// One line for the filter language, with completion of fields and values. Errors point at their place.
import { get, isAbort } from '../base/api.js';
import { afterQuiet, h, replace } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { count } from '../base/format.js';
import { characterAt, quoted, wordAt } from './filter_text.js';

let fieldList = null;

function fields() {
  fieldList ??= get('/api/v1/filter').then((answer) => answer.fields).catch(() => {
    fieldList = null;
    return [];
  });
  return fieldList;
}

const withValues = new Set(['name', 'user', 'session', 'tag', 'environment', 'release', 'model', 'provider', 'type', 'span_name', 'error_type', 'status']);

export class FilterBar {
  constructor({ placeholder, onSubmit }) {
    this.onSubmit = onSubmit;
    this.suggestions = [];
    this.chosen = -1;
    this.input = h('input', {
      class: 'field filter-input', type: 'text', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off',
      placeholder, 'aria-label': 'Filter', role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'filter-list', 'aria-autocomplete': 'list',
      oninput: () => this.#typed(), onfocus: () => this.suggest(), onblur: () => this.#hide(),
      onkeydown: (event) => this.#onKey(event), onclick: () => this.suggest(),
    });
    this.clear = h('button', {
      class: 'button quiet icon-only clear', type: 'button', title: 'Clear', 'aria-label': 'Clear the filter',
      onclick: () => {
        this.set('');
        onSubmit('');
      },
    }, icon('close'));
    this.list = h('div', { class: 'menu', role: 'listbox', id: 'filter-list', hidden: true });
    this.problem = h('div', { class: 'filter-problem', role: 'alert', hidden: true });
    this.element = h('div', { class: 'filter' }, icon('search', 'lens'), this.input, this.clear, this.list, this.problem);
    this.suggest = afterQuiet(60, () => this.#suggest());
  }

  set(text) {
    this.input.value = text;
    this.clear.hidden = text === '';
    this.showProblem(null);
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  // mark: { message, position, length } with position and length in bytes.
  showProblem(mark, text = this.input.value) {
    this.problem.hidden = !mark;
    this.input.setAttribute('aria-invalid', String(Boolean(mark)));
    if (!mark) return;
    const from = characterAt(text, mark.position);
    const to = Math.max(from + 1, characterAt(text, mark.position + mark.length));
    replace(this.problem, h('code', {}, text.slice(0, from), h('mark', {}, text.slice(from, to) || ' '), text.slice(to)),
      h('span', {}, mark.message));
  }

  #typed() {
    this.clear.hidden = this.input.value === '';
    this.showProblem(null);
    this.suggest();
  }

  async #suggest() {
    if (document.activeElement !== this.input) return;
    const word = wordAt(this.input.value, this.input.selectionStart);
    try {
      this.#offer(word, word.field ? await this.#values(word) : await this.#fields(word));
    } catch (error) {
      if (!isAbort(error)) this.#hide();
    }
  }

  async #fields({ text }) {
    const list = (await fields()).filter((field) => field.name.startsWith(text.toLowerCase()) || (text === '' && field));
    return list.map((field) => ({
      label: field.name, hint: field.meaning, example: field.example,
      text: field.name + (field.operators.includes('>') && !field.operators.startsWith(': <') ? '>' : field.operators.includes('<') ? '>' : ':'),
      more: true,
    }));
  }

  async #values({ field, operator, value, kept }) {
    if (field === 'error') return ['true', 'false'].filter((one) => one.startsWith(value)).map((one) => ({ label: one, text: `error:${one}` }));
    if (operator !== ':' || !withValues.has(field)) return [];
    this.abort?.abort();
    this.abort = new AbortController();
    const answer = await get('/api/v1/facets', { field, prefix: value, limit: 12 }, this.abort.signal);
    return answer.values.map((one) => ({ label: one.value, hint: count(one.traces), text: `${field}:${kept}${quoted(one.value)}` }));
  }

  #offer(word, suggestions) {
    this.suggestions = suggestions.filter((one) => one.text !== word.text);
    this.word = word;
    this.chosen = -1;
    replace(this.list, this.suggestions.map((one, index) => h('div', {
      class: 'option', role: 'option', id: `filter-${index}`,
      onpointerdown: (event) => {
        event.preventDefault();
        this.#take(index);
      },
    }, h('span', { class: 'truncate mono' }, one.label), h('span', { class: 'hint' }, one.hint))));
    this.list.hidden = this.suggestions.length === 0 || document.activeElement !== this.input;
    this.input.setAttribute('aria-expanded', String(!this.list.hidden));
  }

  #take(index) {
    const { text, more } = this.suggestions[index];
    // Not the word that was asked about: more may have been typed since.
    const { start, end } = wordAt(this.input.value, this.input.selectionStart);
    const rest = this.input.value.slice(end);
    const space = more || rest.startsWith(' ') ? '' : ' ';
    this.input.value = this.input.value.slice(0, start) + text + space + rest;
    const caret = start + text.length + space.length;
    this.input.setSelectionRange(caret, caret);
    this.#hide();  // or an Enter that comes at once would take the same again
    this.#typed();
  }

  #choose(index) {
    const options = [...this.list.children];
    this.chosen = (index + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute('aria-selected', String(at === this.chosen)));
    options[this.chosen].scrollIntoView({ block: 'nearest' });
    this.input.setAttribute('aria-activedescendant', `filter-${this.chosen}`);
  }

  #hide() {
    this.suggest.cancel();
    this.list.hidden = true;
    this.chosen = -1;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
  }

  #onKey(event) {
    const open = !this.list.hidden;
    if (event.key === 'ArrowDown' && !open) this.suggest();
    else if (event.key === 'ArrowDown') this.#choose(this.chosen + 1);
    else if (event.key === 'ArrowUp' && open) this.#choose(this.chosen - 1);
    else if (event.key === 'Tab' && open && !event.shiftKey && (this.chosen >= 0 || this.word.text !== '')) this.#take(Math.max(0, this.chosen));
    else if (event.key === 'Enter' && open && this.chosen >= 0) this.#take(this.chosen);
    else if (event.key === 'Enter') this.#submit();
    else if (event.key === 'Escape' && open) this.#hide();
    else if (event.key === 'Escape') this.input.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #submit() {
    this.#hide();
    this.onSubmit(this.input.value.trim());
  }
}
