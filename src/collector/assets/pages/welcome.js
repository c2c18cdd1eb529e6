// What a project shows that has no trace yet: how to send the first one.
import { access } from '../base/access.js';
import { post } from '../base/api.js';
import { h } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { go, to } from '../base/router.js';
import { copyButton } from '../parts/transfer.js';
import { toast } from '../parts/toast.js';
import { sampleTrace } from './sample.js';

function code() {
  return `auto tracing = Tracer::init({.project = "${access.project}"});
TraceScope trace{"chat-request"};
auto reply = traced_llm({"gpt-4o", "openai"}, chat)(prompt);`;
}

export async function sendSample(button) {
  button.disabled = true;
  try {
    const { trace, spans } = sampleTrace(Date.now(), access.project);
    await post('/api/spans', { spans });
    await post('/api/traces', { traces: [trace] });
    go(to(`/traces/${trace.trace_id}`));
  } catch (error) {
    toast(error.message, 'error');
    button.disabled = false;
  }
}

export function welcome() {
  const server = location.origin;
  const isUsual = server === 'http://localhost:8001';
  return h('div', { class: 'welcome' },
    h('h1', {}, 'No traces yet'),
    h('p', { class: 'lead' }, 'Three lines in a C++ program, and its LLM calls appear here while they run.'),
    h('div', { class: 'code-card' }, copyButton(code, 'Copy the code'), h('pre', {}, h('code', {}, code()))),
    h('p', { class: 'muted' }, h('code', {}, 'chat'), ' is your own function that calls the model; text and tokens are read off its reply. Before them: ', h('code', {}, '#include <llmtrace/llmtrace.hpp>'), ' and ', h('code', {}, 'using namespace llmtrace;')),
    !isUsual && h('p', { class: 'muted' }, 'Tell it where this server is: ', h('code', {}, `TRACER_URL=${server}`)),
    h('div', { class: 'spread choices' },
      h('button', { class: 'button tall main', type: 'button', onclick: (event) => sendSample(event.currentTarget) }, icon('play'), 'Send a sample trace'),
      h('span', { class: 'muted' }, 'or in a terminal: ', h('code', {}, 'llmtrace send-sample'))),
    h('p', { class: 'muted waiting' }, h('span', { class: 'pulse' }), `Waiting for the first trace of “${access.project}”. This page opens by itself.`));
}
