// Keyboard commands. Each is said once, with its help; what is shown on the `?` page is this list.

const groups = new Map();
let pending = '';
let pendingTimer = 0;

// commands: [[keys, help, action], …], keys as "j", "Shift+N", "g t". Returns how to take them back.
export function commands(group, list) {
  const entries = list.map(([keys, help, action]) => ({ keys: [keys].flat(), help, action }));
  groups.set(group, entries);
  return () => {
    if (groups.get(group) === entries) groups.delete(group);
  };
}

export function allCommands() {
  return [...groups];
}

const writing = (element) => element?.closest?.('input, textarea, select, [contenteditable]');

function nameOf(event) {
  const shifted = event.shiftKey && event.key.length > 1 ? 'Shift+' : '';
  return shifted + event.key;
}

function find(keys) {
  for (const [, entries] of [...groups].reverse()) {
    const entry = entries.find((one) => one.keys.includes(keys));
    if (entry) return entry;
  }
  return null;
}

function isPrefix(keys) {
  return [...groups.values()].flat().some((one) => one.keys.some((name) => name.startsWith(`${keys} `)));
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key !== 'Escape' && writing(event.target)) return;
  if (document.querySelector('dialog[open]') && event.key !== '?') return;
  // A focused control keeps its own keys.
  if ((event.key === 'Enter' || event.key === ' ') && event.target.closest?.('a, button, summary')) return;
  const name = pending ? `${pending} ${nameOf(event)}` : nameOf(event);
  clearTimeout(pendingTimer);
  pending = '';
  const entry = find(name);
  if (entry) {
    if (entry.action(event) !== false) event.preventDefault();
  } else if (isPrefix(name)) {
    pending = name;
    pendingTimer = setTimeout(() => { pending = ''; }, 1200);
  }
}

export function startKeys() {
  document.addEventListener('keydown', onKey);
}
