#include "collector/store/sqlite/json_text.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace llmtrace::collector::sqlite {
namespace {

bool is_space(char byte) noexcept { return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r'; }

std::size_t skip_spaces(std::string_view json, std::size_t at) noexcept {
  while (at < json.size() && is_space(json[at])) ++at;
  return at;
}

// `at` is at the opening quote; the result is behind the closing one.
std::size_t end_of_string(std::string_view json, std::size_t at) noexcept {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\')
      ++at;
    else if (json[at] == '"')
      return at + 1;
  }
  return json.size();
}

void append_code_point(std::string& to, std::uint32_t code) {
  const auto tail = [&](int shift) { to += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    to += static_cast<char>(0xE0 | code >> 12);
    tail(6);
    tail(0);
  } else {
    to += static_cast<char>(0xF0 | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

std::optional<std::uint32_t> read_unit(std::string_view digits) noexcept {
  if (digits.size() < 4) return std::nullopt;
  std::uint32_t unit = 0;
  for (const char digit : digits.substr(0, 4)) {
    const int value = digit >= '0' && digit <= '9'   ? digit - '0'
                      : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                      : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                                     : -1;
    if (value < 0) return std::nullopt;
    unit = unit << 4 | static_cast<std::uint32_t>(value);
  }
  return unit;
}

// `rest` is what follows "\u"; returns how many bytes of it were read.
std::size_t append_unicode_escape(std::string& to, std::string_view rest) {
  const auto first = read_unit(rest);
  if (!first) return 0;
  const bool high = *first >= 0xD800 && *first < 0xDC00;
  if (high && rest.substr(4, 2) == "\\u") {
    const auto second = read_unit(rest.substr(6));
    if (second && *second >= 0xDC00 && *second < 0xE000) {
      append_code_point(to, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
      return 10;
    }
  }
  append_code_point(to, *first >= 0xD800 && *first < 0xE000 ? 0xFFFD : *first);
  return 4;
}

char simple_escape(char letter) noexcept {
  switch (letter) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'b': return '\b';
    case 'f': return '\f';
    default: return letter;
  }
}

// `inside` is what stands between the quotes.
std::string_view unescaped(std::string_view inside, std::string& buffer) {
  if (inside.find('\\') == std::string_view::npos) return inside;
  buffer.clear();
  for (std::size_t at = 0; at < inside.size();) {
    const std::size_t plain = std::min(inside.find('\\', at), inside.size());
    buffer.append(inside, at, plain - at);
    at = plain + 1;
    if (at >= inside.size()) break;
    const char letter = inside[at++];
    if (letter == 'u')
      at += append_unicode_escape(buffer, inside.substr(at));
    else
      buffer += simple_escape(letter);
  }
  return buffer;
}

std::string_view between_quotes(std::string_view quoted) noexcept {
  if (quoted.size() < 2) return {};
  return quoted.substr(1, quoted.size() - 2);
}

struct Member {
  std::string name;
  std::string_view quoted_name;
  std::string_view value;
};

std::size_t end_of_value(std::string_view json, std::size_t at) noexcept {
  int depth = 0;
  for (; at < json.size(); ++at) {
    const char byte = json[at];
    if (byte == '"') {
      at = end_of_string(json, at) - 1;
    } else if (byte == '{' || byte == '[') {
      ++depth;
    } else if (byte == '}' || byte == ']') {
      if (depth-- == 0) return at;
    } else if (byte == ',' && depth == 0) {
      return at;
    }
  }
  return at;
}

std::vector<Member> members_of(std::string_view object) {
  std::vector<Member> members;
  std::string buffer;
  std::size_t at = object.find('{');
  if (at == std::string_view::npos) return members;
  for (++at; (at = skip_spaces(object, at)) < object.size() && object[at] == '"';) {
    const std::size_t name_end = end_of_string(object, at);
    const std::string_view quoted = object.substr(at, name_end - at);
    at = object.find(':', name_end);
    if (at == std::string_view::npos) break;
    const std::size_t value_begin = skip_spaces(object, at + 1);
    const std::size_t value_end = end_of_value(object, value_begin);
    members.push_back({std::string{unescaped(between_quotes(quoted), buffer)}, quoted,
                       object.substr(value_begin, value_end - value_begin)});
    at = value_end + (value_end < object.size() && object[value_end] == ',' ? 1 : 0);
  }
  return members;
}

// Says what a text is, and is not itself read.
bool is_label(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 5> labels{"role", "type", "id", "model", "object"};
  return std::find(labels.begin(), labels.end(), name) != labels.end();
}

// Left over when a text is cut roughly, so that the last cut sees whether a character is whole.
constexpr std::size_t longest_character = 4;

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0x20; }, ' ');
  return text;
}

}  // namespace

void visit_strings(std::string_view json, const StringVisitor& visit) {
  std::string name;
  std::string buffer;
  for (std::size_t at = json.find('"'); at < json.size(); at = json.find('"', at)) {
    const std::size_t end = end_of_string(json, at);
    const std::string_view text = unescaped(between_quotes(json.substr(at, end - at)), buffer);
    const std::size_t behind = skip_spaces(json, end);
    at = end;
    if (behind < json.size() && json[behind] == ':')
      name = text;
    else if (!visit(name, text))
      return;
  }
}

std::string preview_of(std::string_view json, std::size_t most) {
  std::string preview;
  visit_strings(json, [&](std::string_view name, std::string_view value) {
    if (is_label(name) || value.empty()) return true;
    if (!preview.empty()) preview += "  ";
    preview += value.substr(0, most + longest_character);
    return preview.size() < most;
  });
  if (preview.empty()) preview = json.substr(0, most + longest_character);
  return one_line(std::string{core::cut_utf8(preview, most)});
}

std::string extended_object(std::string_view object, std::string_view additions) {
  const auto added = members_of(additions);
  std::set<std::string_view> replaced;
  for (const Member& member : added) replaced.insert(member.name);
  std::string result = "{";
  const auto append = [&](const Member& member) {
    if (result.size() > 1) result += ',';
    result.append(member.quoted_name).append(":").append(member.value);
  };
  for (const Member& member : members_of(object))
    if (!replaced.contains(member.name)) append(member);
  for (const Member& member : added) append(member);
  return result + "}";
}

}  // namespace llmtrace::collector::sqlite
