// Where in a filter the caret stands, and what may come there.

// The word around the caret: { start, end, text, field, operator, value, negated }.
export function wordAt(filter, caret) {
  let start = 0;
  let quoted = false;
  for (let at = 0; at < caret; at += 1) {
    if (filter[at] === '"') quoted = !quoted;
    else if (!quoted && /[\s()]/.test(filter[at])) start = at + 1;
  }
  let end = caret;
  while (end < filter.length && (quoted ? filter[end] !== '"' : !/[\s()]/.test(filter[end]))) end += 1;
  if (quoted && filter[end] === '"') end += 1;
  if (filter[start] === '-' && start < caret) start += 1;
  const text = filter.slice(start, caret);
  const match = /^([a-z_]+)(:|<=|>=|<|>|=)(.*)$/s.exec(text);
  if (!match) return { start, end, text };
  // Of alternatives only the last is being written.
  const comma = match[3].lastIndexOf(',');
  const value = match[3].slice(comma + 1).replace(/^"|"$/g, '');
  return { start, end, text, field: match[1], operator: match[2], kept: match[3].slice(0, comma + 1), value };
}

export function quoted(value) {
  return /^[\w.*:/@+-]+$/.test(value) ? value : `"${value.replace(/(["\\])/g, '\\$1')}"`;
}

export function condition(field, value) {
  return `${field}:${quoted(value)}`;
}

export function withCondition(filter, added) {
  return filter.includes(added) ? filter : `${filter.trim()} ${added}`.trim();
}

// The service counts bytes, a text has characters.
export function characterAt(text, byte) {
  const bytes = new TextEncoder().encode(text);
  return new TextDecoder().decode(bytes.slice(0, byte)).length;
}
