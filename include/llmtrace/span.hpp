// Spans: Span is the scoped guard, ManualSpan a movable value that touches no thread state, SpanRef a view of
// a span that somebody else owns. All share one set of chainable setters, none of which throws, blocks or
// does anything when the span is not recorded. A span is used by one thread at a time.
#pragma once

#include <llmtrace/detail/span_setters.hpp>

LLMTRACE_BEGIN_NAMESPACE

// A view of an open span. Once the span has ended it does nothing.
class SpanRef : public detail::SpanSetters<SpanRef> {
 public:
  SpanRef() noexcept = default;
  explicit SpanRef(const detail::Handle& span) noexcept : handle_{span} {
    if (handle_.record == nullptr) handle_.context.trace_state = nullptr;  // whose end could not be seen
  }

  // For any thread, on which the span may end at this moment: so without the tracestate, which is the span's
  // own.
  [[nodiscard]] detail::Parent as_parent() const noexcept {
    detail::Parent parent = detail::parent_of(handle_);
    parent.trace_state = nullptr;
    return parent;
  }

  // For layers that fill spans by themselves: whether a field was set, and the claim of an llm span that no
  // other layer has filled.
  [[nodiscard]] bool has_field(detail::Tag tag) const noexcept {
    const detail::Record* record = handle_.live();
    return record != nullptr && ((record->present >> static_cast<unsigned>(tag)) & 1u) != 0;
  }
  [[nodiscard]] bool can_be_adopted() const noexcept {
    const detail::Record* record = handle_.live();
    return record != nullptr && record->kind == SpanKind::llm && (record->flags & detail::flag_adopted) == 0;
  }
  [[nodiscard]] bool adopt() noexcept {
    if (!can_be_adopted()) return false;
    detail::Record* record = handle_.live();
    record->flags = static_cast<std::uint16_t>(record->flags | detail::flag_adopted);
    return true;
  }
  [[nodiscard]] detail::TracerCore& tracer() const noexcept { return *handle_.context.tracer; }
  [[nodiscard]] const detail::Handle& handle() const noexcept { return handle_; }
  [[nodiscard]] SpanKind kind() const noexcept {
    const detail::Record* record = handle_.live();
    return record != nullptr ? record->kind : SpanKind::other;
  }

 private:
  friend class detail::SpanSetters<SpanRef>;
  detail::Handle handle_;
};

// What a span may be opened below: any span object, a context from elsewhere, or a pair of ids.
class ParentRef {
 public:
  template <class AnySpan, class = decltype(std::declval<const AnySpan&>().as_parent())>
  ParentRef(const AnySpan& span) noexcept : parent_{span.as_parent()} {}
  ParentRef(TraceId trace, SpanId span) noexcept {
    parent_.trace_id = trace;
    parent_.span_id = span;
    parent_.flags = detail::scope_sampled;
  }
  ParentRef(const std::pair<TraceId, SpanId>& ids) noexcept : ParentRef(ids.first, ids.second) {}

  [[nodiscard]] const detail::Parent& parent() const noexcept { return parent_; }

 private:
  detail::Parent parent_;
};

namespace detail {

// What Span and TraceScope share: the handle and the place on the thread's stack.
class Guard {
 public:
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // Ends the span before its scope does. A second end is counted and changes nothing.
  void end() noexcept {
    if (LLMTRACE_LIKELY(exceptions_ != not_open)) return close_open();
    if (handle_.record != nullptr) end_again();
  }

  [[nodiscard]] SpanRef ref() const noexcept { return SpanRef{handle_}; }
  [[nodiscard]] Parent as_parent() const noexcept { return parent_of(handle_); }

  // A scoped child, for those who like to say whose: `Span step = trace.span("step")`.
  [[nodiscard]] Span span(Text name, SpanKind kind = SpanKind::function) const noexcept;
  [[nodiscard]] Span span(Text name, SpanKind kind, const SpanOptions& options) const noexcept;
  // A child that is nobody's current span.
  [[nodiscard]] ManualSpan child(Text name, SpanKind kind = SpanKind::function) const noexcept;
  [[nodiscard]] ManualSpan child(Text name, SpanKind kind, const SpanOptions& options) const noexcept;

