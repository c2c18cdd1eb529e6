#include "json_slices.hpp"
#include "provider_shapes.hpp"

namespace fake_provider {
namespace {

std::string anthropic_block(const Conversation& said) {
  if (said.calls_tool())
    return R"({"type":"tool_use","id":"toolu_)" + said.id + R"(","name":)" + quoted(said.tool) +
           R"(,"input":)" + said.tool_arguments() + "}";
  return R"({"type":"text","text":)" + quoted(said.text) + "}";
}

std::string stop_reason(const Conversation& said) { return said.calls_tool() ? "tool_use" : "end_turn"; }

std::string anthropic_head(const Conversation& said) {
  return R"({"id":"msg_)" + said.id + R"(","type":"message","role":"assistant","model":)" +
         quoted(said.model);
}

std::string anthropic_usage(const Conversation& said, const std::string& output) {
  return R"("usage":{"input_tokens":)" + said.input() + R"(,"output_tokens":)" + output + "}";
}

std::vector<std::string> anthropic_deltas(const Conversation& said) {
  if (said.calls_tool())
    return {R"({"type":"input_json_delta","partial_json":)" + quoted(said.tool_arguments()) + "}"};
  std::vector<std::string> deltas;
  for (const auto& delta : deltas_of(said))
    deltas.push_back(R"({"type":"text_delta","text":)" + quoted(delta) + "}");
  return deltas;
}

std::string anthropic_start(const Conversation& said) {
  if (!said.calls_tool()) return R"({"type":"text","text":""})";
  return R"({"type":"tool_use","id":"toolu_)" + said.id + R"(","name":)" + quoted(said.tool) +
         R"(,"input":{}})";
}

std::vector<std::string> anthropic_events(const Conversation& said) {
  std::vector<std::string> events;
  events.push_back(named_event(
      "message_start", R"({"type":"message_start","message":)" + anthropic_head(said) +
                           R"(,"content":[],"stop_reason":null,)" + anthropic_usage(said, "1") + "}}"));
  events.push_back(named_event(
      "content_block_start",
      R"({"type":"content_block_start","index":0,"content_block":)" + anthropic_start(said) + "}"));
  for (const auto& delta : anthropic_deltas(said))
    events.push_back(named_event("content_block_delta",
                                 R"({"type":"content_block_delta","index":0,"delta":)" + delta + "}"));
  events.push_back(named_event("content_block_stop", R"({"type":"content_block_stop","index":0})"));
  events.push_back(named_event("message_delta", R"({"type":"message_delta","delta":{"stop_reason":")" +
                                                    stop_reason(said) + R"("},"usage":{"output_tokens":)" +
                                                    said.output() + "}}"));
  events.push_back(named_event("message_stop", R"({"type":"message_stop"})"));
  return events;
}

std::string ollama_head(const Conversation& said) {
  return R"({"model":)" + quoted(said.model) +
         R"(,"created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","content":)";
}

std::string ollama_end(const Conversation& said) {
  return R"(},"done":true,"done_reason":"stop","total_duration":1000000,"prompt_eval_count":)" +
         said.input() + R"(,"eval_count":)" + said.output() + "}";
}

std::string ollama_tools(const Conversation& said) {
  if (!said.calls_tool()) return {};
  return R"(,"tool_calls":[{"function":{"name":)" + quoted(said.tool) + R"(,"arguments":)" +
         said.tool_arguments() + "}}]";
}

}  // namespace

Reply anthropic_message(const Conversation& said) {
  if (said.stream) return event_stream(anthropic_events(said));
  return whole(anthropic_head(said) + R"(,"content":[)" + anthropic_block(said) + R"(],"stop_reason":")" +
               stop_reason(said) + R"(",)" + anthropic_usage(said, said.output()) + "}");
}

Reply ollama_chat(const Conversation& said) {
  if (!said.stream)
    return whole(ollama_head(said) + (said.calls_tool() ? R"("")" : quoted(said.text)) + ollama_tools(said) +
                 ollama_end(said));
  Reply reply;
  reply.streamed = true;
  reply.content_type = "application/x-ndjson";
  if (said.calls_tool()) {
    reply.pieces.push_back(ollama_head(said) + R"("")" + ollama_tools(said) + R"(},"done":false})" + "\n");
  } else {
    for (const auto& delta : deltas_of(said))
      reply.pieces.push_back(ollama_head(said) + quoted(delta) + R"(},"done":false})" + "\n");
  }
  reply.pieces.push_back(ollama_head(said) + R"("")" + ollama_end(said) + "\n");
  return reply;
}

Reply gemini_content(const Conversation& said) {
  return whole(R"({"candidates":[{"content":{"role":"model","parts":[{"text":)" + quoted(said.text) +
               R"(}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":)" +
               said.input() + R"(,"candidatesTokenCount":)" + said.output() + R"(,"totalTokenCount":)" +
               said.total_tokens() + R"(},"modelVersion":)" + quoted(said.model) + "}");
}

}  // namespace fake_provider
