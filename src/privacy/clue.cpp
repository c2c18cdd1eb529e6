#include "privacy/clue.hpp"

#include "core/plain_run.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace llmtrace::privacy {
namespace {

enum class Case : std::uint8_t { exact, any };

struct Pattern {
  char text[5];  // '?' stands for any character
  std::uint8_t bucket;
  ClueKind kind;
  std::uint8_t back = 0;
  Case letters = Case::exact;
};

// A bucket is one bit of the tables below: its patterns are told apart only after a hit. Which shares one
// with which was chosen by the hits that they give together in prose and in documentation.
constexpr Pattern patterns[] = {
    {"xox?", 0, ClueKind::prefix},
    {"toke", 0, ClueKind::name, 0, Case::any},
    {"okie", 0, ClueKind::name, 0, Case::any},
    {"://?", 0, ClueKind::url},
    {"key?", 0, ClueKind::name, 0, Case::any},
    {"hf_?", 1, ClueKind::prefix},
    {"rk_?", 1, ClueKind::prefix},
    {"eyJ?", 1, ClueKind::jwt},
    {"r8_?", 1, ClueKind::prefix},
    {{'\0', 'p', 'a', 's', '\0'}, 2, ClueKind::name, 0, Case::any},  // a field's key: zeroes precede it
    {"pplx", 2, ClueKind::prefix},
    {"npm_", 2, ClueKind::prefix},
    {"pwd?", 3, ClueKind::name, 0, Case::any},
    {"SG.?", 3, ClueKind::prefix},
    {"pk_?", 3, ClueKind::prefix},
    {"sk-?", 3, ClueKind::prefix},
    {"sk_?", 3, ClueKind::prefix},
    {"\\u00", 4, ClueKind::escape},
    {"vapi", 4, ClueKind::prefix, 1},
    {"ghp_", 4, ClueKind::prefix},
    {"xapp", 4, ClueKind::prefix},
    {"xai-", 4, ClueKind::prefix},
    {"cred", 5, ClueKind::name, 0, Case::any},
    {"secr", 5, ClueKind::name, 0, Case::any},
    {"sphr", 5, ClueKind::name, 0, Case::any},
    {"hsec", 5, ClueKind::prefix, 1},
    {"sig=", 6, ClueKind::name, 0, Case::any},
    {"scod", 6, ClueKind::name, 0, Case::any},
    {"assw", 6, ClueKind::name, 0, Case::any},
    {"ass\"", 6, ClueKind::name, 0, Case::any},
    {"ass:", 6, ClueKind::name, 0, Case::any},
    {"ass=", 6, ClueKind::name, 0, Case::any},
    {"ASIA", 6, ClueKind::prefix},
    {"AKIA", 6, ClueKind::prefix},
    {"AIza", 6, ClueKind::prefix},
    {"lsv2", 6, ClueKind::prefix},
    {"arer", 6, ClueKind::bearer, 2, Case::any},
    {"-BEG", 6, ClueKind::pem, 4},
    {"ya29", 7, ClueKind::prefix},
    {"ghs_", 7, ClueKind::prefix},
    {"ghr_", 7, ClueKind::prefix},
    {"ghu_", 7, ClueKind::prefix},
    {"gho_", 7, ClueKind::prefix},
    {"auth", 7, ClueKind::name, 0, Case::any},
    {"pat-", 7, ClueKind::prefix, 2},
    {"hub_", 7, ClueKind::prefix, 3},
};

constexpr std::size_t clue_size = 4;
constexpr std::size_t nibbles = 16;

// For each of the four places and each low half of a byte: the buckets that may have it there. Upper and
// lower case share their low half.
using Tables = std::array<std::array<std::uint8_t, nibbles>, clue_size>;

constexpr Tables make_tables() {
  Tables tables{};
  for (const Pattern& pattern : patterns) {
    const auto bucket = static_cast<std::uint8_t>(1u << pattern.bucket);
    for (std::size_t place = 0; place < clue_size; ++place)
      for (std::size_t nibble = 0; nibble < nibbles; ++nibble)
        if (pattern.text[place] == '?' || (static_cast<unsigned char>(pattern.text[place]) & 15u) == nibble)
          tables[place][nibble] = static_cast<std::uint8_t>(tables[place][nibble] | bucket);
  }
  return tables;
}
constexpr Tables tables = make_tables();

// A pattern as a comparison of one word: (word | fold) & mask == value.
struct WordPattern {
  std::uint32_t value = 0;
  std::uint32_t mask = 0;
  std::uint32_t fold = 0;
  ClueKind kind = ClueKind::prefix;
  std::uint8_t back = 0;
};

constexpr std::size_t buckets = 8;
constexpr std::size_t longest_bucket = 12;
struct Bucket {
  std::array<WordPattern, longest_bucket> patterns{};
  std::size_t size = 0;
};

constexpr std::array<Bucket, buckets> make_buckets() {
  std::array<Bucket, buckets> made{};
  for (const Pattern& pattern : patterns) {
    WordPattern word;
    for (std::size_t place = 0; place < clue_size; ++place) {
      const auto byte = static_cast<unsigned char>(pattern.text[place]);
      const std::size_t shift = (std::endian::native == std::endian::little ? place : 3 - place) * 8;
      const bool is_folded = pattern.letters == Case::any && byte >= 'a' && byte <= 'z';
      if (byte == '?') continue;
      word.value |= std::uint32_t{byte} << shift;
      word.mask |= std::uint32_t{0xff} << shift;
      if (is_folded) word.fold |= std::uint32_t{0x20} << shift;
    }
    word.kind = pattern.kind;
    word.back = pattern.back;
    Bucket& bucket = made[pattern.bucket];
    bucket.patterns[bucket.size++] = word;
  }
  return made;
}
constexpr std::array<Bucket, buckets> by_bucket = make_buckets();

// Of bytes from 0x80 on there is none in any pattern.
std::uint8_t buckets_at(const char* at) noexcept {
  std::uint8_t both = 0xff;
  for (std::size_t place = 0; place < clue_size; ++place) {
    const auto byte = static_cast<unsigned char>(at[place]);
    both &= byte < 0x80 ? tables[place][byte & 15u] : std::uint8_t{0};
  }
  return both;
}

// What stands at `at`, whose four bytes may be read, if the buckets say so.
[[gnu::always_inline]] inline const WordPattern* confirm(const char* at, unsigned hit_buckets) noexcept {
  std::uint32_t word = 0;
  std::memcpy(&word, at, sizeof word);
  for (; hit_buckets != 0; hit_buckets &= hit_buckets - 1) {
    const Bucket& bucket = by_bucket[static_cast<std::size_t>(std::countr_zero(hit_buckets))];
    for (std::size_t i = 0; i < bucket.size; ++i) {
      const WordPattern& pattern = bucket.patterns[i];
      if (((word | pattern.fold) & pattern.mask) == pattern.value) return &pattern;
    }
  }
  return nullptr;
}

Clue clue_of(const WordPattern& pattern, std::size_t at) noexcept { return {at, pattern.kind, pattern.back}; }

// Over bytes of which each has three more behind it.
Clue find_by_bytes(const char* bytes, std::size_t from, std::size_t end) noexcept {
  for (std::size_t at = from; at < end; ++at) {
    const unsigned hit = buckets_at(bytes + at);
    if (hit == 0) continue;
    if (const WordPattern* pattern = confirm(bytes + at, hit)) return clue_of(*pattern, at);
  }
  return {};
}

constexpr std::size_t block_size = 32;

#if defined(__x86_64__)

// The buckets that may have the bytes at `at` in one of the four places.
[[gnu::target("avx2"), gnu::always_inline]] inline __m256i buckets_at_place(const char* at,
                                                                            std::size_t place) noexcept {
  const __m128i table = _mm_loadu_si128(reinterpret_cast<const __m128i*>(tables[place].data()));
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + place));
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), bytes);
}

