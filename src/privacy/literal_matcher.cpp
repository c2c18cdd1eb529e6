#include "privacy/literal_matcher.hpp"

#include <algorithm>
#include <deque>

namespace llmtrace::privacy {

LiteralMatcher::LiteralMatcher(const std::vector<std::string>& literals) {
  make_classes(literals);
  for (const std::string& literal : literals)
    if (!literal.empty()) add(literal);
  if (!empty()) link();
}

void LiteralMatcher::make_classes(const std::vector<std::string>& literals) {
  for (const std::string& literal : literals)
    for (const char byte : literal) {
      std::uint8_t& its = class_of_[static_cast<unsigned char>(byte)];
      // with all 256 bytes in use one of them shares class 0, which stands for no other byte then
      if (its == 0 && classes_ < 256) its = static_cast<std::uint8_t>(classes_++);
    }
}

void LiteralMatcher::add(const std::string& literal) {
  const auto add_state = [this] {
    steps_.resize(steps_.size() + classes_, 0);
    length_at_.push_back(0);
    depth_at_.push_back(0);
  };
  if (length_at_.empty()) add_state();
  State state = 0;
  for (const char byte : literal) {
    const std::size_t byte_class = class_of_[static_cast<unsigned char>(byte)];
    if (step(state, byte_class) == 0) {
      const auto fresh = static_cast<State>(length_at_.size());
      add_state();
      depth_at_[fresh] = depth_at_[state] + 1;
      step(state, byte_class) = fresh;
    }
    state = step(state, byte_class);
  }
  length_at_[state] = static_cast<std::uint32_t>(literal.size());
}

// Where no literal goes on, the longest end of what was seen that begins one does.
void LiteralMatcher::link() {
  std::vector<State> fallback(length_at_.size(), 0);
  std::deque<State> waiting;
  for (std::size_t c = 0; c < classes_; ++c)
    if (const State child = step(0, c); child != 0) waiting.push_back(child);
  while (!waiting.empty()) {
    const State state = waiting.front();
    waiting.pop_front();
    length_at_[state] = std::max(length_at_[state], length_at_[fallback[state]]);
    for (std::size_t c = 0; c < classes_; ++c) {
      State& next = step(state, c);
      const State otherwise = step(fallback[state], c);
      if (next == 0) {
        next = otherwise;
      } else {
        fallback[next] = otherwise;
        waiting.push_back(next);
      }
    }
  }
}

Match LiteralMatcher::next(const Subject& subject, std::size_t from) const noexcept {
  if (empty()) return {};
  constexpr std::uint32_t least_begun = 4;
  Match found;
  State state = 0;
  for (std::size_t at = from; at < subject.text.size(); ++at) {
    // a literal that a gap has cut in two
    if (!found.found() && depth_at_[state] >= least_begun && subject.ends_in_cut(at))
      return {at - depth_at_[state], at, Finding::literal};
    state = follow(state, subject.text[at]);
    if (const std::uint32_t length = length_at_[state]; length != 0) {
      const std::size_t begin = at + 1 - length;
      if (found.found() && begin >= found.end) return found;
      found = {found.found() ? std::min(found.begin, begin) : begin, at + 1, Finding::literal};
    } else if (found.found() && at + 1 - depth_at_[state] >= found.end) {
      return found;
    }
  }
  // a literal that the end of the text has cut in two
  if (subject.is_cut && depth_at_[state] >= least_begun) {
    const std::size_t begin = subject.text.size() - depth_at_[state];
    if (!found.found() || begin < found.end)
      found = {found.found() ? std::min(found.begin, begin) : begin, subject.text.size(), Finding::literal};
  }
  return found;
}

}  // namespace llmtrace::privacy
