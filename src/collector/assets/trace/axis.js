// The head of the waterfall: ticks of time.
import { h, replace } from '../base/dom.js';
import { duration } from '../base/format.js';

const labelWidth = 48;

export function showAxis(element, scale, zoom) {
  const [from, to] = zoom;
  const width = element.clientWidth;
  const most = Math.max(2, width / 90);
  replace(element, scale.ticks(zoom, most).map((time) => {
    const place = (scale.share(time) - from) / (to - from);
    if ((1 - place) * width < labelWidth) return null;
    return h('span', { class: 'tick', style: { left: `${place * 100}%` } }, time === 0 ? '0' : duration(time));
  }), scale.gaps.map(([start, end]) => {
    const left = (scale.share(start) - from) / (to - from);
    const right = (scale.share(end) - from) / (to - from);
    if (right < 0 || left > 1) return null;
    return h('span', { class: 'gap', title: `${duration(end - start)} idle`, style: { left: `${left * 100}%`, width: `${(right - left) * 100}%` } });
  }));
}
