// Names that everything else builds on: the ABI namespace, the export macro, span kinds and forward
// declarations.
#pragma once

#include <cstdint>

#if defined(LLMTRACE_SHARED) && (defined(__GNUC__) || defined(__clang__))
#define LLMTRACE_API __attribute__((visibility("default")))
#else
#define LLMTRACE_API
#endif

#if defined(__GNUC__) || defined(__clang__)
#define LLMTRACE_COLD __attribute__((noinline, cold))
#define LLMTRACE_INLINE inline __attribute__((always_inline))
#define LLMTRACE_LIKELY(condition) __builtin_expect(static_cast<bool>(condition), 1)
#define LLMTRACE_UNLIKELY(condition) __builtin_expect(static_cast<bool>(condition), 0)
#else
#define LLMTRACE_COLD
#define LLMTRACE_INLINE inline
#define LLMTRACE_LIKELY(condition) static_cast<bool>(condition)
#define LLMTRACE_UNLIKELY(condition) static_cast<bool>(condition)
#endif

// The inline namespace keeps two library versions in one process from sharing a symbol by accident.
#define LLMTRACE_BEGIN_NAMESPACE \
  namespace llmtrace {           \
  inline namespace abi_1 {
#define LLMTRACE_END_NAMESPACE \
  }                            \
  }

LLMTRACE_BEGIN_NAMESPACE

// What a span stands for; the wire's `span_type`.
enum class SpanKind : std::uint8_t { llm, tool, agent, function, retrieval, embedding, chain, other };

constexpr const char* to_string(SpanKind kind) noexcept {
  switch (kind) {
    case SpanKind::llm: return "llm";
    case SpanKind::tool: return "tool";
    case SpanKind::agent: return "agent";
    case SpanKind::function: return "function";
    case SpanKind::retrieval: return "retrieval";
    case SpanKind::embedding: return "embedding";
    case SpanKind::chain: return "chain";
    case SpanKind::other: break;
  }
  return "other";
}

// How a span or a trace ended. A guard that dies without being told so ends as `ok`.
enum class Status : std::uint8_t { unset, ok, error };

// What is hidden before anything leaves the process.
enum class RedactMode : std::uint8_t {
  off,      // nothing but what the program adds by itself
  secrets,  // API keys, tokens, passwords, PEM blocks
  pii,      // and e-mail addresses, phone, card and account numbers, internet addresses
};

class Attributes;
class ContextScope;
class Exporter;
class ManualSpan;
class Span;
class SpanContext;
class SpanMap;
class SpanRef;
class TraceScope;
class Tracer;
class TracerGuard;
class Value;
struct AgentOptions;
struct Field;
struct LlmOptions;
struct Options;
struct SpanOptions;
struct Stats;
struct TraceOptions;
struct Usage;

LLMTRACE_END_NAMESPACE
