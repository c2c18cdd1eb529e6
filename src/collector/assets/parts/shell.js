// The frame around every page: where one is, which project, whether the stream of changes is there.
import { access, forgetKey, key } from '../base/access.js';
import { get } from '../base/api.js';
import { h, replace } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { commands } from '../base/keys.js';
import { live } from '../base/live.js';
import { plural } from '../base/format.js';
import { go, to } from '../base/router.js';
import { nextTheme, theme } from '../base/theme.js';
import { toggleHelp } from './help.js';
import { Menu } from './menu.js';
import { toast } from './toast.js';

const places = [
  ['/', 'Traces', 'traces', 'g t'],
  ['/sessions', 'Sessions', 'sessions', 'g s'],
  ['/dashboard', 'Dashboard', 'dashboard', 'g d'],
  ['/search', 'Search', 'search', 'g f'],
  ['/status', 'Status', 'status', 'g i'],
];

const connectionWords = { live: 'connected', lost: 'no connection, trying again', waiting: 'connecting' };

export class Shell {
  constructor() {
    this.projects = this.#projectPicker();
    this.nav = h('nav', { class: 'nav', 'aria-label': 'Pages' });
    this.connection = h('div', { class: 'connection', role: 'status' });
    this.themeButton = h('button', { class: 'button quiet icon-only', type: 'button', onclick: () => this.#turnTheme() });
    this.main = h('main', { class: 'page', tabindex: '-1', id: 'page' });
    this.root = h('div', { class: 'shell' }, this.#topbar(), this.main);
    replace(document.body, h('a', { class: 'skip', href: '#page' }, 'Skip to the page'), this.root);
    live.addEventListener('state', () => this.#showConnection());
    this.#showConnection();
    this.#showTheme();
    this.#registerKeys();
  }

  // An empty place for a page; a new one each time, so that nothing of the last page stays.
  host() {
    const fresh = h('main', { class: 'page', tabindex: '-1', id: 'page' });
    this.main.replaceWith(fresh);
    this.main = fresh;
    return fresh;
  }

  update(url) {
    const section = url.pathname.startsWith('/traces') ? '/' : `/${url.pathname.split('/')[1]}`;
    replace(this.nav, places.map(([path, label, symbol]) => h('a', {
      href: to(path), title: label, 'aria-current': path === section ? 'page' : null,
    }, icon(symbol), h('span', { class: 'label' }, label))));
    this.brand.setAttribute('href', to('/'));
    this.projects.label(access.project);
  }

  #topbar() {
    this.brand = h('a', { class: 'brand', href: '/', 'aria-label': 'llmtrace' }, logo(), h('span', {}, 'llmtrace'));
    return h('header', { class: 'topbar' },
      this.brand, h('span', { class: 'slash', 'aria-hidden': 'true' }, '/'), this.projects.element,
      this.nav, h('div', { class: 'grow' }), this.connection,
      key() && h('button', { class: 'button quiet icon-only', type: 'button', title: 'Forget the key', 'aria-label': 'Forget the key', onclick: leave }, icon('key')),
      this.themeButton,
      h('button', { class: 'button quiet icon-only', type: 'button', title: 'Keyboard (?)', 'aria-label': 'Keyboard', onclick: toggleHelp }, icon('help')));
  }

  #projectPicker() {
    const menu = new Menu({
      label: access.project, title: 'Project',
      options: () => access.projects.map((one) => ({
        label: one.project, hint: plural(one.traces, 'trace'), chosen: one.project === access.project,
        action: () => go(`/?project=${encodeURIComponent(one.project)}`),
      })),
    });
    if (access.auth === 'keys') menu.button.disabled = true;
    menu.button.addEventListener('click', refreshProjects);
    return menu;
  }

  #showConnection() {
    this.connection.dataset.state = live.state;
    this.connection.title = connectionWords[live.state];
    replace(this.connection, h('span', { class: 'dot' }), h('span', { class: 'label' }, connectionWords[live.state]));
  }

  #turnTheme() {
    toast(`Theme: ${nextTheme()}`);
    this.#showTheme();
  }

  #showTheme() {
    const label = `Theme: ${theme()}`;
    this.themeButton.title = `${label} (t)`;
    this.themeButton.setAttribute('aria-label', label);
    replace(this.themeButton, icon(theme()));
  }

  #registerKeys() {
    commands('Everywhere', [
      ['?', 'This list', toggleHelp],
      ...places.map(([path, label, , keys]) => [keys, `Go to ${label}`, () => go(to(path))]),
      ['g p', 'Choose a project', () => this.projects.button.click()],
      ['t', 'Light, dark or the system’s theme', () => this.#turnTheme()],
    ]);
  }
}

async function refreshProjects() {
  access.projects = (await get('/api/v1/projects').catch(() => access)).projects;
}

function leave() {
  forgetKey();
  location.assign('/');
}

function logo() {
  return h('svg', { class: 'mark', viewBox: '0 0 32 32', 'aria-hidden': 'true' },
    h('rect', { width: 32, height: 32, rx: 7 }), h('path', { d: 'M7 9h18M11 16h10M15 23h10' }));
}
