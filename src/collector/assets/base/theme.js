import { remember, remembered } from './preferences.js';

const order = ['auto', 'light', 'dark'];

export function theme() {
  return remembered('theme', 'auto');
}

export function nextTheme() {
  const next = order[(order.indexOf(theme()) + 1) % order.length];
  remember('theme', next);
  document.documentElement.dataset.theme = next;
  dispatchEvent(new CustomEvent('llmtrace:theme'));
  return next;
}

// Colours for a canvas, which cannot read style sheets by itself: the computed value of a token.
export function colours(...names) {
  const probe = document.createElement('i');
  document.body.append(probe);
  const found = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return found;
}

export function onThemeChange(action) {
  const media = matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', action);
  addEventListener('llmtrace:theme', action);
  return () => {
    media.removeEventListener('change', action);
    removeEventListener('llmtrace:theme', action);
  };
}
