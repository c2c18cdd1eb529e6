// Text as the search sees it: lower-case words with single spaces between them. The index and the scan of
// what is not indexed yet both work on this, so they find the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::collector::sqlite {

// Appends the words, each with a space behind it. ASCII, Latin, Greek and Cyrillic lose their case;
// characters of scripts without spaces are words of their own; everything that is neither letter nor digit
// separates.
void append_folded(std::string& to, std::string_view text);

struct Word {
  std::string text;
  bool prefix = false;
  friend bool operator==(const Word&, const Word&) = default;
};

// What a user asks for; a `*` behind a word makes it a beginning.
[[nodiscard]] std::vector<Word> words_of(std::string_view question);

// Looks for words in a folded text that begins with a space.
[[nodiscard]] bool contains_word(std::string_view folded, const Word& word);
[[nodiscard]] bool contains_phrase(std::string_view folded, const std::vector<Word>& words);

}  // namespace llmtrace::collector::sqlite
