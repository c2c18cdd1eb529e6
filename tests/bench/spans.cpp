#include "spans.hpp"

#include <llmtrace/llmtrace.hpp>

#include <string>

namespace llmtrace::bench {
namespace {

// As a prompt has it: prose with a line break, two quotes and a letter beyond ASCII in every 190 bytes.
std::string kibibyte_of_text(std::string_view start) {
  constexpr std::string_view prose =
      "The guest asks whether the \"late check-out\" that the caf\xC3\xA9 desk promised her on Friday also "
      "holds for "
      "the second room, and who pays for it. Answer in two sentences and name the booking.\n";
  std::string text{start};
  while (text.size() < 1024) text += prose;
  text.resize(1024, '.');
  return text;
}

const std::string& four_kibibytes() {
  static const std::string text = [] {
    std::string parts;
    while (parts.size() < 4096) parts += kibibyte_of_text("");
    return parts;
  }();
  return text;
}

[[gnu::noinline]] std::size_t answer(int top_k, const std::string& question) {
  TRACE_FUNCTION(top_k, question);
  return question.size() + static_cast<std::size_t>(top_k);
}

}  // namespace

void make_empty_spans(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) Span span{"step"};
}

void make_attribute_spans(std::size_t count) {
  static const std::string prompt = kibibyte_of_text("prompt: ");
  static const std::string reply = kibibyte_of_text("reply: ");
  for (std::size_t i = 0; i < count; ++i) {
    Span span{"chat", SpanKind::llm};
    span.set("attempt", static_cast<std::int64_t>(i));
    span.set("cached", (i & 1) != 0);
    span.set("temperature", 0.7);
    span.set("score", 0.8125 + static_cast<double>(i));
    span.set("route", "fast-path");
    span.set("region", "eu-west-1");
    span.set("prompt", prompt);
    span.set("reply", reply);
  }
}

void record_responses(std::size_t count) {
  const std::string& response = four_kibibytes();
  Span span{"chat", SpanKind::llm};
  for (std::size_t i = 0; i < count; ++i) span.record_response(response);
}

void make_spans_with_response(std::size_t count) {
  const std::string& response = four_kibibytes();
  for (std::size_t i = 0; i < count; ++i) {
    Span span{"chat", SpanKind::llm};
    span.record_response(response);
  }
}

void call_traced_member(std::size_t count) {
  static const std::string question(16, 'q');
  for (std::size_t i = 0; i < count; ++i) answer(static_cast<int>(i), question);
}

void call_traced_function(std::size_t count) {
  static const auto next = traced("next", [](int value) { return value + 1; });
  for (std::size_t i = 0; i < count; ++i) next(static_cast<int>(i));
}

}  // namespace llmtrace::bench
