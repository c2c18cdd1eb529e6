// TraceScope, the root of a trace and owner of its header, and the short ways to open a span of a kind.
#pragma once

#include <llmtrace/span.hpp>

#include <vector>

LLMTRACE_BEGIN_NAMESPACE

struct TraceOptions {
  std::string user_id = {};
  std::string session_id = {};
  std::vector<std::string> tags = {};
  Attributes metadata = {};
  OwnedValue input = {};
  SpanKind kind = SpanKind::chain;
  // Inside another trace: start a linked one instead of a child span.
  bool new_trace = false;
  Setting<bool> capture_inputs = {};   // of the root span; as the tracer's options say
  Setting<bool> capture_outputs = {};  // the same
  Setting<bool> redact_pii = {};       // true: personal data is hidden; false: secrets alone
};

namespace detail {
LLMTRACE_API void write_options(FieldWriter& to, TracerCore& tracer, const TraceOptions& options) noexcept;
// A trace's root that is no guard: SpanMap holds such.
[[nodiscard]] LLMTRACE_API ManualSpan start_trace(TracerCore* tracer, std::string_view name,
                                                  const TraceOptions& options) noexcept;
}  // namespace detail

// A trace: its root span and its header. Inside another trace, local or remote, it is an ordinary child span
// whose user, session and tags become attributes, so that two layers which each open one make one trace.
class TraceScope : public detail::Guard, public detail::SpanSetters<TraceScope> {
 public:
  explicit TraceScope(Text name) noexcept {
    open({name, SpanKind::chain, detail::flag_trace_scope}, nullptr, nullptr);
    announce();
  }
  TraceScope(Text name, const TraceOptions& options) noexcept { open_with(name, options, nullptr, nullptr); }
  TraceScope(const ParentRef& parent, Text name, const TraceOptions& options = {}) noexcept {
    open_with(name, options, &parent.parent(), nullptr);
  }
  TraceScope(const Tracer& tracer, Text name, const TraceOptions& options = {}) noexcept;

  TraceScope& set_user(Text id) noexcept { return text(detail::Tag::user_id, id); }
  TraceScope& set_session(Text id) noexcept { return text(detail::Tag::session_id, id); }
  TraceScope& add_tag(Text tag) noexcept { return text(detail::Tag::trace_tag, tag); }
  TraceScope& set_tags(std::initializer_list<Text> tags) noexcept {
    for (const Text tag : tags) add_tag(tag);
    return *this;
  }

 private:
  friend class detail::SpanSetters<TraceScope>;
  void open_with(std::string_view name, const TraceOptions& options, const detail::Parent* parent,
                 detail::TracerCore* tracer) noexcept {
    open({name, options.kind, detail::flag_trace_scope, options.new_trace}, parent, tracer);
    write([&](detail::FieldWriter& to, detail::TracerCore& of) { detail::write_options(to, of, options); });
    announce();
  }
};

struct LlmOptions {
  std::string model = {};
  std::string provider = {};
  std::string operation = {};
  Setting<bool> redact_pii = {};  // as the tracer's options say
};
struct AgentOptions {
  std::string agent_type = {};
  std::string operation = {};
  Setting<bool> redact_pii = {};
};

// An llm span named "operation model", or whichever of the two is known.
[[nodiscard]] LLMTRACE_API Span trace_llm(const LlmOptions& options = {}) noexcept;
// An agent span named after its operation, else its type.
[[nodiscard]] LLMTRACE_API Span trace_agent(const AgentOptions& options = {}) noexcept;
[[nodiscard]] inline Span trace_operation(Text name) noexcept { return Span{name, SpanKind::function}; }

namespace detail {

LLMTRACE_API void write_options(FieldWriter& to, TracerCore& tracer, const LlmOptions& options) noexcept;
LLMTRACE_API void write_options(FieldWriter& to, TracerCore& tracer, const AgentOptions& options) noexcept;

template <class Fn>
decltype(auto) call_with(Fn& fn, SpanRef span) {
  if constexpr (std::is_invocable_v<Fn&, SpanRef>)
    return std::invoke(fn, span);
  else
    return std::invoke(fn);
}

}  // namespace detail

// Runs `fn` in a span and returns what it returns. What it throws is recorded, and flies on unchanged.
template <class Fn>
decltype(auto) trace(Text name, SpanKind kind, Fn&& fn) {
  Span span{name, kind};
  try {
    return detail::call_with(fn, span.ref());
  } catch (...) {
    if (span.recording()) span.record_exception(std::current_exception());
    throw;
  }
}
template <class Fn>
decltype(auto) trace(Text name, Fn&& fn) {
  return trace(name, SpanKind::function, std::forward<Fn>(fn));
}

LLMTRACE_END_NAMESPACE
