#include "core/time_format.hpp"

#include "core/digits.hpp"

namespace llmtrace::core {
namespace {

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;
constexpr std::int64_t seconds_per_day = 86'400;

struct Date {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};

// The calendar repeats every 400 years. Years that begin in March put the leap day at their end, so
// that the month lengths before it follow one straight line: (153 * month + 2) / 5 days.
constexpr std::int64_t days_per_era = 146'097;
constexpr std::int64_t days_from_era_to_epoch = 719'468;  // 0000-03-01 to 1970-01-01

constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t by) noexcept {
  return value / by - (value % by < 0 ? 1 : 0);
}

constexpr Date date_of(std::int64_t days_since_epoch) noexcept {
  const std::int64_t days = days_since_epoch + days_from_era_to_epoch;
  const std::int64_t era = floor_divide(days, days_per_era);
  const std::int64_t in_era = days - era * days_per_era;
  const std::int64_t year = (in_era - in_era / 1460 + in_era / 36'524 - in_era / (days_per_era - 1)) / 365;
  const std::int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
  const std::int64_t month = (5 * in_year + 2) / 153;  // 0 is March
  const std::int64_t day = in_year - (153 * month + 2) / 5 + 1;
  const bool next_year = month >= 10;
  return {era * 400 + year + (next_year ? 1 : 0), month + (next_year ? -9 : 3), day};
}

constexpr std::int64_t days_to(Date date) noexcept {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = date.month + (date.month <= 2 ? 9 : -3);
  const std::int64_t in_year = (153 * month + 2) / 5 + date.day - 1;
  const std::int64_t in_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + in_year;
  return era * days_per_era + in_era - days_from_era_to_epoch;
}

constexpr bool exists(Date date) noexcept {
  if (date.month < 1 || date.month > 12 || date.day < 1) return false;
  constexpr int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
  return date.day <= lengths[date.month - 1] + (date.month == 2 && leap ? 1 : 0);
}

// `width` digits, with leading zeros, and the character that follows them.
template <int width>
char* put(char* out, std::int64_t value, char after) noexcept {
  write_digits<width>(out, static_cast<std::uint32_t>(value));
  out[width] = after;
  return out + width + 1;
}

// Reads fields from the front; once something is wrong it stays wrong.
class Fields {
 public:
  explicit Fields(std::string_view text) noexcept : text_{text} {}

  std::int64_t number(std::size_t width) noexcept {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = value * 10 + digit();
    return value;
  }

  // One character of `wanted`; returns it.
  char one_of(std::string_view wanted) noexcept {
    const char next = text_.empty() ? '\0' : text_.front();
    require(!text_.empty() && wanted.find(next) != std::string_view::npos);
    if (good_) text_.remove_prefix(1);
    return next;
  }

  // ".123" as nanoseconds; 0 when there is no fraction.
  std::int64_t fraction() noexcept {
    if (!text_.starts_with('.')) return 0;
    text_.remove_prefix(1);
    std::int64_t value = digit();
    std::int64_t unit = nanoseconds_per_second / 10;
    for (; unit > 1 && at_digit(); unit /= 10) value = value * 10 + digit();
    return value * unit;
  }

  // "Z" or "+02:00", in seconds.
  std::int64_t offset() noexcept {
    const char sign = one_of("Zz+-");
    if (sign != '+' && sign != '-') return 0;
    const std::int64_t hours = number(2);
    one_of(":");
    const std::int64_t minutes = number(2);
    require(hours < 24 && minutes < 60);
    const std::int64_t seconds = hours * 3600 + minutes * 60;
    return sign == '-' ? -seconds : seconds;
  }

  void require(bool condition) noexcept { good_ = good_ && condition; }
  [[nodiscard]] bool done() const noexcept { return good_ && text_.empty(); }

 private:
  [[nodiscard]] bool at_digit() const noexcept {
    return !text_.empty() && text_.front() >= '0' && text_.front() <= '9';
  }

  std::int64_t digit() noexcept {
    require(at_digit());
    if (!good_) return 0;
    const std::int64_t value = text_.front() - '0';
    text_.remove_prefix(1);
    return value;
  }

  std::string_view text_;
  bool good_ = true;
};

std::int64_t read_date_in_days(Fields& fields) noexcept {
  Date date{};
  date.year = fields.number(4);
  fields.one_of("-");
  date.month = fields.number(2);
  fields.one_of("-");
  date.day = fields.number(2);
  fields.require(exists(date));
  return days_to(date);
}

std::int64_t read_clock_in_seconds(Fields& fields) noexcept {
  const std::int64_t hours = fields.number(2);
  fields.one_of(":");
  const std::int64_t minutes = fields.number(2);
  fields.one_of(":");
  const std::int64_t seconds = fields.number(2);
  fields.require(hours < 24 && minutes < 60 && seconds < 60);
  return hours * 3600 + minutes * 60 + seconds;
}

std::optional<std::int64_t> to_nanoseconds(std::int64_t seconds, std::int64_t fraction) noexcept {
  // before 1970 both parts get the same sign: the earliest second alone would overflow
  if (seconds < 0 && fraction > 0) {
    ++seconds;
    fraction -= nanoseconds_per_second;
  }
  std::int64_t total = 0;
  if (__builtin_mul_overflow(seconds, nanoseconds_per_second, &total)) return std::nullopt;
  if (__builtin_add_overflow(total, fraction, &total)) return std::nullopt;
  return total;
}

}  // namespace

char* format_rfc3339(std::int64_t unix_nanoseconds, char* out) noexcept {
  const std::int64_t seconds = floor_divide(unix_nanoseconds, nanoseconds_per_second);
  const std::int64_t days = floor_divide(seconds, seconds_per_day);
  const std::int64_t in_day = seconds - days * seconds_per_day;
  // not by a product with `seconds`, which overflows in the earliest second
  const std::int64_t remainder = unix_nanoseconds % nanoseconds_per_second;
  const std::int64_t fraction = remainder + (remainder < 0 ? nanoseconds_per_second : 0);
  const Date date = date_of(days);
  out = put<4>(out, date.year, '-');
  out = put<2>(out, date.month, '-');
  out = put<2>(out, date.day, 'T');
  out = put<2>(out, in_day / 3600, ':');
  out = put<2>(out, in_day / 60 % 60, ':');
  out = put<2>(out, in_day % 60, '.');
  return put<9>(out, fraction, 'Z');
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept {
  Fields fields{text};
  const std::int64_t days = read_date_in_days(fields);
  fields.one_of("Tt");
  const std::int64_t in_day = read_clock_in_seconds(fields);
  const std::int64_t fraction = fields.fraction();
  const std::int64_t offset = fields.offset();
  if (!fields.done()) return std::nullopt;
  return to_nanoseconds(days * seconds_per_day + in_day - offset, fraction);
}

}  // namespace llmtrace::core
