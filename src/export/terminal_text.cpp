#include "export/terminal_text.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace llmtrace::exporting {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Characters that take no column, or that would reorder or hide what follows.
constexpr Range invisible[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
                               {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};
constexpr Range accents[] = {{0x0300, 0x036F}, {0xFE00, 0xFE0F}};
constexpr Range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
                          {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                          {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

template <std::size_t size>
bool is_in(char32_t code, const Range (&ranges)[size]) noexcept {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [code](const Range& range) { return code >= range.first && code <= range.last; });
}

char32_t decode(const char* at, std::size_t length) noexcept {
  const auto byte = [at](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(at[i])); };
  if (length == 1) return byte(0);
  char32_t code = byte(0) & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3F);
  return code;
}

struct Shown {
  std::string_view text;
  std::size_t columns;
};

Shown show(std::string_view bytes, bool valid, bool unicode) noexcept {
  if (!valid) return {"?", 1};
  const char32_t code = decode(bytes.data(), bytes.size());
  if (code == '\n' || code == '\t' || code == '\r') return {" ", 1};
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return {"?", 1};
  if (code < 0x80) return {bytes, 1};
  if (!unicode) return {"?", 1};
  if (is_in(code, accents)) return {bytes, 0};
  if (is_in(code, invisible)) return {"", 0};
  return {bytes, is_in(code, wide) ? std::size_t{2} : std::size_t{1}};
}

}  // namespace

TerminalText for_terminal(std::string_view text, std::size_t most_columns, bool unicode) {
  const std::string_view dots = unicode ? "…" : "..";
  const std::size_t dots_columns = unicode ? 1 : 2;
  TerminalText out;
  TerminalText cut;  // the longest that leaves room for the dots
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const core::Utf8Sequence sequence = core::read_utf8(at, end);
    const Shown shown = show({at, sequence.length}, sequence.valid, unicode);
    if (out.columns + shown.columns > most_columns || out.text.size() > most_columns * 16) {
      cut.text.append(dots);
      cut.columns += dots_columns;
      return cut;
    }
    out.text.append(shown.text);
    out.columns += shown.columns;
    if (out.columns + dots_columns <= most_columns) cut = out;
    at += sequence.length;
  }
  return out;
}

}  // namespace llmtrace::exporting
