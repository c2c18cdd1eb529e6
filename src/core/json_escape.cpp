#include "core/json_escape.hpp"

#include "core/plain_run.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define LLMTRACE_AVX2 "avx2,bmi"  // which every processor with the one has; runs_on_avx2() makes sure
#endif

namespace llmtrace::core {
namespace {

// Eight bytes, stored whole; `size` 0 is a character that stands for itself.
struct Escape {
  char text[7];
  std::uint8_t size;
};
static_assert(sizeof(Escape) == 8);

constexpr std::array<Escape, 128> make_escapes() {
  constexpr char digits[] = "0123456789abcdef";
  std::array<Escape, 128> table{};
  for (std::size_t code = 0; code < 0x20; ++code) {
    table[code] = {{'\\', 'u', '0', '0', digits[code >> 4], digits[code & 15]}, 6};
  }
  constexpr char short_forms[][2] = {{'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}, {'\b', 'b'},
                                     {'\f', 'f'}, {'"', '"'},  {'\\', '\\'}};
  for (const auto& [code, letter] : short_forms) {
    table[static_cast<unsigned char>(code)] = {{'\\', letter}, 2};
  }
  return table;
}

constexpr std::array<Escape, 128> escapes = make_escapes();

struct Cursor {
  char* out;
  const char* in;
};

[[gnu::always_inline]] inline bool is_high(char byte) noexcept {
  return static_cast<unsigned char>(byte) >= 0x80;
}

// Near the end of the text, or not UTF-8.
[[gnu::noinline]] Cursor copy_odd_sequence(Cursor cursor, const char* end) noexcept {
  const Utf8Sequence sequence = read_utf8(cursor.in, end);
  const std::size_t written = sequence.valid ? sequence.length : 3;
  std::memcpy(cursor.out, sequence.valid ? cursor.in : "\xEF\xBF\xBD", written);
  return {cursor.out + written, cursor.in + sequence.length};
}

// Inline, to be compiled for its caller's instruction set: mixing the two forms of vector code is slow.
[[gnu::always_inline]] inline Cursor copy_sequence(Cursor cursor, const char* end) noexcept {
  if (end - cursor.in < 4) return copy_odd_sequence(cursor, end);
  const std::size_t length = multibyte_length(cursor.in);
  if (length == 0) return copy_odd_sequence(cursor, end);
  std::memcpy(cursor.out, cursor.in, 4);
  return {cursor.out + length, cursor.in + length};
}

Cursor copy_escape(Cursor cursor) noexcept {
  const Escape& escape = escapes[static_cast<unsigned char>(*cursor.in)];
  std::memcpy(cursor.out, &escape, sizeof escape);
  return {cursor.out + escape.size, cursor.in + 1};
}

// A word with something to escape in it, as most are in JSON inside a string. The places come from one
// mask, so that the processor need not finish one escape before it finds the next. Stops before a
// multi-byte sequence. Reads up to a word ahead.
Cursor write_word(Cursor cursor, std::uint64_t specials) noexcept {
  std::memcpy(cursor.out, cursor.in, 8);
  char* shifted = cursor.out;  // where the first byte of the word would lie without its escapes
  for (; specials != 0; specials &= specials - 1) {
    const int at = std::countr_zero(specials) / 8;
    const auto code = static_cast<unsigned char>(cursor.in[at]);
    if (code >= 0x80) return {shifted + at, cursor.in + at};
    std::memcpy(shifted + at, &escapes[code], sizeof(Escape));
    shifted += escapes[code].size - 1;
    std::memcpy(shifted + at + 1, cursor.in + at + 1, 8);
  }
  return {shifted + 8, cursor.in + 8};
}

// Everything up to the next eight plain bytes in a row. What needs care tends to come in groups, and
// between its members a call to the vector loop would cost more than it saves.
Cursor write_special(Cursor cursor, const char* stop, const char* end) noexcept {
  while (cursor.in < stop) {
    const auto code = static_cast<unsigned char>(*cursor.in);
    if (code >= 0x80) {
      cursor = copy_sequence(cursor, end);
    } else if (escapes[code].size != 0) {
      cursor = copy_escape(cursor);
    } else {
      if (stop - cursor.in < 16) break;
      const auto specials = special_bytes<std::uint64_t>(cursor.in);
      if (specials == 0) break;
      cursor = write_word(cursor, specials);
    }
  }
  return cursor;
}

#if defined(__x86_64__)

constexpr std::size_t avx2_block = 32;

// The place behind the valid sequence at `at`, when all of it lies within the first `size` bytes; else 0.
[[gnu::always_inline]] inline std::size_t end_of_sequence(const char* block, std::size_t at,
                                                          std::size_t size) noexcept {
  if (at + 2 > size) return 0;
  const std::size_t length = multibyte_length(block + at);
  return length == 0 || at + length > size ? 0 : at + length;
}

// The 32 bytes behind an escape, moved to where they then lie.
[[gnu::target(LLMTRACE_AVX2), gnu::always_inline]] inline void move_block(char* out,
                                                                          const char* in) noexcept {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out),
                      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in)));
}

