// Starts the viewer: learns the projects, builds the frame, opens the page that the address names.
import { get } from './base/api.js';
import { access, key } from './base/access.js';
import { replace } from './base/dom.js';
import { startKeys } from './base/keys.js';
import { live } from './base/live.js';
import { remember, remembered } from './base/preferences.js';
import { onNavigate, parameter, startRouter } from './base/router.js';
import { notice } from './parts/notice.js';
import { askForKey } from './parts/key_entry.js';
import { Shell } from './parts/shell.js';
import { openPage } from './pages/pages.js';

let shell = null;
let page = null;

async function learnProjects() {
  const answer = await get('/api/v1/projects');
  access.auth = answer.auth;
  access.projects = answer.projects;
  if (answer.auth === 'keys') {
    access.project = answer.projects[0]?.project ?? '(yours)';
    return;
  }
  const asked = parameter('project');
  const last = remembered('project');
  const newest = [...answer.projects].sort((a, b) => (b.last_received ?? '').localeCompare(a.last_received ?? ''))[0];
  const known = (name) => answer.projects.some((one) => one.project === name);
  access.project = asked ?? (known(last) ? last : newest?.project) ?? 'default';
}

function show(url) {
  const asked = url.searchParams.get('project');
  if (access.auth === 'none' && asked && asked !== access.project) {
    access.project = asked;
    live.restart({ forget: true });
    page?.close?.();
    page = null;
  }
  if (access.auth === 'none') remember('project', access.project);
  shell.update(url);
  if (page?.path === url.pathname) {
    page.update(url);
    return;
  }
  page?.close?.();
  page = openPage(shell.host(), url);
  page.path = url.pathname;
}

async function start() {
  try {
    await learnProjects();
  } catch (error) {
    if (error.status === 401) {
      askForKey(Boolean(key()), () => location.reload());
      return;
    }
    replace(document.body, notice('The collector does not answer', error.message, ['Try again', () => location.reload()]));
    return;
  }
  shell = new Shell();
  startKeys();
  onNavigate(show);
  startRouter();
  live.start();
}

addEventListener('llmtrace:key-wanted', () => {
  if (shell) askForKey(true, () => location.reload());
});

await start();
