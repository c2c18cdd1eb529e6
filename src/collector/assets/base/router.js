// The address says what is shown, and everything that can be shown has an address.
import { access } from './access.js';

const listeners = new Set();

export function onNavigate(listener) {
  listeners.add(listener);
}

export function here() {
  return new URL(location.href);
}

export function parameter(name) {
  return here().searchParams.get(name);
}

// An address within the viewer that keeps the project.
export function to(path, parameters = {}) {
  const query = new URLSearchParams();
  if (access.auth === 'none' && access.project) query.set('project', access.project);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, value);
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

export function go(address, { replace = false } = {}) {
  if (address === location.pathname + location.search) return;
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  changed();
}

// Sets and removes (null) some parameters of the present page. Small steps replace, so that "back" leaves.
export function change(parameters, { replace = true } = {}) {
  const url = here();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null || value === undefined || value === '') url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  go(url.pathname + url.search, { replace });
}

function changed() {
  for (const listener of listeners) listener(here());
}

export function startRouter() {
  addEventListener('popstate', changed);
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest?.('a[href]');
    if (!link || link.target || link.origin !== location.origin || link.hasAttribute('download')) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
  changed();
}
