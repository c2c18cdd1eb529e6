#include "conversation.hpp"

#include "json_slices.hpp"

#include <cstdint>
#include <cstdio>

namespace fake_provider {
namespace {

// A message's content is text, or a list of parts that have texts.
std::string content_of(std::string_view value) {
  if (value.empty() || value.front() != '[') return text_of(value);
  std::string text;
  for (const auto part : elements(value)) {
    if (!text.empty()) text += ' ';
    text += part.front() == '"' ? text_of(part) : text_of(member(part, "text"));
  }
  return text;
}

std::string_view content_slice(std::string_view message) {
  const auto content = member(message, "content");
  return content.empty() ? member(message, "parts") : content;
}

bool is_tool_result(std::string_view message) {
  return text_of(member(message, "role")) == "tool" ||
         text_of(member(message, "type")) == "function_call_output" ||
         content_slice(message).find("\"tool_result\"") != std::string_view::npos;
}

std::string_view first_of(std::string_view body, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const auto value = member(body, name); !value.empty()) return value;
  return {};
}

std::size_t read_messages(std::string_view messages, Conversation& into) {
  std::size_t tool_results = 0;
  for (const auto message : elements(messages)) {
    if (is_tool_result(message)) {
      ++tool_results;
    } else if (text_of(member(message, "role")) == "user") {
      into.prompt = content_of(content_slice(message));
    } else if (message.front() == '"') {
      into.prompt = text_of(message);
    }
  }
  return tool_results;
}

void choose_tool(std::string_view tool, Conversation& into) {
  const auto function = member(tool, "function");
  const auto described = function.empty() ? tool : function;
  into.tool = text_of(member(described, "name"));
  const auto required = elements(member(first_of(described, {"parameters", "input_schema"}), "required"));
  into.argument = required.empty() ? "input" : text_of(required.front());
}

std::string hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  char digits[20];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

}  // namespace

std::string Conversation::tool_arguments() const {
  return "{" + quoted(argument) + ":" + quoted(prompt) + "}";
}

Conversation read_conversation(std::string_view body, bool streams_unasked) {
  Conversation said;
  said.model = text_of(member(body, "model"));
  said.id = hash_of(body);
  const auto messages = first_of(body, {"messages", "contents", "input", "prompt"});
  std::size_t tools_done = 0;
  if (!messages.empty() && messages.front() == '"') {
    said.prompt = text_of(messages);
  } else {
    tools_done = read_messages(messages, said);
  }

  const auto tools = elements(member(body, "tools"));
  if (tools_done < tools.size()) choose_tool(tools[tools_done], said);
  said.text = tools_done == 0 ? "You said: " + said.prompt
                              : "After " + std::to_string(tools_done) + " tool calls: " + said.prompt;
  said.input_tokens = 3 + words_of(said.prompt).size();
  said.output_tokens = words_of(said.calls_tool() ? said.tool_arguments() : said.text).size();

  const auto stream = member(body, "stream");
  said.stream = stream.empty() ? streams_unasked : stream == "true";
  said.usage_in_stream = member(member(body, "stream_options"), "include_usage") == "true";
  return said;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto word = text.find_first_not_of(" \n\t", at);
    if (word == std::string_view::npos) break;
    const auto end = std::min(text.find_first_of(" \n\t", word), text.size());
    words.emplace_back(text.substr(word, end - word));
    at = end;
  }
  return words;
}

}  // namespace fake_provider
