#include "collector/ingest/json_walk.hpp"

#include "core/plain_run.hpp"

#include <cstdint>

namespace llmtrace::collector::ingest {
namespace {

constexpr std::size_t nowhere = std::string_view::npos;

bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool ends_scalar(char c) noexcept { return c == ',' || c == ']' || c == '}' || c == ':' || is_space(c); }

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

std::uint32_t hex4(std::string_view digits) noexcept {
  std::uint32_t value = 0;
  for (const char c : digits)
    value = value << 4 | static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  return value;
}

// `at` stands on the 'u' of a checked escape and is left on its last digit, over a surrogate pair too.
std::uint32_t escaped_code(std::string_view text, std::size_t& at) noexcept {
  std::uint32_t code = hex4(text.substr(at + 1, 4));
  at += 4;
  if (code < 0xD800 || code > 0xDBFF || at + 6 >= text.size()) return code;
  const std::uint32_t low = hex4(text.substr(at + 3, 4));
  at += 6;
  return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
}

char short_escape(char c) noexcept {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

}  // namespace

JsonKind kind_of(std::string_view value) noexcept {
  if (value.empty()) return JsonKind::other;
  switch (value.front()) {
    case '{': return JsonKind::object;
    case '[': return JsonKind::array;
    case '"': return JsonKind::text;
    case 't':
    case 'f': return JsonKind::boolean;
    case 'n': return JsonKind::null;
    default: return JsonKind::number;
  }
}

std::string_view name_of(JsonKind kind) noexcept {
  switch (kind) {
    case JsonKind::object: return "an object";
    case JsonKind::array: return "a list";
    case JsonKind::text: return "a text";
    case JsonKind::number: return "a number";
    case JsonKind::boolean: return "true or false";
    case JsonKind::null: return "null";
    case JsonKind::other: break;
  }
  return "nothing";
}

void JsonWalk::skip_space() noexcept {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

bool JsonWalk::accept(char byte) noexcept {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != byte) return false;
  ++at_;
  return true;
}

bool JsonWalk::at_end() noexcept {
  skip_space();
  return at_ == text_.size();
}

// Behind the closing quote of the string whose opening quote is at `from`.
std::size_t JsonWalk::end_of_string(std::size_t from) const noexcept {
  std::size_t at = from + 1;
  while (at < text_.size()) {
    at += core::plain_run(text_.substr(at));
    // Scripts other than Latin come in runs: a call for each byte of them would be slow.
    while (at < text_.size() && static_cast<unsigned char>(text_[at]) >= 0x80) ++at;
    if (at >= text_.size()) return nowhere;
    if (text_[at] == '"') return at + 1;
    at += text_[at] == '\\' ? 2u : 1u;  // another byte may be plain: the run goes on behind it
  }
  return nowhere;
}

std::size_t JsonWalk::end_of_container(std::size_t from) const noexcept {
  std::size_t depth = 0;
  std::size_t at = from;
  while (at < text_.size()) {
    const char c = text_[at];
    if (c == '"') {
      at = end_of_string(at);
      if (at == nowhere) return nowhere;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return nowhere;
}

std::string_view JsonWalk::value() noexcept {
  skip_space();
  if (at_ >= text_.size()) return {};
  const std::size_t begin = at_;
  const char first = text_[begin];
  std::size_t end = begin;
  if (first == '"') {
    end = end_of_string(begin);
  } else if (first == '{' || first == '[') {
    end = end_of_container(begin);
  } else {
    while (end < text_.size() && !ends_scalar(text_[end])) ++end;
  }
  if (end == nowhere) return {};
  at_ = end;
  return text_.substr(begin, end - begin);
}

JsonMembers::JsonMembers(std::string_view object) noexcept : walk_{object} { done_ = !walk_.accept('{'); }

bool JsonMembers::next(std::string_view& quoted_key, std::string_view& value) noexcept {
  if (done_) return false;
  done_ = true;
  const bool was_first = first_;
  first_ = false;
  if (walk_.accept('}')) {
    whole_ = walk_.at_end();
    return false;
  }
  if (!was_first && !walk_.accept(',')) return false;
  quoted_key = walk_.value();
  if (kind_of(quoted_key) != JsonKind::text || !walk_.accept(':')) return false;
  value = walk_.value();
  done_ = value.empty();
  return !done_;
}

JsonElements::JsonElements(std::string_view array) noexcept : walk_{array} { done_ = !walk_.accept('['); }

bool JsonElements::next(std::string_view& value) noexcept {
  if (done_) return false;
  done_ = true;
  const bool was_first = first_;
  first_ = false;
  if (walk_.accept(']')) {
    whole_ = walk_.at_end();
    return false;
  }
  if (!was_first && !walk_.accept(',')) return false;
  value = walk_.value();
  done_ = value.empty();
  return !done_;
}

std::string_view text_of(std::string_view quoted, std::string& storage) {
  const std::string_view inside = quoted.substr(1, quoted.size() - 2);
  if (inside.find('\\') == nowhere) return inside;
  storage.clear();
  storage.reserve(inside.size());
  for (std::size_t at = 0; at < inside.size(); ++at) {
    if (inside[at] != '\\') {
      storage += inside[at];
    } else if (inside[++at] == 'u') {
      const std::uint32_t code = escaped_code(inside, at);
      append_utf8(storage, code == 0 ? 0xFFFD : code);
    } else {
      storage += short_escape(inside[at]);
    }
  }
  return storage;
}

}  // namespace llmtrace::collector::ingest
