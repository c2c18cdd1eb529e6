// One line for a function that exists already. The LLMTRACE_* forms are canonical; the short ones go away
// with LLMTRACE_NO_SHORT_MACROS, all of them become nothing with LLMTRACE_DISABLED. Arguments are looked at
// only when the span records.
#pragma once

#include <llmtrace/span.hpp>

#include <tuple>
#include <utility>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

// `Class::method` out of what the compiler calls the function, without return type, parameters and template
// lists.
class FunctionName {
 public:
  LLMTRACE_API explicit FunctionName(std::string_view pretty) noexcept;
  [[nodiscard]] std::string_view view() const noexcept { return {text_, size_}; }

 private:
  void add(std::string_view part) noexcept;

  std::size_t size_ = 0;
  char text_[120];  // what is longer is cut
};

// Takes the next name off a macro's argument list as written: commas inside brackets and quotes do not count.
LLMTRACE_API std::string_view next_argument_name(std::string_view& names) noexcept;

// Records the arguments of a function under their names, as the input of its span.
class ArgumentRecorder {
 public:
  ArgumentRecorder(Span& span, std::string_view names) noexcept : span_{span}, names_{names} {}

  void operator()() const noexcept {}
  template <class... Args, std::enable_if_t<sizeof...(Args) != 0, int> = 0>
  void operator()(const Args&... args) noexcept {
    const Field fields[] = {Field{next_argument_name(names_), argument_value(args)}...};
    span_.set_input(Value(fields, sizeof...(Args)));
  }
  // Of LLMTRACE_FUNCTION_AS: what stands behind the span's name and kind, and two ends of the list, or one
  // for want of a kind.
  template <class... Args>
  void behind_name_and_kind(const Args&... args) noexcept {
    next_argument_name(names_);
    next_argument_name(names_);
    if constexpr (sizeof...(Args) > 2)
      without_ends(std::make_index_sequence<sizeof...(Args) - 2>{}, std::forward_as_tuple(args...));
  }

 private:
  template <std::size_t... Index, class Tuple>
  void without_ends(std::index_sequence<Index...>, const Tuple& args) noexcept {
    (*this)(std::get<Index>(args)...);
  }

  Span& span_;
  std::string_view names_;
};

template <class... Args>
constexpr void unused(const Args&...) noexcept {}

// An lvalue stays the reference that it is, a temporary is handed on by value.
template <class T>
constexpr T hand_on(T&& value) {
  return std::forward<T>(value);
}
template <class T>
T record_return(T&& value) {
  SpanRef span = current_span();
  if constexpr (hands_on_stream<T>)
    value.record_also_in(span);
  else if (span.recording())
    span.set_output(argument_value(value));
  return std::forward<T>(value);
}

}  // namespace detail
LLMTRACE_END_NAMESPACE

#define LLMTRACE_DETAIL_JOIN(a, b) a##b
#define LLMTRACE_DETAIL_JOINED(a, b) LLMTRACE_DETAIL_JOIN(a, b)

#if defined(LLMTRACE_DISABLED)

// Nothing runs; but what is only there to be recorded is used, or compilers would warn of it.
#define LLMTRACE_FUNCTION(...) static_cast<void>(false && (::llmtrace::detail::unused(__VA_ARGS__), true))
#define LLMTRACE_FUNCTION_AS(...) LLMTRACE_FUNCTION(__VA_ARGS__)
#define LLMTRACE_SCOPE(...) LLMTRACE_FUNCTION(__VA_ARGS__)
#define LLMTRACE_RETURN(...) ::llmtrace::detail::hand_on(__VA_ARGS__)

#else

// The second level makes the guard's name one name, and unique even twice in a line.
#define LLMTRACE_FUNCTION(...) LLMTRACE_DETAIL_FUNCTION(__COUNTER__, __VA_ARGS__)
#define LLMTRACE_DETAIL_FUNCTION(id, ...) LLMTRACE_DETAIL_FUNCTION_GUARD(id, __VA_ARGS__)
#define LLMTRACE_DETAIL_FUNCTION_GUARD(id, ...)                                                       \
  static const ::llmtrace::detail::FunctionName LLMTRACE_DETAIL_JOINED(llmtrace_name_,                \
                                                                       id){__PRETTY_FUNCTION__};      \
  ::llmtrace::Span LLMTRACE_DETAIL_JOINED(llmtrace_span_,                                             \
                                          id){LLMTRACE_DETAIL_JOINED(llmtrace_name_, id).view()};     \
  static_cast<void>(LLMTRACE_DETAIL_JOINED(llmtrace_span_, id).recording() &&                         \
                    (::llmtrace::detail::ArgumentRecorder{LLMTRACE_DETAIL_JOINED(llmtrace_span_, id), \
                                                          #__VA_ARGS__}(__VA_ARGS__),                 \
                     true))

#define LLMTRACE_DETAIL_FIRST(first, ...) first
#define LLMTRACE_DETAIL_SECOND(first, second, ...) second
#define LLMTRACE_DETAIL_BEHIND_SECOND(first, second, ...) __VA_ARGS__
#define LLMTRACE_FUNCTION_AS(...) LLMTRACE_DETAIL_FUNCTION_AS(__COUNTER__, __VA_ARGS__)
#define LLMTRACE_DETAIL_FUNCTION_AS(id, ...) LLMTRACE_DETAIL_FUNCTION_AS_GUARD(id, __VA_ARGS__)
#define LLMTRACE_DETAIL_FUNCTION_AS_GUARD(id, ...)                                                    \
  ::llmtrace::Span LLMTRACE_DETAIL_JOINED(llmtrace_span_, id){                                        \
      LLMTRACE_DETAIL_FIRST(__VA_ARGS__, 0),                                                          \
      LLMTRACE_DETAIL_SECOND(__VA_ARGS__, ::llmtrace::SpanKind::function, 0)};                        \
  static_cast<void>(                                                                                  \
      LLMTRACE_DETAIL_JOINED(llmtrace_span_, id).recording() &&                                       \
      (::llmtrace::detail::ArgumentRecorder{LLMTRACE_DETAIL_JOINED(llmtrace_span_, id), #__VA_ARGS__} \
           .behind_name_and_kind(LLMTRACE_DETAIL_BEHIND_SECOND(__VA_ARGS__, 0, 0)),                   \
       true))

#define LLMTRACE_SCOPE(...) LLMTRACE_DETAIL_SCOPE(__COUNTER__, __VA_ARGS__)
#define LLMTRACE_DETAIL_SCOPE(id, ...) \
  ::llmtrace::Span LLMTRACE_DETAIL_JOINED(llmtrace_span_, id) { __VA_ARGS__ }

#define LLMTRACE_RETURN(...) ::llmtrace::detail::record_return(__VA_ARGS__)

#endif

#if !defined(LLMTRACE_NO_SHORT_MACROS)
#define TRACE_FUNCTION(...) LLMTRACE_FUNCTION(__VA_ARGS__)
#define TRACE_FUNCTION_AS(...) LLMTRACE_FUNCTION_AS(__VA_ARGS__)
#define TRACE_SCOPE(...) LLMTRACE_SCOPE(__VA_ARGS__)
#define TRACE_RETURN(...) LLMTRACE_RETURN(__VA_ARGS__)
#endif
