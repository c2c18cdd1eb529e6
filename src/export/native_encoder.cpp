#include "export/native_encoder.hpp"

#include "export/cut_fields.hpp"
#include "export/field_json.hpp"
#include "export/item_json.hpp"
#include "export/wire_names.hpp"

#include <bit>
#include <utility>

namespace llmtrace::exporting {
namespace {

using core::FieldView;
using core::PlainKey;
using core::Tag;
using core::ValueType;

class ItemWriter {
 public:
  ItemWriter(core::ByteBuffer& to, const SpanFacts& facts, const EncodeContext& context) noexcept
      : writer_{to}, fields_{writer_}, item_{writer_}, facts_{facts}, context_{context} {}

  // False: memory was refused.
  bool span() noexcept;
  bool trace(const TraceHeader& header) noexcept;

 private:
  void identity() noexcept;
  void times() noexcept;
  void status() noexcept;
  void text(PlainKey key, Tag tag) noexcept { item_.text(key, facts_.text(tag)); }
  void boolean(PlainKey key, Tag tag) noexcept;
  void count(PlainKey key, Tag tag) noexcept;
  void model_call() noexcept;
  void tool_calls() noexcept;
  void usage() noexcept;
  void cost() noexcept;
  void input_output(PlainKey input, PlainKey output) noexcept;
  void fields(PlainKey key, Tag tag) noexcept;
  void attributes() noexcept;
  void repeated() noexcept;
  void truncated() noexcept;
  void trace_state(TraceState state) noexcept;
  void trace_fields() noexcept;
  void totals(const TraceTotals& totals) noexcept;

  // An array of what `write` makes of each field of a tag; nothing when there is none.
  template <class Write>
  void list(PlainKey key, Tag tag, Write write) noexcept {
    if (facts_.repeated(tag) == 0) return;
    writer_.literal_key(key);
    writer_.begin_array();
    FieldView field;
    for (FieldRange range{facts_.record().fields(), tag}; range.next(field);) write(field);
    writer_.end_array();
  }
  void event(const FieldView& field) noexcept;
  void link(const FieldView& field) noexcept;
  void score(const FieldView& field) noexcept;

