// Opt-in, for C++20: generators and awaitables. traced_generator() wraps a function that returns a generator,
// trace_generator() a generator that exists, traced() an awaitable. A generator keeps its type.
//
// The body of a coroutine that is suspended in the middle is no scope of a thread: open no Span, TraceScope
// or TRACE_FUNCTION there across a co_yield or co_await. traced_generator() is what stands in their place.
#pragma once

#include <llmtrace/stream.hpp>

#include <concepts>
#include <coroutine>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

template <class T>
concept Generator = requires(T& generator) {
  typename T::promise_type;
  { generator.begin() != generator.end() } -> std::convertible_to<bool>;
};

template <class T>
concept MemberAwaitable = requires(T&& awaitable) {
  static_cast<T&&>(awaitable).operator co_await();
};
template <class T>
concept FreeAwaitable = requires(T&& awaitable) {
  operator co_await(static_cast<T&&>(awaitable));
};
template <class T>
concept Awaiter = requires(T& awaiter, std::coroutine_handle<> handle) {
  { awaiter.await_ready() } -> std::convertible_to<bool>;
  awaiter.await_suspend(handle);
  awaiter.await_resume();
};
template <class T>
concept Awaitable = MemberAwaitable<T> || FreeAwaitable<T> || Awaiter<T>;

template <class T>
decltype(auto) awaiter_of(T&& awaitable) {
  if constexpr (MemberAwaitable<T>)
    return static_cast<T&&>(awaitable).operator co_await();
  else if constexpr (FreeAwaitable<T>)
    return operator co_await(static_cast<T&&>(awaitable));
  else
    return static_cast<T&&>(awaitable);
}

// A generator of the same type around another. What it needs lies in its parameters, so it goes away with the
// frame, also when nobody ever resumes it.
template <class Gen, class Project>
Gen record_generator(StreamRecorder recorder, Gen inner, Project project) {
  using Iterator = decltype(inner.begin());
  std::optional<Iterator> at;
  move_stream(recorder, [&] { at.emplace(inner.begin()); });
  while (*at != inner.end()) {
    auto&& piece = **at;
    recorder.add(piece, project);
    co_yield std::forward<decltype(piece)>(piece);
    move_stream(recorder, [&] { ++*at; });
  }
  recorder.finish();
}

template <class Fn, class Project>
class TracedGeneratorFunction {
 public:
  TracedGeneratorFunction(StreamOptions options, Fn fn, Project project)
      : options_{std::move(options)}, fn_{std::move(fn)}, project_{std::move(project)} {}

  template <class... Args>
  std::invoke_result_t<Fn&, Args...> operator()(Args&&... args) {
    return call(fn_, std::forward<Args>(args)...);
  }
  template <class... Args>
  std::invoke_result_t<const Fn&, Args...> operator()(Args&&... args) const {
    return call(fn_, std::forward<Args>(args)...);
  }

 private:
  template <class Callable, class... Args>
  std::invoke_result_t<Callable&, Args...> call(Callable& fn, Args&&... args) const {
    using Gen = std::invoke_result_t<Callable&, Args...>;
    static_assert(Generator<Gen>, "the function must return a generator");
    StreamRecorder recorder{options_};
    record_call(recorder.span(), options_.capture_inputs, args...);
    std::optional<Gen> made;
    move_stream(recorder, [&] { made.emplace(std::invoke(fn, std::forward<Args>(args)...)); });
    return record_generator<Gen, Project>(std::move(recorder), std::move(*made), project_);
  }

  StreamOptions options_;
  Fn fn_;
  Project project_;
};

// What co_await gets of traced(name, awaitable). The span begins with the wait and ends with its result.
template <class Awaited>
class TracedAwaiter {
 public:
  TracedAwaiter(ManualSpan span, Awaited&& awaited, CaptureChoice capture)
      : span_{std::move(span)}, capture_{capture}, awaiter_{awaiter_of(static_cast<Awaited&&>(awaited))} {}
  TracedAwaiter(const TracedAwaiter&) = delete;
  TracedAwaiter& operator=(const TracedAwaiter&) = delete;
  ~TracedAwaiter() { drop(); }

