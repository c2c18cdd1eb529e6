// Tracing what exists already: traced(name, fn) wraps a callable, traced_llm(options, fn) one that calls a
// model, Traced<Client> an object whose methods are called through it. Describe<T> says what to record of a
// type.
#pragma once

#include <llmtrace/trace.hpp>

#include <functional>
#include <optional>

LLMTRACE_BEGIN_NAMESPACE

// Specialize for your own types with either or both of
//   static void input(SpanRef span, const T& request);
//   static void output(SpanRef span, const T& reply);
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

// The shapes that replies of C++ clients have in common; what is absent is passed over at compile time.
#define LLMTRACE_DETAIL_DETECT(trait, expression) \
  template <class T, class = void>                \
  inline constexpr bool trait = false;            \
  template <class T>                              \
  inline constexpr bool trait<T, std::void_t<decltype(expression)>> = true
LLMTRACE_DETAIL_DETECT(has_prompt_tokens, std::int64_t{std::declval<const T&>().usage.prompt_tokens});
LLMTRACE_DETAIL_DETECT(has_completion_tokens, std::int64_t{std::declval<const T&>().usage.completion_tokens});
LLMTRACE_DETAIL_DETECT(has_input_tokens, std::int64_t{std::declval<const T&>().usage.input_tokens});
LLMTRACE_DETAIL_DETECT(has_output_tokens, std::int64_t{std::declval<const T&>().usage.output_tokens});
LLMTRACE_DETAIL_DETECT(has_total_tokens, std::int64_t{std::declval<const T&>().usage.total_tokens});
LLMTRACE_DETAIL_DETECT(has_choices, std::string_view{std::declval<const T&>().choices[0].message.content});
LLMTRACE_DETAIL_DETECT(has_choice_count, std::declval<const T&>().choices.empty());
LLMTRACE_DETAIL_DETECT(has_content, std::string_view{std::declval<const T&>().content});
LLMTRACE_DETAIL_DETECT(has_text, std::string_view{std::declval<const T&>().text});
LLMTRACE_DETAIL_DETECT(has_model, std::string_view{std::declval<const T&>().model});
#undef LLMTRACE_DETAIL_DETECT

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
      usage_of(reply);
      if constexpr (has_model<T>)
        unless_set(Tag::response_model, [&] { span_.set_response_model(reply.model); });
    }
  }

 private:
  template <class T>
  void text_of(const T& reply) {
    unless_set(Tag::output, [&] {
      if constexpr (std::is_constructible_v<Value, const T&>) {
        span_.set_output(Value(reply));
      } else if constexpr (has_choices<T>) {
        if constexpr (has_choice_count<T>)
          if (reply.choices.empty()) return;
        span_.set_output(std::string_view{reply.choices[0].message.content});
      } else if constexpr (has_text<T>) {
        span_.set_output(std::string_view{reply.text});
      } else if constexpr (has_content<T>) {
        span_.set_output(std::string_view{reply.content});
      }
    });
  }
  template <class T>
  void usage_of(const T& reply) {
    unless_set(Tag::usage_input, [&] {
      [[maybe_unused]] Usage usage;
      if constexpr (has_prompt_tokens<T>) usage.input = reply.usage.prompt_tokens;
      if constexpr (has_completion_tokens<T>) usage.output = reply.usage.completion_tokens;
      if constexpr (has_input_tokens<T>) usage.input = reply.usage.input_tokens;
      if constexpr (has_output_tokens<T>) usage.output = reply.usage.output_tokens;
      if constexpr (has_total_tokens<T>) usage.total = reply.usage.total_tokens;
      span_.set_usage(usage);
    });
  }

  SpanRef span_;
  bool keep_;
};

// An open llm span on this thread that no layer has filled yet, claimed for the caller; else a view of
// nothing.
[[nodiscard]] LLMTRACE_API SpanRef adopt_current_llm_span() noexcept;
LLMTRACE_API void adopt(const Span& span) noexcept;
LLMTRACE_API void name_llm_span(Span& span, const LlmOptions& options, std::string_view name) noexcept;

// The one llm span of a call: an open llm span that no layer has filled yet is filled, else one is opened.
class LlmCall {
 public:
  LLMTRACE_API LlmCall(std::string_view name, const LlmOptions& options) noexcept;
  LlmCall(const LlmCall&) = delete;
  LlmCall& operator=(const LlmCall&) = delete;

