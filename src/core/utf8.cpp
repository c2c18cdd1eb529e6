#include "core/utf8.hpp"

#include <cstring>

namespace llmtrace::core {
namespace {

constexpr bool is_continuation(unsigned char byte) noexcept { return (byte & 0xC0) == 0x80; }

// What may follow a lead byte: how many continuations, and the range of the first one, which is
// where overlong forms, surrogates and too large values are told apart.
struct Lead {
  std::uint8_t continuations;
  unsigned char first_low;
  unsigned char first_high;
};

constexpr Lead describe(unsigned char lead) noexcept {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

const char* skip_ascii(const char* at, const char* end) noexcept {
  constexpr std::uint64_t high = 0x8080808080808080;
  for (; end - at >= 16; at += 16) {
    std::uint64_t words[2];
    std::memcpy(words, at, sizeof words);
    if (((words[0] | words[1]) & high) != 0) break;
  }
  while (at < end && static_cast<unsigned char>(*at) < 0x80) ++at;
  return at;
}

}  // namespace

Utf8Sequence read_utf8(const char* at, const char* end) noexcept {
  const auto byte = [at](int i) { return static_cast<unsigned char>(at[i]); };
  if (byte(0) < 0x80) return {1, true};
  const Lead lead = describe(byte(0));
  if (lead.continuations == 0) return {1, false};
  if (end - at < 2 || byte(1) < lead.first_low || byte(1) > lead.first_high) return {1, false};
  std::uint8_t length = 2;
  for (; length <= lead.continuations; ++length) {
    if (length >= end - at || !is_continuation(byte(length))) return {length, false};
  }
  return {length, true};
}

bool valid_utf8(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  while ((at = skip_ascii(at, end)) < end) {
    std::size_t length = 0;
    while (end - at >= 4 && (length = multibyte_length(at)) != 0) at += length;
    if (at == end || static_cast<unsigned char>(*at) < 0x80) continue;
    const Utf8Sequence sequence = read_utf8(at, end);
    if (!sequence.valid) return false;
    at += sequence.length;
  }
  return true;
}

std::string_view cut_utf8(std::string_view text, std::size_t max_bytes) noexcept {
  if (text.size() <= max_bytes) return text;
  const char* const end = text.data() + text.size();
  for (std::size_t back = 0; back <= 3 && back <= max_bytes; ++back) {
    const char* at = text.data() + (max_bytes - back);
    if (is_continuation(static_cast<unsigned char>(*at))) continue;
    const Utf8Sequence sequence = read_utf8(at, end);
    const bool split = sequence.valid && sequence.length > back;
    return text.substr(0, split ? max_bytes - back : max_bytes);
  }
  return text.substr(0, max_bytes);
}

}  // namespace llmtrace::core
