// Short texts, as keys and names are: copied and looked at as one block, without a loop or a call, which
// would cost more than the text.
#pragma once

#include "core/plain_run.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace llmtrace::core {

inline constexpr std::size_t longest_short_text = 32;

namespace short_text {

// Two words that overlap hold every text from one word to two.
template <typename Word>
struct Ends {
  Word first;
  Word last;
};

template <typename Word>
[[nodiscard]] inline Ends<Word> copy_ends(char* out, const char* in, std::size_t size) noexcept {
  Ends<Word> ends;
  const std::size_t last = size - sizeof(Word);
  std::memcpy(&ends.first, in, sizeof(Word));
  std::memcpy(&ends.last, in + last, sizeof(Word));
  std::memcpy(out, &ends.first, sizeof(Word));
  std::memcpy(out + last, &ends.last, sizeof(Word));
  return ends;
}

[[nodiscard]] inline bool is_plain_by_words(std::uint64_t first, std::uint64_t last) noexcept {
  const std::uint64_t words[] = {first, last};
  const auto* const bytes = reinterpret_cast<const char*>(words);
  return (special_bytes<std::uint64_t>(bytes) | special_bytes<std::uint64_t>(bytes + sizeof(first))) == 0;
}

[[nodiscard]] inline bool copy_blocks_by_words(char* out, const char* in, std::size_t size) noexcept {
  constexpr std::size_t block = 2 * sizeof(std::uint64_t);
  const auto front = copy_ends<std::uint64_t>(out, in, block);
  const auto back = copy_ends<std::uint64_t>(out + size - block, in + size - block, block);
  return is_plain_by_words(front.first, front.last) && is_plain_by_words(back.first, back.last);
}

#if defined(__SSE2__)

[[nodiscard]] inline __m128i special_places(__m128i block) noexcept {
  // as signed numbers the bytes from 0x80 up are below 0x20 as well
  const __m128i low = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));
  const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  return _mm_or_si128(low, _mm_or_si128(quote, backslash));
}

[[nodiscard]] inline bool is_plain(std::uint64_t first, std::uint64_t last) noexcept {
  const __m128i block = _mm_set_epi64x(static_cast<long long>(last), static_cast<long long>(first));
  return _mm_movemask_epi8(special_places(block)) == 0;
}

// Of 16 to 32 bytes.
[[nodiscard]] inline bool copy_blocks(char* out, const char* in, std::size_t size) noexcept {
  const std::size_t behind_first = size - sizeof(__m128i);
  const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
  const __m128i last = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + behind_first));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), first);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out + behind_first), last);
  return _mm_movemask_epi8(_mm_or_si128(special_places(first), special_places(last))) == 0;
}

#else

[[nodiscard]] inline bool is_plain(std::uint64_t first, std::uint64_t last) noexcept {
  return is_plain_by_words(first, last);
}
[[nodiscard]] inline bool copy_blocks(char* out, const char* in, std::size_t size) noexcept {
  return copy_blocks_by_words(out, in, size);
}

#endif

// Of one to three bytes.
[[nodiscard]] inline bool copy_few(char* out, const char* in, std::size_t size) noexcept {
  constexpr std::uint32_t blank = 0x20000000;  // in the place that is left over
  const auto byte = [&](std::size_t at) {
    return std::uint32_t{static_cast<unsigned char>(out[at] = in[at])};
  };
  const std::uint32_t word = byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16 | blank;
  return is_plain(word | std::uint64_t{word} << 32, word | std::uint64_t{word} << 32);
}

}  // namespace short_text

// Copies a text of at most longest_short_text bytes. False when a JSON string cannot hold it as it is; `out`
// is then overwritten all the same.
[[nodiscard]] inline bool copy_if_plain(char* out, const char* in, std::size_t size) noexcept {
  if (size >= 16) return short_text::copy_blocks(out, in, size);
  if (size >= 8) {
    const auto ends = short_text::copy_ends<std::uint64_t>(out, in, size);
    return short_text::is_plain(ends.first, ends.last);
  }
  if (size >= 4) {
    const auto ends = short_text::copy_ends<std::uint32_t>(out, in, size);
    const std::uint64_t both = ends.first | std::uint64_t{ends.last} << 32;
    return short_text::is_plain(both, both);
  }
  return size == 0 || short_text::copy_few(out, in, size);
}

}  // namespace llmtrace::core
