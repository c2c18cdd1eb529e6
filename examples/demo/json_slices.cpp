#include "json_slices.hpp"

#include <cstdio>
#include <functional>

namespace fake_provider {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  const auto next = text.find_first_not_of(blanks, at);
  return next == std::string_view::npos ? text.size() : next;
}

// Behind the closing quote of the string that begins here.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at < text.size() ? at + 1 : text.size();
}

std::size_t end_of_value(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (depth == 0) return at;
      continue;
    }
    const bool closes = c == '}' || c == ']';
    if (depth == 0 && (closes || c == ',' || blanks.find(c) != std::string_view::npos)) return at;
    ++at;
    if (c == '{' || c == '[') ++depth;
    if (closes && --depth == 0) return at;
  }
  return text.size();
}

// Hands over each member with its name, each element with an empty one, until `take` says stop.
void walk(std::string_view container,
          const std::function<bool(std::string_view name, std::string_view value)>& take) {
  const bool is_object = !container.empty() && container.front() == '{';
  std::size_t at = skip_blanks(container, 1);
  while (at < container.size() && container[at] != '}' && container[at] != ']') {
    std::string_view name;
    if (is_object) {
      const auto end = end_of_string(container, at);
      name = container.substr(at, end - at);
      at = skip_blanks(container, skip_blanks(container, end) + 1);
    }
    const auto end = end_of_value(container, at);
    if (end == at || !take(name, container.substr(at, end - at))) return;
    at = skip_blanks(container, end);
    if (at < container.size() && container[at] == ',') at = skip_blanks(container, at + 1);
  }
}

char unescaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'b': return '\b';
    case 'f': return '\f';
    default: return c;
  }
}

}  // namespace

std::string_view member(std::string_view object, std::string_view name) {
  std::string_view found;
  const auto begin = skip_blanks(object, 0);
  if (begin == object.size() || object[begin] != '{') return found;
  walk(object.substr(begin), [&](std::string_view key, std::string_view value) {
    if (key.size() != name.size() + 2 || key.substr(1, name.size()) != name) return true;
    found = value;
    return false;
  });
  return found;
}

std::vector<std::string_view> elements(std::string_view array) {
  std::vector<std::string_view> found;
  if (array.empty() || array.front() != '[') return found;
  walk(array, [&](std::string_view, std::string_view value) {
    found.push_back(value);
    return true;
  });
  return found;
}

std::string text_of(std::string_view value) {
  std::string text;
  if (value.size() < 2 || value.front() != '"') return text;
  for (std::size_t at = 1; at + 1 < value.size(); ++at) {
    if (value[at] == '\\' && value[at + 1] == 'u') {
      text += '?';  // enough for a provider that only repeats what it was told
      at += 5;
    } else if (value[at] == '\\') {
      text += unescaped(value[++at]);
    } else {
      text += value[at];
    }
  }
  return text;
}

std::string quoted(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      (json += '\\') += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      json += escape;
    } else {
      json += c;
    }
  }
  return json += '"';
}

}  // namespace fake_provider
