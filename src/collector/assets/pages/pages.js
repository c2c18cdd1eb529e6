// Which page an address opens.
import { h } from '../base/dom.js';
import { notice } from '../parts/notice.js';
import { DashboardPage } from './dashboard.js';
import { SearchPage } from './search.js';
import { SessionPage } from './session.js';
import { SessionsPage } from './sessions.js';
import { StatusPage } from './status.js';
import { TracePage } from './trace.js';
import { TracesPage } from './traces.js';

const routes = [
  [/^\/$/, TracesPage],
  [/^\/traces\/([^/]+)$/, TracePage],
  [/^\/sessions$/, SessionsPage],
  [/^\/sessions\/([^/]+)$/, SessionPage],
  [/^\/dashboard$/, DashboardPage],
  [/^\/search$/, SearchPage],
  [/^\/status$/, StatusPage],
];

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function openPage(host, url) {
  for (const [pattern, Page] of routes) {
    const match = pattern.exec(url.pathname);
    if (match) return new Page(host, url, ...match.slice(1).map(decoded));
  }
  document.title = 'Not found · llmtrace';
  host.append(h('div', {}, notice('There is no such page', url.pathname)));
  return { update() {} };
}
