// A line between two parts that can be dragged, or moved by arrows when it has the focus.
import { h } from '../base/dom.js';
import { remember, remembered } from '../base/preferences.js';

// Keeps `--name` of the element between least and most pixels. `sign` is -1 when the part lies to the right.
export function splitter(element, { name, usual, least, most, label, sign = 1 }) {
  let width = Number(remembered(`width.${name}`)) || usual;
  const apply = (value) => {
    width = Math.min(most(), Math.max(least, value));
    element.style.setProperty(`--${name}`, `${Math.round(width)}px`);
    line.setAttribute('aria-valuenow', Math.round(width));
  };
  const keep = () => remember(`width.${name}`, String(Math.round(width)));
  let drag = null;
  const line = h('div', {
    class: `splitter ${name}`, role: 'separator', tabindex: '0', 'aria-orientation': 'vertical', 'aria-label': label, 'aria-valuemin': least,
    onpointerdown: (event) => {
      drag = { x: event.clientX, width };
      line.setPointerCapture(event.pointerId);
    },
    onpointermove: (event) => drag && apply(drag.width + sign * (event.clientX - drag.x)),
    onpointerup: () => {
      drag = null;
      keep();
    },
    ondblclick: () => {
      apply(usual);
      keep();
    },
    onkeydown: (event) => {
      const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
      if (!step) return;
      apply(width + sign * step);
      keep();
      event.preventDefault();
      event.stopPropagation();
    },
  });
  apply(width);
  return line;
}
