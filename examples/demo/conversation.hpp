// What a request asks for, whatever provider's shape it has, and what is said to it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fake_provider {

struct Conversation {
  std::string model;
  std::string prompt;    // the last message of the user
  std::string tool;      // to be called now; empty: answer
  std::string argument;  // of that tool
  std::string text;      // the answer
  std::string id;        // the same for the same request
  std::size_t input_tokens = 0;
  std::size_t output_tokens = 0;
  bool stream = false;
  bool usage_in_stream = false;

  [[nodiscard]] bool calls_tool() const { return !tool.empty(); }
  [[nodiscard]] std::string tool_arguments() const;  // JSON
  [[nodiscard]] std::string total_tokens() const { return std::to_string(input_tokens + output_tokens); }
  [[nodiscard]] std::string input() const { return std::to_string(input_tokens); }
  [[nodiscard]] std::string output() const { return std::to_string(output_tokens); }
};

[[nodiscard]] Conversation read_conversation(std::string_view body, bool streams_unasked);

// "You said: …" as a stream has it: one word a piece.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

}  // namespace fake_provider
