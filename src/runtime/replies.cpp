// What the wrappers take from a reply.
#include <llmtrace/wrap.hpp>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

namespace {

// In the order of the tags.
constexpr std::int64_t Usage::*counts[] = {
    &Usage::input,
    &Usage::output,
    &Usage::total,
    &Usage::input_cached,
    &Usage::input_cache_write,
    &Usage::input_cache_write_5m,
    &Usage::input_cache_write_1h,
    &Usage::output_reasoning,
    &Usage::input_audio,
    &Usage::output_audio,
    &Usage::input_image,
    &Usage::output_image,
};

}  // namespace

void fill_usage(FieldWriter& to, const Usage& usage) noexcept {
  auto tag = static_cast<std::uint8_t>(Tag::usage_input);
  for (const auto count : counts) {
    const auto of = static_cast<Tag>(tag++);
    if (usage.*count >= 0 && !to.has(of)) to.int64(of, {}, usage.*count);
  }
}

void fill_usage(const SpanRef& span, const Usage& usage) noexcept {
  Record* record = span.handle().live();
  if (record == nullptr) return;
  FieldWriter writer{started_core()->slow.writer, *record};
  fill_usage(writer, usage);
}

void merge_usage(Usage& into, const Usage& later) noexcept {
  for (const auto count : counts)
    if (later.*count >= 0) into.*count = later.*count;
}

void set_reply(const SpanRef& span, const Value& json) noexcept {
  Record* record = span.handle().live();
  if (record == nullptr) return;
  if (!captures_output(*record)) record->flags = static_cast<std::uint16_t>(record->flags | flag_hide_output);
  FieldWriter writer{started_core()->slow.writer, *record};
  json.write(writer, Tag::response_value, {}, record->tracer->max_capture);
}

void set_reply_text(SpanRef span, std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool may_be_json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  const bool of_a_model = span.kind() == SpanKind::llm || span.kind() == SpanKind::embedding;
  if (may_be_json && of_a_model)
    set_reply(span, Value(text));
  else
    span.set_output(text);
}

void set_embeddings(SpanRef span, EmbeddingShape shape) noexcept {
  span.set_output({{"embeddings", shape.count}, {"dimension", shape.dimension}});
  span.set("gen_ai.embeddings.dimension.count", shape.dimension);
}

}  // namespace detail
LLMTRACE_END_NAMESPACE
