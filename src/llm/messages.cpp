#include "llm/messages.hpp"

#include "core/json_check.hpp"

#include <new>

namespace llmtrace::llm {
namespace {

using core::JsonWriter;

void write(JsonWriter& to, core::PlainKey key, std::string_view text) {
  if (text.empty()) return;
  to.literal_key(key);
  to.string(text);
}

void write_json_or_text(JsonWriter& to, core::PlainKey key, std::string_view text) {
  if (text.empty()) return;
  to.literal_key(key);
  if (core::is_valid_json(text, 50))
    to.raw(text);
  else
    to.string(text);
}

std::string_view modality_of(const StagedPart& part) {
  const std::string_view said = part.mime_type.empty() ? std::string_view{part.type} : part.mime_type;
  for (const std::string_view modality : {"image", "audio", "video"}) {
    if (said.find(modality) != std::string_view::npos) return modality;
  }
  return "file";
}

std::string_view type_of(const StagedPart& part) {
  if (part.is_call) return "tool_call";
  if (part.is_response) return "tool_call_response";
  if (!part.uri.empty()) return "uri";
  if (!part.mime_type.empty()) return "blob";
  return part.reasoning ? "reasoning" : "text";
}

void write_members(JsonWriter& to, const StagedPart& part) {
  if (part.is_call) {
    write(to, "id", part.id);
    write(to, "name", part.name);
    return write_json_or_text(to, "arguments", part.arguments);
  }
  if (part.is_response) {
    write(to, "id", part.id);
    write(to, "name", part.name);
    const std::string_view response = part.response.empty() ? part.text : part.response;
    if (part.response_is_json) return write_json_or_text(to, "response", response);
    to.literal_key("response");
    return to.string(response);
  }
  if (part.uri.empty() && part.mime_type.empty()) {
    to.literal_key("content");
    return to.string(part.text);
  }
  to.literal_key("modality");
  to.string(modality_of(part));
  write(to, "mime_type", part.mime_type);
  write(to, "uri", part.uri);
}

void append_item(std::string& list, std::string_view item) {
  if (!list.empty()) list.push_back(',');
  list.append(item);
}

}  // namespace

void Messages::begin() {
  role_.clear();
  name_.clear();
  tool_call_id_.clear();
  reasoning_source_ = 0;
  parts_.clear();
}

void Messages::add_text(std::string_view text) {
  StagedPart part;
  part.text.assign(text);
  if (role_ == "tool" || role_ == "function") part.is_response = true;
  if (!text.empty()) write_part(part);
}

void Messages::add(const StagedPart& part) {
  if (part.empty()) return;
  if (!part.is_call && !part.is_response && (role_ == "tool" || role_ == "function"))
    return add_text(part.text);
  write_part(part);
}

void Messages::add_reasoning(std::string_view text, std::uint8_t source) {
  if (text.empty() || (reasoning_source_ != 0 && reasoning_source_ != source)) return;
  reasoning_source_ = source;
  StagedPart part;
  part.text.assign(text);
  part.reasoning = true;
  write_part(part);
}

void Messages::write_part(const StagedPart& part) {
  core::ByteBuffer buffer;
  JsonWriter writer{buffer};
  writer.begin_object();
  writer.literal_key("type");
  writer.string(type_of(part));
  write_members(writer, part);
  writer.end_object();
  if (buffer.failed()) throw std::bad_alloc{};
  if (messages_.size() + parts_.size() + buffer.size() > limit_) {
    cut_ = true;
    return;
  }
  append_item(parts_, buffer.view());
}

void Messages::end() {
  if (parts_.empty()) return;
  core::ByteBuffer buffer;
  JsonWriter writer{buffer};
  writer.begin_object();
  write(writer, "role", role_);
  write(writer, "name", name_);
  write(writer, "tool_call_id", tool_call_id_);
  writer.literal_key("parts");
  writer.begin_array();
  writer.raw(parts_);
  writer.end_array();
  writer.end_object();
  if (buffer.failed()) throw std::bad_alloc{};
  append_item(messages_, buffer.view());
  parts_.clear();
}

void Messages::end_as_instructions(Messages& instructions) {
  if (instructions.parts_.size() + parts_.size() > limit_)
    instructions.cut_ = true;
  else if (!parts_.empty())
    append_item(instructions.parts_, parts_);
  parts_.clear();
}

std::string Messages::take() {
  end();
  if (messages_.empty()) return {};
  return "[" + messages_ + "]";
}

std::string Messages::take_parts() {
  if (parts_.empty()) return {};
  return "[" + parts_ + "]";
}

}  // namespace llmtrace::llm