 protected:
  Guard() noexcept = default;
  ~Guard() { close(); }

  void open(const StartRequest& request, const Parent* parent, TracerCore* tracer) noexcept {
    Core* core = active_core();
    if (LLMTRACE_LIKELY(core == nullptr)) return;
    open_in(*core, request, parent, tracer);
  }
  // Below what is current: what nearly every span asks for, in registers.
  LLMTRACE_INLINE void open_here(std::string_view name, SpanKind kind) noexcept {
    Core* core = active_core();
    if (LLMTRACE_LIKELY(core == nullptr)) return;
    open_here_in(*core, name, kind);
  }
  void announce() noexcept {
    if (Record* record = handle_.live())
      if ((record->flags & flag_header) != 0) announce_trace(*started_core(), *record);
  }

  Handle handle_;

 private:
  void open_here_in(Core& core, std::string_view name, SpanKind kind) noexcept {
    ThreadState* thread = thread_state(core);
    if (LLMTRACE_LIKELY(thread != nullptr)) open_on(core, *thread, {name, kind}, scope_of(*thread), nullptr);
  }
  void open_in(Core& core, const StartRequest& request, const Parent* parent, TracerCore* tracer) noexcept {
    ThreadState* thread = thread_state(core);
    if (LLMTRACE_UNLIKELY(thread == nullptr)) return;
    open_on(core, *thread, request, parent != nullptr ? *parent : scope_of(*thread), tracer);
  }
  static const Parent& scope_of(ThreadState& thread) noexcept {
    const ScopeEntry* top = thread.top();
    return LLMTRACE_LIKELY(top != nullptr) ? top->context : no_parent;
  }
  LLMTRACE_INLINE void open_on(Core& core, ThreadState& thread, const StartRequest& request,
                               const Parent& parent, TracerCore* tracer) noexcept {
    if (!start_span(core, thread, tracer, parent, request, handle_)) return;
    place_.enter(core, thread, handle_);
    exceptions_ = uncaught_exceptions();
  }
  void close() noexcept {
    if (LLMTRACE_LIKELY(exceptions_ == not_open)) return;
    close_open();
  }
  void close_open() noexcept {
    Core& core = *started_core();
    TracerCore& tracer = *handle_.context.tracer;
    const int exceptions_before = exceptions_;
    exceptions_ = not_open;
    ThreadState* thread = thread_state(core);
    if (LLMTRACE_UNLIKELY(thread == nullptr)) return;
    place_.leave(core, *thread, &tracer);
    if (Record* record = handle_.live()) {
      if (LLMTRACE_UNLIKELY(uncaught_exceptions() > exceptions_before))
        record->flags = static_cast<std::uint16_t>(record->flags | flag_left_by_exception);
      end_span(core, *thread, record);
    } else if (handle_.record != nullptr) {
      core.slow.ended_dead_span(*thread, tracer, *handle_.record);
    }
    SharedText::release(handle_.context.trace_state);
    handle_.context.trace_state = nullptr;
  }

  LLMTRACE_COLD void end_again() const noexcept {
    Core& core = *started_core();
    if (ThreadState* thread = thread_state(core))
      core.slow.ended_dead_span(*thread, *handle_.context.tracer, *handle_.record);
  }

  static constexpr int not_open = -1;

  ScopePlace place_;
  int exceptions_ = not_open;  // in flight as the guard was opened
};

}  // namespace detail

// Current on its thread from its construction to the end of its scope.
class Span : public detail::Guard, public detail::SpanSetters<Span> {
 public:
  explicit Span(Text name, SpanKind kind = SpanKind::function) noexcept { open_here(name, kind); }
  Span(Text name, SpanKind kind, const SpanOptions& options) noexcept : Span(name, kind) { apply(options); }

