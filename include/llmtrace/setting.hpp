// One field of the options that may be left unset.
#pragma once

#include <llmtrace/fwd.hpp>

#include <chrono>
#include <optional>

LLMTRACE_BEGIN_NAMESPACE

// What std::optional would be, for plain values, at a fraction of the compile time: the options have dozens
// of these, and every program includes them.
template <class T>
class Setting {
 public:
  constexpr Setting() noexcept = default;
  constexpr Setting(std::nullopt_t) noexcept {}
  constexpr Setting(T value) noexcept : value_{value}, has_value_{true} {}
  constexpr Setting(const std::optional<T>& value) noexcept
      : value_{value.value_or(T{})}, has_value_{value.has_value()} {}
  // A longer unit of time.
  template <class Count, class Unit>
  constexpr Setting(const std::chrono::duration<Count, Unit>& value) noexcept : Setting(T{value}) {}

  [[nodiscard]] constexpr bool has_value() const noexcept { return has_value_; }
  constexpr explicit operator bool() const noexcept { return has_value_; }
  [[nodiscard]] constexpr const T& operator*() const noexcept { return value_; }
  [[nodiscard]] constexpr T value_or(T other) const noexcept { return has_value_ ? value_ : other; }

 private:
  T value_{};
  bool has_value_ = false;
};

LLMTRACE_END_NAMESPACE
