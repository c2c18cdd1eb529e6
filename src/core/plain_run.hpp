// The inner loop of everything that reads or writes JSON strings: how many leading bytes are plain,
// that is ASCII that stands for itself inside a JSON string (not a control character, '"' or '\').
// It runs on the widest vectors that the processor has.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace llmtrace::core {

// Length of the leading run of plain bytes.
[[nodiscard]] std::size_t plain_run(std::string_view text) noexcept;

// The same, and copies the run to `out` on the way. `out` has room for text.size() bytes; what lies
// behind the run may be overwritten within that room.
std::size_t copy_plain_run(char* out, std::string_view text) noexcept;

// The word at `in` with the high bit of each byte that is not plain, the first byte lowest. Exact:
// no carry or borrow passes from byte to byte.
template <typename Word>
[[nodiscard]] inline Word special_bytes(const char* in) noexcept {
  Word word = 0;
  std::memcpy(&word, in, sizeof word);
  if constexpr (std::endian::native == std::endian::big) {
    word = sizeof word == 8 ? static_cast<Word>(__builtin_bswap64(word))
                            : static_cast<Word>(__builtin_bswap32(static_cast<std::uint32_t>(word)));
  }
  constexpr Word ones = static_cast<Word>(~Word{0}) / 0xFF;
  constexpr Word low = ones * 0x7F;
  const Word not_control = (word & (ones * 0x60)) + ones * 0x60;
  const Word not_quote = ((word ^ (ones * '"')) & low) + low;
  const Word not_backslash = ((word ^ (ones * '\\')) & low) + low;
  return (~(not_control & not_quote & not_backslash) | word) & (ones * 0x80);
}

// Plain bytes among the 8 at `in`. Inline, for runs so short that a call would cost more.
[[nodiscard]] inline std::size_t plain_in_word(const char* in) noexcept {
  return static_cast<std::size_t>(std::countr_zero(special_bytes<std::uint64_t>(in))) / 8;
}

enum class VectorPath : std::uint8_t { words, sse2, avx2, neon };

// For code that has a loop of its own for the widest vectors: AVX2 and BMI.
[[nodiscard]] bool runs_on_avx2() noexcept;

// Tests compare the paths with each other. False when this machine cannot run `path`.
bool force_vector_path(VectorPath path) noexcept;

}  // namespace llmtrace::core