  [[nodiscard]] Filler filler() const noexcept {
    return opened_ ? Filler{opened_->ref(), false} : Filler{adopted_, true};
  }

 private:
  SpanRef adopted_;
  std::optional<Span> opened_;
};

// One argument is the input itself, several are a list.
template <class... Args>
void record_arguments(Filler& filler, const Args&... args) {
  if constexpr (sizeof...(Args) == 1) {
    (filler.input(args), ...);
  } else if constexpr (sizeof...(Args) > 1) {
    const Value values[] = {argument_value(args)...};
    filler.span().set_input(ValueList{values, sizeof...(Args)});
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
  if (capture.inputs && filler.recording()) record_arguments(filler, args...);
  try {
    if constexpr (std::is_void_v<Result>) {
      std::invoke(std::forward<Fn>(fn), std::forward<Args>(args)...);
    } else {
      decltype(auto) result = std::invoke(std::forward<Fn>(fn), std::forward<Args>(args)...);
      if (capture.outputs && filler.recording()) filler.output(result);
      if constexpr (std::is_reference_v<Result>)
        return static_cast<Result>(result);
      else
        return result;
    }
  } catch (...) {
    if (filler.recording()) filler.span().record_exception(std::current_exception());
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
  std::invoke_result_t<Fn&, Args...> operator()(Args&&... args) {
    Span span{name_, options_.kind, options_.span};
    return detail::call_recorded(detail::Filler{span.ref(), false}, capture(), fn_,
                                 std::forward<Args>(args)...);
  }
  template <class... Args>
  std::invoke_result_t<const Fn&, Args...> operator()(Args&&... args) const {
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

template <class Fn>
[[nodiscard]] TracedFunction<std::decay_t<Fn>> traced(std::string_view name, Fn&& fn,
                                                      TracedOptions options = {}) {
  return {std::string{name}, std::forward<Fn>(fn), std::move(options)};
}

// What traced_llm() returns. Below an llm span that no layer has filled yet, it fills that span.
template <class Fn>
class TracedLlmFunction {
 public:
  TracedLlmFunction(LlmOptions options, Fn fn) : options_{std::move(options)}, fn_{std::move(fn)} {}

  template <class... Args>
  std::invoke_result_t<Fn&, Args...> operator()(Args&&... args) {
    const detail::LlmCall call{{}, options_};
    return detail::call_recorded(call.filler(), {}, fn_, std::forward<Args>(args)...);
  }
  template <class... Args>
  std::invoke_result_t<const Fn&, Args...> operator()(Args&&... args) const {
    const detail::LlmCall call{{}, options_};
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
  std::optional<bool> redact_pii = {};  // as the tracer's options say
};

// An object that exists already, called through a tracer. It refers to the object and does not own it.
template <class Client>
class Traced {
 public:
  explicit Traced(Client& client, TracedClientOptions options = {})
      : Traced(client, std::move(options), {}) {}

  // client.method(args…), as a span named `operation`.
  template <class Method, class... Args>
  std::invoke_result_t<Method, Client&, Args...> call(std::string_view operation, Method method,
                                                      Args&&... args) {
    const std::string path = path_to(operation);
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
      const detail::LlmCall llm{path, {options_.model, options_.provider, path, options_.redact_pii}};
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
  [[nodiscard]] auto member(std::string_view name, Member pointer) {
    using Sub = std::remove_reference_t<std::invoke_result_t<Member, Client&>>;
    static_assert(std::is_lvalue_reference_v<std::invoke_result_t<Member, Client&>>,
                  "the member must outlive the call");
    return Traced<Sub>{std::invoke(pointer, *client_), options_, path_to(name)};
  }

  // Everything else, untraced.
  [[nodiscard]] Client* operator->() const noexcept { return client_; }
  [[nodiscard]] Client& operator*() const noexcept { return *client_; }

 private:
  template <class>
  friend class Traced;
  Traced(Client& client, TracedClientOptions options, std::string path)
      : client_{&client}, options_{std::move(options)}, path_{std::move(path)} {}

  [[nodiscard]] std::string path_to(std::string_view operation) const {
    return path_.empty() ? std::string{operation} : path_ + "." + std::string{operation};
  }

  Client* client_;
  TracedClientOptions options_;
  std::string path_;
};

LLMTRACE_END_NAMESPACE
