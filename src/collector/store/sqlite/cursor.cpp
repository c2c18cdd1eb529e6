#include "collector/store/sqlite/cursor.hpp"

#include "core/hex.hpp"

#include <array>
#include <bit>

namespace llmtrace::collector::sqlite {
namespace {

using Bytes = std::array<std::uint8_t, 17>;

void put(Bytes& bytes, std::size_t at, std::int64_t value) {
  auto bits = std::bit_cast<std::uint64_t>(value);
  for (std::size_t i = 8; i-- > 0; bits >>= 8) bytes[at + i] = static_cast<std::uint8_t>(bits);
}

std::int64_t get(const Bytes& bytes, std::size_t at) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | bytes[at + i];
  return std::bit_cast<std::int64_t>(bits);
}

}  // namespace

std::string encode_cursor(const Cursor& cursor) {
  Bytes bytes{};
  bytes[0] = static_cast<std::uint8_t>(cursor.kind);
  put(bytes, 1, cursor.value);
  put(bytes, 9, cursor.row);
  std::string text(2 * bytes.size(), '\0');
  core::encode_hex(bytes.data(), bytes.size(), text.data());
  return text;
}

std::optional<Cursor> decode_cursor(std::string_view text, char kind) noexcept {
  Bytes bytes{};
  if (text.size() != 2 * bytes.size() || !core::decode_hex(text, bytes.data())) return std::nullopt;
  if (bytes[0] != static_cast<std::uint8_t>(kind)) return std::nullopt;
  return Cursor{kind, get(bytes, 1), get(bytes, 9)};
}

}  // namespace llmtrace::collector::sqlite
