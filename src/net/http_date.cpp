#include "net/http_date.hpp"

#include <cstddef>

namespace llmtrace::net {
namespace {

struct Fields {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// Reads by a pattern: Y digits of the year, b a month name, d h m s two digits, other characters
// themselves. `strptime` would follow the host's locale.
class PatternReader {
 public:
  explicit PatternReader(std::string_view text) : text_(text) {}

  bool read(std::string_view pattern, Fields& fields) {
    for (const char symbol : pattern) {
      if (!read_symbol(symbol, fields)) return false;
    }
    return text_.empty();
  }

 private:
  bool read_symbol(char symbol, Fields& fields) {
    switch (symbol) {
      case 'Y': return read_number(4, fields.year);
      case 'y': return read_number(2, fields.year);
      case 'b': return read_month(fields.month);
      case 'd': return read_day(fields.day);
      case 'h': return read_number(2, fields.hour);
      case 'm': return read_number(2, fields.minute);
      case 's': return read_number(2, fields.second);
      default: return read_character(symbol);
    }
  }

  bool read_character(char expected) {
    if (text_.empty() || text_.front() != expected) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool read_number(std::size_t digits, int& value) {
    if (text_.size() < digits) return false;
    value = 0;
    for (const char c : text_.substr(0, digits)) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(digits);
    return true;
  }

  bool read_day(int& day) {
    if (!text_.empty() && text_.front() == ' ') {  // asctime pads with a space
      text_.remove_prefix(1);
      return read_number(1, day);
    }
    return read_number(2, day);
  }

  bool read_month(int& month) {
    constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const auto at = text_.size() < 3 ? std::string_view::npos : names.find(text_.substr(0, 3));
    if (at == std::string_view::npos || at % 3 != 0) return false;
    month = static_cast<int>(at / 3) + 1;
    text_.remove_prefix(3);
    return true;
  }

  std::string_view text_;
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The weekday is not checked: it adds nothing and some servers get it wrong.
std::string_view after_weekday(std::string_view text) {
  const auto end = text.find_first_of(", ");
  if (end == std::string_view::npos) return {};
  text.remove_prefix(end);
  return text;
}

std::optional<std::chrono::system_clock::time_point> to_time(const Fields& fields) {
  using namespace std::chrono;
  const year_month_day date{year{fields.year}, month{static_cast<unsigned>(fields.month)},
                            day{static_cast<unsigned>(fields.day)}};
  if (!date.ok() || fields.hour > 23 || fields.minute > 59 || fields.second > 60) return {};
  // system_clock counts nanoseconds in 64 bits, which end in 2262
  if (fields.year < 1970 || fields.year > 2200) {
    return fields.year < 1970 ? system_clock::time_point{} : system_clock::time_point::max();
  }
  return sys_days{date} + hours{fields.hour} + minutes{fields.minute} + seconds{fields.second};
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) noexcept {
  const auto rest = after_weekday(trimmed(text));
  Fields fields;
  if (PatternReader(rest).read(", d b Y h:m:s GMT", fields)) return to_time(fields);
  if (PatternReader(rest).read(", d-b-y h:m:s GMT", fields)) {
    fields.year += fields.year < 70 ? 2000 : 1900;
    return to_time(fields);
  }
  if (PatternReader(rest).read(" b d h:m:s Y", fields)) return to_time(fields);
  return std::nullopt;
}

}  // namespace llmtrace::net
