// A button that opens a list of choices. Arrows move, Enter chooses, Escape closes and gives the focus back.
import { h, replace } from '../base/dom.js';
import { icon } from '../base/icons.js';

export class Menu {
  // options() gives [{ label, hint, chosen, action }] each time the menu opens.
  constructor({ label, title, options, foot, side = '', symbol }) {
    this.options = options;
    this.foot = foot;
    this.side = side;
    this.text = h('span', { class: 'truncate' }, label);
    this.button = h('button', {
      class: 'button', type: 'button', title, 'aria-label': title, 'aria-haspopup': 'menu', 'aria-expanded': 'false',
      onclick: () => (this.list ? this.close() : this.open()),
    }, symbol && icon(symbol), this.text, icon('down'));
    this.element = h('div', { class: 'select', onkeydown: (event) => this.#onKey(event) }, this.button);
  }

  label(text) {
    replace(this.text, text);
  }

  open() {
    const items = this.options().map((option) => h('button', {
      class: 'option', role: 'menuitemradio', type: 'button', 'aria-checked': String(Boolean(option.chosen)),
      'aria-selected': option.chosen ? 'true' : null,
      onclick: () => {
        this.close();
        option.action();
      },
    }, h('span', { class: 'truncate' }, option.label), option.hint && h('span', { class: 'hint' }, option.hint)));
    this.list = h('div', { class: `menu ${this.side}`, role: 'menu' }, items, this.foot && h('div', { class: 'foot' }, this.foot(() => this.close())));
    this.element.append(this.list);
    this.button.setAttribute('aria-expanded', 'true');
    (this.list.querySelector('[aria-checked="true"]') ?? items[0])?.focus();
    this.leave = (event) => {
      if (!this.element.contains(event.target)) this.close(false);
    };
    addEventListener('pointerdown', this.leave);
  }

  close(focus = true) {
    if (!this.list) return;
    removeEventListener('pointerdown', this.leave);
    this.list.remove();
    this.list = null;
    this.button.setAttribute('aria-expanded', 'false');
    if (focus) this.button.focus();
  }

  #onKey(event) {
    if (!this.list) return;
    const items = [...this.list.querySelectorAll('.option')];
    const at = items.indexOf(document.activeElement);
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key === 'Escape') this.close();
    else if (event.key in steps && at >= 0) items[(at + steps[event.key] + items.length) % items.length].focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
