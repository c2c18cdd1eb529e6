// The user's own texts, all searched for in one pass whatever their number: an automaton after Aho and
// Corasick, with a table that is looked into once for each byte.
#pragma once

#include "privacy/match.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace llmtrace::privacy {

class LiteralMatcher {
 public:
  // All literals together; beyond it the tracer refuses to start.
  static constexpr std::size_t most_bytes = 16u << 10;

  LiteralMatcher() = default;
  // Empty texts are passed over. May throw std::bad_alloc.
  explicit LiteralMatcher(const std::vector<std::string>& literals);

  [[nodiscard]] bool empty() const noexcept { return length_at_.empty(); }
  // The first to end, and at its end the longest, as far as it goes on to overlap others.
  [[nodiscard]] Match next(const Subject& subject, std::size_t from) const noexcept;

 private:
  using State = std::uint32_t;

  void make_classes(const std::vector<std::string>& literals);
  void add(const std::string& literal);
  void link();
  [[nodiscard]] State& step(State state, std::size_t byte_class) noexcept {
    return steps_[state * classes_ + byte_class];
  }
  [[nodiscard]] State follow(State state, char byte) const noexcept {
    return steps_[state * classes_ + class_of_[static_cast<unsigned char>(byte)]];
  }

  std::array<std::uint8_t, 256> class_of_{};  // bytes that no literal holds are all of class 0
  std::size_t classes_ = 1;
  std::vector<State> steps_;
  std::vector<std::uint32_t> length_at_;  // of the longest literal that ends in a state
  std::vector<std::uint32_t> depth_at_;   // how much of a literal a state has seen
};

}  // namespace llmtrace::privacy
