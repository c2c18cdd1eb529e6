#include "collector/store/sqlite/text_fold.hpp"

#include "core/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace llmtrace::collector::sqlite {
namespace {

// The folded character, or 0 for what separates.
constexpr std::array<char, 128> make_ascii() {
  std::array<char, 128> table{};
  for (unsigned char byte = '0'; byte <= '9'; ++byte) table[byte] = static_cast<char>(byte);
  for (unsigned char byte = 'a'; byte <= 'z'; ++byte) {
    table[byte] = static_cast<char>(byte);
    table[byte - 32U] = static_cast<char>(byte);
  }
  return table;
}
constexpr std::array<char, 128> ascii = make_ascii();

std::uint32_t decode(const char* at, std::size_t length) noexcept {
  const auto byte = [at](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(at[i])}; };
  if (length == 2) return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
  if (length == 3) return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
}

std::uint32_t lower_case(std::uint32_t code) noexcept {
  if ((code >= 0xC0 && code <= 0xDE && code != 0xD7) || (code >= 0x391 && code <= 0x3A9)) return code + 32;
  if (code >= 0x410 && code <= 0x42F) return code + 32;
  if (code >= 0x400 && code <= 0x40F) return code + 80;
  const bool pairs_even_first = (code >= 0x100 && code <= 0x137) || (code >= 0x14A && code <= 0x177) ||
                                (code >= 0x460 && code <= 0x481) || (code >= 0x48A && code <= 0x4BF) ||
                                (code >= 0x1E00 && code <= 0x1E95);
  if (pairs_even_first) return code | 1;
  const bool pairs_odd_first = (code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17E);
  if (pairs_odd_first) return code + (code & 1);
  return code;
}

bool separates(std::uint32_t code) noexcept {
  const bool latin_sign = code < 0xC0 && code != 0xAA && code != 0xB5 && code != 0xBA;
  return latin_sign || code == 0xD7 || code == 0xF7 || (code >= 0x2000 && code <= 0x2BFF) ||
         (code >= 0x3000 && code <= 0x303F && code != 0x3005) || (code >= 0xFF00 && code <= 0xFF0F) ||
         (code >= 0xFF1A && code <= 0xFF20) || (code >= 0xE000 && code <= 0xF8FF) || code == 0xFFFD;
}

// Written without spaces between the words.
bool stands_alone(std::uint32_t code) noexcept {
  return (code >= 0x3040 && code <= 0x30FF) || (code >= 0x3400 && code <= 0x9FFF) ||
         (code >= 0xF900 && code <= 0xFAFF) || (code >= 0x20000 && code <= 0x3FFFF) ||
         (code >= 0x0E00 && code <= 0x0EFF);
}

void append_utf8(std::string& to, std::uint32_t code, std::string_view unchanged, std::uint32_t original) {
  if (code == original) {
    to += unchanged;
  } else if (code < 0x800) {
    to += static_cast<char>(0xC0 | code >> 6);
    to += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    to += static_cast<char>(0xE0 | code >> 12);
    to += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    to += static_cast<char>(0x80 | (code & 0x3F));
  }
}

void end_word(std::string& to) {
  if (!to.empty() && to.back() != ' ') to += ' ';
}

// Returns how many bytes it took.
std::size_t fold_beyond_ascii(std::string& to, std::string_view rest) {
  const auto sequence = core::read_utf8(rest.data(), rest.data() + rest.size());
  const std::string_view bytes = rest.substr(0, sequence.length);
  const std::uint32_t code = sequence.valid ? decode(bytes.data(), bytes.size()) : 0xFFFD;
  if (separates(code)) {
    end_word(to);
    return bytes.size();
  }
  if (stands_alone(code)) end_word(to);
  append_utf8(to, lower_case(code), bytes, code);
  if (stands_alone(code)) end_word(to);
  return bytes.size();
}

}  // namespace

void append_folded(std::string& to, std::string_view text) {
  to.reserve(to.size() + text.size() + 1);
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x80) {
      at += fold_beyond_ascii(to, text.substr(at));
      continue;
    }
    ++at;
    if (const char folded = ascii[byte])
      to += folded;
    else
      end_word(to);
  }
  end_word(to);
}

std::vector<Word> words_of(std::string_view question) {
  std::vector<Word> words;
  while (!question.empty()) {
    const std::size_t star = question.find('*');
    std::string folded;
    append_folded(folded, question.substr(0, star));
    // Only a star right behind a word makes it a beginning.
    const bool behind_word = star != std::string_view::npos && star > 0 && question[star - 1] != ' ';
    for (std::size_t at = 0; at < folded.size();) {
      const std::size_t end = folded.find(' ', at);
      words.push_back({folded.substr(at, end - at), behind_word && end + 1 == folded.size()});
      at = end + 1;
    }
    if (star == std::string_view::npos) break;
    question.remove_prefix(star + 1);
  }
  return words;
}

bool contains_word(std::string_view folded, const Word& word) {
  return folded.find(" " + word.text + (word.prefix ? "" : " ")) != std::string_view::npos;
}

bool contains_phrase(std::string_view folded, const std::vector<Word>& words) {
  std::string phrase = " ";
  for (const Word& word : words) phrase += word.text + " ";
  if (!words.empty() && words.back().prefix) phrase.pop_back();
  return folded.find(phrase) != std::string_view::npos;
}

}  // namespace llmtrace::collector::sqlite
