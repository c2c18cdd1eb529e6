#include "export/exchange_step.hpp"

#include "export/exchange_cost.hpp"
#include "export/exchange_fields.hpp"
#include "export/exchange_reading.hpp"
#include "export/repeated_keys.hpp"

#include <algorithm>
#include <new>

namespace llmtrace::exporting {
namespace {

using core::FieldView;
using core::Tag;

// What the host recorded for this step alone.
bool is_raw(Tag tag) noexcept {
  switch (tag) {
    case Tag::request_body:
    case Tag::response_piece:
    case Tag::response_tail:
    case Tag::response_value:
    case Tag::text_piece:
    case Tag::reasoning_piece:
    case Tag::exchange_hint: return true;
    default: return false;
  }
}

void join_pieces(const SpanFacts& span, Tag pieces, Tag into, core::RecordWriter& to) {
  if (!span.has(pieces) || span.has(into)) return;
  to.joined_text(into, [&](std::string& text) {
    FieldView piece;
    for (FieldRange range{span.record().fields(), pieces}; range.next(piece);) text.append(piece.bytes);
  });
}

// A span may show less than its tracer does.
std::size_t limit_of(const SpanFacts& span, std::string_view hint, std::size_t limit) noexcept {
  FieldView field;
  for (FieldRange range{span.record().fields(), Tag::exchange_hint}; range.next(field);)
    if (field.key == hint) limit = std::min(limit, static_cast<std::size_t>(field.uint64()));
  return limit;
}

// By a program that had not asked how its transfer ended.
bool was_taken_away(const SpanFacts& span) noexcept {
  FieldView field;
  for (FieldRange range{span.record().fields(), Tag::exchange_hint}; range.next(field);)
    if (field.key == "taken_away") return true;
  return false;
}

bool is_of_a_model(const SpanFacts& span) noexcept {
  return span.head().kind == static_cast<std::uint8_t>(SpanKind::llm);
}

}  // namespace

bool ExchangeStep::applies(const SpanFacts& span) noexcept {
  return holds_exchange(span) || span.has(Tag::text_piece) || span.has(Tag::reasoning_piece) ||
         span.repeated(Tag::exchange_hint) != 0 || wants_cost(span);
}

bool ExchangeStep::is_last(const core::RecordHead& head) const noexcept {
  return head.span_id == last_.span_id && head.trace_low == last_.trace_low &&
         head.trace_high == last_.trace_high && head.end_ticks == last_.end_ticks;
}

std::optional<core::RecordView> ExchangeStep::read(const SpanFacts& span) noexcept {
  try {
    if (!is_last(span.head())) {
      last_ = {};
      write(span);
      last_ = span.head();
    }
    return core::RecordView::parse(writer_.bytes());
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

namespace {

// A secret may have lost its end to a limit.
bool has_cut_text(const llm::Facts& facts) {
  return std::any_of(facts.problems.begin(), facts.problems.end(), [](const llm::ProblemNote& note) {
    return note.problem == llm::Problem::text_cut || note.problem == llm::Problem::response_cut ||
           note.problem == llm::Problem::request_incomplete ||
           note.problem == llm::Problem::response_incomplete;
  });
}

}  // namespace

void ExchangeStep::write(const SpanFacts& span) {
  std::optional<ReadExchange> read;
  if (holds_exchange(span) || span.repeated(Tag::exchange_hint) != 0) {
    llm::ReaderLimits limits;
    limits.text = limit_of(span, "max_output", limits_.output);
    limits.messages = limit_of(span, "max_input", limits_.input);
    read = read_exchange(span, limits);
  }
  const bool is_complete = read && was_taken_away(span) && came_whole(read->facts);
  writer_.begin(span.head());
  FieldView field;
  for (auto walk = span.record().fields(); walk.next(field);)
    if (!is_raw(field.tag) && !(is_complete && field.tag == Tag::cancelled)) writer_.copy(field);
  join_pieces(span, Tag::text_piece, is_of_a_model(span) ? Tag::output_text : Tag::output, writer_);
  join_pieces(span, Tag::reasoning_piece, Tag::reasoning, writer_);
  if (!read) return write_figures(nullptr);
  ExchangeFields{writer_, span}.write(*read);
  if (has_cut_text(read->facts) || cut_bodies(span).request != 0) writer_.add_flags(detail::flag_text_cut);
  write_figures(&read->facts);
}

// By what the record says now, whoever said it.
void ExchangeStep::write_figures(const llm::Facts* read) {
  const auto view = core::RecordView::parse(writer_.bytes());
  const SpanFacts span{*view};
  const auto cost = find_cost(span, read, *pricing_, *clock_);
  const auto speed = tokens_per_second(span, *clock_);
  if (cost) write_cost(*cost, writer_);
  if (speed) writer_.real(Tag::attribute, "llm.tokens_per_second", *speed);
}

}  // namespace llmtrace::exporting
