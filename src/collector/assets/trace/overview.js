// What belongs to the whole trace and to none of its spans.
import { h } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { valueBlock } from '../parts/value_block.js';
import { longText } from '../parts/long_text.js';
import { objectTable } from './attributes.js';

export function overview(trace, { onClose, open }) {
  const block = (title, value) => value !== undefined && valueBlock(title, value, { file: `trace-${trace.trace_id}-${title}`, open });
  const found = [
    trace.error && h('section', { class: 'error-view' }, h('h3', {}, 'Error'), longText(trace.error)),
    block('Input', trace.input), block('Output', trace.output),
    h('div', { class: 'attribute-groups' }, objectTable('Metadata', trace.metadata), objectTable('Resource', trace.resource),
      objectTable('Trace', { trace_id: trace.trace_id, status: trace.status, tags: trace.tags, start_time: trace.start_time, end_time: trace.end_time, received_time: trace.received_time })),
  ];
  return [
    h('header', { class: 'panel-head' }, h('div', { class: 'spread' }, h('h2', {}, 'Trace'), h('span', { class: 'grow' }),
      h('button', { class: 'button quiet icon-only', type: 'button', title: 'Close (Esc)', 'aria-label': 'Close', onclick: onClose }, icon('close')))),
    h('div', { class: 'panel-body', tabindex: '0' }, found),
  ];
}
