// Every form of the macros in every place where a function can be; compiled by macro_forms.sh in each of
// their modes.
#include <llmtrace/llmtrace.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace forms {

inline int nothing() {
  LLMTRACE_FUNCTION();
  return LLMTRACE_RETURN(1);
}

inline void only_for_the_span(const std::string& question, int top_k) { LLMTRACE_FUNCTION(question, top_k); }

inline std::string with_arguments(const std::string& question, const std::map<std::string, int>& weights) {
  LLMTRACE_FUNCTION(question, weights.size(), std::pair<int, int>(1, 2).first, "a, \"quoted\" one", ',');
  return LLMTRACE_RETURN(question + "!");
}

inline void under_a_name(const std::string& name, int argument) {
  LLMTRACE_FUNCTION_AS("literal");
  LLMTRACE_FUNCTION_AS(name, llmtrace::SpanKind::agent);
  LLMTRACE_FUNCTION_AS(name + "s", llmtrace::SpanKind::tool, argument, name);
}

inline void scopes(const std::string& name) {
  LLMTRACE_SCOPE("first");
  LLMTRACE_SCOPE("second", llmtrace::SpanKind::tool);
  LLMTRACE_SCOPE(name);
  if (!name.empty()) LLMTRACE_SCOPE("without braces");
}

template <class T, class... Rest>
struct Template {
  explicit Template(T value) : value_{std::move(value)} { LLMTRACE_FUNCTION(); }
  ~Template() { LLMTRACE_FUNCTION(); }
  template <class U>
  auto method(const U& other) const noexcept -> decltype(auto) {
    LLMTRACE_FUNCTION(other);
    return LLMTRACE_RETURN(other);
  }
  T& reference() & {
    LLMTRACE_FUNCTION();
    return LLMTRACE_RETURN(value_);
  }
  bool operator()(const T&) {
    LLMTRACE_FUNCTION();
    return LLMTRACE_RETURN(true);
  }
  explicit operator bool() const {
    LLMTRACE_FUNCTION();
    return LLMTRACE_RETURN(true);
  }
  T value_;
};

inline std::unique_ptr<int> move_only() {
  auto made = std::make_unique<int>(1);
  return LLMTRACE_RETURN(std::move(made));
}

inline int use_all() {
  Template<std::vector<int>, int, char> one{{1, 2}};
  const auto lambda = [](auto value) {
    LLMTRACE_FUNCTION(value);
    return LLMTRACE_RETURN(value);
  };
  only_for_the_span("q", 1);
  under_a_name("n", 2);
  scopes("s");
  const bool all = one({}) && static_cast<bool>(one) && one.method(1) == 1 && one.reference().size() == 2;
  return nothing() + lambda(2) + static_cast<int>(with_arguments("q", {}).size()) + *move_only() +
         (all ? 1 : 0);
}

#if defined(LLMTRACE_NO_SHORT_MACROS)
#if defined(TRACE_FUNCTION) || defined(TRACE_FUNCTION_AS) || defined(TRACE_SCOPE) || defined(TRACE_RETURN)
#error "the short forms are still there"
#endif
#else
inline int short_forms(int a) {
  TRACE_FUNCTION(a);
  TRACE_FUNCTION_AS("name", llmtrace::SpanKind::tool, a);
  TRACE_SCOPE("scope");
  return TRACE_RETURN(a);
}
#endif

}  // namespace forms

int main() { return forms::use_all() == 7 ? 0 : 1; }
