// A JSON value as lines of a tree. Only what is open becomes lines, so a value of any size can be looked at.

const mostLinesAtOnce = 400;   // of a value that opens by itself
const pageOfItems = 1000;      // of a long array; the rest comes on demand
const lineLength = 160;        // of a long text

export class JsonLines {
  constructor(value) {
    const root = this.#line(-1, undefined, value);
    const isTree = size(value) > 0;
    this.lines = isTree ? this.#inner(root, 0) : [{ ...root, depth: 0 }];
    this.#openBreadthFirst();
  }

  #line(depth, key, value) {
    return { depth, key, value, kind: kindOf(value), open: false };
  }

  isFoldable(line) {
    return line.kind === 'array' || line.kind === 'object' ? size(line.value) > 0 : line.kind === 'text' && isLong(line.value);
  }

  toggle(index) {
    const line = this.lines[index];
    if (line.kind === 'rest') this.#openRest(index);
    else if (line.open) this.#close(index);
    else this.#open(index);
  }

  #open(index) {
    const line = this.lines[index];
    if (!this.isFoldable(line) || line.open) return 0;
    line.open = true;
    const inner = this.#inner(line, 0);
    spliceMany(this.lines, index + 1, 0, inner);
    return inner.length;
  }

  #inner(line, from) {
    const depth = line.depth + 1;
    if (line.kind === 'text') return textLines(line.value).map((piece) => ({ depth, kind: 'piece', value: piece }));
    const keys = line.kind === 'array' ? null : Object.keys(line.value);
    const all = keys ? keys.length : line.value.length;
    const inner = [];
    for (let at = from; at < Math.min(all, from + pageOfItems); at += 1) {
      inner.push(this.#line(depth, keys ? keys[at] : at, line.value[keys ? keys[at] : at]));
    }
    if (from + pageOfItems < all) inner.push({ depth, kind: 'rest', of: line, from: from + pageOfItems, left: all - from - pageOfItems });
    return inner;
  }

  #openRest(index) {
    const { of, from } = this.lines[index];
    spliceMany(this.lines, index, 1, this.#inner(of, from));
  }

  #close(index) {
    const line = this.lines[index];
    line.open = false;
    let end = index + 1;
    while (end < this.lines.length && this.lines[end].depth > line.depth) end += 1;
    this.lines.splice(index + 1, end - index - 1);
  }

  #openBreadthFirst() {
    for (let depth = 0; depth < 6; depth += 1) {
      for (let index = 0; index < this.lines.length; index += 1) {
        const line = this.lines[index];
        if (line.depth !== depth || line.kind === 'text') continue;
        if (this.lines.length + size(line.value) > mostLinesAtOnce && depth > 0) continue;
        index += this.#open(index);
      }
    }
  }
}

export function kindOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return { object: 'object', string: 'text', number: 'number', boolean: 'boolean' }[typeof value] ?? 'null';
}

export function size(value) {
  if (value === null || typeof value !== 'object') return 0;
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

export function isLong(text) {
  return text.length > lineLength || text.includes('\n');
}

function textLines(text) {
  const found = [];
  for (const line of text.split('\n')) {
    for (let at = 0; at === 0 || at < line.length; at += lineLength) found.push(line.slice(at, at + lineLength));
  }
  return found;
}

// splice() takes its items as arguments, of which there can be too many.
function spliceMany(list, at, removed, added) {
  const rest = list.splice(at);
  for (const one of added) list.push(one);
  for (let index = removed; index < rest.length; index += 1) list.push(rest[index]);
}
