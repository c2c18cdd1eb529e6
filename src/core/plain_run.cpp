#include "core/plain_run.hpp"

#include <atomic>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace llmtrace::core {
namespace {

// Each path is one function in two forms: with `copying` every block that is looked at is stored to
// `out` first. A path does its whole blocks and leaves the rest to the next narrower one.
using Run = std::size_t (*)(const char* in, std::size_t count, char* out) noexcept;

bool is_plain(char byte) noexcept {
  const auto code = static_cast<unsigned char>(byte);
  return code >= 0x20 && code < 0x80 && code != '"' && code != '\\';
}

template <bool copying>
std::size_t run_bytes(const char* in, std::size_t count, char* out) noexcept {
  std::size_t at = 0;
  for (; at < count && is_plain(in[at]); ++at) {
    if constexpr (copying) out[at] = in[at];
  }
  return at;
}

// Plain bytes at the front of the word at `in`, its size when all are.
template <typename Word, bool copying>
std::size_t run_word(const char* in, char* out) noexcept {
  if constexpr (copying) std::memcpy(out, in, sizeof(Word));
  return static_cast<std::size_t>(std::countr_zero(special_bytes<Word>(in))) / 8;
}

// For a text of one to two words: a second word that ends where the text ends overlaps the first.
template <typename Word, bool copying>
std::size_t run_two_words(const char* in, std::size_t count, char* out) noexcept {
  const std::size_t first = run_word<Word, copying>(in, out);
  if (first < sizeof(Word)) return first;
  const std::size_t last = count - sizeof(Word);
  return last + run_word<Word, copying>(in + last, out + (copying ? last : 0));
}

template <bool copying>
std::size_t run_words(const char* in, std::size_t count, char* out) noexcept {
  std::size_t at = 0;
  for (; count - at > 16; at += 8) {
    const std::size_t run = run_word<std::uint64_t, copying>(in + at, out + (copying ? at : 0));
    if (run < 8) return at + run;
  }
  const std::size_t rest = count - at;
  char* const rest_out = out + (copying ? at : 0);
  if (rest >= 8) return at + run_two_words<std::uint64_t, copying>(in + at, rest, rest_out);
  if (rest >= 4) return at + run_two_words<std::uint32_t, copying>(in + at, rest, rest_out);
  return at + run_bytes<copying>(in + at, rest, rest_out);
}

#if defined(__x86_64__)

template <bool copying>
std::size_t run_sse2(const char* in, std::size_t count, char* out) noexcept {
  std::size_t at = 0;
  for (; count - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + at));
    if constexpr (copying) _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), block);
    // as signed numbers the bytes from 0x80 up are below 0x20 as well
    const __m128i low = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));
    const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    const int found = _mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, backslash)));
    if (found != 0) return at + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(found)));
  }
  return at + run_words<copying>(in + at, count - at, out + (copying ? at : 0));
}

template <bool copying>
[[gnu::target("avx2")]] std::size_t run_avx2(const char* in, std::size_t count, char* out) noexcept {
  std::size_t at = 0;
  for (; count - at >= 32; at += 32) {
    const __m256i block = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + at));
    if constexpr (copying) _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + at), block);
    const __m256i low = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), block);
    const __m256i quote = _mm256_cmpeq_epi8(block, _mm256_set1_epi8('"'));
    const __m256i backslash = _mm256_cmpeq_epi8(block, _mm256_set1_epi8('\\'));
    const int found = _mm256_movemask_epi8(_mm256_or_si256(low, _mm256_or_si256(quote, backslash)));
    if (found != 0) return at + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(found)));
  }
  // g++ 12 does not put it here by itself; without it the SSE code that follows costs 100 ns more
  _mm256_zeroupper();
  return at + run_sse2<copying>(in + at, count - at, out + (copying ? at : 0));
}

#elif defined(__aarch64__)

template <bool copying>
std::size_t run_neon(const char* in, std::size_t count, char* out) noexcept {
  std::size_t at = 0;
  for (; count - at >= 16; at += 16) {
    const uint8x16_t block = vld1q_u8(reinterpret_cast<const std::uint8_t*>(in + at));
    if constexpr (copying) vst1q_u8(reinterpret_cast<std::uint8_t*>(out + at), block);
    const uint8x16_t low = vcltq_s8(vreinterpretq_s8_u8(block), vdupq_n_s8(0x20));
    const uint8x16_t quote = vceqq_u8(block, vdupq_n_u8('"'));
    const uint8x16_t backslash = vceqq_u8(block, vdupq_n_u8('\\'));
    const uint8x16_t found = vorrq_u8(low, vorrq_u8(quote, backslash));
    // four bits of each byte: the nearest thing to a movemask
    const uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(found), 4);
    const std::uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(nibbles), 0);
    if (mask != 0) return at + static_cast<std::size_t>(__builtin_ctzll(mask)) / 4;
  }
  return at + run_words<copying>(in + at, count - at, out + (copying ? at : 0));
}

#endif

struct Runs {
  Run scan;
  Run copy;
};

constexpr Runs words{run_words<false>, run_words<true>};
#if defined(__x86_64__)
constexpr Runs sse2{run_sse2<false>, run_sse2<true>};
constexpr Runs avx2{run_avx2<false>, run_avx2<true>};
#elif defined(__aarch64__)
constexpr Runs neon{run_neon<false>, run_neon<true>};
#endif

// nullptr when the machine does not have it.
const Runs* find(VectorPath path) noexcept {
  switch (path) {
    case VectorPath::words: return &words;
#if defined(__x86_64__)
    case VectorPath::sse2: return &sse2;
    case VectorPath::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") ? &avx2 : nullptr;
#elif defined(__aarch64__)
    case VectorPath::neon: return &neon;
#endif
    default: return nullptr;
  }
}

// Chosen at the first use and not by a static initializer: other static initializers may trace.
// Relaxed: the pointer publishes nothing but constants, and all threads would choose the same.
constinit std::atomic<const Runs*> chosen{nullptr};

const Runs* choose() noexcept {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  const Runs* best = &words;
  for (const auto path : {VectorPath::sse2, VectorPath::avx2, VectorPath::neon}) {
    if (const Runs* found = find(path)) best = found;
  }
  chosen.store(best, std::memory_order_relaxed);
  return best;
}

const Runs& runs() noexcept {
  const Runs* known = chosen.load(std::memory_order_relaxed);
  return *(known != nullptr ? known : choose());
}

}  // namespace

std::size_t plain_run(std::string_view text) noexcept {
  return runs().scan(text.data(), text.size(), nullptr);
}

std::size_t copy_plain_run(char* out, std::string_view text) noexcept {
  constexpr std::size_t shortest_vector = 16;
  if (text.size() < shortest_vector) return run_words<true>(text.data(), text.size(), out);
  return runs().copy(text.data(), text.size(), out);
}

bool runs_on_avx2() noexcept {
#if defined(__x86_64__)
  return &runs() == &avx2;
#else
  return false;
#endif
}

bool force_vector_path(VectorPath path) noexcept {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  const Runs* found = find(path);
  if (found != nullptr) chosen.store(found, std::memory_order_relaxed);
  return found != nullptr;
}

}  // namespace llmtrace::core
