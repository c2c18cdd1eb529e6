// Finds the next byte that matters, 16 at a time where the machine can: what makes skipping cheap.
#pragma once

#include <bit>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace llmtrace::llm {

inline bool is_json_space(char byte) noexcept {
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

// Of a number or a word.
inline bool is_scalar_byte(char byte) noexcept {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         byte == '-' || byte == '+' || byte == '.';
}

inline bool ends_plain_string(char byte) noexcept { return byte == '"' || byte == '\\'; }

// '[' and '{', ']' and '}' differ in one bit.
inline bool is_structure(char byte) noexcept {
  const char folded = static_cast<char>(byte | 0x20);
  return byte == '"' || folded == '{' || folded == '}';
}

// The first '"' or '\\', else `end`.
inline const char* find_string_end(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  for (; end - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const int hits =
        _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)));
    if (hits != 0) return at + std::countr_zero(static_cast<unsigned>(hits));
  }
#endif
  while (at != end && !ends_plain_string(*at)) ++at;
  return at;
}

// The first quote or bracket, else `end`; adds the commas before it to `commas`.
inline const char* find_structure(const char* at, const char* end, std::uint64_t& commas) noexcept {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i comma = _mm_set1_epi8(',');
  const __m128i fold = _mm_set1_epi8(0x20);
  const __m128i open = _mm_set1_epi8('{');
  const __m128i close = _mm_set1_epi8('}');
  for (; end - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i folded = _mm_or_si128(block, fold);
    const __m128i brackets = _mm_or_si128(_mm_cmpeq_epi8(folded, open), _mm_cmpeq_epi8(folded, close));
    const auto hits =
        static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(brackets, _mm_cmpeq_epi8(block, quote))));
    const auto commas_here = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, comma)));
    if (hits != 0) {
      const int first = std::countr_zero(hits);
      commas += static_cast<unsigned>(std::popcount(commas_here & ((1U << first) - 1)));
      return at + first;
    }
    commas += static_cast<unsigned>(std::popcount(commas_here));
  }
#endif
  for (; at != end && !is_structure(*at); ++at) commas += *at == ',' ? 1 : 0;
  return at;
}

}  // namespace llmtrace::llm
