#include "llm/shape.hpp"

namespace llmtrace::llm {
namespace {

class Shape final : public JsonTarget, public BodyEvents {
 public:
  void problem(Problem, std::string_view) override {}
  void chunk(std::string_view) override {}
  void chunk_begins(std::string_view) override {}
  void text_event(std::string_view) override {}
  void stream_done() override {}
  void exception(const EventFrame&) override {}

  const Endpoint* endpoint = nullptr;
  bool is_message = false;
  bool has_model = false;
};

void see(Shape& shape, std::string_view member, std::string_view value) {
  if (shape.endpoint == nullptr) shape.endpoint = endpoint_of_shape(member, value);
}

void see_object(Shape& shape, const JsonValue& value) { see(shape, "object", value.text); }
// A message without a model is something that was kept, and no answer.
void see_message(Shape& shape) {
  if (shape.is_message && shape.has_model) see(shape, "message of a model", {});
}
void see_type(Shape& shape, const JsonValue& value) {
  shape.is_message = shape.is_message || value.text == "message";
  see_message(shape);
  see(shape, "type", value.text);
}
void see_model(Shape& shape, const JsonValue&) {
  shape.has_model = true;
  see_message(shape);
}
void see_choices(Shape& shape, const JsonValue&) { see(shape, "choices", {}); }
void see_candidates(Shape& shape, const JsonValue&) { see(shape, "candidates", {}); }
void see_stop_reason(Shape& shape, const JsonValue&) { see(shape, "stopReason", {}); }
void see_generated_text(Shape& shape, const JsonValue&) { see(shape, "generated_text", {}); }
void see_done(Shape& shape, const JsonValue&) { see(shape, "done", {}); }
void see_embedding(Shape& shape, const JsonValue&) { see(shape, "embedding", {}); }
void see_event_type(Shape& shape, const JsonValue&) { see(shape, "event_type", {}); }
void see_token_count(Shape& shape, const JsonValue&) { see(shape, "generated_token_count", {}); }

constexpr JsonRow rows[] = {
    row<&see_object>("object", take::text | take::anything),
    row<&see_type>("type", take::text | take::anything),
    row<&see_model>("model", take::text | take::anything),
    row<&see_choices>("choices", take::count | take::anything),
    row<&see_candidates>("candidates", take::count | take::anything),
    row<&see_candidates>("usageMetadata", take::enter),
    row<&see_stop_reason>("stopReason", take::text | take::anything),
    row<&see_generated_text>("generated_text", take::text | take::anything),
    row<&see_done>("done", take::boolean | take::anything),
    row<&see_embedding>("data[].embedding", take::count | take::text | take::anything),
    row<&see_event_type>("event_type", take::text | take::anything),
    row<&see_event_type>("generation_id", take::text | take::anything),
    row<&see_token_count>("results[].generated_token_count", take::number | take::anything),
};

}  // namespace

const Endpoint* guess_endpoint(std::string_view body, const BodyOptions& options) {
  static const JsonTable& table = *new JsonTable{{{rows}}, true};
  Shape shape;
  const ReaderLimits limits;
  BodyReader reader{table, shape, shape, options, limits};
  reader.feed(body);
  reader.finish();
  return shape.endpoint;
}

}  // namespace llmtrace::llm
