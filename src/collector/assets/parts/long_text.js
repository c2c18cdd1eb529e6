// Text of any length. It is cut into pieces that the browser lays out only when they come into sight, and a long
// one begins folded.
import { bytes } from '../base/format.js';
import { h, replace } from '../base/dom.js';

const pieceLength = 6000;
const foldedLength = 1800;
const foldedLines = 22;

export function pieces(text) {
  const found = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + pieceLength);
    if (end < text.length) {
      const line = text.lastIndexOf('\n', end);
      if (line > at + pieceLength / 3) end = line + 1;
      else if (/[\uDC00-\uDFFF]/.test(text[end])) end -= 1;  // not inside a surrogate pair
    }
    found.push(text.slice(at, end));
    at = end;
  }
  return found;
}

function block(text) {
  return h('div', { class: 'text' }, pieces(text).map((piece) => h('div', { class: 'piece' }, piece.endsWith('\n') ? piece.slice(0, -1) : piece)));
}

function folded(text, most) {
  let end = -1;
  for (let line = 0; line < most.lines; line += 1) {
    const next = text.indexOf('\n', end + 1);
    if (next < 0 || next > most.length) return text.slice(0, most.length);
    end = next;
  }
  return text.slice(0, end);
}

// most: { length, lines } of the folded text.
export function longText(text, most = { length: foldedLength, lines: foldedLines }) {
  const short = folded(text, most);
  if (short.length >= text.length - 200) return block(text);
  const element = h('div', { class: 'long-text' });
  const show = (open) => replace(element, open ? block(text) : h('div', { class: 'text cut' }, h('div', { class: 'piece' }, short)),
    h('button', { class: 'more', type: 'button', 'aria-expanded': String(open), onclick: () => show(!open) },
      open ? 'Show less' : `Show all (${bytes(new Blob([text]).size)})`));
  show(false);
  return element;
}
