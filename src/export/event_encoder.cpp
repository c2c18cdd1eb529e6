#include "export/event_encoder.hpp"

#include "core/json_check.hpp"
#include "export/field_json.hpp"
#include "export/item_json.hpp"
#include "export/wire_names.hpp"

#include <utility>

namespace llmtrace::exporting {
namespace {

using core::FieldView;
using core::PlainKey;
using core::Tag;
using core::ValueType;

constexpr int levels = FieldJson::levels_in_member - 2;

std::string_view first_characters(std::string_view text, std::size_t most) noexcept {
  std::size_t seen = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (begins && ++seen > most) return text.substr(0, at);
  }
  return text;
}

bool is_object(const FieldView& field) noexcept {
  if (field.type == ValueType::object) return true;
  if (field.type != ValueType::json) return false;
  const std::size_t first = field.bytes.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && field.bytes[first] == '{' &&
         core::is_valid_json(field.bytes, levels);
}

class EventWriter {
 public:
  EventWriter(core::ByteBuffer& to, const SpanFacts& facts, const EncodeContext& context) noexcept
      : writer_{to}, fields_{writer_}, item_{writer_}, facts_{facts}, context_{context} {}

  // False: memory was refused.
  bool new_trace(const TraceHeader& header) noexcept;
  bool end_of_trace(const TraceHeader& header) noexcept;
  bool new_trace_around() noexcept;
  bool new_span() noexcept;
  bool end_of_span() noexcept;

 private:
  bool end() noexcept {
    writer_.end_object();
    return !fields_.out_of_memory();
  }
  void name() noexcept;
  void short_text(PlainKey key, std::string_view text) noexcept {
    item_.text(key, first_characters(text, EventEncoder::longest_text));
  }
  void project() noexcept { item_.text("project_id", context_.project_id); }
  void tags() noexcept;
  void start_time() noexcept;
  void end_time() noexcept;
  void trace_metadata(const TraceHeader& header) noexcept;
  void span_metadata() noexcept;
  void results() noexcept;
  void failure() noexcept;
  void count(PlainKey key, Tag tag) noexcept;
  void object(PlainKey key, const FieldView& field) noexcept;
  void group(PlainKey key, Tag tag) noexcept;
  void output_as_text() noexcept;

