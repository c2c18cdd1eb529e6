#include "cli/json_view.hpp"

#include "collector/ingest/field_reader.hpp"
#include "collector/ingest/json_walk.hpp"
#include "core/json_check.hpp"
#include "core/json_writer.hpp"

#include <charconv>

namespace llmtrace::cli {

namespace ingest = collector::ingest;

JsonView JsonView::operator[](std::string_view key) const {
  ingest::JsonMembers members{json_};
  for (std::string_view quoted, value; members.next(quoted, value);)
    if (quoted.substr(1, quoted.size() - 2) == key) return value == "null" ? JsonView{} : JsonView{value};
  return {};
}

std::vector<JsonView> JsonView::elements() const {
  std::vector<JsonView> all;
  ingest::JsonElements elements{json_};
  for (std::string_view value; elements.next(value);) all.emplace_back(value);
  return all;
}

std::string JsonView::text() const {
  if (!is_text()) return {};
  std::string storage;
  return std::string{ingest::text_of(json_, storage)};
}

std::int64_t JsonView::integer(std::int64_t otherwise) const {
  std::int64_t value = 0;
  const char* const end = json_.data() + json_.size();
  const auto [at, error] = std::from_chars(json_.data(), end, value);
  return !json_.empty() && error == std::errc{} && at == end ? value : otherwise;
}

std::optional<double> JsonView::number() const {
  return json_.empty() ? std::nullopt : ingest::number_of(json_);
}

bool is_json(std::string_view text) noexcept { return core::is_valid_json(text, core::deepest_checked_json); }

std::string pretty_json(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  bool in_text = false;
  const auto new_line = [&] { out.append("\n").append(depth * 2, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      out += c;
      if (c == '\\' && i + 1 < json.size()) out += json[++i];
      if (c == '"') in_text = false;
      continue;
    }
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    const bool opens = c == '{' || c == '[';
    const bool closes = c == '}' || c == ']';
    const bool empty = closes && !out.empty() && (out.back() == '{' || out.back() == '[');
    if (!out.empty() && (out.back() == '{' || out.back() == '[') && !closes) new_line();
    if (closes && depth > 0) --depth;
    if (closes && !empty) new_line();
    out += c;
    if (opens) ++depth;
    if (c == ',') new_line();
    if (c == ':') out += ' ';
    in_text = c == '"';
  }
  return out;
}

std::string quoted_json(std::string_view text) {
  core::ByteBuffer buffer;
  core::JsonWriter writer{buffer};
  writer.string(text);
  if (buffer.failed()) throw std::bad_alloc{};
  return std::string{buffer.view()};
}

}  // namespace llmtrace::cli
