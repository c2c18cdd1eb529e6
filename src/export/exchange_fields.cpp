#include "export/exchange_fields.hpp"

#include "core/json_check.hpp"
#include "export/field_json.hpp"
#include "export/json_members.hpp"
#include "export/wire_names.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace llmtrace::exporting {
namespace {

using core::FieldView;
using core::Tag;
using core::ValueType;

bool has_key(const SpanFacts& span, Tag tag, std::string_view key) noexcept {
  if (span.repeated(tag) == 0) return false;
  FieldView field;
  for (FieldRange range{span.record().fields(), tag}; range.next(field);)
    if (field.key == key) return true;
  return false;
}

std::int64_t at_most_int64(std::uint64_t count) noexcept {
  return static_cast<std::int64_t>(
      std::min(count, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
}

// Whether the fields show what the reply was, so that the reply itself need not be shown.
bool tells_output(const llm::Facts& facts) noexcept {
  return !facts.output_text.empty() || !facts.tool_calls.empty() || !facts.refusal.empty() ||
         facts.embedding_count.has_value();
}

std::int64_t status_of(const SpanFacts& span) noexcept {
  std::int64_t status = 0;
  FieldView field;
  for (FieldRange range{span.record().fields(), Tag::exchange_hint}; range.next(field);)
    if (field.key == "status") status = field.int64();
  return status;
}

}  // namespace

template <class Add>
void ExchangeFields::attribute(std::string_view key, Add add) {
  if (!has_key(span_, Tag::attribute, key)) add();
}

void ExchangeFields::text_attribute(std::string_view key, std::string_view value) {
  if (!value.empty()) attribute(key, [&] { to_.text(Tag::attribute, key, value); });
}

void ExchangeFields::json_attribute(std::string_view key, std::string_view value) {
  if (!value.empty()) attribute(key, [&] { to_.json(Tag::attribute, key, value); });
}

void ExchangeFields::text(Tag tag, std::string_view value) {
  if (!value.empty() && !span_.has(tag)) to_.text(tag, {}, value);
}

void ExchangeFields::write(const ReadExchange& read) {
  const llm::Facts& facts = read.facts;
  names(facts);
  request(facts);
  response(facts);
  stream(read);
  usage(facts);
  error(facts);
  problems(facts);
  cuts();
}

void ExchangeFields::names(const llm::Facts& facts) {
  text(Tag::operation, facts.operation);
  text(Tag::provider, facts.provider);
  text(Tag::model, facts.model());
  text(Tag::response_model, facts.response_model);
  text(Tag::response_id, facts.response_id);
  const std::string_view shown =
      span_.has(Tag::model) ? span_.text(Tag::model) : std::string_view{facts.model()};
  if (facts.request_model != shown) text_attribute("gen_ai.request.model", facts.request_model);
  text_attribute("llm.service_tier", facts.service_tier);
  if (const std::int64_t status = status_of(span_); status != 0)
    attribute("http.response.status_code",
              [&] { to_.int64(Tag::attribute, "http.response.status_code", status); });
}

void ExchangeFields::request(const llm::Facts& facts) {
  JsonMember member;
  for (JsonMembers members{facts.parameters}; members.next(member);)
    if (!has_key(span_, Tag::parameter, member.key)) to_.json(Tag::parameter, member.key, member.value);
  if (hides_input()) return;
  if (!facts.input_messages.empty() && !span_.has_messages())
    to_.json(Tag::messages, {}, facts.input_messages);
  json_attribute("gen_ai.system_instructions", facts.system_instructions);
  json_attribute("gen_ai.tool.definitions", facts.tools);
}

void ExchangeFields::response(const llm::Facts& facts) {
  if (span_.repeated(Tag::finish_reason) == 0)
    for (const std::string& reason : facts.finish_reasons) to_.text(Tag::finish_reason, {}, reason);
  embeddings(facts);
  if (hides_output()) return;
  if (!span_.has(Tag::text_piece)) text(Tag::output_text, facts.output_text);
  if (!span_.has(Tag::reasoning_piece)) text(Tag::reasoning, facts.reasoning);
  text_attribute("llm.refusal", facts.refusal);
  if (span_.repeated(Tag::tool_call) == 0)
    for (const llm::ToolCall& call : facts.tool_calls)
      to_.container(Tag::tool_call, ValueType::object, call.id, [&] {
        to_.text(Tag::dead, "name", call.name);
        to_.text(Tag::dead, "arguments", call.arguments);
      });
  reply_as_output(facts);
}

void ExchangeFields::embeddings(const llm::Facts& facts) {
  if (!facts.embedding_count) return;
  if (facts.embedding_dimension)
    attribute("gen_ai.embeddings.dimension.count", [&] {
      to_.uint64(Tag::attribute, "gen_ai.embeddings.dimension.count", *facts.embedding_dimension);
    });
  if (span_.has(Tag::output)) return;
  to_.container(Tag::output, ValueType::object, {}, [&] {
    to_.uint64(Tag::dead, "embeddings", *facts.embedding_count);
    if (facts.embedding_dimension) to_.uint64(Tag::dead, "dimension", *facts.embedding_dimension);
  });
}

// A JSON reply that is none of a model's is the output as it is.
void ExchangeFields::reply_as_output(const llm::Facts& facts) {
  if (!span_.has(Tag::response_value) || span_.has(Tag::output) || tells_output(facts)) return;
  const FieldView reply = span_.field(Tag::response_value);
  to_.put(Tag::output, reply.type, {}, reply.bytes);
}

void ExchangeFields::stream(const ReadExchange& read) {
  const llm::Facts& facts = read.facts;
  if (facts.stream && !span_.has(Tag::stream)) to_.boolean(Tag::stream, *facts.stream);
  if (facts.chunk_count == 0) return;
  if (!span_.has(Tag::chunk_count)) to_.int64(Tag::chunk_count, {}, at_most_int64(facts.chunk_count));
  if (read.first_content_ticks && !span_.has(Tag::time_to_first_token))
    to_.int64(Tag::time_to_first_token, {}, *read.first_content_ticks - span_.head().start_ticks);
}

void ExchangeFields::usage(const llm::Facts& facts) {
  const bool own_parts = span_.has(Tag::usage_input) || span_.has(Tag::usage_output);
  for (const llm::UsageField& field : llm::usage_fields) {
    const llm::Count& count = facts.usage.*field.count;
    if (!count || (own_parts && field.name == "total")) continue;
    const auto known = std::find_if(usage_keys.begin(), usage_keys.end(),
                                    [&](const core::PlainKey& key) { return key.text() == field.name; });
    if (known == usage_keys.end()) {
      if (!has_key(span_, Tag::usage_part, field.name))
        to_.int64(Tag::usage_part, field.name, at_most_int64(*count));
      continue;
    }
    const Tag tag = usage_tag(static_cast<std::size_t>(known - usage_keys.begin()));
    if (!span_.has(tag)) to_.int64(tag, {}, at_most_int64(*count));
  }
}

void ExchangeFields::error(const llm::Facts& facts) {
  const std::int64_t status = status_of(span_);
  const bool refused = status >= 400 || !facts.error.empty();
  if (!refused || span_.record().has(detail::flag_ok)) return;
  to_.add_flags(detail::flag_error);
  const std::string number = std::to_string(status);
  const auto unless_status = [&](const std::string& text) { return text != number ? text : std::string{}; };
  const std::string code = unless_status(facts.error.code);
  text_attribute("llm.error_code", code);
  if (span_.has(Tag::error)) return;
  const std::string by_status = "HTTP " + number;
  const std::string type = unless_status(facts.error.type);
  to_.text(Tag::error,
           !type.empty()   ? type
           : !code.empty() ? code
                           : by_status,
           !facts.error.message.empty() ? facts.error.message : by_status);
}

void ExchangeFields::problems(const llm::Facts& facts) {
  if (facts.problems.empty()) return;
  attribute("llmtrace.problems", [&] {
    to_.container(Tag::attribute, ValueType::array, "llmtrace.problems", [&] {
      for (const llm::ProblemNote& note : facts.problems) {
        std::string said{llm::name_of(note.problem)};
        if (!note.detail.empty()) said.append(": ").append(note.detail);
        to_.text(Tag::dead, {}, said);
      }
    });
  });
}

void ExchangeFields::cuts() {
  const CutBodies cut = cut_bodies(span_);
  if (cut.request != 0) to_.uint64(Tag::truncated, "request_body", cut.request);
  if (cut.response != 0) to_.uint64(Tag::truncated, "response_body", cut.response);
}

}  // namespace llmtrace::exporting
