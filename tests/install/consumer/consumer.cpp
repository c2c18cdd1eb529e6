// The program of a user, in both forms of the samples: designated initializers and assigned fields.
#include <llmtrace/llmtrace.hpp>

#include <cstdio>

// A library that raises its users' standard would be seen here.
#if EXPECTED_STANDARD == 17
static_assert(__cplusplus == 201703L, "C++17 was asked for");
#elif EXPECTED_STANDARD == 20
static_assert(__cplusplus == 202002L, "C++20 was asked for");
#else
static_assert(__cplusplus > 202002L, "C++23 was asked for");
#endif

using namespace llmtrace;

#if EXPECTED_STANDARD >= 20

static TracerGuard start() { return Tracer::init({.project = "install-test"}); }

static void answer_a_chat() {
  TraceScope trace{"chat-request", {.user_id = "u1", .session_id = "s9", .tags = {"prod"}}};
  {
    Span span{"gpt-4-call", SpanKind::llm};
    span.set_model("gpt-4o").set_provider("openai").set_input("hello");
    span.set_output("good day", {.input = 120, .output = 48});
  }
  trace.set_output("answered");
}

#else

static TracerGuard start() {
  Options options;
  options.project = "install-test";
  return Tracer::init(options);
}

static void answer_a_chat() {
  TraceOptions options;
  options.user_id = "u1";
  TraceScope trace{"chat-request", options};
  {
    Span span{"gpt-4-call", SpanKind::llm};
    Usage usage;
    usage.input = 120;
    usage.output = 48;
    span.set_model("gpt-4o").set_provider("openai").set_input("hello");
    span.set_output("good day", usage);
  }
  trace.set_output("answered");
}

#endif

int main() {
  const auto tracing = start();
  answer_a_chat();
  std::printf("llmtrace %s, C++ %ld\n", LLMTRACE_VERSION_STRING, static_cast<long>(__cplusplus));
}
