// The half of the scanner that goes through bytes: strings, numbers and words, and what is skipped or
// captured.
#include "llm/byte_search.hpp"
#include "llm/json_scanner.hpp"
#include "llm/text_repair.hpp"

#include <algorithm>

namespace llmtrace::llm {
namespace {

int hex_digit(char byte) noexcept {
  if (byte >= '0' && byte <= '9') return byte - '0';
  const int letter = byte | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

char unescaped(char letter) noexcept {
  switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return letter;
  }
}

}  // namespace

void JsonScanner::in_string(bool key) {
  if (escape_ != 0) return in_escape();
  const char* const stop = find_string_end(at_, end_);
  if (high_surrogate_ != 0 && (stop != at_ || (stop != end_ && *stop == '"'))) {
    high_surrogate_ = 0;
    append_code_point(0xFFFD);
  }
  append({at_, static_cast<std::size_t>(stop - at_)});
  at_ = stop;
  if (at_ == end_) return;
  if (*at_++ == '\\') {
    escape_ = 1;
    return;
  }
  if (key)
    end_key();
  else
    finish_string();
}

void JsonScanner::in_escape() {
  const char byte = *at_++;
  if (escape_ == 1) {
    if (byte == 'u') {
      escape_ = 2;
      code_unit_ = 0;
      return;
    }
    escape_ = 0;
    if (high_surrogate_ != 0) append_code_point(0xFFFD);
    high_surrogate_ = 0;
    const char meant = unescaped(byte);
    return append({&meant, 1});
  }
  const int digit = hex_digit(byte);
  if (digit < 0) {  // a broken escape means nothing; the byte may be the quote that ends the string
    escape_ = 0;
    --at_;
    return append_code_point(0xFFFD);
  }
  code_unit_ = code_unit_ * 16 + static_cast<std::uint32_t>(digit);
  if (++escape_ == 6) end_of_hex();
}

void JsonScanner::end_of_hex() {
  escape_ = 0;
  const bool low = code_unit_ >= 0xDC00 && code_unit_ <= 0xDFFF;
  if (high_surrogate_ != 0) {
    const std::uint32_t high = high_surrogate_;
    high_surrogate_ = 0;
    if (low) return append_code_point(0x10000 + ((high - 0xD800) << 10) + (code_unit_ - 0xDC00));
    append_code_point(0xFFFD);
  }
  if (code_unit_ >= 0xD800 && code_unit_ <= 0xDBFF) {
    high_surrogate_ = code_unit_;
    return;
  }
  append_code_point(low ? 0xFFFD : code_unit_);
}

void JsonScanner::append_code_point(std::uint32_t code) {
  char bytes[4];
  append({bytes, encode_utf8(code, bytes)});
}

void JsonScanner::append(std::string_view bytes) {
  std::string& to = state_ == State::key_string ? key_ : text_;
  if (state_ == State::key_string) {
    if (to.size() + bytes.size() > longest_key)
      key_cut_ = true;
    else
      to.append(bytes);
    return;
  }
  text_length_ += bytes.size();
  const std::size_t room = text_limit_ - std::min(text_limit_, to.size());
  if (bytes.size() > room) {
    text_cut_ = true;
    bytes = bytes.substr(0, room);
  }
  to.append(bytes);
}

void JsonScanner::in_skip_string() {
  if (skip_escaped_) {
    skip_escaped_ = false;
    ++at_;
    return;
  }
  at_ = find_string_end(at_, end_);
  if (at_ == end_) return;
  if (*at_++ == '\\')
    skip_escaped_ = true;
  else
    value_done();
}

void JsonScanner::in_scalar() {
  const char* stop = at_;
  while (stop != end_ && is_scalar_byte(*stop)) ++stop;
  append({at_, static_cast<std::size_t>(stop - at_)});
  at_ = stop;
  if (at_ != end_) finish_scalar();
}

void JsonScanner::in_skip() {
  if (skip_escaped_) {
    skip_escaped_ = false;
    ++at_;
    return;
  }
  if (skip_in_string_) {
    at_ = find_string_end(at_, end_);
    if (at_ == end_) return;
    if (*at_++ == '\\')
      skip_escaped_ = true;
    else
      skip_in_string_ = false;
    return;
  }
  const char* const begin = at_;
  std::uint64_t ignored = 0;
  at_ = find_structure(at_, end_, skip_depth_ == 1 ? commas_ : ignored);
  if (counting_ && skip_depth_ == 1 && !counted_any_) {
    counted_any_ = std::any_of(begin, at_, [](char byte) { return !is_json_space(byte); }) ||
                   (at_ != end_ && *at_ != ']');
  }
  if (at_ == end_) return;
  const char byte = *at_++;
  if (byte == '"') {
    skip_in_string_ = true;
  } else if (byte == '{' || byte == '[') {
    if (depth_ + ++skip_depth_ > max_depth && !deep_noted_) {
      deep_noted_ = true;
      target_.problem(Problem::too_deep, current_ != nullptr ? std::string_view{current_->path} : "");
    }
  } else if (--skip_depth_ == 0) {
    if (counting_) {
      counting_ = false;
      counted_ = counted_any_ ? commas_ + 1 : 0;
      emit(current_->action, {JsonKind::array, {}, false, counted_, {}, {}});
    }
    value_done();
  }
}

void JsonScanner::in_capture() {
  if (skip_in_string_) return capture_string();
  const char byte = *at_++;
  if (is_json_space(byte)) return;
  append({&byte, 1});
  if (byte == '"') {
    skip_in_string_ = true;
  } else if (byte == '{' || byte == '[') {
    if (depth_ + ++skip_depth_ > max_depth) {
      if (!deep_noted_) target_.problem(Problem::too_deep, current_->path);
      deep_noted_ = true;
      text_cut_ = true;
    }
  } else if ((byte == '}' || byte == ']') && --skip_depth_ == 0) {
    finish_capture();
  }
}

void JsonScanner::capture_string() {
  if (skip_escaped_) {
    skip_escaped_ = false;
    append({at_++, 1});
    return;
  }
  const char* const stop = find_string_end(at_, end_);
  append({at_, static_cast<std::size_t>(stop - at_)});
  at_ = stop;
  if (at_ == end_) return;
  append({at_, 1});
  if (*at_++ == '\\')
    skip_escaped_ = true;
  else
    skip_in_string_ = false;
}

}  // namespace llmtrace::llm
