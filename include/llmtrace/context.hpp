// Where a span is, apart from the span itself: SpanContext travels over threads, pools, callbacks and
// processes, ContextScope makes one current on a thread, bind_context() does so around a callable.
#pragma once

#include <llmtrace/detail/scope.hpp>
#include <llmtrace/text.hpp>

#include <functional>
#include <string>
#include <type_traits>
#include <utility>

LLMTRACE_BEGIN_NAMESPACE

[[nodiscard]] LLMTRACE_API std::string to_hex(TraceId id);
[[nodiscard]] LLMTRACE_API std::string to_hex(SpanId id);
// Invalid (all zero) when the text is not 32 or 16 hexadecimal digits.
[[nodiscard]] LLMTRACE_API TraceId trace_id_from_hex(Text hex) noexcept;
[[nodiscard]] LLMTRACE_API SpanId span_id_from_hex(Text hex) noexcept;

// The ids of a span, whether its trace is kept, and the tracestate that came with it. Copied freely, kept for
// as long as one likes; used on any thread.
class SpanContext {
 public:
  SpanContext() noexcept = default;
  SpanContext(TraceId trace, SpanId span, bool sampled = true) noexcept {
    parent_.trace_id = trace;
    parent_.span_id = span;
    parent_.flags = sampled ? std::uint8_t{detail::scope_sampled} : std::uint8_t{0};
  }
  explicit SpanContext(const detail::Parent& parent) noexcept : parent_{parent} {
    detail::SharedText::share(parent_.trace_state);
  }
  SpanContext(const SpanContext& other) noexcept : SpanContext(other.parent_) {}
  SpanContext(SpanContext&& other) noexcept : parent_{other.parent_} { other.parent_ = detail::Parent{}; }
  SpanContext& operator=(SpanContext other) noexcept {
    std::swap(parent_, other.parent_);
    return *this;
  }
  ~SpanContext() { detail::SharedText::release(parent_.trace_state); }

  // Of the innermost scope on this thread; not valid when there is none.
  [[nodiscard]] static SpanContext current() noexcept {
    detail::Core* core = detail::active_core();
    detail::ThreadState* thread = core != nullptr ? detail::thread_state(*core) : nullptr;
    return thread != nullptr ? SpanContext{detail::current_parent(*thread)} : SpanContext{};
  }

  [[nodiscard]] bool valid() const noexcept { return parent_.trace_id.valid() && parent_.span_id.valid(); }
  explicit operator bool() const noexcept { return valid(); }
  [[nodiscard]] TraceId trace_id() const noexcept { return parent_.trace_id; }
  [[nodiscard]] SpanId span_id() const noexcept { return parent_.span_id; }
  [[nodiscard]] bool sampled() const noexcept { return (parent_.flags & detail::scope_sampled) != 0; }
  [[nodiscard]] bool remote() const noexcept { return (parent_.flags & detail::scope_remote) != 0; }
  [[nodiscard]] std::string_view trace_state() const noexcept {
    return parent_.trace_state != nullptr ? parent_.trace_state->view() : std::string_view{};
  }
  [[nodiscard]] const detail::Parent& as_parent() const noexcept { return parent_; }

 private:
  friend LLMTRACE_API SpanContext from_traceparent(Text, Text) noexcept;
  detail::Parent parent_;
};

// W3C trace context. An invalid `traceparent` gives an invalid context, and with it a new trace; tracestate
// passes through as it came, within the limit of 512 characters that the recommendation guarantees.
[[nodiscard]] LLMTRACE_API SpanContext from_traceparent(Text traceparent, Text tracestate = {}) noexcept;
// Empty when the context is not valid.
[[nodiscard]] LLMTRACE_API std::string to_traceparent(const SpanContext& context);
[[nodiscard]] inline std::string to_tracestate(const SpanContext& context) {
  return std::string{context.trace_state()};
}

namespace detail {
inline SpanContext context_of(const Handle& span) noexcept { return SpanContext{parent_of(span)}; }
}  // namespace detail

// Makes a context current on this thread while it lives. An invalid one hides whatever was current: spans
// below start traces of their own.
class ContextScope {
 public:
  explicit ContextScope(const SpanContext& context) noexcept {
    enter(detail::Handle{context.as_parent(), nullptr});
  }
  // With the span itself, so that current_span() reaches it.
  explicit ContextScope(const detail::Handle& span) noexcept { enter(span); }
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;
  ~ContextScope() {
    if (place_.index == detail::no_scope) return;
    detail::Core& core = *detail::started_core();
    if (detail::ThreadState* thread = detail::thread_state(core)) place_.leave(core, *thread, nullptr);
    detail::SharedText::release(trace_state_);
  }

 private:
  void enter(const detail::Handle& handle) noexcept {
    detail::Core* core = detail::active_core();
    detail::ThreadState* thread = core != nullptr ? detail::thread_state(*core) : nullptr;
    if (thread == nullptr) return;
    trace_state_ = detail::SharedText::share(handle.context.trace_state);
    place_.enter(*core, *thread, handle);
  }

  detail::ScopePlace place_;
  detail::SharedText* trace_state_ = nullptr;
};

// `fn` with the context of the place where bind_context() was called: for pools, std::async and callbacks.
template <class Fn>
class BoundContext {
 public:
  BoundContext(SpanContext context, Fn fn) : context_{std::move(context)}, fn_{std::move(fn)} {}

  template <class... Args, class = std::enable_if_t<std::is_invocable_v<Fn&, Args...>>>
  decltype(auto) operator()(Args&&... args) {
    ContextScope scope{context_};
    return std::invoke(fn_, std::forward<Args>(args)...);
  }
  template <class... Args, class = std::enable_if_t<std::is_invocable_v<const Fn&, Args...>>>
  decltype(auto) operator()(Args&&... args) const {
    ContextScope scope{context_};
    return std::invoke(fn_, std::forward<Args>(args)...);
  }

 private:
  SpanContext context_;
  Fn fn_;
};

template <class Fn>
[[nodiscard]] BoundContext<std::decay_t<Fn>> bind_context(Fn&& fn) {
  return {SpanContext::current(), std::forward<Fn>(fn)};
}
template <class Fn>
[[nodiscard]] BoundContext<std::decay_t<Fn>> bind_context(SpanContext context, Fn&& fn) {
  return {std::move(context), std::forward<Fn>(fn)};
}

LLMTRACE_END_NAMESPACE
