// What the rows of the readers work on: the facts in the making and the element at hand. One for each
// exchange.
#pragma once

#include "llm/choices.hpp"
#include "llm/facts.hpp"
#include "llm/json_table.hpp"
#include "llm/messages.hpp"
#include "llm/partial_arguments.hpp"
#include "llm/reader_limits.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::llm {

// Numbers whose meaning depends on others; settled when the exchange ends.
struct RawUsage {
  Count uncached_input;  // Anthropic, Bedrock: excludes what the cache gave and took
  Count visible_output;  // Gemini: excludes the thoughts
  Count prompt;          // Gemini: excludes what tools put in
  Count fallback_input;  // says the same as `input` where nothing better does
  Count fallback_output;
  Count fallback_cached;
  Count processed_input;  // Cohere: tokens.*
  Count processed_output;
  Count cached_prompt_rest;  // llama.cpp: timings.cache_n, which prompt_n excludes
};

// One of the calls of which an answer was made.
struct StagedIteration {
  std::string type;
  RawUsage raw;
  Usage usage;
};

// One staged element of a response: a choice, a part, a block, an event.
struct StagedOutput {
  std::optional<std::uint64_t> index;
  std::string type;
  std::string text;
  std::string reasoning;
  std::uint8_t reasoning_source = 0;
  std::string refusal;
  std::string finish_reason;
  std::string arguments;
  std::string id;
  std::string name;
  bool thought = false;
};

// A call whose arguments come in pieces, each piece in several leaves.
struct StagedPieces {
  std::string path;  // of the leaf at hand
  std::string value;
  JsonKind kind = JsonKind::null;
  bool leaf_continues = false;
  std::string text;  // of all leaves of the part at hand
  bool call_continues = false;
};

class Draft final : public JsonTarget {
 public:
  Draft(Facts& to, const ReaderLimits& bounds) : facts{to}, limits{bounds} {}

  void problem(Problem problem, std::string_view detail) override;

  // Forgets everything that a response said.
  void restart_response();
  // Settles totals and moves the choices into the facts.
  void finish();
  [[nodiscard]] bool has_content() const noexcept { return has_content_; }
  void check_content() noexcept {
    has_content_ = has_content_ || choices.has_content() || final.has_content();
  }

  Facts& facts;
  const ReaderLimits& limits;

  // Request.
  Messages messages{limits.messages};
  Messages system{limits.messages};
  StagedPart part;
  std::string parameters;     // members, separated by commas
  bool in_stream = false;     // the document at hand is an event of a stream
  bool plain_prompt = false;  // a text and no messages

  // Response.
  Choices choices{limits};
  Choices final{limits};  // what the last event repeats as a whole; wins over the deltas
  StagedOutput choice;    // the choice at hand
  StagedOutput item;      // the part or block in it
  StagedOutput event;     // the members of the document at hand
  StagedCall call;
  std::vector<StagedCall> pending_calls;  // of the choice at hand
  RawUsage raw;
  StagedIteration iteration;
  Usage usage_before;  // of the chunk before
  RawUsage raw_before;
  StagedPieces pieces;
  PartialArguments partial;
  std::uint64_t partial_calls = 0;  // begun so far; the last one is the one at hand
  std::string modality;             // of a count by modality
  Count modality_count;

 private:
  bool has_content_ = false;
};

// For the rows of every reader.
void keep_pending_call(Draft& draft, StagedCall&& call);
void keep_first(std::string& to, std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view number) noexcept;
[[nodiscard]] Count sum(const Count& a, const Count& b) noexcept;
// Negative and fractional numbers are no counts and are noted.
void store_count(Draft& draft, Count& to, const JsonValue& value);
void note_cut(Draft& draft, bool complete);
void set_parameter(Draft& draft, const JsonValue& value);
void set_tools(Draft& draft, const JsonValue& value);
void set_stream(Draft& draft, const JsonValue& value);

// A row that sets a count of the usage, the last one said.
template <Count Usage::*member>
void set_usage(Draft& draft, const JsonValue& value) {
  store_count(draft, draft.facts.usage.*member, value);
}
template <Count RawUsage::*member>
void set_raw_usage(Draft& draft, const JsonValue& value) {
  store_count(draft, draft.raw.*member, value);
}
template <Count Usage::*member>
constexpr JsonRow usage_row(std::string_view path) {
  return row<&set_usage<member>>(path, take::number);
}
template <Count RawUsage::*member>
constexpr JsonRow raw_usage_row(std::string_view path) {
  return row<&set_raw_usage<member>>(path, take::number);
}

// A row that keeps the first text said.
template <std::string Facts::*member>
void set_first(Draft& draft, const JsonValue& value) {
  keep_first(draft.facts.*member, value.text);
}
template <std::string Facts::*member>
constexpr JsonRow first_row(std::string_view path) {
  return row<&set_first<member>>(path, take::text);
}

// A row that stages a text of an element; the first one said or, for deltas, all.
template <StagedOutput Draft::*element, std::string StagedOutput::*member>
void stage(Draft& draft, const JsonValue& value) {
  note_cut(draft, append_bounded(draft.*element.*member, value.text, draft.limits.text) && !value.cut);
}
template <StagedOutput Draft::*element, std::string StagedOutput::*member>
constexpr JsonRow stage_row(std::string_view path, std::uint16_t takes = take::text | take::long_text) {
  return row<&stage<element, member>>(path, takes);
}
template <StagedOutput Draft::*element>
void stage_index(Draft& draft, const JsonValue& value) {
  (draft.*element).index = parse_count(value.text);
}
template <StagedOutput Draft::*element>
void clear_staged(Draft& draft, const JsonValue&) {
  draft.*element = {};
}

// A row that stages a text of a message's part.
template <std::string StagedPart::*member>
void stage_part(Draft& draft, const JsonValue& value) {
  (draft.part.*member).assign(value.text);
}
template <std::string StagedPart::*member>
constexpr JsonRow part_row(std::string_view path, std::uint16_t takes = take::text | take::long_text) {
  return row<&stage_part<member>>(path, takes);
}

}  // namespace llmtrace::llm
