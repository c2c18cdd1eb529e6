// Finds the fields whose key comes again later among the same fields. The last of equal keys wins, and strict
// JSON allows no object to name a member twice.
#pragma once

#include "core/record_view.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace llmtrace::exporting {

// The fields of one tag in a record, or with Tag::dead the items of a container.
struct FieldRange {
  core::FieldWalk walk;
  core::Tag tag = core::Tag::dead;

  bool next(core::FieldView& out) noexcept {
    while (walk.next(out))
      if (out.tag == tag) return true;
    return false;
  }
};

class RepeatedKeys {
 public:
  using NameOf = std::string_view (*)(const core::FieldView&) noexcept;
  static std::string_view key_of(const core::FieldView& field) noexcept { return field.key; }

  // False when memory is refused; only more than `few` fields need any.
  [[nodiscard]] bool find(FieldRange fields, NameOf name_of = &key_of) noexcept;

  // Whether the field at that place of the range is replaced by a later one.
  [[nodiscard]] bool comes_again(std::size_t index) const noexcept {
    if (!any_) return false;
    return many_ == nullptr ? (few_ >> index & 1) != 0 : many_[index];
  }

 private:
  static constexpr std::size_t few = 64;

  void find_among_few(const std::string_view* names, std::size_t count) noexcept;
  bool find_among_many(FieldRange fields, std::size_t count, NameOf name_of) noexcept;

  bool any_ = false;
  std::uint64_t few_ = 0;
  std::unique_ptr<bool[]> many_;
};

}  // namespace llmtrace::exporting
