// Tracing what exists already: traced(name, fn) wraps a callable, traced_llm(options, fn) one that calls a
// model, Traced<Client> an object whose methods are called through it. Describe<T> says what to record of a
// type.
#pragma once

#include <llmtrace/detail/joined_text.hpp>
#include <llmtrace/detail/reply.hpp>
#include <llmtrace/trace.hpp>

#include <functional>
#include <optional>

LLMTRACE_BEGIN_NAMESPACE

// Specialize for your own types with either or both of
//   static void input(SpanRef span, const T& request);
//   static void output(SpanRef span, const T& reply);
// What they throw is a remark in the span, and no part of what the call does.
template <class T>
struct Describe {};

namespace detail {

template <class T, class = void>
inline constexpr bool describes_input = false;
template <class T>
inline constexpr bool describes_input<
    T, std::void_t<decltype(Describe<T>::input(std::declval<SpanRef>(), std::declval<const T&>()))>> = true;
template <class T, class = void>
inline constexpr bool describes_output = false;
template <class T>
inline constexpr bool describes_output<
    T, std::void_t<decltype(Describe<T>::output(std::declval<SpanRef>(), std::declval<const T&>()))>> = true;

// A reply that is JSON: the worker reads it as it reads a response. Text is that when it begins like it.
LLMTRACE_API void set_reply(const SpanRef& span, const Value& json) noexcept;
LLMTRACE_API void set_reply_text(SpanRef span, std::string_view text) noexcept;
LLMTRACE_API void set_embeddings(SpanRef span, EmbeddingShape shape) noexcept;

// Fills a span that somebody may have filled before: what the user set is never overwritten.
class Filler {
 public:
  Filler(SpanRef span, bool keep_existing) noexcept : span_{span}, keep_{keep_existing} {}

  [[nodiscard]] SpanRef span() const noexcept { return span_; }
  [[nodiscard]] bool recording() const noexcept { return span_.recording(); }
  [[nodiscard]] LLMTRACE_API bool may_set(Tag tag) const noexcept;

  template <class Set>
  void unless_set(Tag tag, Set&& set) {
    if (!keep_ || may_set(tag)) set();
  }

  template <class T>
  void input(const T& request) {
    unless_set(Tag::input, [&] {
      if constexpr (describes_input<T>)
        Describe<T>::input(span_, request);
      else if constexpr (std::is_constructible_v<Value, const T&>)
        span_.set_input(Value(request));
    });
  }

  template <class T>
  void output(const T& reply) {
    if constexpr (describes_output<T>) {
      unless_set(Tag::output, [&] { Describe<T>::output(span_, reply); });
    } else {
      text_of(reply);
      if constexpr (has_usage<T>) fill_usage(span_, usage_in(reply));
      if constexpr (has_model<T>)
        unless_set(Tag::response_model, [&] { span_.set_response_model(text_in(reply.model)); });
      if constexpr (has_id<T> && (has_usage<T> || has_choices<T>))
        unless_set(Tag::response_id, [&] { span_.set_response_id(text_in(reply.id)); });
    }
  }

  // Unless a layer below has recorded it already.
  void exception(const std::exception_ptr& error) noexcept {
    if (!keep_ || may_set(Tag::error)) span_.record_exception(error);
  }

 private:
  template <class T>
  void text_of(const T& reply) {
    unless_set(Tag::output, [&] {
      if constexpr (holds_embeddings<T>) {
        if (span_.kind() == SpanKind::embedding || span_.kind() == SpanKind::llm)
          return set_embeddings(span_, embeddings_in(reply));
      }
      if constexpr (is_json_value_v<T> || std::is_same_v<T, Json>) {
        set_reply(span_, Value(reply));
      } else if constexpr (is_text_v<T>) {
        set_reply_text(span_, reply);
      } else if constexpr (std::is_constructible_v<Value, const T&>) {
        span_.set_output(Value(reply));
      } else if constexpr (has_choices<T>) {
        if constexpr (has_choice_count<T>)
          if (reply.choices.empty()) return;
        choice_of(reply.choices[0]);
      } else if constexpr (has_text<T>) {
        span_.set_output(text_in(reply.text));
      } else if constexpr (has_content<T>) {
        span_.set_output(text_in(reply.content));
      }
    });
  }
  template <class Choice>
  void choice_of(const Choice& choice) {
    using Message = std::decay_t<decltype(choice.message)>;
    if constexpr (has_content<Message>) span_.set_output(text_in(choice.message.content));
    if constexpr (has_tool_calls<Message>) add_tool_calls(span_, choice.message.tool_calls);
    if constexpr (has_finish_reason<Choice>)
      if (!text_in(choice.finish_reason).empty()) span_.add_finish_reason(text_in(choice.finish_reason));
  }