// The buckets of all 32 places from `at` on. Reads three bytes more.
[[gnu::target("avx2"), gnu::always_inline]] inline __m256i buckets_of_block(const char* at) noexcept {
  return _mm256_and_si256(_mm256_and_si256(buckets_at_place(at, 0), buckets_at_place(at, 1)),
                          _mm256_and_si256(buckets_at_place(at, 2), buckets_at_place(at, 3)));
}

// The first clue of the block.
[[gnu::target("avx2")]] Clue clue_in_block(const char* bytes, std::size_t at, __m256i hits) noexcept {
  alignas(32) std::uint8_t hit_buckets[block_size];
  _mm256_store_si256(reinterpret_cast<__m256i*>(hit_buckets), hits);
  const __m256i empty = _mm256_cmpeq_epi8(hits, _mm256_setzero_si256());
  auto places = ~static_cast<std::uint32_t>(_mm256_movemask_epi8(empty));
  for (; places != 0; places &= places - 1) {
    const auto place = static_cast<std::size_t>(std::countr_zero(places));
    if (const WordPattern* pattern = confirm(bytes + at + place, hit_buckets[place]))
      return clue_of(*pattern, at + place);
  }
  return {};
}

// Of the last bytes, behind which nothing may be read: in a copy with zeroes behind it.
[[gnu::target("avx2")]] Clue find_in_tail_avx2(std::string_view text, std::size_t from) noexcept {
  alignas(32) char copy[4 * block_size] = {};
  const std::size_t size = text.size() - from;
  std::memcpy(copy, text.data() + from, size);
  for (std::size_t at = 0; at < size; at += block_size) {
    const __m256i hits = buckets_of_block(copy + at);
    if (_mm256_testz_si256(hits, hits) != 0) continue;
    Clue clue = clue_in_block(copy, at, hits);
    if (!clue.found() || clue.at >= size) continue;
    clue.at += from;
    return clue;
  }
  return {};
}

