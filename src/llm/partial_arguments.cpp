#include "llm/partial_arguments.hpp"

#include "core/byte_buffer.hpp"
#include "core/json_writer.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::size_t most_steps = 64;

std::string quoted(std::string_view value) {
  core::ByteBuffer buffer;
  core::JsonWriter writer{buffer};
  writer.string(value);
  if (buffer.failed()) throw std::bad_alloc{};
  return std::string{buffer.view()};
}

std::string scalar(JsonKind kind, std::string_view value) {
  return kind == JsonKind::number || kind == JsonKind::boolean ? std::string{value} : "null";
}

}  // namespace

// "$.a[0]['b c'].d"
PartialArguments::Path PartialArguments::parse(std::string_view path) {
  Path steps;
  if (path.starts_with('$')) path.remove_prefix(1);
  while (!path.empty() && steps.size() < most_steps) {
    const bool in_brackets = path.front() == '[';
    if (in_brackets || path.front() == '.') path.remove_prefix(1);
    const bool is_quoted = in_brackets && (path.starts_with('\'') || path.starts_with('"'));
    const std::string closing = is_quoted ? std::string{path.front()} + "]" : "]";
    if (is_quoted) path.remove_prefix(1);
    const std::size_t end =
        std::min(in_brackets ? path.find(closing) : path.find_first_of(".["), path.size());
    steps.push_back({std::string{path.substr(0, end)}, in_brackets && !is_quoted});
    path.remove_prefix(std::min(path.size(), end + (in_brackets ? closing.size() : 0)));
  }
  return steps;
}

// The container of the step at `depth` stays open, those of the steps behind it end.
void PartialArguments::leave(std::size_t depth, std::string& text) {
  if (std::exchange(in_string_, false)) text.push_back('"');
  for (; path_.size() > depth + 1; path_.pop_back()) text.push_back(path_.back().is_index ? ']' : '}');
}

void PartialArguments::enter(const Path& path, std::string& text) {
  std::size_t shared = 0;
  if (!path_.empty()) {
    const auto differs = std::mismatch(path_.begin(), path_.end(), path.begin(), path.end());
    const auto same = static_cast<std::size_t>(differs.first - path_.begin());
    shared = std::min({same, path_.size() - 1, path.size() - 1});
    leave(shared, text);
    text.push_back(',');
  }
  for (std::size_t i = shared; i < path.size(); ++i) {
    if (i > shared || path_.empty()) text.push_back(path[i].is_index ? '[' : '{');
    if (!path[i].is_index) text += quoted(path[i].name) + ":";
  }
  path_ = path;
}

std::string PartialArguments::add(std::string_view path, JsonKind kind, std::string_view value,
                                  bool continues) {
  std::string text;
  Path steps = parse(path);
  if (steps.empty()) return text;
  const bool goes_on = in_string_ && kind == JsonKind::string && steps == path_;
  if (!goes_on) enter(steps, text);
  if (kind != JsonKind::string) return text + scalar(kind, value);
  const std::string string = quoted(value);
  text += std::string_view{string}.substr(goes_on ? 1 : 0, string.size() - (goes_on ? 2 : 1));
  in_string_ = continues;
  if (!continues) text.push_back('"');
  return text;
}

std::string PartialArguments::close() {
  std::string text;
  if (path_.empty()) text = "{}";
  if (!path_.empty()) {
    leave(0, text);
    text.push_back(path_.front().is_index ? ']' : '}');
  }
  *this = {};
  return text;
}

}  // namespace llmtrace::llm
