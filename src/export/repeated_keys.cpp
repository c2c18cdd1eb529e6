#include "export/repeated_keys.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <tuple>

namespace llmtrace::exporting {
namespace {

struct NamedPlace {
  std::string_view name;
  std::size_t index = 0;

  bool operator<(const NamedPlace& other) const noexcept {
    return std::tie(name, index) < std::tie(other.name, other.index);
  }
};

}  // namespace

bool RepeatedKeys::find(FieldRange fields, NameOf name_of) noexcept {
  std::array<std::string_view, few> names;
  std::size_t count = 0;
  core::FieldView field;
  for (FieldRange rest = fields; rest.next(field); ++count)
    if (count < few) names[count] = name_of(field);
  if (count > few) return find_among_many(fields, count, name_of);
  find_among_few(names.data(), count);
  return true;
}

void RepeatedKeys::find_among_few(const std::string_view* names, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t later = i + 1; later < count; ++later)
      if (names[i] == names[later]) few_ |= std::uint64_t{1} << i;
  any_ = few_ != 0;
}

bool RepeatedKeys::find_among_many(FieldRange fields, std::size_t count, NameOf name_of) noexcept {
  const std::unique_ptr<NamedPlace[]> sorted{new (std::nothrow) NamedPlace[count]};
  many_.reset(new (std::nothrow) bool[count]());
  if (sorted == nullptr || many_ == nullptr) return false;
  core::FieldView field;
  for (std::size_t i = 0; i < count && fields.next(field); ++i) sorted[i] = {name_of(field), i};
  std::sort(sorted.get(), sorted.get() + count);
  for (std::size_t i = 0; i + 1 < count; ++i)
    if (sorted[i].name == sorted[i + 1].name) any_ = many_[sorted[i].index] = true;
  return true;
}

}  // namespace llmtrace::exporting
