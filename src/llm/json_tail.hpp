// Puts a scanner back on its feet behind a gap. Whether the tail begins inside of a string is found by
// trying: the wrong guess meets prose where JSON must stand. How deep it begins is found from its end, where
// the document closes. What lies at a level that was open before the gap is then read as if it belonged
// there.
#pragma once

#include "llm/json_scanner.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace llmtrace::llm {

class JsonTail {
 public:
  explicit JsonTail(JsonScanner& scanner) noexcept : scanner_{scanner} {}

  // Leaves the scanner as it was when the tail makes no sense.
  void read(std::string_view tail);

 private:
  struct Guess {
    bool in_string;  // the tail begins inside of a string
    bool escaped;    // and right behind a backslash
  };
  struct Reading {
    bool makes_sense = false;
    std::vector<bool> closes_object;   // for each level that is open at the begin, the innermost first
    std::size_t resume = 0;            // the first comma or closing bracket of the level at the begin
    bool first_string_is_key = false;  // the string that was cut, if any
  };

  static Reading try_to_read(std::string_view tail, Guess guess);
  void resume(std::string_view tail, const Reading& reading, Guess guess);
  [[nodiscard]] bool continues_string(const Reading& reading, Guess guess) const noexcept;

  JsonScanner& scanner_;
};

}  // namespace llmtrace::llm