  core::JsonWriter writer_;
  FieldJson fields_;
  ItemJson item_;
  const SpanFacts& facts_;
  const EncodeContext& context_;
};

bool ItemWriter::span() noexcept {
  writer_.begin_object();
  identity();
  times();
  status();
  model_call();
  usage();
  input_output("input_data", "output_data");
  if (!facts_.holds_trace_fields()) fields("metadata", Tag::metadata);
  attributes();
  repeated();
  writer_.end_object();
  return !fields_.out_of_memory();
}

void ItemWriter::identity() noexcept {
  const auto& head = facts_.head();
  item_.span_id("span_id", head.span_id);
  item_.trace_id(head.trace_high, head.trace_low);
  if (head.parent_id != 0) item_.span_id("parent_span_id", head.parent_id);
  writer_.literal_key("name");
  writer_.string(facts_.text(Tag::name));
  writer_.literal_key("span_type");
  writer_.plain_string(span_type_name(head.kind));
}

// The end is counted from the start, so that the two never contradict the duration.
void ItemWriter::times() noexcept {
  const auto& head = facts_.head();
  const std::int64_t start = context_.clock->unix_nanoseconds(head.start_ticks);
  const std::int64_t duration = context_.clock->duration(head.start_ticks, head.end_ticks);
  item_.times(start, start + duration);
  item_.milliseconds("duration_ms", duration);
}

void ItemWriter::status() noexcept {
  writer_.literal_key("status");
  writer_.plain_string(facts_.failed() ? "error" : "ok");
  item_.text("error", facts_.error());
  item_.text("error_type", facts_.error_type());
  item_.text("status_message", facts_.status_message());
}

void ItemWriter::boolean(PlainKey key, Tag tag) noexcept {
  const FieldView field = facts_.field(tag);
  if (field.type != ValueType::boolean) return;
  writer_.literal_key(key);
  writer_.boolean(field.boolean());
}

void ItemWriter::count(PlainKey key, Tag tag) noexcept {
  if (!facts_.has(tag)) return;
  const auto count = facts_.count(tag);
  if (!count) return;
  writer_.literal_key(key);
  writer_.integer(*count);
}

void ItemWriter::model_call() noexcept {
  text("operation", Tag::operation);
  text("agent_type", Tag::agent_type);
  text("model", Tag::model);
  text("response_model", Tag::response_model);
  text("provider", Tag::provider);
  text("response_id", Tag::response_id);
  text("output_text", Tag::output_text);
  text("reasoning", Tag::reasoning);
  boolean("stream", Tag::stream);
  boolean("cancelled", Tag::cancelled);
  count("chunk_count", Tag::chunk_count);
  tool_calls();
  const FieldView first_token = facts_.field(Tag::time_to_first_token);
  if (first_token.type == ValueType::int64)
    item_.milliseconds("time_to_first_token_ms", context_.clock->duration(0, first_token.int64()));
}

void ItemWriter::tool_calls() noexcept {
  list("tool_calls", Tag::tool_call, [&](const FieldView& call) {
    writer_.begin_object();
    item_.text("id", call.key);
    fields_.members({core::FieldWalk::items_of(call)}, FieldJson::levels_in_member - 3);
    writer_.end_object();
  });
}

void ItemWriter::usage() noexcept {
  const std::uint32_t known = facts_.usage();
  if (known == 0 && facts_.repeated(Tag::usage_part) == 0) return cost();
  count("tokens_input", Tag::usage_input);
  count("tokens_output", Tag::usage_output);
  writer_.literal_key("usage");
  writer_.begin_object();
  for (std::uint32_t rest = known; rest != 0; rest &= rest - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(rest));
    count(usage_keys[i], usage_tag(i));
  }
  if (facts_.repeated(Tag::usage_part) != 0)
    fields_.members(facts_, Tag::usage_part, FieldJson::levels_in_member - 1);
  writer_.end_object();
  cost();
}

void ItemWriter::cost() noexcept {
  const auto cost = facts_.cost();
  if (!cost) return;
  writer_.literal_key("cost_usd");
  writer_.number(*cost);
  fields("cost_details", Tag::cost_detail);
  const std::string_view source = facts_.text(Tag::cost_source);
  item_.text("cost_source", source.empty() ? std::string_view{"caller"} : source);
}

void ItemWriter::input_output(PlainKey input, PlainKey output) noexcept {
  if (facts_.has_input()) {
    writer_.literal_key(input);
    fields_.input(facts_);
  }
  if (!facts_.has_output()) return;
  writer_.literal_key(output);
  fields_.value(facts_.output(), FieldJson::levels_in_member);
}

void ItemWriter::fields(PlainKey key, Tag tag) noexcept {
  if (facts_.repeated(tag) == 0) return;
  writer_.literal_key(key);
  writer_.begin_object();
  fields_.members(facts_, tag, FieldJson::levels_in_member - 1);
  writer_.end_object();
}

void ItemWriter::attributes() noexcept {
  const std::uint8_t extras = facts_.extra_attributes();
  if (facts_.repeated(Tag::attribute) == 0 && extras == 0) return;
  writer_.literal_key("attributes");
  writer_.begin_object();
  fields_.members(facts_, Tag::attribute, FieldJson::levels_in_member - 1, extras);
  if (extras != 0) fields_.extra_attributes(facts_, extras);
  writer_.end_object();
}

void ItemWriter::repeated() noexcept {
  fields("parameters", Tag::parameter);
  list("finish_reasons", Tag::finish_reason, [&](const FieldView& reason) { writer_.string(reason.bytes); });
  list("events", Tag::event, [&](const FieldView& field) { event(field); });
  list("links", Tag::link, [&](const FieldView& field) { link(field); });
  list("scores", Tag::score, [&](const FieldView& field) { score(field); });
  truncated();
}

void ItemWriter::event(const FieldView& field) noexcept {
  const EventFacts event = event_facts(field);
  writer_.begin_object();
  writer_.literal_key("name");
  writer_.string(event.name);
  if (event.ticks) item_.time("time", context_.clock->unix_nanoseconds(*event.ticks));
  if (event.has_attributes) {
    writer_.literal_key("attributes");
    writer_.begin_object();
    fields_.members({event.attributes}, FieldJson::levels_in_member - 3);
    writer_.end_object();
  }
  writer_.end_object();
}

void ItemWriter::link(const FieldView& field) noexcept {
  const LinkFacts link = link_facts(field);
  writer_.begin_object();
  item_.trace_id(link.trace_high, link.trace_low);
  item_.span_id("span_id", link.span_id);
  writer_.end_object();
}

void ItemWriter::score(const FieldView& field) noexcept {
  const ScoreFacts score = score_facts(field);
  writer_.begin_object();
  writer_.literal_key("name");
  writer_.string(score.name);
  writer_.literal_key("value");
  writer_.number(score.value);
  item_.text("comment", score.comment);
  writer_.end_object();
}

void ItemWriter::truncated() noexcept {
  if (facts_.repeated(Tag::truncated) == 0) return;
  bool any = false;
  const bool all = for_each_cut(facts_.record(), [&](std::string_view name, std::uint64_t size) {
    if (!std::exchange(any, true)) {
      writer_.literal_key("truncated");
      writer_.begin_object();
    }
    writer_.key(name);
    writer_.integer(size);
  });
  if (any) writer_.end_object();
  if (!all) fields_.note_out_of_memory();
}

bool ItemWriter::trace(const TraceHeader& header) noexcept {
  const auto& head = facts_.head();
  writer_.begin_object();
  item_.trace_id(head.trace_high, head.trace_low);
  item_.span_id("root_span_id", head.span_id);
  writer_.literal_key("name");
  writer_.string(facts_.text(Tag::name));
  item_.text("project_id", context_.project_id);
  trace_state(header.state);
  trace_fields();
  input_output("input", "output");
  totals(header.totals);
  if (!context_.resource.empty()) {
    writer_.literal_key("resource");
    writer_.raw(context_.resource);
  }
  writer_.end_object();
  return !fields_.out_of_memory();
}

void ItemWriter::trace_state(TraceState state) noexcept {
  if (state == TraceState::ended) {
    times();
    writer_.literal_key("status");
    writer_.plain_string(facts_.failed() ? "error" : "ok");
    return item_.text("error", facts_.error());
  }
  item_.time("start_time", context_.clock->unix_nanoseconds(facts_.head().start_ticks));
  writer_.literal_key("status");
  writer_.plain_string(state == TraceState::running ? "running" : "incomplete");
}

void ItemWriter::trace_fields() noexcept {
  const bool own = facts_.holds_trace_fields();
  const auto own_text = [&](Tag tag) { return own ? facts_.text(tag) : std::string_view{}; };
  const auto or_default = [](std::string_view said, std::string_view usual) {
    return said.empty() ? usual : said;
  };
  if (own) fields("metadata", Tag::metadata);
  if (own && facts_.repeated(Tag::trace_tag) != 0) {
    writer_.literal_key("tags");
    fields_.tags(facts_);
  }
  item_.text("user_id", own_text(Tag::user_id));
  item_.text("session_id", own_text(Tag::session_id));
  item_.text("environment", or_default(own_text(Tag::environment), context_.environment));
  item_.text("release", or_default(own_text(Tag::release), context_.release));
}

void ItemWriter::totals(const TraceTotals& totals) noexcept {
  writer_.literal_key("span_count");
  writer_.integer(totals.spans);
  writer_.literal_key("error_count");
  writer_.integer(totals.errors);
  if (totals.tokens_input >= 0) {
    writer_.literal_key("tokens_input");
    writer_.integer(totals.tokens_input);
  }
  if (totals.tokens_output >= 0) {
    writer_.literal_key("tokens_output");
    writer_.integer(totals.tokens_output);
  }
  if (totals.cost_usd >= 0) {
    writer_.literal_key("total_cost");
    writer_.number(totals.cost_usd);
  }
}

bool keep_or_roll_back(core::ByteBuffer& to, std::size_t before, bool whole) noexcept {
  if (whole && !to.failed()) return true;
  to.roll_back(before);
  return false;
}

}  // namespace

bool NativeEncoder::span(core::ByteBuffer& to, const SpanFacts& span) const noexcept {
  const std::size_t before = to.size();
  return keep_or_roll_back(to, before, ItemWriter{to, span, context_}.span());
}

bool NativeEncoder::trace(core::ByteBuffer& to, const TraceHeader& trace) const noexcept {
  const std::size_t before = to.size();
  const SpanFacts root{trace.root};
  return keep_or_roll_back(to, before, ItemWriter{to, root, context_}.trace(trace));
}

}  // namespace llmtrace::exporting
