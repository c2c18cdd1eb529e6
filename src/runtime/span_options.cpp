// The parts of the API that take options: not on anybody's hottest path, and compiled once.
#include <llmtrace/wrap.hpp>

#include <string>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

namespace {

void text_if(FieldWriter& to, Tag tag, std::string_view value, std::size_t limit) noexcept {
  if (!value.empty()) to.text(tag, {}, value, limit);
}

void apply_redaction(Record& record, const Setting<bool>& redact_pii) noexcept {
  if (redact_pii) redact_record(record, *redact_pii ? RedactMode::pii : RedactMode::secrets);
}

// Before anything is recorded of it.
template <class AnyOptions>
void apply_privacy(Record& record, const AnyOptions& options) noexcept {
  const TracerCore& tracer = *record.tracer;
  if (options.capture_inputs)
    set_flag(record, flag_other_input, *options.capture_inputs != tracer.capture_input);
  if (options.capture_outputs)
    set_flag(record, flag_other_output, *options.capture_outputs != tracer.capture_output);
  apply_redaction(record, options.redact_pii);
}

LlmNames names_in(const LlmOptions& options) noexcept {
  return {options.model, options.provider, options.operation};
}

// Whether a call that is made below may be the one of the llm span around it.
bool belongs_to_what_is_around(SpanKind kind) noexcept {
  return kind == SpanKind::function || kind == SpanKind::other;
}

}  // namespace

void write_options(FieldWriter& to, TracerCore& tracer, const SpanOptions& options) noexcept {
  apply_privacy(to.record(), options);
  text_if(to, Tag::model, options.model, tracer.max_text);
  text_if(to, Tag::provider, options.provider, tracer.max_text);
  text_if(to, Tag::operation, options.operation, tracer.max_text);
  text_if(to, Tag::agent_type, options.agent_type, tracer.max_text);
  if (captures_input(to.record())) options.input.write(to, Tag::input, tracer.max_input);
  options.attributes.write(to, Tag::attribute, tracer.max_text);
  options.metadata.write(to, Tag::metadata, tracer.max_text);
}

void write_options(FieldWriter& to, TracerCore& tracer, const TraceOptions& options) noexcept {
  apply_privacy(to.record(), options);
  text_if(to, Tag::user_id, options.user_id, tracer.max_text);
  text_if(to, Tag::session_id, options.session_id, tracer.max_text);
  for (const std::string& tag : options.tags) text_if(to, Tag::trace_tag, tag, tracer.max_text);
  options.metadata.write(to, Tag::metadata, tracer.max_text);
  if (captures_input(to.record())) options.input.write(to, Tag::input, tracer.max_input);
}

ManualSpan start_trace(TracerCore* tracer, std::string_view name, const TraceOptions& options) noexcept {
  const StartRequest request{name, options.kind, flag_trace_scope, options.new_trace};
  ManualSpan span = ManualSpan::start(ManualSpan::current_parent(), request, tracer);
  span.fill(options);
  span.announce();
  return span;
}

bool Filler::may_set(Tag tag) const noexcept { return !span_.has_field(tag); }

void write_options(FieldWriter& to, TracerCore& tracer, const LlmOptions& options) noexcept {
  apply_redaction(to.record(), options.redact_pii);
  text_if(to, Tag::model, options.model, tracer.max_text);
  text_if(to, Tag::provider, options.provider, tracer.max_text);
  text_if(to, Tag::operation, options.operation, tracer.max_text);
}

void write_options(FieldWriter& to, TracerCore& tracer, const AgentOptions& options) noexcept {
  apply_redaction(to.record(), options.redact_pii);
  text_if(to, Tag::operation, options.operation, tracer.max_text);
  text_if(to, Tag::agent_type, options.agent_type, tracer.max_text);
}

LlmCall::LlmCall(const LlmOptions& options) noexcept : LlmCall{{}, names_in(options), options.redact_pii} {}

LlmCall::LlmCall(std::string_view name, const LlmNames& names, const Setting<bool>& redact_pii) noexcept
    : adopted_{find_free_llm_span()} {
  if (adopted_.recording()) {
    fill_names(adopted_, names);
    if (redact_pii) adopted_.redact_pii(*redact_pii);
    return;
  }
  const std::string_view given = name.empty() ? names.operation : name;
  opened_.emplace(given.empty() ? std::string_view{"llm"} : given, SpanKind::llm);
  if (!opened_->recording()) return;
  name_llm_span(opened_->ref(), names, name);
  if (redact_pii) opened_->redact_pii(*redact_pii);
}

SpanRef find_free_llm_span() noexcept {
  Core* core = active_core();
  ThreadState* thread = core != nullptr ? thread_state(*core) : nullptr;
  const ScopeEntry* entry = thread != nullptr ? thread->top() : nullptr;
  if (entry == nullptr) return SpanRef{};
  for (;; --entry) {
    const SpanRef span{Handle{entry->context, entry->record}};
    const bool dead = entry->dead.load(std::memory_order_acquire);
    if (!dead && span.can_be_adopted()) {
      if (Books* books = books_of(*core, *thread, span.tracer())) Books::add(books->merged);
      return span;
    }
    const bool goes_on = dead || (span.recording() && belongs_to_what_is_around(span.kind()));
    if (!goes_on || entry == thread->entries) return SpanRef{};
  }
}

SpanRef adopt_current_llm_span() noexcept {
  SpanRef found = find_free_llm_span();
  static_cast<void>(found.adopt());
  return found;
}

void fill_names(SpanRef span, const LlmNames& names) noexcept {
  if (!names.model.empty() && !span.has_field(Tag::model)) span.set_model(names.model);
  if (!names.provider.empty() && !span.has_field(Tag::provider)) span.set_provider(names.provider);
  if (!names.operation.empty() && !span.has_field(Tag::operation)) span.set_operation(names.operation);
}

void name_llm_span(SpanRef span, const LlmNames& names, std::string_view name) noexcept {
  fill_names(span, names);
  if (name.empty() && !names.model.empty())
    span.set_name(JoinedText{names.operation, ' ', names.model}.view());
}

}  // namespace detail

Span trace_llm(const LlmOptions& options) noexcept {
  const detail::JoinedText name{options.operation, ' ', options.model};
  return Span{name.or_else("llm"), SpanKind::llm, Span::With<LlmOptions>{options}};
}

Span trace_agent(const AgentOptions& options) noexcept {
  const std::string& name = !options.operation.empty() ? options.operation : options.agent_type;
  return Span{name.empty() ? std::string_view{"agent"} : name, SpanKind::agent,
              Span::With<AgentOptions>{options}};
}

LLMTRACE_END_NAMESPACE
