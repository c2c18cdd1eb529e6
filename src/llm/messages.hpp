// Writes the messages of a request in the shape of the OpenTelemetry GenAI conventions:
//   [{"role":"user","parts":[{"type":"text","content":"…"}]}]
// Parts: text, reasoning, tool_call {id,name,arguments}, tool_call_response {id,response}, and for media uri
// {modality,uri} or blob {modality,mime_type}, whose bytes are left out.
#pragma once

#include "core/byte_buffer.hpp"
#include "core/json_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrace::llm {

// One part of a message while its members come in, in any order.
struct StagedPart {
  std::string type;  // as the provider calls it
  std::string text;
  std::string id;
  std::string name;
  std::string arguments;  // JSON, or the text of it
  std::string response;
  bool response_is_json = false;
  std::string mime_type;
  std::string uri;
  bool reasoning = false;
  bool is_call = false;
  bool is_response = false;

  [[nodiscard]] bool empty() const noexcept {
    return text.empty() && !is_call && !is_response && mime_type.empty() && uri.empty();
  }
};

class Messages {
 public:
  explicit Messages(std::size_t limit) noexcept : limit_{limit} {}

  void begin();
  void role(std::string_view role) { role_.assign(role); }
  void name(std::string_view name) { name_.assign(name); }
  void tool_call_id(std::string_view id) { tool_call_id_.assign(id); }
  void add_text(std::string_view text);
  void add(const StagedPart& part);
  // What a program sends back of an earlier answer may say the same under several names; the first counts.
  void add_reasoning(std::string_view text, std::uint8_t source = 1);
  // A message without a part is left out.
  void end();
  // What is open goes to the list of system instructions instead, which has no roles.
  void end_as_instructions(Messages& instructions);

  [[nodiscard]] const std::string& open_role() const noexcept { return role_; }
  [[nodiscard]] bool cut() const noexcept { return cut_; }
  // The JSON text; empty when there was no message.
  [[nodiscard]] std::string take();
  // Parts only, without messages around them.
  [[nodiscard]] std::string take_parts();

 private:
  void write_part(const StagedPart& part);

  std::size_t limit_;
  bool cut_ = false;
  std::string role_;
  std::string name_;
  std::string tool_call_id_;
  std::uint8_t reasoning_source_ = 0;
  std::string parts_;     // of the message at hand, separated by commas
  std::string messages_;  // the same
};

}  // namespace llmtrace::llm
