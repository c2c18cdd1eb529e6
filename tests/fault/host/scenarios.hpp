// What the host program can be told to do; each scenario is one way to treat the library badly. A scenario
// returns the exit code: 0 when all that it can see for itself was right.
#pragma once

#include <string>
#include <vector>

namespace llmtrace::fault_host {

struct Arguments {
  std::vector<std::string> words;
  [[nodiscard]] const std::string& url() const { return words.at(0); }
  [[nodiscard]] const std::string& word(std::size_t at) const { return words.at(at); }
  [[nodiscard]] int number(std::size_t at) const { return std::stoi(words.at(at)); }
};

// A scenario that cannot be played on this machine.
inline constexpr int cannot_play = 77;

}  // namespace llmtrace::fault_host
