// Where a page ended, as a text for the client to bring back. Opaque to it; whatever comes back is read
// strictly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::collector::sqlite {

struct Cursor {
  char kind = 0;  // of the list and its order: a cursor of one is no cursor of another
  std::int64_t value = 0;
  std::int64_t row = 0;
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

[[nodiscard]] std::string encode_cursor(const Cursor& cursor);
[[nodiscard]] std::optional<Cursor> decode_cursor(std::string_view text, char kind) noexcept;

}  // namespace llmtrace::collector::sqlite
