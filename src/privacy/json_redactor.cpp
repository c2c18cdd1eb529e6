#include "privacy/json_redactor.hpp"

#include "core/json_check.hpp"
#include "core/json_writer.hpp"
#include "privacy/char_class.hpp"
#include "privacy/json_string.hpp"
#include "privacy/sensitive_name.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace llmtrace::privacy {
namespace {

constexpr std::size_t largest_kept_scratch = 64u << 10;

bool is_json_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

bool JsonRedactor::is_document(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return false;
  return core::is_valid_json(text, deepest);
}

Outcome JsonRedactor::redact(std::string_view json, core::ByteBuffer& out) noexcept {
  json_ = json;
  out_ = &out;
  at_ = 0;
  copied_ = 0;
  changed_ = false;
  scratch_.recycle(largest_kept_scratch);
  value(std::nullopt, false);
  if (scratch_.failed()) {
    // nobody knows any more what was found
    scratch_ = core::ByteBuffer{};
    copied_ = 0;
    replace_quoted(0, json.size(), replacement(Finding::failed));
  }
  if (!changed_) return Outcome::unchanged;
  out.append(json_.substr(copied_));
  return Outcome::written;
}

void JsonRedactor::skip_blanks() noexcept {
  while (at_ < json_.size() && is_json_blank(json_[at_])) ++at_;
}

void JsonRedactor::value(std::optional<Finding> hidden, bool hides_numbers) noexcept {
  skip_blanks();
  if (hidden) {
    hide(*hidden, hides_numbers);
  } else if (peek() == '{') {
    object();
  } else if (peek() == '[') {
    array();
  } else if (peek() == '"') {
    string();
  } else {
    number();
  }
  skip_blanks();
}

void JsonRedactor::object() noexcept {
  ++at_;
  skip_blanks();
  while (at_ < json_.size() && peek() != '}') {
    member();
    if (peek() == ',') ++at_;
    skip_blanks();
  }
  ++at_;
}

void JsonRedactor::member() noexcept {
  const std::size_t begin = at_ + 1;
  const std::string_view name = string_content();
  const NameKind kind = kind_of_name(name);
  const auto hidden = finding_of_kind(kind, texts_.mode());
  scratch_.clear();
  if (texts_.redact(name, scratch_) == Outcome::written) replace(begin, begin + name.size(), scratch_.view());
  skip_blanks();
  ++at_;  // the colon
  const HookCall::Step step{hook_, name};
  value(hidden, kind != NameKind::token);
}

void JsonRedactor::array() noexcept {
  ++at_;
  skip_blanks();
  for (std::size_t index = 0; at_ < json_.size() && peek() != ']'; ++index) {
    char digits[20];
    const char* const end = std::to_chars(digits, digits + sizeof digits, index).ptr;
    const HookCall::Step step{hook_, {digits, static_cast<std::size_t>(end - digits)}};
    value(std::nullopt, false);
    if (peek() == ',') ++at_;
    skip_blanks();
  }
  ++at_;
}

// What is between the quotes at `at_`, which then stands behind them.
std::string_view JsonRedactor::string_content() noexcept {
  const std::size_t begin = at_ + 1;
  skip_string();
  return json_.substr(begin, at_ - 1 - begin);
}

void JsonRedactor::skip_string() noexcept {
  for (++at_; at_ < json_.size() && json_[at_] != '"'; ++at_)
    if (json_[at_] == '\\') ++at_;
  at_ = std::min(at_ + 1, json_.size());
}

void JsonRedactor::string() noexcept {
  const std::size_t begin = at_;
  const std::string_view content = string_content();
  scratch_.clear();
  if (hook_.is_set()) {
    const auto meaning = json_string_meaning(content);
    const auto wanted = meaning ? hook_.replacement_for(*meaning) : std::string{replacement(Finding::failed)};
    if (wanted) {
      const bool is_written = texts_.redact(*wanted, scratch_) == Outcome::written;
      const std::string_view shown = is_written ? scratch_.view() : std::string_view{*wanted};
      return replace_quoted(begin, at_, shown);
    }
  }
  if (texts_.redact(content, scratch_) == Outcome::written) replace(begin + 1, at_ - 1, scratch_.view());
}

// As a string, where something in it is hidden: a masked number is none.
void JsonRedactor::number() noexcept {
  const std::size_t begin = at_;
  while (at_ < json_.size() && !is_json_blank(json_[at_]) && json_[at_] != ',' && json_[at_] != '}' &&
         json_[at_] != ']')
    ++at_;
  if (at_ == begin) ++at_;  // never in valid JSON
  scratch_.clear();
  const std::string_view token = json_.substr(begin, at_ - begin);
  if (token.empty() || is_letter(token.front())) return;  // true, false, null
  if (texts_.redact(token, scratch_) == Outcome::written) replace_quoted(begin, at_, scratch_.view());
}

// The tokens of a text, as a model's probabilities list them, are no credentials.
bool JsonRedactor::is_token_of_text() const noexcept {
  std::size_t at = at_;
  const auto skip = [&] {
    while (at < json_.size() && is_json_blank(json_[at])) ++at;
  };
  skip();
  if (at >= json_.size() || json_[at] != ',') return false;
  ++at;
  skip();
  return json_.substr(at).starts_with("\"logprob\"");
}

void JsonRedactor::hide(Finding what, bool hides_numbers) noexcept {
  const std::size_t begin = at_;
  const char first = peek();
  skip_value();
  const std::string_view hidden = json_.substr(begin, at_ - begin);
  const bool is_number = first == '-' || is_digit(first);
  const bool says_nothing = hidden == "null" || hidden == "true" || hidden == "false" || hidden == "\"\"" ||
                            hidden == "[]" || hidden == "{}";
  if (says_nothing || (is_number && !hides_numbers)) return;
  if (!hides_numbers && is_token_of_text()) return;
  replace_quoted(begin, at_, replacement(what));
}

void JsonRedactor::skip_value() noexcept {
  std::size_t depth = 0;
  do {
    skip_blanks();
    const char c = peek();
    if (c == '"') {
      skip_string();
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at_;
    } else if (c == '}' || c == ']') {
      --depth;
      ++at_;
    } else if (c == ',' || c == ':') {
      ++at_;
    } else {
      while (at_ < json_.size() && !is_json_blank(peek()) && peek() != ',' && peek() != '}' && peek() != ']')
        ++at_;
    }
  } while (depth != 0 && at_ < json_.size());
}

void JsonRedactor::replace(std::size_t begin, std::size_t end, std::string_view by) noexcept {
  out_->append(json_.substr(copied_, begin - copied_));
  out_->append(by);
  copied_ = end;
  changed_ = true;
}

void JsonRedactor::replace_quoted(std::size_t begin, std::size_t end, std::string_view by) noexcept {
  replace(begin, begin, {});
  core::JsonWriter{*out_}.string(by);
  copied_ = end;
}

}  // namespace llmtrace::privacy
