#include "llm/text_repair.hpp"

#include "core/utf8.hpp"

namespace llmtrace::llm {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

char low_bits(std::uint32_t code, unsigned shift) noexcept {
  return static_cast<char>(0x80 | ((code >> shift) & 0x3F));
}

}  // namespace

bool repair_utf8(std::string& text) {
  if (core::valid_utf8(text)) return false;
  std::string repaired;
  repaired.reserve(text.size() + 16);
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (static_cast<unsigned char>(*at) < 0x80) {
      repaired.push_back(*at++);
      continue;
    }
    const core::Utf8Sequence sequence = core::read_utf8(at, end);
    repaired.append(sequence.valid ? std::string_view{at, sequence.length} : replacement);
    at += sequence.length;
  }
  text = std::move(repaired);
  return true;
}

std::size_t whole_utf8(std::string_view text) noexcept {
  std::size_t start = text.size();
  for (int back = 0; back < 4 && start != 0; ++back) {
    const auto byte = static_cast<unsigned char>(text[--start]);
    if (byte < 0x80) return text.size();
    if (byte < 0xC0) continue;
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    return start + length > text.size() ? start : text.size();
  }
  return text.size();
}

std::size_t encode_utf8(std::uint32_t code, char* out) noexcept {
  if (code < 0x80) {
    out[0] = static_cast<char>(code);
    return 1;
  }
  if (code < 0x800) {
    out[0] = static_cast<char>(0xC0 | code >> 6);
    out[1] = low_bits(code, 0);
    return 2;
  }
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = 0xFFFD;
  if (code < 0x10000) {
    out[0] = static_cast<char>(0xE0 | code >> 12);
    out[1] = low_bits(code, 6);
    out[2] = low_bits(code, 0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | code >> 18);
  out[1] = low_bits(code, 12);
  out[2] = low_bits(code, 6);
  out[3] = low_bits(code, 0);
  return 4;
}

}  // namespace llmtrace::llm
