// A trace as an agent makes it, so that somebody who has just started the service sees something.
#include "cli/batch_poster.hpp"
#include "cli/command.hpp"
#include "cli/source.hpp"
#include "collector/routes/event_ids.hpp"
#include "core/time_format.hpp"

#include <fmt/core.h>

#include <array>
#include <chrono>

namespace llmtrace::cli {
namespace {

constexpr std::int64_t millisecond = 1'000'000;

struct SampleSpan {
  std::string_view name;
  std::string_view type;
  int parent;  // its place in the table, -1 for none
  std::int64_t start_ms;
  std::int64_t duration_ms;
  std::string_view facts;  // further members, as JSON
};

// A question of a customer: one search fails and is tried again, two models answer.
constexpr std::array sample = std::to_array<SampleSpan>({
    {"support-question", "chain", -1, 0, 4'180,
     R"("input_data":"Where is my parcel 4711?","output_data":"It left our warehouse this morning.")"},
    {"plan", "llm", 0, 12, 640,
     R"("model":"gpt-4o-mini","provider":"openai","operation":"chat","tokens_input":212,"tokens_output":38,)"
     R"("cost_usd":0.0000546,"finish_reasons":["tool_calls"],"time_to_first_token_ms":181,)"
     R"("input_data":{"messages":[{"role":"system","content":"You help customers of a shop."},)"
     R"({"role":"user","content":"Where is my parcel 4711?"}]},)"
     R"("tool_calls":[{"id":"call_1","name":"order_status","arguments":{"order":4711}}])"},
    {"research", "agent", 0, 660, 1'900, R"("agent_type":"researcher")"},
    {"order_status", "tool", 2, 668, 1'004,
     R"("status":"error","error":"no answer in 1 s","error_type":"timeout","input_data":{"order":4711})"},
    {"order_status", "tool", 2, 1'690, 210,
     R"("input_data":{"order":4711},"output_data":{"state":"shipped","since":"08:12"})"},
    {"find_articles", "retrieval", 2, 1'910, 645,
     R"("input_data":"delivery times","output_data":{"hits":3},"attributes":{"top_score":0.83})"},
    {"answer", "llm", 0, 2'570, 1'600,
     R"("model":"claude-sonnet-4-5","provider":"anthropic","operation":"chat","tokens_input":1180,)"
     R"("tokens_output":164,"cost_usd":0.006,"stream":true,"time_to_first_token_ms":402,"chunk_count":41,)"
     R"("finish_reasons":["end_turn"],"input_data":{"messages":[{"role":"user","content":)"
     R"("Where is my parcel 4711?"}]},"output_data":"It left our warehouse this morning.")"},
});

std::string time_text(std::int64_t time) {
  std::array<char, core::rfc3339_size> text;
  core::format_rfc3339(time, text.data());
  return {text.data(), text.size()};
}

struct Sample {
  collector::TraceId trace = collector::routes::new_trace_id();
  std::array<collector::SpanId, sample.size()> spans{};
  std::int64_t start = 0;
};

std::string span_json(const Sample& ids, std::size_t index) {
  const SampleSpan& span = sample[index];
  const std::int64_t start = ids.start + span.start_ms * millisecond;
  std::string json = fmt::format(
      R"({{"trace_id":"{}","span_id":"{}","name":"{}","span_type":"{}","start_time":"{}","end_time":"{}","duration_ms":{})",
      to_hex(ids.trace), to_hex(ids.spans[index]), span.name, span.type, time_text(start),
      time_text(start + span.duration_ms * millisecond), span.duration_ms);
  if (span.parent >= 0)
    json +=
        fmt::format(R"(,"parent_span_id":"{}")", to_hex(ids.spans[static_cast<std::size_t>(span.parent)]));
  if (span.facts.find("\"status\"") == std::string_view::npos) json += R"(,"status":"ok")";
  return json.append(",").append(span.facts).append("}");
}

std::string trace_json(const Sample& ids) {
  return fmt::format(
      R"({{"trace_id":"{}","root_span_id":"{}","name":"support-question","start_time":"{}","end_time":"{}",)"
      R"("duration_ms":{},"status":"ok","user_id":"sample-user","session_id":"sample-session","tags":["sample"],)"
      R"("input":"Where is my parcel 4711?","output":"It left our warehouse this morning."}})",
      to_hex(ids.trace), to_hex(ids.spans[0]), time_text(ids.start),
      time_text(ids.start + sample[0].duration_ms * millisecond), sample[0].duration_ms);
}

Sample new_sample() {
  Sample ids;
  for (auto& span : ids.spans) span = collector::routes::new_span_id();
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  ids.start = now - sample[0].duration_ms * millisecond;
  return ids;
}

}  // namespace

int run_send_sample(Arguments arguments) {
  const Options options{arguments, {url_option, project_option}, 0};
  Target target = target_of(options);
  if (target.key.empty()) {
    target.project = "default";
    target.key = "project-default";
  }
  const auto client = client_of(target);
  const Sample ids = new_sample();
  BatchPoster spans{*client, "spans"};
  for (std::size_t i = 0; i < sample.size(); ++i) spans.add(span_json(ids, i));
  spans.post();
  BatchPoster traces{*client, "traces"};
  traces.add(trace_json(ids));
  traces.post();
  if (spans.accepted() != sample.size() || traces.accepted() != 1)
    throw Failure{"the sample was not accepted: " + spans.first_error() + traces.first_error()};
  fmt::print("sent trace {}\n", to_hex(ids.trace));
  const std::string of_project = target.project.empty() ? "" : "?project=" + target.project;
  fmt::print("see it: llmtrace show {}, or {}/traces/{}{}\n", to_hex(ids.trace), target.url,
             to_hex(ids.trace), of_project);
  return success;
}

}  // namespace llmtrace::cli