  SpanRef span_;
  bool keep_;
};

// The open llm span around this place that no layer has filled yet, claimed for the caller; else a view of
// nothing. Functions that are traced may lie in between; a tool or an agent has calls of its own.
[[nodiscard]] LLMTRACE_API SpanRef adopt_current_llm_span() noexcept;
// The same without the claim, for a layer around others: one of those may claim it.
[[nodiscard]] LLMTRACE_API SpanRef find_free_llm_span() noexcept;

struct LlmNames {
  std::string_view model;
  std::string_view provider;
  std::string_view operation;
};
LLMTRACE_API void fill_names(SpanRef span, const LlmNames& names) noexcept;
LLMTRACE_API void name_llm_span(SpanRef span, const LlmNames& names, std::string_view name) noexcept;

// The one llm span of a call: an open llm span that no layer has filled yet is filled, else one is opened. A
// layer below that traces the same call fills it too; after the call it is nobody's to fill.
class LlmCall {
 public:
  LLMTRACE_API explicit LlmCall(const LlmOptions& options) noexcept;
  LLMTRACE_API LlmCall(std::string_view name, const LlmNames& names,
                       const Setting<bool>& redact_pii) noexcept;
  LlmCall(const LlmCall&) = delete;
  LlmCall& operator=(const LlmCall&) = delete;
  ~LlmCall() { static_cast<void>(span().adopt()); }

  [[nodiscard]] Filler filler() const noexcept { return Filler{span(), true}; }

 private:
  [[nodiscard]] SpanRef span() const noexcept { return opened_ ? opened_->ref() : adopted_; }

  SpanRef adopted_;
  std::optional<Span> opened_;
};

// One argument is the input itself, several are a list.
template <class... Args>
void record_arguments(Filler& filler, const Args&... args) {
  if constexpr (sizeof...(Args) == 1) {
    (filler.input(args), ...);
  } else if constexpr (sizeof...(Args) > 1) {
    filler.unless_set(Tag::input, [&] {
      const Value values[] = {argument_value(args)...};
      filler.span().set_input(ValueList{values, sizeof...(Args)});
    });
  }
}

// Runs what looks at the program's values by the program's own code, which may fail.
LLMTRACE_API void note_failed_description(SpanRef span) noexcept;  // inside of a catch block
template <class Look>
void describe_safely(const SpanRef& span, Look&& look) {
  try {
    look();
  } catch (const abi::__forced_unwind&) {
    throw;
  } catch (...) {
    note_failed_description(span);
  }
}

struct CaptureChoice {
  bool inputs = true;
  bool outputs = true;
};

template <class Fn, class... Args>
std::invoke_result_t<Fn, Args...> call_recorded(Filler filler, CaptureChoice capture, Fn&& fn,
                                                Args&&... args) {
  using Result = std::invoke_result_t<Fn, Args...>;
  if (capture.inputs && filler.recording())
    describe_safely(filler.span(), [&] { record_arguments(filler, args...); });
  try {
    if constexpr (std::is_void_v<Result>) {
      std::invoke(std::forward<Fn>(fn), std::forward<Args>(args)...);
    } else {
      decltype(auto) result = std::invoke(std::forward<Fn>(fn), std::forward<Args>(args)...);
      if constexpr (hands_on_stream<Result>)
        result.record_also_in(filler.span());
      else if (capture.outputs && filler.recording())
        describe_safely(filler.span(), [&] { filler.output(result); });
      if constexpr (std::is_reference_v<Result>)
        return static_cast<Result>(result);
      else
        return result;
    }
  } catch (...) {
    if (filler.recording()) filler.exception(std::current_exception());
    throw;
  }
}

}  // namespace detail

struct TracedOptions {
  SpanKind kind = SpanKind::function;
  bool capture_inputs = true;
  bool capture_outputs = true;
  SpanOptions span = {};
};

// What traced() returns: callable as `fn` is, const as `fn` is, with the same results.
template <class Fn>
class TracedFunction {
 public:
  TracedFunction(std::string name, Fn fn, TracedOptions options)
      : name_{std::move(name)}, fn_{std::move(fn)}, options_{std::move(options)} {}

  template <class... Args>
  std::invoke_result_t<Fn&, Args...> operator()(Args&&... args) noexcept(
      std::is_nothrow_invocable_v<Fn&, Args...>) {
    Span span{name_, options_.kind, options_.span};
    return detail::call_recorded(detail::Filler{span.ref(), false}, capture(), fn_,
                                 std::forward<Args>(args)...);
  }
  template <class... Args>
  std::invoke_result_t<const Fn&, Args...> operator()(Args&&... args) const
      noexcept(std::is_nothrow_invocable_v<const Fn&, Args...>) {
    Span span{name_, options_.kind, options_.span};
    return detail::call_recorded(detail::Filler{span.ref(), false}, capture(), fn_,
                                 std::forward<Args>(args)...);
  }