  // Below a parent that it names: any span object, a SpanContext, or a pair of ids, from any thread.
  Span(const ParentRef& parent, Text name, SpanKind kind = SpanKind::function) noexcept {
    open({name, kind}, &parent.parent(), nullptr);
  }
  Span(const ParentRef& parent, Text name, SpanKind kind, const SpanOptions& options) noexcept
      : Span(parent, name, kind) {
    apply(options);
  }

  // Of that tracer: below the current span if it is the same tracer's, else the root of a linked trace.
  Span(const Tracer& tracer, Text name, SpanKind kind = SpanKind::function) noexcept;
  Span(const Tracer& tracer, Text name, SpanKind kind, const SpanOptions& options) noexcept
      : Span(tracer, name, kind) {
    apply(options);
  }

 private:
  friend class detail::SpanSetters<Span>;
  friend LLMTRACE_API Span trace_llm(const LlmOptions& options) noexcept;
  friend LLMTRACE_API Span trace_agent(const AgentOptions& options) noexcept;

  // For trace_llm() and trace_agent(): with their own options, since a guard cannot be filled and then
  // returned.
  template <class AnyOptions>
  struct With {
    const AnyOptions& options;
  };
  template <class AnyOptions>
  Span(std::string_view name, SpanKind kind, With<AnyOptions> with) noexcept : Span(name, kind) {
    apply(with.options);
  }
  template <class AnyOptions>
  void apply(const AnyOptions& options) noexcept {
    write([&](detail::FieldWriter& to, detail::TracerCore& tracer) { write_options(to, tracer, options); });
  }
};

// A span as a value: it moves, it is never current by itself, and it may end on any thread.
class ManualSpan : public detail::SpanSetters<ManualSpan> {
 public:
  ManualSpan() noexcept = default;
  ManualSpan(ManualSpan&& other) noexcept : handle_{other.handle_} { other.handle_ = detail::Handle{}; }
  ManualSpan(const ManualSpan&) = delete;
  ManualSpan& operator=(const ManualSpan&) = delete;
  ManualSpan& operator=(ManualSpan&&) = delete;  // assigning would end a span silently
  ~ManualSpan() {
    if (handle_.context.tracer != nullptr) finish(false);
  }

  // Ends the span now; a second end is counted and changes nothing.
  void end() noexcept {
    if (handle_.context.tracer != nullptr) finish(true);
  }

  [[nodiscard]] ManualSpan child(Text name, SpanKind kind = SpanKind::function) noexcept {
    return start(as_parent(), {name, kind}, nullptr);
  }
  [[nodiscard]] ManualSpan child(Text name, SpanKind kind, const SpanOptions& options) noexcept {
    return start(as_parent(), {name, kind}, nullptr).with(options);
  }
  // Makes it the current span of this thread while the result lives.
  [[nodiscard]] ContextScope enter() const noexcept;

  [[nodiscard]] SpanRef ref() const noexcept { return SpanRef{handle_}; }
  [[nodiscard]] detail::Parent as_parent() const noexcept { return detail::parent_of(handle_); }

  // Used by start_span() and its like.
  [[nodiscard]] static ManualSpan start(const detail::Parent& parent, const detail::StartRequest& request,
                                        detail::TracerCore* tracer) noexcept {
    ManualSpan span;
    detail::Core* core = detail::active_core();
    if (core == nullptr) return span;
    detail::ThreadState* thread = detail::thread_state(*core);
    if (thread != nullptr)
      static_cast<void>(detail::start_span(*core, *thread, tracer, parent, request, span.handle_));
    return span;
  }
  // The parent that a span without a named one gets: what is current on this thread.
  [[nodiscard]] static detail::Parent current_parent() noexcept {
    detail::Core* core = detail::active_core();
    detail::ThreadState* thread = core != nullptr ? detail::thread_state(*core) : nullptr;
    return thread != nullptr ? detail::current_parent(*thread) : detail::Parent{};
  }
  // Fills in what options of any kind say.
  template <class AnyOptions>
  [[nodiscard]] ManualSpan with(const AnyOptions& options) && noexcept {
    fill(options);
    return std::move(*this);
  }
  template <class AnyOptions>
  void fill(const AnyOptions& options) noexcept {
    write([&](detail::FieldWriter& to, detail::TracerCore& tracer) { write_options(to, tracer, options); });
  }
  void announce() noexcept {
    if (detail::Record* record = handle_.live())
      if ((record->flags & detail::flag_header) != 0)
        detail::announce_trace(*detail::started_core(), *record);
  }