  core::JsonWriter writer_;
  FieldJson fields_;
  ItemJson item_;
  const SpanFacts& facts_;
  const EncodeContext& context_;
};

bool EventWriter::new_trace(const TraceHeader& header) noexcept {
  const bool own = facts_.holds_trace_fields();
  writer_.begin_object();
  name();
  project();
  if (own) {
    short_text("user_id", facts_.text(Tag::user_id));
    short_text("session_id", facts_.text(Tag::session_id));
    tags();
  }
  trace_metadata(header);
  return end();
}

bool EventWriter::end_of_trace(const TraceHeader& header) noexcept {
  writer_.begin_object();
  if (header.state == TraceState::ended && facts_.has_output()) output_as_text();
  trace_metadata(header);
  return end();
}

bool EventWriter::new_trace_around() noexcept {
  writer_.begin_object();
  name();
  project();
  writer_.literal_key("metadata");
  writer_.begin_object();
  writer_.key(EventEncoder::trace_id_key);
  char id[32];
  writer_.plain_string({id, hex_of(facts_.head().trace_low, hex_of(facts_.head().trace_high, id))});
  start_time();
  writer_.end_object();
  return end();
}

bool EventWriter::new_span() noexcept {
  writer_.begin_object();
  name();
  writer_.literal_key("span_type");
  writer_.plain_string(span_type_name(facts_.head().kind));
  if (facts_.has(Tag::input)) {
    object("input_data", facts_.field(Tag::input));
  } else if (facts_.has_messages()) {
    writer_.literal_key("input_data");
    fields_.input(facts_);
  }
  short_text("model", facts_.text(Tag::model));
  span_metadata();
  return end();
}

bool EventWriter::end_of_span() noexcept {
  writer_.begin_object();
  if (facts_.has_output()) object("output_data", facts_.output());
  failure();
  results();
  writer_.literal_key("metadata");
  writer_.begin_object();
  end_time();
  writer_.end_object();
  return end();
}

void EventWriter::name() noexcept {
  const std::string_view given = first_characters(facts_.text(Tag::name), EventEncoder::longest_text);
  item_.text("name", given.empty() ? std::string_view{"unnamed"} : given);
}

void EventWriter::tags() noexcept {
  if (facts_.repeated(Tag::trace_tag) == 0) return;
  writer_.literal_key("tags");
  writer_.begin_array();
  FieldView tag;
  std::size_t written = 0;
  FieldRange range{facts_.record().fields(), Tag::trace_tag};
  while (written < EventEncoder::most_tags && range.next(tag)) {
    writer_.string(tag.bytes);
    ++written;
  }
  writer_.end_array();
}

void EventWriter::start_time() noexcept {
  item_.time("llmtrace.start_time", context_.clock->unix_nanoseconds(facts_.head().start_ticks));
}

void EventWriter::end_time() noexcept {
  const auto& head = facts_.head();
  const std::int64_t duration = context_.clock->duration(head.start_ticks, head.end_ticks);
  item_.time("llmtrace.end_time", context_.clock->unix_nanoseconds(head.start_ticks) + duration);
  item_.milliseconds("llmtrace.duration_ms", duration);
}

// The same in both calls of a trace: whether the second replaces or extends is the service's choice.
void EventWriter::trace_metadata(const TraceHeader& header) noexcept {
  const bool own = facts_.holds_trace_fields();
  const auto own_or = [&](Tag tag, std::string_view usual) {
    const std::string_view said = own ? facts_.text(tag) : std::string_view{};
    return said.empty() ? usual : said;
  };
  writer_.literal_key("metadata");
  writer_.begin_object();
  if (own && facts_.repeated(Tag::metadata) != 0) fields_.members(facts_, Tag::metadata, levels);
  writer_.key(EventEncoder::trace_id_key);
  char id[32];
  writer_.plain_string({id, hex_of(facts_.head().trace_low, hex_of(facts_.head().trace_high, id))});
  start_time();
  if (header.state == TraceState::ended) {
    end_time();
    item_.text("llmtrace.status", facts_.failed() ? "error" : "ok");
    item_.text("llmtrace.error", facts_.error());
  } else {
    item_.text("llmtrace.status", header.state == TraceState::running ? "running" : "incomplete");
  }
  item_.text("llmtrace.environment", own_or(Tag::environment, context_.environment));
  item_.text("llmtrace.release", own_or(Tag::release, context_.release));
  writer_.end_object();
}

void EventWriter::span_metadata() noexcept {
  const auto& head = facts_.head();
  writer_.literal_key("metadata");
  writer_.begin_object();
  if (!facts_.holds_trace_fields() && facts_.repeated(Tag::metadata) != 0)
    fields_.members(facts_, Tag::metadata, levels);
  item_.span_id("llmtrace.span_id", head.span_id);
  if (head.parent_id != 0) item_.span_id("llmtrace.parent_span_id", head.parent_id);
  start_time();
  end_time();
  item_.text("llmtrace.provider", facts_.text(Tag::provider));
  item_.text("llmtrace.operation", facts_.text(Tag::operation));
  item_.text("llmtrace.agent_type", facts_.text(Tag::agent_type));
  item_.text("llmtrace.response_model", facts_.text(Tag::response_model));
  item_.text("llmtrace.error_type", facts_.error_type());
  group("llmtrace.parameters", Tag::parameter);
  group("llmtrace.attributes", Tag::attribute);
  writer_.end_object();
}

void EventWriter::results() noexcept {
  count("tokens_input", Tag::usage_input);
  count("tokens_output", Tag::usage_output);
  const auto cost = facts_.cost();
  if (!cost || !(*cost >= 0)) return;
  writer_.literal_key("cost_usd");
  writer_.number(*cost);
}

void EventWriter::failure() noexcept {
  if (!facts_.failed()) return;
  const std::string_view said = facts_.error().empty() ? facts_.error_type() : facts_.error();
  item_.text("error", said.empty() ? std::string_view{"error"} : said);
}

void EventWriter::count(PlainKey key, Tag tag) noexcept {
  const auto count = facts_.has(tag) ? facts_.count(tag) : std::nullopt;
  if (!count || *count < 0) return;
  writer_.literal_key(key);
  writer_.integer(*count);
}

// The protocol takes objects only; any other value becomes the member of one.
void EventWriter::object(PlainKey key, const FieldView& field) noexcept {
  writer_.literal_key(key);
  if (is_object(field)) return fields_.value(field, levels);
  writer_.begin_object();
  writer_.literal_key("value");
  fields_.value(field, levels - 1);
  writer_.end_object();
}

void EventWriter::group(PlainKey key, Tag tag) noexcept {
  if (facts_.repeated(tag) == 0) return;
  writer_.literal_key(key);
  writer_.begin_object();
  fields_.members(facts_, tag, levels - 1);
  writer_.end_object();
}

// The output of a trace is a text there: JSON becomes the text of that JSON.
void EventWriter::output_as_text() noexcept {
  const FieldView output = facts_.output();
  if (output.type == ValueType::null) return;
  writer_.literal_key("output");
  if (output.type == ValueType::text || output.type == ValueType::json) return writer_.string(output.bytes);
  core::ByteBuffer json;
  core::JsonWriter inner{json};
  FieldJson{inner}.value(output, levels);
  if (json.failed()) fields_.note_out_of_memory();
  writer_.string(json.view());
}

bool keep_or_roll_back(core::ByteBuffer& to, std::size_t before, bool whole) noexcept {
  if (whole && !to.failed()) return true;
  to.roll_back(before);
  return false;
}

}  // namespace

bool EventEncoder::new_trace(core::ByteBuffer& to, const TraceHeader& trace) const noexcept {
  const std::size_t before = to.size();
  const SpanFacts root{trace.root};
  return keep_or_roll_back(to, before, EventWriter{to, root, context_}.new_trace(trace));
}

bool EventEncoder::end_of_trace(core::ByteBuffer& to, const TraceHeader& trace) const noexcept {
  const std::size_t before = to.size();
  const SpanFacts root{trace.root};
  return keep_or_roll_back(to, before, EventWriter{to, root, context_}.end_of_trace(trace));
}

bool EventEncoder::new_trace_around(core::ByteBuffer& to, const SpanFacts& span) const noexcept {
  const std::size_t before = to.size();
  return keep_or_roll_back(to, before, EventWriter{to, span, context_}.new_trace_around());
}

bool EventEncoder::new_span(core::ByteBuffer& to, const SpanFacts& span) const noexcept {
  const std::size_t before = to.size();
  return keep_or_roll_back(to, before, EventWriter{to, span, context_}.new_span());
}

bool EventEncoder::end_of_span(core::ByteBuffer& to, const SpanFacts& span) const noexcept {
  const std::size_t before = to.size();
  return keep_or_roll_back(to, before, EventWriter{to, span, context_}.end_of_span());
}

}  // namespace llmtrace::exporting
