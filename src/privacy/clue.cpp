#include "privacy/clue.hpp"

#include "core/plain_run.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>

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
// with which, and which four of a secret's characters are its clue, was chosen by the hits that they give
// together in prose, licences and documentation.
constexpr Pattern patterns[] = {
    {{'\0', 'p', 'a', 's', '\0'}, 0, ClueKind::name, 0, Case::any},  // a field's key: zeroes precede it
    {"_pat", 0, ClueKind::prefix, 6},
    {"lpat", 0, ClueKind::prefix, 1},
    {"npm_", 0, ClueKind::prefix},
    {"pplx", 0, ClueKind::prefix},
    {"AIza", 1, ClueKind::prefix},
    {"ASIA", 1, ClueKind::prefix},
    {"cook", 1, ClueKind::name, 0, Case::any},
    {"cred", 1, ClueKind::name, 0, Case::any},
    {"cret", 1, ClueKind::name, 0, Case::any},
    {"hsec", 1, ClueKind::prefix, 1},
    {"scod", 1, ClueKind::name, 0, Case::any},
    {"sig=", 1, ClueKind::name, 0, Case::any},
    {"://?", 2, ClueKind::url},
    {"EGIN", 2, ClueKind::pem, 6},
    {"eyJ?", 2, ClueKind::jwt},
    {"key?", 2, ClueKind::name, 0, Case::any},
    {"xai-", 2, ClueKind::prefix},
    {"xox?", 2, ClueKind::prefix},
    {"ass\"", 3, ClueKind::name, 0, Case::any},
    {"ass:", 3, ClueKind::name, 0, Case::any},
    {"ass=", 3, ClueKind::name, 0, Case::any},
    {"assw", 3, ClueKind::name, 0, Case::any},
    {"auth", 3, ClueKind::name, 0, Case::any},
    {"bear", 3, ClueKind::bearer, 0, Case::any},
    {"lsv2", 3, ClueKind::prefix},
    {"AKIA", 4, ClueKind::prefix},
    {"\\u00", 4, ClueKind::escape},
    {"gho_", 5, ClueKind::prefix},
    {"ghp_", 5, ClueKind::prefix},
    {"ghr_", 5, ClueKind::prefix},
    {"ghs_", 5, ClueKind::prefix},
    {"ghu_", 5, ClueKind::prefix},
    {"oken", 5, ClueKind::name, 0, Case::any},
    {"phra", 5, ClueKind::name, 0, Case::any},
    {"hf_?", 6, ClueKind::prefix},
    {"r8_?", 6, ClueKind::prefix},
    {"vapi", 6, ClueKind::prefix, 1},
    {"xapp", 6, ClueKind::prefix},
    {"ya29", 6, ClueKind::prefix},
    {"SG.?", 7, ClueKind::prefix},
    {"pk_?", 7, ClueKind::prefix},
    {"pwd?", 7, ClueKind::name, 0, Case::any},
    {"rk_?", 7, ClueKind::prefix},
    {"sk-?", 7, ClueKind::prefix},
    {"sk_?", 7, ClueKind::prefix},
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

// For each high half of a byte: the buckets that may have it in the first place, in either case.
constexpr std::array<std::uint8_t, nibbles> make_high_of_first() {
  std::array<std::uint8_t, nibbles> high{};
  for (const Pattern& pattern : patterns) {
    const auto byte = static_cast<unsigned char>(pattern.text[0]);
    const bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
    const auto bucket = static_cast<std::uint8_t>(1u << pattern.bucket);
    high[byte >> 4] = static_cast<std::uint8_t>(high[byte >> 4] | bucket);
    if (is_letter) high[(byte ^ 0x20) >> 4] = static_cast<std::uint8_t>(high[(byte ^ 0x20) >> 4] | bucket);
  }
  return high;
}
constexpr std::array<std::uint8_t, nibbles> high_of_first = make_high_of_first();
static_assert(std::none_of(std::begin(patterns), std::end(patterns),
                           [](const Pattern& one) { return one.text[0] == '?'; }));

// A pattern as a comparison of one word: (word | fold) & mask == value.
struct WordPattern {
  std::uint32_t value = 0;
  std::uint32_t mask = 0;
  std::uint32_t fold = 0;
  ClueKind kind = ClueKind::prefix;
  std::uint8_t back = 0;
};

// Patterns by the hash of their bytes in lower case: those of four characters, and those of three and any
// other. Nearly every hit ends with two looks here.
constexpr std::size_t slots = 256;
using Slots = std::array<std::uint8_t, slots>;

constexpr std::uint32_t lower_case = 0x20202020;
constexpr std::uint32_t three_bytes = std::endian::native == std::endian::little ? 0x00ffffff : 0xffffff00;

constexpr std::size_t slot_of(std::uint32_t word) noexcept { return (word | lower_case) * 0x9e3779b1u >> 24; }
constexpr std::size_t slot_of_three(std::uint32_t word) noexcept { return slot_of(word & three_bytes); }

constexpr std::size_t pattern_count = std::size(patterns);

constexpr std::array<WordPattern, pattern_count> make_words() {
  std::array<WordPattern, pattern_count> words{};
  for (std::size_t i = 0; i < pattern_count; ++i) {
    const Pattern& pattern = patterns[i];
    WordPattern& word = words[i];
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
  }
  return words;
}
constexpr std::array<WordPattern, pattern_count> words = make_words();

// The places hold the numbers of patterns, from one. Two that fall together are chained by `next`.
struct Index {
  Slots four{};
  Slots three{};
  std::array<std::uint8_t, pattern_count> next{};
};

constexpr Index make_index() {
  Index index{};
  for (std::size_t i = 0; i < pattern_count; ++i) {
    const bool is_short = words[i].mask == three_bytes;
    std::uint8_t& slot =
        is_short ? index.three[slot_of_three(words[i].value)] : index.four[slot_of(words[i].value)];
    index.next[i] = slot;
    slot = static_cast<std::uint8_t>(i + 1);
  }
  return index;
}
constexpr Index by_hash = make_index();

// Of bytes from 0x80 on there is none in any pattern.
std::uint8_t buckets_at(const char* at) noexcept {
  std::uint8_t both = 0xff;
  for (std::size_t place = 0; place < clue_size; ++place) {
    const auto byte = static_cast<unsigned char>(at[place]);
    both &= byte < 0x80 ? tables[place][byte & 15u] : std::uint8_t{0};
  }
  return both;
}

const WordPattern* find_in_chain(std::uint8_t number, std::uint32_t word) noexcept {
  for (; number != 0; number = by_hash.next[number - 1]) {
    const WordPattern& pattern = words[number - 1];
    if (((word | pattern.fold) & pattern.mask) == pattern.value) return &pattern;
  }
  return nullptr;
}

// What stands at `at`, whose four bytes may be read.
[[gnu::always_inline]] inline const WordPattern* confirm(const char* at) noexcept {
  std::uint32_t word = 0;
  std::memcpy(&word, at, sizeof word);
  const std::uint8_t four = by_hash.four[slot_of(word)];
  const std::uint8_t three = by_hash.three[slot_of_three(word)];
  if ((four | three) == 0) [[likely]]
    return nullptr;
  const WordPattern* found = find_in_chain(four, word);
  return found != nullptr ? found : find_in_chain(three, word);
}

Clue clue_of(const WordPattern& pattern, std::size_t at) noexcept { return {at, pattern.kind, pattern.back}; }

// Over bytes of which each has three more behind it.
Clue find_by_bytes(const char* bytes, std::size_t from, std::size_t end) noexcept {
  for (std::size_t at = from; at < end; ++at) {
    if (buckets_at(bytes + at) == 0) continue;
    if (const WordPattern* pattern = confirm(bytes + at)) return clue_of(*pattern, at);
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

[[gnu::target("avx2"), gnu::always_inline]] inline std::uint32_t places_of(__m256i hits) noexcept {
  return ~static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(hits, _mm256_setzero_si256())));
}

// The first clue of the block.
[[gnu::target("avx2"), gnu::always_inline]] inline Clue clue_in_block(const char* bytes, std::size_t at,
                                                                      __m256i hits) noexcept {
  for (std::uint32_t places = places_of(hits); places != 0; places &= places - 1) {
    const std::size_t place = at + static_cast<std::size_t>(std::countr_zero(places));
    if (const WordPattern* pattern = confirm(bytes + place)) return clue_of(*pattern, place);
  }
  return {};
}

// Of a short text, behind which nothing may be read: in a copy with zeroes behind it.
[[gnu::target("avx2")]] Clue find_in_copy_avx2(std::string_view text, std::size_t from) noexcept {
  alignas(32) char copy[4 * block_size] = {};
  const std::size_t size = text.size() - from;
  std::memcpy(copy, text.data() + from, size);
  for (std::size_t at = 0; at < size; at += block_size) {
    const __m256i hits = buckets_of_block(copy + at);
    if (_mm256_testz_si256(hits, hits) != 0) continue;
    Clue clue = clue_in_block(copy, at, hits);
    if (!clue.found() || clue.at >= size) continue;
    clue.at += from;
    _mm256_zeroupper();  // g++ 12 does not put it here by itself
    return clue;
  }
  _mm256_zeroupper();
  return {};
}

constexpr std::size_t stride = 2 * block_size;
constexpr std::size_t read_ahead = clue_size - 1;

// Of the places that `hits` names: the buckets that also fit the high half of the first byte.
[[gnu::target("avx2"), gnu::always_inline]] inline __m256i fitting_first_byte(const char* at,
                                                                              __m256i hits) noexcept {
  const __m128i table = _mm_loadu_si128(reinterpret_cast<const __m128i*>(high_of_first.data()));
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
  return _mm256_and_si256(hits, _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), high));
}

