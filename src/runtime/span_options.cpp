// The parts of the API that take options: not on anybody's hottest path, and compiled once.
#include <llmtrace/wrap.hpp>

#include <string>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

namespace {

void text_if(FieldWriter& to, Tag tag, const std::string& value, std::size_t limit) noexcept {
  if (!value.empty()) to.text(tag, {}, value, limit);
}

// Before anything is recorded of it.
template <class AnyOptions>
void apply_privacy(Record& record, const AnyOptions& options) noexcept {
  const TracerCore& tracer = *record.tracer;
  if (options.capture_inputs)
    set_flag(record, flag_other_input, *options.capture_inputs != tracer.capture_input);
  if (options.capture_outputs)
    set_flag(record, flag_other_output, *options.capture_outputs != tracer.capture_output);
  if (options.redact_pii) redact_record(record, *options.redact_pii ? RedactMode::pii : RedactMode::secrets);
}

// "operation model", or whichever of the two is known.
std::string llm_span_name(const LlmOptions& options) {
  std::string name = options.operation;
  if (!name.empty() && !options.model.empty()) name.push_back(' ');
  name.append(options.model);
  return name.empty() ? std::string{"llm"} : name;
}

template <class AnyOptions>
SpanOptions with_privacy(SpanOptions span, const AnyOptions& options) {
  span.redact_pii = options.redact_pii;
  return span;
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

LlmCall::LlmCall(std::string_view name, const LlmOptions& options) noexcept : adopted_{find_free_llm_span()} {
  if (adopted_.recording()) {
    fill_names(adopted_, options);
    return;
  }
  const std::string_view given = name.empty() ? std::string_view{options.operation} : name;
  opened_.emplace(given.empty() ? std::string_view{"llm"} : given, SpanKind::llm);
  if (opened_->recording()) name_llm_span(opened_->ref(), options, name);
}

SpanRef find_free_llm_span() noexcept {
  const SpanRef current = current_span();
  if (!current.can_be_adopted()) return SpanRef{};
  Core* core = started_core();
  ThreadState* thread = thread_state(*core);
  if (thread == nullptr) return current;
  if (Books* books = books_of(*core, *thread, current.tracer())) Books::add(books->merged);
  return current;
}

SpanRef adopt_current_llm_span() noexcept {
  SpanRef found = find_free_llm_span();
  static_cast<void>(found.adopt());
  return found;
}

void fill_names(SpanRef span, const LlmOptions& options) noexcept {
  if (!options.model.empty() && !span.has_field(Tag::model)) span.set_model(options.model);
  if (!options.provider.empty() && !span.has_field(Tag::provider)) span.set_provider(options.provider);
  if (!options.operation.empty() && !span.has_field(Tag::operation)) span.set_operation(options.operation);
  if (options.redact_pii) span.redact_pii(*options.redact_pii);
}

void name_llm_span(SpanRef span, const LlmOptions& options, std::string_view name) noexcept {
  fill_names(span, options);
  if (name.empty() && !options.model.empty()) span.set_name(llm_span_name(options));
}

}  // namespace detail

Span trace_llm(const LlmOptions& options) noexcept {
  return Span{detail::llm_span_name(options), SpanKind::llm,
              detail::with_privacy({options.model, options.provider, options.operation}, options)};
}

Span trace_agent(const AgentOptions& options) noexcept {
  const std::string& name = !options.operation.empty() ? options.operation : options.agent_type;
  return Span{name.empty() ? std::string_view{"agent"} : name, SpanKind::agent,
              detail::with_privacy({{}, {}, options.operation, options.agent_type}, options)};
}

LLMTRACE_END_NAMESPACE
