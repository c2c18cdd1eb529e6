// The same conversation in the shape of each provider.
#pragma once

#include "conversation.hpp"
#include "replies.hpp"

namespace fake_provider {

[[nodiscard]] Reply chat_completion(const Conversation& said);  // OpenAI
[[nodiscard]] Reply embedding(const Conversation& said);        // OpenAI
[[nodiscard]] Reply response_object(const Conversation& said);  // OpenAI's responses
[[nodiscard]] Reply anthropic_message(const Conversation& said);
[[nodiscard]] Reply ollama_chat(const Conversation& said);
[[nodiscard]] Reply gemini_content(const Conversation& said);

// Helpers of the shapes.
[[nodiscard]] Reply whole(std::string json);
[[nodiscard]] Reply event_stream(std::vector<std::string> events);
[[nodiscard]] std::string data_event(const std::string& json);
[[nodiscard]] std::string named_event(const std::string& name, const std::string& json);
// Each word with the blank that parts it from the one before.
[[nodiscard]] std::vector<std::string> deltas_of(const Conversation& said);

}  // namespace fake_provider
