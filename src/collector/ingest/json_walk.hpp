// Takes JSON apart without copying it: a value is a slice of the text. Built for bodies of many items, of
// which one may be broken without the others being lost: the ends of a value are found by its brackets and
// quotes alone, and whoever needs more has the slice checked.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::collector::ingest {

enum class JsonKind : unsigned char { object, array, text, number, boolean, null, other };

[[nodiscard]] JsonKind kind_of(std::string_view value) noexcept;
[[nodiscard]] std::string_view name_of(JsonKind kind) noexcept;  // "an object", "a text", …

// Reads what stands next in a text; `at` moves on behind it.
class JsonWalk {
 public:
  explicit JsonWalk(std::string_view text) noexcept : text_{text} {}

  // The slice of the next value; empty when there is none that ends.
  [[nodiscard]] std::string_view value() noexcept;
  // Skips white space, then this byte if it is there.
  [[nodiscard]] bool accept(char byte) noexcept;
  [[nodiscard]] bool at_end() noexcept;

 private:
  void skip_space() noexcept;
  [[nodiscard]] std::size_t end_of_string(std::size_t from) const noexcept;
  [[nodiscard]] std::size_t end_of_container(std::size_t from) const noexcept;

  std::string_view text_;
  std::size_t at_ = 0;
};

// Walks the members of an object or the elements of an array. Stops at the first thing that is not in order.
class JsonMembers {
 public:
  explicit JsonMembers(std::string_view object) noexcept;
  // False at the end, and for what is broken; whole() then tells which.
  [[nodiscard]] bool next(std::string_view& quoted_key, std::string_view& value) noexcept;
  [[nodiscard]] bool whole() const noexcept { return whole_; }

 private:
  JsonWalk walk_;
  bool first_ = true;
  bool done_ = false;
  bool whole_ = false;
};

class JsonElements {
 public:
  explicit JsonElements(std::string_view array) noexcept;
  [[nodiscard]] bool next(std::string_view& value) noexcept;
  [[nodiscard]] bool whole() const noexcept { return whole_; }

 private:
  JsonWalk walk_;
  bool first_ = true;
  bool done_ = false;
  bool whole_ = false;
};

// The text of a quoted string that has been checked. Without escapes it is the slice between the quotes;
// else it is put into `storage`. A NUL becomes U+FFFD: databases and terminals end at one.
[[nodiscard]] std::string_view text_of(std::string_view quoted, std::string& storage);

}  // namespace llmtrace::collector::ingest