 private:
  friend class detail::SpanSetters<ManualSpan>;

  void finish(bool by_call) noexcept {
    detail::Core& core = *detail::started_core();
    detail::ThreadState* thread = detail::thread_state(core);
    if (thread == nullptr) return;
    if (detail::Record* record = handle_.live()) {
      detail::end_span(core, *thread, record);
    } else if (by_call && handle_.record != nullptr) {
      core.slow.ended_dead_span(*thread, *handle_.context.tracer, *handle_.record);
    }
    if (handle_.context.trace_state != nullptr) detail::SharedText::release(handle_.context.trace_state);
    handle_.context.trace_state = nullptr;
    if (!by_call) handle_.context.tracer = nullptr;
  }

  detail::Handle handle_;
};

namespace detail {

inline Span Guard::span(Text name, SpanKind kind) const noexcept {
  return Span{ParentRef{*this}, name, kind};
}
inline Span Guard::span(Text name, SpanKind kind, const SpanOptions& options) const noexcept {
  return Span{ParentRef{*this}, name, kind, options};
}
inline ManualSpan Guard::child(Text name, SpanKind kind) const noexcept {
  return ManualSpan::start(as_parent(), {name, kind}, nullptr);
}
inline ManualSpan Guard::child(Text name, SpanKind kind, const SpanOptions& options) const noexcept {
  return child(name, kind).with(options);
}

}  // namespace detail

inline ContextScope ManualSpan::enter() const noexcept { return ContextScope{handle_}; }

// A manual span below what is current on this thread, or the root of a trace of its own.
[[nodiscard]] inline ManualSpan start_span(Text name, SpanKind kind = SpanKind::function) noexcept {
  return ManualSpan::start(ManualSpan::current_parent(), {name, kind}, nullptr);
}
[[nodiscard]] inline ManualSpan start_span(Text name, SpanKind kind, const SpanOptions& options) noexcept {
  return start_span(name, kind).with(options);
}
[[nodiscard]] inline ManualSpan start_span(Text name, const SpanOptions& options) noexcept {
  return start_span(name, SpanKind::function, options);
}
[[nodiscard]] inline ManualSpan start_span(const ParentRef& parent, Text name,
                                           SpanKind kind = SpanKind::function) noexcept {
  return ManualSpan::start(parent.parent(), {name, kind}, nullptr);
}
[[nodiscard]] inline ManualSpan start_span(const ParentRef& parent, Text name, SpanKind kind,
                                           const SpanOptions& options) noexcept {
  return start_span(parent, name, kind).with(options);
}
[[nodiscard]] inline ManualSpan start_span(const ParentRef& parent, Text name,
                                           const SpanOptions& options) noexcept {
  return start_span(parent, name, SpanKind::function, options);
}
inline void finish_span(ManualSpan& span) noexcept { span.end(); }

namespace detail {
// A traced stream, which a function hands on: its span stays open until the stream is over.
template <class T, class = void>
inline constexpr bool hands_on_stream = false;
template <class T>
inline constexpr bool hands_on_stream<
    T, std::void_t<decltype(std::declval<T&>().record_also_in(std::declval<const SpanRef&>()))>> = true;
}  // namespace detail

// The innermost open span of this thread, or a view of nothing.
[[nodiscard]] inline SpanRef current_span() noexcept {
  detail::Core* core = detail::active_core();
  detail::ThreadState* thread = core != nullptr ? detail::thread_state(*core) : nullptr;
  const detail::ScopeEntry* top = thread != nullptr ? thread->top() : nullptr;
  if (top == nullptr) return SpanRef{};
  return SpanRef{detail::Handle{top->context, top->record}};
}

LLMTRACE_END_NAMESPACE