// As write_word, for the first `size` bytes of a block, but a sequence inside of them stays where it was
// copied to. Reads and writes up to a block ahead.
[[gnu::target(LLMTRACE_AVX2), gnu::always_inline]] inline Cursor write_block(Cursor cursor,
                                                                             std::uint64_t specials,
                                                                             std::size_t size) noexcept {
  char* shifted = cursor.out;
  for (; specials != 0; specials &= specials - 1) {
    const auto at = static_cast<std::size_t>(std::countr_zero(specials));
    const std::size_t code = static_cast<unsigned char>(cursor.in[at]);
    if (code >= 0x80) [[unlikely]] {
      const std::size_t behind = end_of_sequence(cursor.in, at, size);
      if (behind == 0) return {shifted + at, cursor.in + at};
      specials &= ~std::uint64_t{0} << (behind - 1);
      continue;
    }
    std::memcpy(shifted + at, &escapes[code], sizeof(Escape));
    shifted += std::size_t{escapes[code].size} - 1;
    move_block(shifted + at + 1, cursor.in + at + 1);
  }
  return {shifted + size, cursor.in + size};
}

// Of each low half of a byte the special character that has it, or one that has another.
alignas(16) constexpr char specials_by_low_half[16] = {1, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, '\\', 0, 0, 0};

// Copies a block and says which of its bytes need care.
[[gnu::target(LLMTRACE_AVX2), gnu::always_inline]] inline std::uint32_t copy_block(Cursor cursor) noexcept {
  const __m256i block = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(cursor.in));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(cursor.out), block);
  const __m128i table = _mm_load_si128(reinterpret_cast<const __m128i*>(specials_by_low_half));
  const __m256i mark =
      _mm256_cmpeq_epi8(_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), block), block);
  // as signed numbers the bytes from 0x80 up are below 0x20 as well
  const __m256i low = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), block);
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_or_si256(low, mark)));
}

[[gnu::always_inline]] inline Cursor copy_sequences(Cursor cursor, const char* stop,
                                                    const char* end) noexcept {
  while (cursor.in < stop && is_high(*cursor.in)) cursor = copy_sequence(cursor, end);
  return cursor;
}

// The loop below, with the vector code inside: leaving it for each special byte would cost more than the
// byte. Goes on while a whole block and what it may read ahead lie before `last`; ends before that at a
// sequence that no block holds.
[[gnu::target(LLMTRACE_AVX2), gnu::always_inline]] inline Cursor escape_blocks(Cursor cursor,
                                                                               const char* last) noexcept {
  while (cursor.in <= last) {
    const std::uint32_t found = copy_block(cursor);
    if (found == 0) {
      cursor = {cursor.out + avx2_block, cursor.in + avx2_block};
      continue;
    }
    cursor = write_block(cursor, found, avx2_block);
    if (is_high(*cursor.in)) break;
  }
  return cursor;
}

// What escape_blocks leaves, in a copy that may be read beyond its end.
[[gnu::target(LLMTRACE_AVX2), gnu::always_inline]] inline Cursor escape_rest(Cursor cursor, const char* stop,
                                                                             const char* end) noexcept {
  alignas(avx2_block) char copy[5 * avx2_block] = {};
  const auto rest = static_cast<std::size_t>(stop - cursor.in);
  const std::size_t with_sequence = std::min(static_cast<std::size_t>(end - cursor.in), rest + 3);
  std::memcpy(copy, cursor.in, with_sequence);
  Cursor inside{cursor.out, copy};
  while (inside.in < copy + rest) {
    const std::size_t size = std::min(avx2_block, static_cast<std::size_t>(copy + rest - inside.in));
    const std::uint32_t found = copy_block(inside) & (~std::uint32_t{0} >> (avx2_block - size));
    inside = copy_sequences(write_block(inside, found, size), copy + rest, copy + with_sequence);
  }
  return {inside.out, cursor.in + (inside.in - copy)};
}

[[gnu::target(LLMTRACE_AVX2)]] Cursor escape_avx2(Cursor cursor, const char* stop, const char* end) noexcept {
  constexpr std::ptrdiff_t least = 2 * avx2_block;
  while (stop - cursor.in >= least) cursor = copy_sequences(escape_blocks(cursor, stop - least), stop, end);
  if (cursor.in < stop) cursor = escape_rest(cursor, stop, end);
  // g++ 12 does not put it here by itself; without it the SSE code that follows costs 100 ns more
  _mm256_zeroupper();
  return cursor;
}

#endif

}  // namespace

char* escape_json(char* out, const char*& in, const char* stop, const char* end) noexcept {
  Cursor cursor{out, in};
#if defined(__x86_64__)
  if (runs_on_avx2()) cursor = escape_avx2(cursor, stop, end);
#endif
  while (cursor.in < stop) {
    const auto left = static_cast<std::size_t>(stop - cursor.in);
    const std::size_t run = copy_plain_run(cursor.out, {cursor.in, left});
    cursor = write_special({cursor.out + run, cursor.in + run}, stop, end);
  }
  in = cursor.in;
  return cursor.out;
}

}  // namespace llmtrace::core
