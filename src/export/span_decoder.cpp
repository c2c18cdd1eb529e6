#include "export/span_decoder.hpp"

#include "core/json_check.hpp"
#include "export/cut_fields.hpp"
#include "export/field_json.hpp"
#include "export/wire_names.hpp"

#include <algorithm>
#include <limits>
#include <new>

namespace llmtrace::exporting {
namespace {

using core::FieldView;
using core::Tag;
using core::ValueType;

constexpr std::size_t largest_kept_scratch = 64 * 1024;

RecordedValue text_value(std::string_view text, RecordedValue::Type type = RecordedValue::Type::text) {
  RecordedValue value;
  value.type = type;
  value.text = text;
  return value;
}

RecordedValue true_value() {
  RecordedValue value;
  value.type = RecordedValue::Type::boolean;
  value.boolean = true;
  return value;
}

RecordedValue integer_value(std::int64_t integer) {
  RecordedValue value;
  value.type = RecordedValue::Type::integer;
  value.integer = integer;
  return value;
}

RecordedValue real_value(double real) {
  RecordedValue value;
  value.type = RecordedValue::Type::real;
  value.real = real;
  return value;
}

std::int64_t at_most_int64(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(
      std::min(value, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
}

RecordedScore to_score(const FieldView& field) {
  const ScoreFacts facts = score_facts(field);
  return {std::string{facts.name}, facts.value, std::string{facts.comment}};
}

RecordedLink to_link(const FieldView& field) {
  const LinkFacts facts = link_facts(field);
  return {{facts.trace_high, facts.trace_low}, {facts.span_id}};
}

RecordedToolCall to_tool_call(const FieldView& field) {
  RecordedToolCall call;
  call.id = field.key;
  FieldView item;
  for (auto walk = core::FieldWalk::items_of(field); walk.next(item);) {
    if (item.key == "name") call.name = item.bytes;
    if (item.key == "arguments") call.arguments = item.bytes;
  }
  return call;
}

// What `make` turns each field of a tag into.
template <class Item, class Make>
void collect(const SpanFacts& facts, Tag tag, std::vector<Item>& out, Make make) {
  if (facts.repeated(tag) == 0) return;
  out.reserve(out.size() + facts.repeated(tag));
  FieldView field;
  for (FieldRange range{facts.record().fields(), tag}; range.next(field);) out.push_back(make(field));
}

}  // namespace

SystemTime SpanDecoder::time(std::int64_t ticks) const noexcept {
  return SystemTime{std::chrono::nanoseconds{clock_->unix_nanoseconds(ticks)}};
}

template <class Write>
std::string SpanDecoder::json(Write write) {
  scratch_.recycle(largest_kept_scratch);
  core::JsonWriter writer{scratch_};
  FieldJson fields{writer};
  write(writer, fields);
  if (scratch_.failed() || fields.out_of_memory()) throw std::bad_alloc{};
  return std::string{scratch_.view()};
}

bool SpanDecoder::span(const SpanFacts& facts, SpanData& out) noexcept {
  try {
    head(facts, out);
    texts(facts, out);
    lists(facts, out);
    out.input = input(facts);
    if (facts.has_output()) out.output = value(facts.output());
    costs(facts, out);
    reply(facts, out);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void SpanDecoder::head(const SpanFacts& facts, SpanData& out) {
  const auto& head = facts.head();
  out.trace_id = {head.trace_high, head.trace_low};
  out.span_id = {head.span_id};
  out.parent_span_id = {head.parent_id};
  out.kind = head.kind <= static_cast<std::uint8_t>(SpanKind::other) ? static_cast<SpanKind>(head.kind)
                                                                     : SpanKind::other;
  out.start_time = time(head.start_ticks);
  out.duration = std::chrono::nanoseconds{clock_->duration(head.start_ticks, head.end_ticks)};
  out.status = facts.failed() ? Status::error : Status::ok;
  out.left_by_exception = facts.record().has(detail::flag_left_by_exception);
  out.orphan = facts.record().has(detail::flag_orphan);
}

void SpanDecoder::texts(const SpanFacts& facts, SpanData& out) {
  out.name = facts.text(Tag::name);
  out.status_message = facts.status_message();
  out.error = facts.error();
  out.error_type = facts.error_type();
  out.model = facts.text(Tag::model);
  out.provider = facts.text(Tag::provider);
  out.operation = facts.text(Tag::operation);
  out.agent_type = facts.text(Tag::agent_type);
  out.response_model = facts.text(Tag::response_model);
  out.response_id = facts.text(Tag::response_id);
}

void SpanDecoder::lists(const SpanFacts& facts, SpanData& out) {
  const auto all = [&](Tag tag) { return FieldRange{facts.record().fields(), tag}; };
  attributes(facts, out.attributes);
  if (!facts.holds_trace_fields()) fields(all(Tag::metadata), out.metadata);
  fields(all(Tag::parameter), out.parameters);
  collect(facts, Tag::message, out.messages, [](const FieldView& field) {
    return std::pair{std::string{field.key}, std::string{field.bytes}};
  });
  collect(facts, Tag::finish_reason, out.finish_reasons,
          [](const FieldView& field) { return std::string{field.bytes}; });
  collect(facts, Tag::event, out.events, [this](const FieldView& field) { return event(field); });
  collect(facts, Tag::link, out.links, to_link);
  collect(facts, Tag::score, out.scores, to_score);
  if (facts.repeated(Tag::truncated) != 0) truncated(facts.record(), out);
  for (std::size_t i = 0; i < usage_keys.size(); ++i)
    if (const auto count = facts.count(usage_tag(i))) out.usage.emplace_back(usage_keys[i].text(), *count);
  collect(facts, Tag::usage_part, out.usage, [](const FieldView& field) {
    return std::pair{std::string{field.key}, field.int64()};
  });
}

void SpanDecoder::costs(const SpanFacts& facts, SpanData& out) {
  out.cost_usd = facts.cost();
  if (!out.cost_usd) return;
  const std::string_view source = facts.text(Tag::cost_source);
  out.cost_source = source.empty() ? std::string_view{"caller"} : source;
  collect(facts, Tag::cost_detail, out.cost_details, [](const FieldView& field) {
    return std::pair{std::string{field.key}, field.real()};
  });
}

void SpanDecoder::reply(const SpanFacts& facts, SpanData& out) {
  out.output_text = facts.text(Tag::output_text);
  out.reasoning = facts.text(Tag::reasoning);
  out.stream = facts.field(Tag::stream).boolean();
  out.cancelled = facts.field(Tag::cancelled).boolean();
  out.chunk_count = facts.count(Tag::chunk_count);
  if (const FieldView ticks = facts.field(Tag::time_to_first_token); ticks.type == ValueType::int64)
    out.time_to_first_token = std::chrono::nanoseconds{clock_->duration(0, ticks.int64())};
  collect(facts, Tag::tool_call, out.tool_calls, to_tool_call);
}

void SpanDecoder::attributes(const SpanFacts& facts, RecordedFields& out) {
  fields({facts.record().fields(), Tag::attribute}, out);
  const std::uint8_t extras = facts.extra_attributes();
  if (extras == 0) return;
  std::erase_if(out, [&](const auto& field) { return FieldJson::is_extra(field.first, extras); });
  const auto add = [&](ExtraAttributes extra, auto make) {
    if ((extras & extra) != 0) out.emplace_back(FieldJson::extra_name(extra), make());
  };
  add(extra_orphan, true_value);
  add(extra_fields_dropped, true_value);
  add(extra_messages, [&] {
    return text_value(
        json([&](auto&, FieldJson& to) { to.messages(facts, FieldJson::levels_in_member - 1); }),
        RecordedValue::Type::json);
  });
  add(extra_user, [&] { return text_value(facts.text(Tag::user_id)); });
  add(extra_session, [&] { return text_value(facts.text(Tag::session_id)); });
  add(extra_tags, [&] {
    return text_value(json([&](auto&, FieldJson& to) { to.tags(facts); }), RecordedValue::Type::json);
  });
}

void SpanDecoder::fields(FieldRange range, RecordedFields& out) {
  RepeatedKeys repeated;
  if (!repeated.find(range)) throw std::bad_alloc{};
  FieldView field;
  for (std::size_t i = 0; range.next(field); ++i)
    if (!repeated.comes_again(i)) out.emplace_back(field.key, value(field));
}

void SpanDecoder::truncated(const core::RecordView& record, SpanData& out) {
  const bool all = for_each_cut(record, [&out](std::string_view name, std::uint64_t size) {
    out.truncated.emplace_back(name, at_most_int64(size));
  });
  if (!all) throw std::bad_alloc{};
}

RecordedValue SpanDecoder::value(const FieldView& field) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  RecordedValue value;
  switch (field.type) {
    case ValueType::null: return value;
    case ValueType::boolean:
      value = true_value();
      value.boolean = field.boolean();
      return value;
    case ValueType::int64: return integer_value(field.int64());
    case ValueType::uint64:
      return field.uint64() <= most ? integer_value(field.int64())
                                    : real_value(static_cast<double>(field.uint64()));
    case ValueType::real: return real_value(field.real());
    case ValueType::text: return text_value(field.bytes);
    case ValueType::json:
      return text_value(field.bytes, core::is_valid_json(field.bytes, FieldJson::levels_in_member - 1)
                                         ? RecordedValue::Type::json
                                         : RecordedValue::Type::text);
    case ValueType::object:
    case ValueType::array: break;
  }
  if (!field.is_container()) return value;
  return text_value(json([&](auto&, FieldJson& to) { to.value(field, FieldJson::levels_in_member - 1); }),
                    RecordedValue::Type::json);
}

RecordedValue SpanDecoder::input(const SpanFacts& facts) {
  if (facts.has(Tag::input)) return value(facts.field(Tag::input));
  if (!facts.has_messages()) return {};
  return text_value(json([&](auto&, FieldJson& to) { to.input(facts); }), RecordedValue::Type::json);
}

RecordedEvent SpanDecoder::event(const FieldView& field) {
  const EventFacts facts = event_facts(field);
  RecordedEvent event;
  event.name = facts.name;
  if (facts.ticks) event.time = time(*facts.ticks);
  fields({facts.attributes}, event.attributes);
  return event;
}

bool SpanDecoder::trace(const TraceHeader& trace, TraceData& out) noexcept {
  try {
    const SpanFacts root{trace.root};
    trace_head(trace, root, out);
    if (root.holds_trace_fields()) trace_fields(root, out);
    out.input = input(root);
    if (root.has_output()) out.output = value(root.output());
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void SpanDecoder::trace_head(const TraceHeader& trace, const SpanFacts& root, TraceData& out) {
  const auto& head = root.head();
  out.trace_id = {head.trace_high, head.trace_low};
  out.root_span_id = {head.span_id};
  out.name = root.text(Tag::name);
  out.start_time = time(head.start_ticks);
  out.state = trace.state == TraceState::running ? TraceData::State::running : TraceData::State::incomplete;
  if (trace.state == TraceState::ended) {
    out.state = root.failed() ? TraceData::State::error : TraceData::State::ok;
    out.duration = std::chrono::nanoseconds{clock_->duration(head.start_ticks, head.end_ticks)};
    out.error = root.error();
  }
  out.span_count = trace.totals.spans;
  out.error_count = trace.totals.errors;
  if (trace.totals.tokens_input >= 0) out.tokens_input = trace.totals.tokens_input;
  if (trace.totals.tokens_output >= 0) out.tokens_output = trace.totals.tokens_output;
  if (trace.totals.cost_usd >= 0) out.total_cost = trace.totals.cost_usd;
}

void SpanDecoder::trace_fields(const SpanFacts& root, TraceData& out) {
  out.user_id = root.text(Tag::user_id);
  out.session_id = root.text(Tag::session_id);
  fields({root.record().fields(), Tag::metadata}, out.metadata);
  collect(root, Tag::trace_tag, out.tags, [](const FieldView& field) { return std::string{field.bytes}; });
}

}  // namespace llmtrace::exporting
