#include "export/exchange_reading.hpp"

#include "core/byte_buffer.hpp"
#include "export/field_json.hpp"
#include "export/repeated_keys.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace llmtrace::exporting {
namespace {

using core::FieldView;
using core::Tag;

std::uint64_t number_at(std::string_view bytes, std::size_t at) noexcept {
  std::uint64_t number = 0;
  if (bytes.size() >= at + sizeof(number)) std::memcpy(&number, bytes.data() + at, sizeof(number));
  return number;
}

// The last bytes of a response, which lie in a ring.
struct Tail {
  std::string_view first;
  std::string_view second;
  std::uint64_t lost = 0;
};

Tail tail_of(const SpanFacts& span) noexcept {
  const FieldView field = span.field(Tag::response_tail);
  const std::uint64_t count = number_at(field.key, 0);
  const std::size_t size = field.bytes.size();
  if (count <= size) return {field.bytes.substr(0, static_cast<std::size_t>(count)), {}, 0};
  const auto place = static_cast<std::size_t>(count % size);
  return {field.bytes.substr(place), field.bytes.substr(0, place), count - size};
}

llm::Hints hints_of(const SpanFacts& span) {
  llm::Hints hints;
  FieldView field;
  for (FieldRange range{span.record().fields(), Tag::exchange_hint}; range.next(field);) {
    if (field.key == "url") hints.url = field.bytes;
    if (field.key == "provider") hints.provider = field.bytes;
    if (field.key == "content_type") hints.content_type = field.bytes;
    if (field.key == "content_encoding") hints.content_encoding = field.bytes;
    if (field.key == "request_id") hints.request_id = field.bytes;
    if (field.key == "status") hints.status = static_cast<int>(field.int64());
  }
  if (hints.provider.empty()) hints.provider = span.text(Tag::provider);
  return hints;
}

void read_request(const SpanFacts& span, llm::ExchangeReader& reader) {
  if (!span.has(Tag::request_body)) return;
  const FieldView field = span.field(Tag::request_body);
  if (field.key.empty()) return reader.request(field.bytes);
  const auto head = static_cast<std::size_t>(number_at(field.key, 0));
  reader.request(field.bytes.substr(0, head));
  reader.request_gap();
  if (head < field.bytes.size()) reader.request(field.bytes.substr(head));
}

std::string json_of(const FieldView& field) {
  core::ByteBuffer buffer;
  core::JsonWriter writer{buffer};
  FieldJson json{writer};
  json.value(field, FieldJson::levels_in_member);
  if (buffer.failed() || json.out_of_memory()) throw std::bad_alloc{};
  return std::string{buffer.view()};
}

// When the first piece with content came.
std::optional<std::int64_t> read_response(const SpanFacts& span, llm::ExchangeReader& reader) {
  std::optional<std::int64_t> first_content;
  FieldView piece;
  for (FieldRange range{span.record().fields(), Tag::response_piece}; range.next(piece);) {
    reader.response(piece.bytes);
    if (!first_content && reader.has_content())
      first_content = static_cast<std::int64_t>(number_at(piece.key, 0));
  }
  if (!span.has(Tag::response_tail)) return first_content;
  const Tail tail = tail_of(span);
  if (tail.lost != 0) reader.response_gap(tail.lost);
  reader.response(tail.first);
  reader.response(tail.second);
  return first_content;
}

void read_reply(const FieldView& reply, llm::ExchangeReader& reader) {
  reply.is_container() ? reader.response(json_of(reply)) : reader.response(reply.bytes);
}

}  // namespace

bool holds_exchange(const SpanFacts& span) noexcept {
  return span.has(Tag::request_body) || span.has(Tag::response_piece) || span.has(Tag::response_tail) ||
         span.has(Tag::response_value);
}

ReadExchange read_exchange(const SpanFacts& span, const llm::ReaderLimits& limits) {
  llm::ExchangeReader reader{hints_of(span), limits};
  read_request(span, reader);
  ReadExchange read;
  if (span.has(Tag::response_piece) || span.has(Tag::response_tail))
    read.first_content_ticks = read_response(span, reader);
  else if (span.has(Tag::response_value))
    read_reply(span.field(Tag::response_value), reader);
  read.facts = reader.finish();
  return read;
}

bool came_whole(const llm::Facts& facts) noexcept {
  if (facts.chunk_count != 0) return facts.stream_ended;
  const bool says_something = !facts.finish_reasons.empty() || !facts.error.message.empty() ||
                              facts.embedding_count || facts.usage != llm::Usage{};
  return says_something &&
         std::none_of(facts.problems.begin(), facts.problems.end(), [](const llm::ProblemNote& note) {
           return note.problem == llm::Problem::response_not_json ||
                  note.problem == llm::Problem::response_is_html ||
                  note.problem == llm::Problem::response_incomplete ||
                  note.problem == llm::Problem::response_cut;
         });
}

CutBodies cut_bodies(const SpanFacts& span) noexcept {
  CutBodies cut;
  if (span.has(Tag::request_body)) cut.request = number_at(span.field(Tag::request_body).key, 8);
  if (!span.has(Tag::response_tail)) return cut;
  const Tail tail = tail_of(span);
  if (tail.lost == 0) return cut;
  cut.response = tail.lost + tail.first.size() + tail.second.size();
  FieldView piece;
  for (FieldRange range{span.record().fields(), Tag::response_piece}; range.next(piece);)
    cut.response += piece.bytes.size();
  return cut;
}

}  // namespace llmtrace::exporting
