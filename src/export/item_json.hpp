// What the JSON of spans and of trace headers have in common: ids, times and texts as members of an open
// object.
#pragma once

#include "core/digits.hpp"
#include "core/hex.hpp"
#include "core/json_writer.hpp"
#include "core/number_format.hpp"
#include "core/time_format.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace llmtrace::exporting {

inline char* hex_of(std::uint64_t value, char* out) noexcept {
  if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
  std::array<std::uint8_t, sizeof value> bytes;
  std::memcpy(bytes.data(), &value, sizeof value);
  return core::encode_hex(bytes.data(), bytes.size(), out);
}

class ItemJson {
 public:
  explicit ItemJson(core::JsonWriter& writer) noexcept : writer_{writer} {}

  void span_id(core::PlainKey key, std::uint64_t id) noexcept {
    char text[16];
    writer_.literal_key(key);
    writer_.plain_string({text, hex_of(id, text)});
  }
  void trace_id(std::uint64_t high, std::uint64_t low) noexcept {
    char text[32];
    writer_.literal_key("trace_id");
    writer_.plain_string({text, hex_of(low, hex_of(high, text))});
  }
  void time(core::PlainKey key, std::int64_t unix_nanoseconds) noexcept {
    char text[core::rfc3339_size];
    writer_.literal_key(key);
    writer_.plain_string({text, core::format_rfc3339(unix_nanoseconds, text)});
  }
  // Most spans begin and end in the same second, whose text is then written once.
  void times(std::int64_t start, std::int64_t end) noexcept {
    constexpr std::int64_t second = 1'000'000'000;
    char text[core::rfc3339_size];
    core::format_rfc3339(start, text);
    writer_.literal_key("start_time");
    writer_.plain_string({text, sizeof text});
    if (start < 0 || start / second != end / second) return time("end_time", end);
    constexpr std::size_t fraction_at = sizeof "2026-11-27T07:00:00." - 1;
    core::write_digits<9>(text + fraction_at, static_cast<std::uint32_t>(end % second));
    writer_.literal_key("end_time");
    writer_.plain_string({text, sizeof text});
  }
  void milliseconds(core::PlainKey key, std::int64_t nanoseconds) noexcept {
    char text[core::longest_milliseconds];
    writer_.literal_key(key);
    writer_.raw({text, core::format_milliseconds(nanoseconds, text)});
  }
  void text(core::PlainKey key, std::string_view value) noexcept {
    if (value.empty()) return;
    writer_.literal_key(key);
    writer_.string(value);
  }

 private:
  core::JsonWriter& writer_;
};

}  // namespace llmtrace::exporting