[[gnu::target("avx2")]] Clue find_avx2(std::string_view text, std::size_t from) noexcept {
  const char* const bytes = text.data();
  const std::size_t size = text.size();
  std::size_t at = from;
  for (; at + 2 * block_size + clue_size <= size; at += 2 * block_size) {
    const __m256i low = buckets_of_block(bytes + at);
    const __m256i high = buckets_of_block(bytes + at + block_size);
    const __m256i any = _mm256_or_si256(low, high);
    if (_mm256_testz_si256(any, any) != 0) [[likely]]
      continue;
    Clue clue = clue_in_block(bytes, at, low);
    if (!clue.found()) clue = clue_in_block(bytes, at + block_size, high);
    if (clue.found()) {
      _mm256_zeroupper();
      return clue;
    }
  }
  const Clue last = find_in_tail_avx2(text, at);
  _mm256_zeroupper();  // g++ 12 does not put it here by itself
  return last;
}

#endif

#if defined(__x86_64__)

[[gnu::target("avx2")]] std::uint32_t look_avx2(const char* at, std::uint8_t* hit_buckets) noexcept {
  const __m256i hits = buckets_of_block(at);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(hit_buckets), hits);
  const __m256i empty = _mm256_cmpeq_epi8(hits, _mm256_setzero_si256());
  const auto places = ~static_cast<std::uint32_t>(_mm256_movemask_epi8(empty));
  _mm256_zeroupper();
  return places;
}

#endif

}  // namespace

// A block whose neighbours cannot be read is left to the general search.
void ClueSearch::look_at_block(std::size_t at) noexcept {
  places_ = 0;
  block_ = at;
#if defined(__x86_64__)
  if (!core::runs_on_avx2() || at + block_size + clue_size > text_.size()) return;
  places_ = look_avx2(text_.data() + at, hit_buckets_);
  seen_to_ = at + block_size;
#endif
}

Clue ClueSearch::next_in_block(std::size_t from) noexcept {
  if (from < block_ || from - block_ >= block_size) return {};
  places_ &= ~std::uint32_t{0} << (from - block_);
  for (; places_ != 0; places_ &= places_ - 1) {
    const auto place = static_cast<std::size_t>(std::countr_zero(places_));
    if (const WordPattern* pattern = confirm(text_.data() + block_ + place, hit_buckets_[place]))
      return clue_of(*pattern, block_ + place);
  }
  return {};
}

Clue ClueSearch::next(std::size_t from) noexcept {
  if (const Clue clue = next_in_block(from); clue.found()) return clue;
  const Clue clue = next_clue(text_, std::max(from, seen_to_));
  if (clue.found()) look_at_block(clue.at);
  return clue;
}

Clue next_clue_by_bytes(std::string_view text, std::size_t from) noexcept {
  if (from >= text.size()) return {};
  const std::size_t safe = text.size() < clue_size ? 0 : text.size() - clue_size + 1;
  if (from < safe)
    if (const Clue clue = find_by_bytes(text.data(), from, safe); clue.found()) return clue;
  char tail[2 * clue_size] = {};
  const std::size_t start = from < safe ? safe : from;
  std::memcpy(tail, text.data() + start, text.size() - start);
  Clue clue = find_by_bytes(tail, 0, text.size() - start);
  if (clue.found()) clue.at += start;
  return clue;
}

Clue next_clue(std::string_view text, std::size_t from) noexcept {
  if (from >= text.size()) return {};
#if defined(__x86_64__)
  if (core::runs_on_avx2()) return find_avx2(text, from);
#endif
  return next_clue_by_bytes(text, from);
}

}  // namespace llmtrace::privacy