// The places of a stride that may hold a clue. Most strides have none, and most hits are by chance and end
// here.
[[gnu::target("avx2"), gnu::always_inline]] inline std::uint64_t places_in_stride(const char* at) noexcept {
  __m256i low = buckets_of_block(at);
  __m256i high = buckets_of_block(at + block_size);
  __m256i any = _mm256_or_si256(low, high);
  if (_mm256_testz_si256(any, any) != 0) [[likely]]
    return 0;
  low = fitting_first_byte(at, low);
  high = fitting_first_byte(at + block_size, high);
  any = _mm256_or_si256(low, high);
  if (_mm256_testz_si256(any, any) != 0) return 0;
  return places_of(low) | std::uint64_t{places_of(high)} << block_size;
}

// Apart from the loop, which is then as short as can be.
[[gnu::noinline]] Clue first_clue(const char* bytes, std::size_t at, std::uint64_t places) noexcept {
  for (; places != 0; places &= places - 1) {
    const std::size_t place = at + static_cast<std::size_t>(std::countr_zero(places));
    if (const WordPattern* pattern = confirm(bytes + place)) return clue_of(*pattern, place);
  }
  return {};
}

// The last places, whose clues may reach beyond the text.
Clue find_at_end(std::string_view text) noexcept {
  char last[2 * clue_size] = {};
  std::memcpy(last, text.data() + text.size() - read_ahead, read_ahead);
  Clue clue = find_by_bytes(last, 0, read_ahead);
  if (clue.found()) clue.at += text.size() - read_ahead;
  return clue;
}

