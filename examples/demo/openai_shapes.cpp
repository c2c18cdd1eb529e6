#include "json_slices.hpp"
#include "provider_shapes.hpp"

namespace fake_provider {
namespace {

std::string usage_of(const Conversation& said) {
  return R"("usage":{"prompt_tokens":)" + said.input() + R"(,"completion_tokens":)" + said.output() +
         R"(,"total_tokens":)" + said.total_tokens() + "}";
}

std::string head_of(const Conversation& said, const char* object) {
  return R"({"id":"chatcmpl-)" + said.id + R"(","object":")" + object + R"(","created":1700000000,"model":)" +
         quoted(said.model);
}

std::string tool_call(const Conversation& said) {
  return R"({"index":0,"id":"call_)" + said.id + R"(","type":"function","function":{"name":)" +
         quoted(said.tool) + R"(,"arguments":)" + quoted(said.tool_arguments()) + "}}";
}

std::string message_of(const Conversation& said) {
  if (said.calls_tool())
    return R"({"role":"assistant","content":null,"tool_calls":[)" + tool_call(said) + "]}";
  return R"({"role":"assistant","content":)" + quoted(said.text) + "}";
}

std::string finish_of(const Conversation& said) { return said.calls_tool() ? "tool_calls" : "stop"; }

std::string chunk(const Conversation& said, const std::string& delta, const std::string& finish) {
  const std::string reason = finish.empty() ? "null" : quoted(finish);
  return data_event(head_of(said, "chat.completion.chunk") + R"(,"choices":[{"index":0,"delta":)" + delta +
                    R"(,"finish_reason":)" + reason + "}]}");
}

std::vector<std::string> chunks_of(const Conversation& said) {
  std::vector<std::string> events;
  events.push_back(chunk(said, R"({"role":"assistant","content":""})", {}));
  if (said.calls_tool()) {
    events.push_back(chunk(said, R"({"tool_calls":[)" + tool_call(said) + "]}", {}));
  } else {
    for (const auto& delta : deltas_of(said))
      events.push_back(chunk(said, R"({"content":)" + quoted(delta) + "}", {}));
  }
  events.push_back(chunk(said, "{}", finish_of(said)));
  if (said.usage_in_stream)
    events.push_back(
        data_event(head_of(said, "chat.completion.chunk") + R"(,"choices":[],)" + usage_of(said) + "}"));
  events.push_back(data_event("[DONE]"));
  return events;
}

std::string output_item(const Conversation& said) {
  if (said.calls_tool())
    return R"({"type":"function_call","id":"fc_)" + said.id + R"(","call_id":"call_)" + said.id +
           R"(","status":"completed","name":)" + quoted(said.tool) + R"(,"arguments":)" +
           quoted(said.tool_arguments()) + "}";
  return R"({"type":"message","id":"msg_)" + said.id +
         R"(","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"text":)" +
         quoted(said.text) + "}]}";
}

std::string response_json(const Conversation& said, bool done) {
  const std::string head = R"({"id":"resp_)" + said.id +
                           R"(","object":"response","created_at":1700000000,"model":)" + quoted(said.model);
  if (!done) return head + R"(,"status":"in_progress","output":[]})";
  return head + R"(,"status":"completed","output":[)" + output_item(said) + R"(],"usage":{"input_tokens":)" +
         said.input() + R"(,"output_tokens":)" + said.output() + R"(,"total_tokens":)" + said.total_tokens() +
         "}}";
}

}  // namespace

Reply chat_completion(const Conversation& said) {
  if (said.stream) return event_stream(chunks_of(said));
  return whole(head_of(said, "chat.completion") + R"(,"choices":[{"index":0,"message":)" + message_of(said) +
               R"(,"finish_reason":")" + finish_of(said) + R"("}],)" + usage_of(said) + "}");
}

Reply embedding(const Conversation& said) {
  return whole(
      R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.25,-0.5,0.75]}],"model":)" +
      quoted(said.model) + R"(,"usage":{"prompt_tokens":)" + said.input() + R"(,"total_tokens":)" +
      said.input() + "}}");
}

Reply response_object(const Conversation& said) {
  if (!said.stream) return whole(response_json(said, true));
  std::vector<std::string> events;
  events.push_back(named_event(
      "response.created", R"({"type":"response.created","response":)" + response_json(said, false) + "}"));
  if (!said.calls_tool())
    for (const auto& delta : deltas_of(said))
      events.push_back(named_event("response.output_text.delta",
                                   R"({"type":"response.output_text.delta","item_id":"msg_)" + said.id +
                                       R"(","output_index":0,"content_index":0,"delta":)" + quoted(delta) +
                                       "}"));
  events.push_back(named_event(
      "response.completed", R"({"type":"response.completed","response":)" + response_json(said, true) + "}"));
  return event_stream(std::move(events));
}

}  // namespace fake_provider
