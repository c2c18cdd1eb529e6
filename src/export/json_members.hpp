// The members of a JSON object that is known to be valid, as views into its text. Keys with an escape are
// passed over: ours have none.
#pragma once

#include <cstddef>
#include <string_view>

namespace llmtrace::exporting {

struct JsonMember {
  std::string_view key;
  std::string_view value;
};

class JsonMembers {
 public:
  explicit JsonMembers(std::string_view object) noexcept : text_{object}, at_{object.find('{')} {
    at_ = at_ == std::string_view::npos ? text_.size() : at_ + 1;
  }

  bool next(JsonMember& out) noexcept {
    while (find_key()) {
      out.key = take_string();
      skip_to_value();
      out.value = take_value();
      if (out.key.find('\\') == std::string_view::npos) return true;
    }
    return false;
  }

 private:
  [[nodiscard]] bool find_key() noexcept {
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '}') ++at_;
    return at_ < text_.size() && text_[at_] == '"';
  }
  // At a quote; ends behind the closing one.
  std::string_view take_string() noexcept {
    const std::size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
    const std::string_view inside = text_.substr(start, at_ < text_.size() ? at_ - start : 0);
    ++at_;
    return inside;
  }
  void skip_to_value() noexcept {
    while (at_ < text_.size() && (text_[at_] == ':' || text_[at_] <= ' ')) ++at_;
  }
  std::string_view take_value() noexcept {
    const std::size_t start = at_;
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char byte = text_[at_];
      if (byte == '"') {
        take_string();
        --at_;
      } else if (byte == '{' || byte == '[') {
        ++depth;
      } else if (depth == 0 && (byte == ',' || byte == '}')) {
        break;
      } else if (byte == '}' || byte == ']') {
        --depth;
      }
    }
    std::size_t end = at_ < text_.size() ? at_ : text_.size();
    while (end > start && text_[end - 1] <= ' ') --end;
    return text_.substr(start, end - start);
  }

  std::string_view text_;
  std::size_t at_;
};

}  // namespace llmtrace::exporting