// The last stride ends with the text, so that none of it must be copied: it may look at places again.
[[gnu::target("avx2")]] Clue find_avx2(std::string_view text, std::size_t from) noexcept {
  const char* const bytes = text.data();
  const std::size_t size = text.size();
  if (size - from < stride + read_ahead) return find_in_copy_avx2(text, from);
  const std::size_t last = size - stride - read_ahead;
  Clue clue;
  for (std::size_t at = from; at < last; at += stride) {
    const std::uint64_t places = places_in_stride(bytes + at);
    if (places == 0) [[likely]]
      continue;
    clue = first_clue(bytes, at, places);
    if (clue.found()) break;
  }
  if (!clue.found()) clue = first_clue(bytes, last, places_in_stride(bytes + last));
  _mm256_zeroupper();  // g++ 12 does not put it here by itself
  return clue.found() ? clue : find_at_end(text);
}

#endif

#if defined(__x86_64__)

[[gnu::target("avx2")]] std::uint32_t look_avx2(const char* at) noexcept {
  const std::uint32_t places = places_of(buckets_of_block(at));
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
  places_ = look_avx2(text_.data() + at);
  seen_to_ = at + block_size;
#endif
}

Clue ClueSearch::next_in_block(std::size_t from) noexcept {
  if (from < block_ || from - block_ >= block_size) return {};
  places_ &= ~std::uint32_t{0} << (from - block_);
  for (; places_ != 0; places_ &= places_ - 1) {
    const auto place = static_cast<std::size_t>(std::countr_zero(places_));
    if (const WordPattern* pattern = confirm(text_.data() + block_ + place))
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