  bool await_ready() {
    return guarded([&] { return static_cast<bool>(awaiter_.await_ready()); });
  }
  template <class Promise>
  auto await_suspend(std::coroutine_handle<Promise> waiting) {
    return guarded([&]() -> decltype(auto) { return awaiter_.await_suspend(waiting); });
  }
  decltype(auto) await_resume() {
    using Result = decltype(awaiter_.await_resume());
    return guarded([&]() -> Result {
      if constexpr (std::is_void_v<Result>) {
        awaiter_.await_resume();
        span_.end();
      } else {
        Result result = awaiter_.await_resume();
        Filler filler{span_.ref(), true};
        if (capture_.outputs && filler.recording())
          describe_safely(filler.span(), [&] { filler.output(result); });
        span_.end();
        if constexpr (std::is_reference_v<Result>)
          return static_cast<Result>(result);
        else
          return result;
      }
    });
  }

 private:
  // The frame, and this with it, may be gone when `call` returns.
  template <class Call>
  decltype(auto) guarded(Call&& call) {
    try {
      return call();
    } catch (...) {
      Filler{span_.ref(), true}.exception(std::current_exception());
      span_.end();
      throw;
    }
  }
  void drop() noexcept {
    Record* record = span_.ref().handle().live();
    if (record != nullptr)
      FieldWriter{started_core()->slow.writer, *record}.boolean(Tag::cancelled, {}, true);
  }

  ManualSpan span_;
  CaptureChoice capture_;
  decltype(awaiter_of(std::declval<Awaited>())) awaiter_;
};

template <class Awaited>
class TracedAwaitable {
 public:
  TracedAwaitable(std::string name, Awaited&& awaited, TracedOptions options)
      : name_{std::move(name)}, awaited_{static_cast<Awaited&&>(awaited)}, options_{std::move(options)} {}

  TracedAwaiter<Awaited> operator co_await() && {
    return {start_span(name_, options_.kind, options_.span),
            static_cast<Awaited&&>(awaited_),
            {options_.capture_inputs, options_.capture_outputs}};
  }

 private:
  std::string name_;
  Awaited awaited_;
  TracedOptions options_;
};

}  // namespace detail

// `generator` as a traced stream, in a generator of its own type.
template <detail::Generator Gen, class Project = detail::AsItIs>
[[nodiscard]] Gen trace_generator(const StreamOptions& options, Gen generator, Project project = {}) {
  return detail::record_generator<Gen, Project>(StreamRecorder{options}, std::move(generator),
                                                std::move(project));
}

// `fn`, which returns a generator, so that what it returns is a traced stream. Arguments are its input.
template <class Fn, class Project = detail::AsItIs>
[[nodiscard]] auto traced_generator(StreamOptions options, Fn&& fn, Project project = {}) {
  return detail::TracedGeneratorFunction<std::decay_t<Fn>, Project>{std::move(options), std::forward<Fn>(fn),
                                                                    std::move(project)};
}

// `co_await traced("fetch", awaitable)`: a span from the wait to its result, of which it records what
// traced() records of a function's. A coroutine that is destroyed while it waits leaves it `cancelled`.
// Options need a name: g++ up to 12 destroys an aggregate twice that is made inside of a co_await expression.
template <detail::Awaitable Awaited>
[[nodiscard]] detail::TracedAwaitable<Awaited> traced(Text name, Awaited&& awaited, TracedOptions options) {
  return {std::string{name}, std::forward<Awaited>(awaited), std::move(options)};
}
template <detail::Awaitable Awaited>
[[nodiscard]] detail::TracedAwaitable<Awaited> traced(Text name, Awaited&& awaited, SpanKind kind) {
  TracedOptions options;
  options.kind = kind;
  return {std::string{name}, std::forward<Awaited>(awaited), std::move(options)};
}
template <detail::Awaitable Awaited>
[[nodiscard]] detail::TracedAwaitable<Awaited> traced(Text name, Awaited&& awaited) {
  return {std::string{name}, std::forward<Awaited>(awaited), TracedOptions{}};
}

LLMTRACE_END_NAMESPACE
