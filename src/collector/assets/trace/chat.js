// An LLM call as a conversation.
import { h } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { JsonView, asText } from '../parts/json_view.js';
import { longText } from '../parts/long_text.js';
import { copyButton } from '../parts/transfer.js';
import { parsedIfJson } from '../parts/value_block.js';
import { inputMessages, joinResults, outputMessages } from './messages.js';

const roleWords = { system: 'System', developer: 'Developer', user: 'User', human: 'User', assistant: 'Assistant', ai: 'Assistant', model: 'Assistant', tool: 'Tool', function: 'Tool' };
const roleKinds = { human: 'user', ai: 'assistant', model: 'assistant', developer: 'system', function: 'tool' };
const foldedSystem = { length: 360, lines: 4 };

export function hasChat(span) {
  return inputMessages(span).length > 0 && (span.span_type === 'llm' || Boolean(span.model)) || outputMessages(span).length > 0 && span.span_type === 'llm';
}

export function chatView(span, open) {
  const input = inputMessages(span);
  const output = outputMessages(span);
  const joined = joinResults([...input, ...output.map((one) => ({ ...one, isReply: true }))]);
  return h('div', { class: 'chat' },
    joined.map((message) => messageView(message, open)),
    output.length === 0 && h('p', { class: 'muted no-reply' }, span.end_time ? 'No reply was recorded.' : 'No reply yet.'),
    span.cancelled && h('p', { class: 'badge warn' }, 'The stream was abandoned: the reply is not whole'));
}

function messageView(message, open) {
  const role = roleKinds[message.role] ?? message.role;
  const text = message.parts.map((part) => part.text ?? asText(part.value)).join('\n\n');
  return h('article', { class: `message ${['system', 'user', 'assistant', 'tool'].includes(role) ? role : 'user'}${message.isReply ? ' reply' : ''}` },
    h('header', {}, h('span', { class: 'role' }, roleWords[message.role] ?? message.role),
      message.name && h('span', { class: 'muted truncate' }, message.name), h('span', { class: 'grow' }), copyButton(text ?? '', 'Copy the message')),
    message.parts.length === 0 && h('p', { class: 'muted' }, 'empty'),
    message.parts.map((part) => partView(part, role, open)));
}

function partView(part, role, open) {
  if (part.kind === 'text') return longText(part.text, role === 'system' ? foldedSystem : undefined);
  if (part.kind === 'reasoning') return reasoning(part.text);
  if (part.kind === 'call') return callView(part, open);
  if (part.kind === 'result') return resultView(part, open);
  if (part.kind === 'media') return h('div', { class: 'media' }, h('span', { class: 'badge' }, part.media), dataView(part.value, open));
  return dataView(part.value, open);
}

function reasoning(text) {
  return h('details', { class: 'reasoning' }, h('summary', {}, 'Reasoning', h('span', { class: 'muted' }, ` ${text.length.toLocaleString('en-US')} characters`)), longText(text));
}

function callView(part, open) {
  return h('div', { class: 'call' },
    h('header', {}, icon('tool'), h('b', {}, part.name), part.id && part.id !== part.name && h('span', { class: 'muted mono truncate' }, part.id)),
    part.value !== undefined && dataView(part.value, open),
    part.result && h('div', { class: 'result' }, h('span', { class: 'muted' }, part.result.failed ? 'failed with' : 'returned'), dataView(part.result.value, open)));
}

function resultView(part, open) {
  return h('div', { class: 'call' }, h('header', {}, icon('right'), h('b', {}, part.name ?? 'Result'), part.id && h('span', { class: 'muted mono truncate' }, part.id)),
    dataView(part.value, open));
}

function dataView(value, open) {
  if (typeof value === 'string') {
    const inner = parsedIfJson(value);
    if (inner === undefined) return longText(value);
    value = inner;
  }
  const view = new JsonView(value ?? null, { label: 'Value', most: 14 });
  open.push(view);
  return view.element;
}
