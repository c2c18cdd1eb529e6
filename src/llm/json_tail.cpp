#include "llm/json_tail.hpp"

#include "llm/byte_search.hpp"
#include "llm/gap.hpp"

#include <algorithm>
#include <array>

namespace llmtrace::llm {
namespace {

bool is_space(char byte) noexcept { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

bool in_scalar(char byte) noexcept {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || byte == 'E' || byte == '-' ||
         byte == '+' || byte == '.';
}

// Behind the closing quote of the string that `at` lies in; null when it does not end.
const char* end_of_string(const char* at, const char* end) noexcept {
  for (;;) {
    at = find_string_end(at, end);
    if (at == end) return nullptr;
    if (*at == '"') return at + 1;
    if (end - at < 2) return nullptr;
    at += 2;
  }
}

}  // namespace

void JsonTail::read(std::string_view tail) {
  const bool was_in_string = scanner_.state_ == JsonScanner::State::string ||
                             scanner_.state_ == JsonScanner::State::skip_string ||
                             scanner_.state_ == JsonScanner::State::key_string || scanner_.skip_in_string_;
  const std::array<Guess, 3> guesses =
      was_in_string ? std::array<Guess, 3>{{{true, false}, {true, true}, {false, false}}}
                    : std::array<Guess, 3>{{{false, false}, {true, false}, {true, true}}};
  for (const Guess guess : guesses) {
    const Reading reading = try_to_read(tail, guess);
    if (reading.makes_sense) return resume(tail, reading, guess);
  }
}

JsonTail::Reading JsonTail::try_to_read(std::string_view tail, Guess guess) {
  Reading reading;
  const char* at = tail.data();
  const char* const end = at + tail.size();
  std::size_t deeper = 0;  // brackets opened in the tail
  bool resumed = false;
  bool root_closed = false;
  char before = 0;  // the last byte that is no space; 0 is unknown
  if (guess.in_string) {
    at = end_of_string(at + (guess.escaped && at != end ? 1 : 0), end);
    if (at == nullptr) return reading;
    before = '"';
  }
  bool first = guess.in_string;
  for (; at != end; ++at) {
    const char byte = *at;
    if (is_space(byte)) continue;
    if (first) reading.first_string_is_key = byte == ':';
    first = false;
    if (byte == '"') {
      if (before != 0 && before != ',' && before != ':' && before != '{' && before != '[') return reading;
      at = end_of_string(at + 1, end);
      if (at == nullptr) return reading;
      --at;
    } else if (byte == '{' || byte == '[') {
      ++deeper;
    } else if (byte == '}' || byte == ']') {
      if (deeper == 0) {
        reading.closes_object.push_back(byte == '}');
        if (reading.closes_object.size() > JsonScanner::max_depth) return reading;
        root_closed = true;
      } else {
        --deeper;
      }
    } else if (byte == ',' || byte == ':') {
      // nothing to count
    } else if (!in_scalar(byte) || before == '"') {
      return reading;
    }
    const bool ends_value = byte == ',' || byte == '}' || byte == ']';
    if (!resumed && ends_value && deeper == 0 && (byte == ',' || reading.closes_object.size() == 1)) {
      reading.resume = static_cast<std::size_t>(at - tail.data());
      resumed = true;
    }
    before = byte;
  }
  reading.makes_sense = resumed && root_closed && deeper == 0;
  return reading;
}

bool JsonTail::continues_string(const Reading& reading, Guess guess) const noexcept {
  using State = JsonScanner::State;
  return guess.in_string && !reading.first_string_is_key && scanner_.state_ == State::string &&
         scanner_.depth_ == reading.closes_object.size();
}

void JsonTail::resume(std::string_view tail, const Reading& reading, Guess guess) {
  if (continues_string(reading, guess)) {
    scanner_.escape_ = 0;
    scanner_.high_surrogate_ = 0;
    scanner_.text_.resize(std::min(scanner_.text_.size(), scanner_.text_limit_));
    scanner_.append(gap_mark);
    return scanner_.feed(behind_gap(tail.substr(guess.escaped && !tail.empty() ? 1 : 0)));
  }
  const std::size_t depth = reading.closes_object.size();
  const auto closes_object = [&](std::size_t level) { return reading.closes_object[depth - 1 - level]; };
  std::size_t kept = 0;
  while (kept < std::min(depth, scanner_.depth_) && scanner_.frames_[kept].object == closes_object(kept))
    ++kept;
  scanner_.leave_down_to(kept);
  for (std::size_t level = kept; level < depth; ++level) {
    const bool is_root = level == 0;
    const auto* node = is_root ? &scanner_.table_.root() : nullptr;
    scanner_.frames_[scanner_.depth_++] = {node, closes_object(level), 0};
  }
  scanner_.counting_ = false;
  scanner_.state_ = JsonScanner::State::separator;
  scanner_.feed(tail.substr(reading.resume));
}

}  // namespace llmtrace::llm
