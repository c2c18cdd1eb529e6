#include "llm/draft.hpp"

#include "core/byte_buffer.hpp"
#include "core/json_check.hpp"
#include "core/json_writer.hpp"

#include <algorithm>
#include <charconv>
#include <new>

namespace llmtrace::llm {
namespace {

constexpr std::size_t most_problems = 16;

void settle_input(Usage& usage, const RawUsage& raw) {
  if (raw.uncached_input) {
    usage.input = sum(sum(raw.uncached_input, usage.input_cached), usage.input_cache_write);
  } else if (raw.prompt) {
    usage.input = sum(raw.prompt, usage.input_tool_use);
  } else if (!usage.input && raw.fallback_input) {
    usage.input = sum(raw.fallback_input, raw.cached_prompt_rest);
  } else if (!usage.input) {
    usage.input = raw.processed_input;
  }
  if (!usage.input_cached)
    usage.input_cached = raw.fallback_cached ? raw.fallback_cached : raw.cached_prompt_rest;
}

void settle_output(Usage& usage, const RawUsage& raw) {
  if (raw.visible_output || (raw.prompt && usage.output_reasoning)) {
    usage.output = sum(raw.visible_output, usage.output_reasoning);
  } else if (!usage.output) {
    usage.output = raw.fallback_output ? raw.fallback_output : raw.processed_output;
  }
}

// xAI and a few others count the reasoning beside the completion; their total tells.
void include_reasoning(Usage& usage) {
  if (!usage.input || !usage.output || !usage.total || usage.output_reasoning.value_or(0) == 0) return;
  const Count apart = sum(sum(usage.input, usage.output), usage.output_reasoning);
  if (apart == usage.total) usage.output = sum(usage.output, usage.output_reasoning);
}

void settle_cache_write(Usage& usage) {
  if (!usage.input_cache_write)
    usage.input_cache_write = sum(usage.input_cache_write_5m, usage.input_cache_write_1h);
}

void settle_total(Usage& usage, std::string_view operation) {
  if (!usage.total && usage.input && usage.output) usage.total = sum(usage.input, usage.output);
  const bool no_output = operation == "embeddings" || operation == "rerank";
  if (no_output && !usage.input && usage.total) usage.input = usage.total;
}

void keep_processed(Usage& usage, const RawUsage& raw) {
  usage.input_processed = raw.processed_input;
  usage.output_processed = raw.processed_output;
}

}  // namespace

void Draft::problem(Problem problem, std::string_view detail) {
  if (facts.problems.size() == most_problems) return;
  for (const ProblemNote& note : facts.problems) {
    if (note.problem == problem && note.detail == detail) return;
  }
  facts.problems.push_back({problem, std::string{detail}});
}

void Draft::restart_response() {
  choices.clear();
  final.clear();
  choice = {};
  item = {};
  event = {};
  call = {};
  pending_calls.clear();
  pieces = {};
  partial = {};
  raw = {};
  has_content_ = false;

  Facts fresh;
  fresh.operation = std::move(facts.operation);
  fresh.provider = std::move(facts.provider);
  fresh.provider_source = facts.provider_source;
  fresh.request_model = std::move(facts.request_model);
  fresh.tools = std::move(facts.tools);
  fresh.stream = facts.stream;
  fresh.problems = std::move(facts.problems);
  facts = std::move(fresh);
}

void Draft::finish() {
  check_content();
  if (final.has_content()) {
    final.move_to(facts);
    if (facts.finish_reasons.empty()) {
      Facts rest;
      choices.move_to(rest);
      facts.finish_reasons = std::move(rest.finish_reasons);
    }
  } else {
    choices.move_to(facts);
    Facts rest;
    final.move_to(rest);
    if (facts.finish_reasons.empty()) facts.finish_reasons = std::move(rest.finish_reasons);
  }
  settle_cache_write(facts.usage);
  settle_input(facts.usage, raw);
  settle_output(facts.usage, raw);
  include_reasoning(facts.usage);
  settle_total(facts.usage, facts.operation);
  keep_processed(facts.usage, raw);
  if (messages.cut() || system.cut()) problem(Problem::text_cut, "messages");
  facts.input_messages = messages.take();
  facts.system_instructions = system.take_parts();
  if (!parameters.empty()) facts.parameters = "{" + parameters + "}";
}

void keep_pending_call(Draft& draft, StagedCall&& call) {
  std::size_t bytes = call.arguments.size();
  for (const StagedCall& pending : draft.pending_calls) bytes += pending.arguments.size();
  const bool fits = draft.pending_calls.size() < draft.limits.tool_calls && bytes <= 2 * draft.limits.text;
  if (fits) draft.pending_calls.push_back(std::move(call));
  note_cut(draft, fits);
}

void keep_first(std::string& to, std::string_view text) {
  if (to.empty()) to.assign(text);
}

std::optional<std::uint64_t> parse_count(std::string_view number) noexcept {
  std::uint64_t count = 0;
  const char* const end = number.data() + number.size();
  const auto [rest, error] = std::from_chars(number.data(), end, count);
  if (error != std::errc{}) return std::nullopt;
  // some providers write whole numbers as 7.0
  if (rest != end && (*rest != '.' || std::any_of(rest + 1, end, [](char digit) { return digit != '0'; }))) {
    return std::nullopt;
  }
  return count;
}

void store_count(Draft& draft, Count& to, const JsonValue& value) {
  if (const auto count = parse_count(value.text))
    to = count;
  else
    draft.problem(Problem::wrong_type, "usage");
}

Count sum(const Count& a, const Count& b) noexcept {
  if (!a) return b;
  if (!b) return a;
  if (*a > UINT64_MAX - *b) return std::nullopt;
  return *a + *b;
}

void note_cut(Draft& draft, bool complete) {
  if (!complete) draft.problem(Problem::text_cut, "output");
}

void set_parameter(Draft& draft, const JsonValue& value) {
  if (value.cut || value.key.empty()) return;
  const bool container = value.kind == JsonKind::object || value.kind == JsonKind::array;
  if (container && !core::is_valid_json(value.text, 50)) return;
  core::ByteBuffer buffer;
  core::JsonWriter writer{buffer};
  writer.begin_object();
  writer.key(value.key);
  if (value.kind == JsonKind::string)
    writer.string(value.text);
  else
    writer.raw(core::is_valid_json(value.text) ? value.text : std::string_view{"null"});
  writer.end_object();
  if (buffer.failed()) throw std::bad_alloc{};
  if (draft.parameters.size() + buffer.size() > draft.limits.messages) return;
  if (!draft.parameters.empty()) draft.parameters.push_back(',');
  draft.parameters.append(buffer.view().substr(1, buffer.size() - 2));
}

void set_stream(Draft& draft, const JsonValue& value) { draft.facts.stream = value.text == "true"; }

void set_tools(Draft& draft, const JsonValue& value) {
  if (value.cut || !core::is_valid_json(value.text, 50))
    return draft.problem(Problem::request_not_json, "tools");
  draft.facts.tools.assign(value.text);
}

}  // namespace llmtrace::llm