 private:
  [[nodiscard]] detail::CaptureChoice capture() const noexcept {
    return {options_.capture_inputs, options_.capture_outputs};
  }

  std::string name_;
  Fn fn_;
  TracedOptions options_;
};

// Two of them and no default argument, so that coroutine.hpp may add its own for awaitables.
template <class Fn>
[[nodiscard]] TracedFunction<std::decay_t<Fn>> traced(Text name, Fn&& fn, TracedOptions options) {
  return {std::string{name}, std::forward<Fn>(fn), std::move(options)};
}
template <class Fn>
[[nodiscard]] TracedFunction<std::decay_t<Fn>> traced(Text name, Fn&& fn) {
  return {std::string{name}, std::forward<Fn>(fn), TracedOptions{}};
}

// What traced_llm() returns. Below an llm span that no layer has filled yet, it fills that span.
template <class Fn>
class TracedLlmFunction {
 public:
  TracedLlmFunction(LlmOptions options, Fn fn) : options_{std::move(options)}, fn_{std::move(fn)} {}

  template <class... Args>
  std::invoke_result_t<Fn&, Args...> operator()(Args&&... args) noexcept(
      std::is_nothrow_invocable_v<Fn&, Args...>) {
    const detail::LlmCall call{options_};
    return detail::call_recorded(call.filler(), {}, fn_, std::forward<Args>(args)...);
  }
  template <class... Args>
  std::invoke_result_t<const Fn&, Args...> operator()(Args&&... args) const
      noexcept(std::is_nothrow_invocable_v<const Fn&, Args...>) {
    const detail::LlmCall call{options_};
    return detail::call_recorded(call.filler(), {}, fn_, std::forward<Args>(args)...);
  }

 private:
  LlmOptions options_;
  Fn fn_;
};

template <class Fn>
[[nodiscard]] TracedLlmFunction<std::decay_t<Fn>> traced_llm(LlmOptions options, Fn&& fn) {
  return {std::move(options), std::forward<Fn>(fn)};
}

struct TracedClientOptions {
  SpanKind kind = SpanKind::agent;
  std::string agent_type = {};
  std::string model = {};
  std::string provider = {};
  bool capture_inputs = true;
  bool capture_outputs = true;
  Setting<bool> redact_pii = {};  // as the tracer's options say
};

// An object that exists already, called through a tracer. It refers to the object and does not own it.
template <class Client>
class Traced {
 public:
  explicit Traced(Client& client, TracedClientOptions options = {})
      : Traced(client, std::move(options), {}) {}

  // client.method(args…), as a span named `operation`.
  template <class Method, class... Args>
  std::invoke_result_t<Method, Client&, Args...> call(Text operation, Method method, Args&&... args) {
    const detail::JoinedText joined{path_, '.', operation};
    const std::string_view path = joined.view();
    const detail::CaptureChoice capture{options_.capture_inputs, options_.capture_outputs};
    const auto run = [&](detail::Filler filler) -> std::invoke_result_t<Method, Client&, Args...> {
      return detail::call_recorded(
          filler, capture,
          [&](auto&&... passed) -> decltype(auto) {
            return std::invoke(method, *client_, std::forward<decltype(passed)>(passed)...);
          },
          std::forward<Args>(args)...);
    };
    if (options_.kind == SpanKind::llm) {
      const detail::LlmCall llm{path, {options_.model, options_.provider, path}, options_.redact_pii};
      return run(llm.filler());
    }
    Span span{path, options_.kind};
    span.set_operation(path);
    if (!options_.agent_type.empty()) span.set_agent_type(options_.agent_type);
    if (!options_.model.empty()) span.set_model(options_.model);
    if (!options_.provider.empty()) span.set_provider(options_.provider);
    if (options_.redact_pii) span.redact_pii(*options_.redact_pii);
    return run(detail::Filler{span.ref(), false});
  }

  // A member object, itself traced, whose operations are called "name.operation". `pointer` is one to a data
  // member or to a method that returns a reference.
  template <class Member>
  [[nodiscard]] auto member(Text name, Member pointer) {
    using Sub = std::remove_reference_t<std::invoke_result_t<Member, Client&>>;
    static_assert(std::is_lvalue_reference_v<std::invoke_result_t<Member, Client&>>,
                  "the member must outlive the call");
    return Traced<Sub>{std::invoke(pointer, *client_), options_,
                       std::string{detail::JoinedText{path_, '.', name}.view()}};
  }

  // Everything else, untraced.
  [[nodiscard]] Client* operator->() const noexcept { return client_; }
  [[nodiscard]] Client& operator*() const noexcept { return *client_; }

 private:
  template <class>
  friend class Traced;
  Traced(Client& client, TracedClientOptions options, std::string path)
      : client_{&client}, options_{std::move(options)}, path_{std::move(path)} {}

  Client* client_;
  TracedClientOptions options_;
  std::string path_;
};

LLMTRACE_END_NAMESPACE
