// Digits in groups, as people write long numbers: "4111 1111-1111 1111", "+49 (30) 901820", "10.0.0.1". The
// groups are read once; then every kind of number is tried at each of them.
#pragma once

#include "privacy/match.hpp"

#include <array>
#include <optional>

namespace llmtrace::privacy {

class NumberRun {
 public:
  // `at` is a digit that begins a number.
  NumberRun(Subject& subject, std::size_t from, std::size_t at) noexcept;

  [[nodiscard]] Match find() const noexcept;
  [[nodiscard]] std::size_t end() const noexcept { return end_; }

 private:
  static constexpr std::size_t most_groups = 32;
  static constexpr std::size_t least_card_group = 3;
  struct Group {
    std::size_t begin;
    std::size_t end;
    [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
  };

  void read(std::size_t at) noexcept;
  [[nodiscard]] std::size_t next_group(std::size_t end) const noexcept;
  [[nodiscard]] std::string_view digits(const Group& group) const noexcept;
  [[nodiscard]] std::string_view between(std::size_t i) const noexcept;  // group i - 1 and group i
  [[nodiscard]] bool is_joined(std::size_t i, std::string_view by) const noexcept;

  [[nodiscard]] Match find_at(std::size_t i) const noexcept;
  [[nodiscard]] Match ipv4(std::size_t i) const noexcept;
  [[nodiscard]] Match card(std::size_t i) const noexcept;
  [[nodiscard]] Match ssn(std::size_t i) const noexcept;
  [[nodiscard]] Match phone_at_front() const noexcept;
  [[nodiscard]] Match international(std::size_t i) const noexcept;
  [[nodiscard]] Match north_american(std::size_t i) const noexcept;
  [[nodiscard]] Match national(std::size_t i) const noexcept;
  [[nodiscard]] Match cut_number(std::size_t i) const noexcept;
  [[nodiscard]] std::size_t with_opening(std::size_t i) const noexcept;
  [[nodiscard]] Match groups(std::size_t first, std::size_t last, Finding what) const noexcept;

  Subject& subject_;
  std::size_t from_;
  std::size_t end_;
  std::size_t count_ = 0;
  bool has_dots_ = false;
  std::array<Group, most_groups>
      groups_;  // `count_` of them are set: clearing them all would cost more than reading
};

}  // namespace llmtrace::privacy
