#include "core/json_check.hpp"

#include "core/plain_run.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace llmtrace::core {
namespace {

enum class Expect : std::uint8_t {
  value,
  first_element,  // or the end of the array
  first_key,      // or the end of the object
  key,
  separator,  // or the end of the container
  nothing,
  failed,
};

bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }

int hex_digit(char byte) noexcept {
  if (is_digit(byte)) return byte - '0';
  const int letter = byte | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

class Checker {
 public:
  Checker(std::string_view text, int max_depth) noexcept
      : at_{text.data()}, end_{at_ + text.size()}, max_depth_{max_depth} {}

  bool run() noexcept {
    Expect expect = Expect::value;
    for (;;) {
      skip_space();
      if (expect == Expect::nothing) return at_ == end_;
      if (expect == Expect::failed || at_ == end_) return false;
      expect = step(expect);
    }
  }

 private:
  Expect step(Expect expect) noexcept {
    switch (expect) {
      case Expect::value: return value();
      case Expect::first_element: return *at_ == ']' ? close() : value();
      case Expect::first_key: return *at_ == '}' ? close() : key();
      case Expect::key: return key();
      case Expect::separator: return separator();
      default: return Expect::failed;
    }
  }

  Expect value() noexcept {
    switch (*at_) {
      case '{': return open(true);
      case '[': return open(false);
      case '"': return after_value(string());
      case 't': return after_value(word("true"));
      case 'f': return after_value(word("false"));
      case 'n': return after_value(word("null"));
      default: return after_value(number());
    }
  }

  Expect key() noexcept {
    if (*at_ != '"' || !string()) return Expect::failed;
    skip_space();
    return take(':') ? Expect::value : Expect::failed;
  }

  Expect separator() noexcept {
    if (*at_ == (in_object() ? '}' : ']')) return close();
    if (!take(',')) return Expect::failed;
    return in_object() ? Expect::key : Expect::value;
  }

  Expect open(bool object) noexcept {
    if (depth_ >= max_depth_) return Expect::failed;
    ++at_;
    ++depth_;
    objects_ = objects_ << 1 | (object ? 1U : 0U);
    return object ? Expect::first_key : Expect::first_element;
  }

  Expect close() noexcept {
    ++at_;
    --depth_;
    objects_ >>= 1;
    return after_value(true);
  }

  Expect after_value(bool good) const noexcept {
    if (!good) return Expect::failed;
    return depth_ == 0 ? Expect::nothing : Expect::separator;
  }

  bool in_object() const noexcept { return (objects_ & 1) != 0; }

  void skip_space() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  bool take(char wanted) noexcept {
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }

  bool word(std::string_view wanted) noexcept {
    if (!rest().starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }

  bool number() noexcept {
    const char* const first = at_;
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    const bool has_exponent = take('e') || take('E');
    if (has_exponent) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    constexpr std::ptrdiff_t always_in_range = 300;
    return (!has_exponent && at_ - first < always_in_range) || fits_double(first);
  }

  // The grammar allows more than parsers do: many refuse the whole document for one number beyond a double.
  bool fits_double(const char* first) const noexcept {
    double ignored = 0;
    return std::from_chars(first, at_, ignored).ec == std::errc{};
  }

  bool digits() noexcept {
    const char* const first = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != first;
  }

  bool string() noexcept {
    ++at_;
    for (;;) {
      skip_plain();
      if (at_ == end_) return false;
      if (take('"')) return true;
      const bool good = static_cast<unsigned char>(*at_) >= 0x80 ? multibyte() : escape();
      if (!good) return false;
    }
  }

  void skip_plain() noexcept {
    if (end_ - at_ >= 8) {
      const std::size_t run = plain_in_word(at_);
      at_ += run;
      if (run < 8) return;
    }
    at_ += plain_run(rest());
  }

  bool multibyte() noexcept {
    std::size_t length = 0;
    while (end_ - at_ >= 4 && (length = multibyte_length(at_)) != 0) at_ += length;
    if (at_ == end_) return true;
    // an ASCII byte, or a sequence that is invalid or in the last bytes of the text
    if (static_cast<unsigned char>(*at_) < 0x80) return true;
    const Utf8Sequence sequence = read_utf8(at_, end_);
    at_ += sequence.length;
    return sequence.valid;
  }

  bool escape() noexcept {
    if (!take('\\') || at_ == end_) return false;
    switch (*at_++) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't': return true;
      case 'u': return unicode_escape();
      default: return false;
    }
  }

  bool unicode_escape() noexcept {
    const int unit = code_unit();
    if (unit < 0xD800 || unit > 0xDFFF) return unit >= 0;
    if (unit > 0xDBFF || !take('\\') || !take('u')) return false;
    const int low = code_unit();
    return low >= 0xDC00 && low <= 0xDFFF;
  }

  // The value of four hexadecimal digits, or -1.
  int code_unit() noexcept {
    if (end_ - at_ < 4) return -1;
    int unit = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = hex_digit(*at_++);
      if (digit < 0) return -1;
      unit = unit * 16 + digit;
    }
    return unit;
  }

  std::string_view rest() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }

  const char* at_;
  const char* end_;
  int max_depth_;
  int depth_ = 0;
  std::uint64_t objects_ = 0;  // one bit for each open container, the innermost lowest
};

}  // namespace

bool is_valid_json(std::string_view text, int max_depth) noexcept {
  return Checker{text, std::min(max_depth, deepest_checked_json)}.run();
}

}  // namespace llmtrace::core
