// Which project is looked at and by which key. Without a key file the project is in the address; with one the
// key says it, and lives in this tab unless its owner wants the browser to keep it.
import { remember, remembered } from './preferences.js';

const session = () => sessionStorage;

export const access = {
  auth: 'none',
  project: null,
  projects: [],
};

export function key() {
  return remembered('key', null, session) ?? remembered('key');
}

export function setKey(value, keep) {
  remember('key', keep ? null : value, session);
  remember('key', keep ? value : null);
}

export function forgetKey() {
  remember('key', null, session);
  remember('key', null);
}

// How to sign what is written; a server without keys takes any key that names a project.
export function writingKey() {
  return key() ?? `project-${access.project ?? 'default'}`;
}
