// Drawn for 16 by 16 pixels, in strokes of the text's colour.
import { h } from './dom.js';

const shapes = {
  traces: 'M2 4h12M4.5 8h7M7 12h7',
  sessions: 'M2.5 3.5h11v7h-6l-3 2.5v-2.5h-2z',
  dashboard: 'M2.5 13.5h11M4 11V7.5M8 11V3.5M12 11V6',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14',
  status: 'M1.5 8.5h3l2-5 3 9 2-4h3',
  light: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  dark: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  auto: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 2v12M8 5h4.2M8 8h5.8M8 11h4.2',
  help: 'M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM6.2 6.4a1.9 1.9 0 1 1 2.6 1.8c-.6.2-.8.6-.8 1.2M8 11.6v.1',
  close: 'M4 4l8 8M12 4l-8 8',
  down: 'M4 6.5 8 10l4-3.5',
  right: 'M6.5 4 10 8l-3.5 4',
  left: 'M9.5 4 6 8l3.5 4',
  up: 'M4 9.5 8 6l4 3.5',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  download: 'M8 2.5v7.5M4.8 7.2 8 10.3l3.2-3.1M2.5 13.5h11',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2v9.6l7.5-4.8z',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.3 1.6',
  fold: 'M8 1.5v4M6 4l2 2 2-2M8 14.5v-4M6 12l2-2 2 2M2 8h12',
  unfold: 'M8 6.5v-5M6 3.500l2-2 2 2M8 9.5v5M6 12.5l2 2 2-2M2 8h12',
  compress: 'M1.500 8h4M4 6l2 2-2 2M14.500 8h-4M12 6l-2 2 2 2M8 3v10',
  error: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3.600M8 10.900v.1',
  orphan: 'M6 10l-2 2a2 2 0 0 1-2-2l2-2M10 6l2-2a2 2 0 0 1 2 2l-2 2M5.500 3V1.500M3 5.500H1.500M10.500 13v1.500M13 10.500h1.500',
  user: 'M8 8a2.700 2.700 0 1 0 0-5.400A2.700 2.700 0 0 0 8 8zM2.800 13.500a5.200 5.200 0 0 1 10.400 0',
  tag: 'M2.500 2.500h5l6 6-5 5-6-6zM5.300 5.300v.1',
  refresh: 'M13.500 8A5.500 5.500 0 1 1 11.800 4M12 1.500V4.300H9.200',
  key: 'M10 9a3.500 3.500 0 1 0-3.300-2.300L2 11.400V14h2.600v-1.700h1.700v-1.700h1.200l1-1',
  llm: 'M8 1.800 9.500 6.500 14.200 8 9.500 9.500 8 14.200 6.500 9.500 1.800 8 6.500 6.500z',
  tool: 'M13.600 4.400a3.600 3.600 0 0 1-4.900 4.400L4.400 13.100a1.600 1.600 0 0 1-2.300-2.300L6.400 6.500a3.600 3.600 0 0 1 4.400-4.900L8.700 3.700l.4 2.400 2.400.4z',
  agent: 'M3 5.500h10v7.500H3zM8 5.500V2.500M6.200 8.500v1M9.800 8.500v1M1.200 8v3M14.800 8v3',
  retrieval: 'M2.500 4c0-1 2.200-1.800 4.700-1.800S12 3 12 4M2.500 4v7.500c0 1 1.700 1.700 4 1.800M2.500 4c0 1 2.200 1.800 4.700 1.800S12 5 12 4M10.500 12.300a2.300 2.300 0 1 0 0-4.600 2.300 2.300 0 0 0 0 4.600zM12.200 11.700l1.800 1.800',
  embedding: 'M3 3v.1M8 3v.1M13 3v.1M3 8v.1M8 8v.1M13 8v.1M3 13v.1M8 13v.1M13 13v.1',
  chain: 'M2.500 5.500h4v5h-4zM9.500 5.500h4v5h-4zM6.500 8h3',
  function: 'M11.500 2.800c-2-.8-3 .2-3.300 2L7 11.500c-.4 1.800-1.400 2.500-3 1.700M5 6.500h5.500',
  other: 'M8 10.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z',
};

export function icon(name, className = '') {
  return h('svg', {
    class: `icon ${className}`, viewBox: '0 0 16 16', fill: 'none', stroke: 'currentColor',
    'stroke-width': name === 'embedding' ? 2.4 : 1.4, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true',
  }, h('path', { d: shapes[name] ?? shapes.other }));
}

const statusShapes = {
  ok: ['M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z', 'M5.400 8.200 7.200 10l3.500-3.700'],
  error: ['M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z', 'M6 6l4 4M10 6l-4 4'],
  incomplete: ['M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z', 'M5.500 8h5'],
  running: [null, 'M8 2a6 6 0 1 1-5.200 3'],
};

const statusWords = { ok: 'ok', error: 'error', incomplete: 'ended early', running: 'running' };

export function statusIcon(status) {
  const [ring, mark] = statusShapes[status] ?? statusShapes.incomplete;
  return h('svg', {
    class: `status ${status}`, viewBox: '0 0 16 16', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5,
    'stroke-linecap': 'round', 'stroke-linejoin': 'round', role: 'img', 'aria-label': statusWords[status] ?? status,
  }, h('title', {}, statusWords[status] ?? status),
  ring && h('path', { d: ring, opacity: 0.45 }), h('path', { d: mark, class: status === 'running' ? 'spins' : '' }));
}

const kinds = ['llm', 'tool', 'agent', 'function', 'retrieval', 'embedding', 'chain', 'other'];

export function kindOf(span) {
  return kinds.includes(span.span_type) ? span.span_type : 'other';
}

export function kindIcon(kind) {
  const element = icon(kind, 'kind');
  element.style.color = `var(--${kind})`;
  return element;
}
