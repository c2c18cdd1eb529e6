// The calls of docs/http-api.md.
import { access, key, writingKey } from './access.js';

export class ApiError extends Error {
  constructor(status, detail, mark) {
    super(detail);
    this.status = status;
    this.mark = mark;  // { message, position, length } of a filter, position and length in bytes
  }
}

export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  if (access.auth === 'none' && access.project) query.set('project', access.project);
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) {
      if (one !== undefined && one !== null && one !== '') query.append(name, one);
    }
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

export function headers() {
  return key() ? { 'X-API-Key': key() } : {};
}

export async function get(path, parameters, signal) {
  const response = await send(address(path, parameters), { headers: headers(), signal });
  return response.json();
}

export async function getText(path, parameters, signal) {
  const response = await send(address(path, parameters), { headers: headers(), signal });
  return response.text();
}

export async function post(path, body) {
  const response = await send(path, {
    method: 'POST',
    headers: { 'X-API-Key': writingKey(), 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
}

async function send(url, options) {
  let response;
  try {
    response = await fetch(url, { ...options, cache: 'no-store' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, 'The server does not answer.');
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  const detail = typeof body.detail === 'string' ? body.detail : response.statusText;
  if (response.status === 401) dispatchEvent(new CustomEvent('llmtrace:key-wanted'));
  throw new ApiError(response.status, detail, body.error);
}

export function isAbort(error) {
  return error?.name === 'AbortError';
}
