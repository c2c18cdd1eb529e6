// Merging by field. Each field keeps the value with the highest revision, of equal ones the greater value: a
// maximum, so the order of arrival and repetitions do not matter. A row stores one revision, and exceptions
// from it only when its fields came with different ones.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::collector::sqlite {

class FieldRevisions {
 public:
  static constexpr std::size_t capacity = 48;

  FieldRevisions() = default;
  explicit FieldRevisions(std::int64_t of_all) { revisions_.fill(of_all); }
  static FieldRevisions load(std::int64_t base, std::string_view exceptions);

  [[nodiscard]] std::int64_t of(std::size_t field) const { return revisions_[field]; }
  void set(std::size_t field, std::int64_t revision) { revisions_[field] = revision; }

  struct Stored {
    std::int64_t base = 0;
    std::string exceptions;
  };
  // `present` says which fields have a value.
  [[nodiscard]] Stored save(const std::array<bool, capacity>& present) const;

 private:
  std::array<std::int64_t, capacity> revisions_{};
};

template <class Stored, class Said>
[[nodiscard]] bool less_value(const Stored& stored, const Said& said) {
  return stored < said;
}
template <class Stored, class Said>
[[nodiscard]] bool less_value(const std::vector<Stored>& stored, const std::vector<Said>& said) {
  return std::lexicographical_compare(stored.begin(), stored.end(), said.begin(), said.end());
}

template <class Stored, class Said>
void assign_value(Stored& stored, const Said& said) {
  stored = Stored{said};
}
template <class Stored, class Said>
void assign_value(std::vector<Stored>& stored, const std::vector<Said>& said) {
  stored.assign(said.begin(), said.end());
}

// A visitor for the zip_… functions, whose first field has the number `first`.
class FieldMerge {
 public:
  FieldMerge(FieldRevisions& revisions, std::int64_t revision, std::size_t first = 0)
      : revisions_{revisions}, revision_{revision}, field_{first} {}

  template <class Stored, class Said>
  void operator()(const char*, std::optional<Stored>& stored, const std::optional<Said>& said) {
    const std::size_t field = field_++;
    if (!said) return;
    if (stored && !beats(field, *stored, *said)) return;
    if (!stored) stored.emplace();
    assign_value(*stored, *said);
    revisions_.set(field, revision_);
    changed_ = true;
  }

  [[nodiscard]] bool changed() const { return changed_; }
  // For the list of fields that follows, with a result of its own.
  [[nodiscard]] FieldMerge continued() const { return {revisions_, revision_, field_}; }

 private:
  template <class Stored, class Said>
  [[nodiscard]] bool beats(std::size_t field, const Stored& stored, const Said& said) const {
    if (revisions_.of(field) != revision_) return revisions_.of(field) < revision_;
    return less_value(stored, said);
  }

  FieldRevisions& revisions_;
  std::int64_t revision_;
  std::size_t field_;
  bool changed_ = false;
};

// A visitor that notes which fields have a value.
class PresentFields {
 public:
  template <class T, class U>
  void operator()(const char*, const std::optional<T>& value, const std::optional<U>&) {
    present_[field_++] = value.has_value();
  }
  [[nodiscard]] const std::array<bool, FieldRevisions::capacity>& result() const { return present_; }

 private:
  std::array<bool, FieldRevisions::capacity> present_{};
  std::size_t field_ = 0;
};

template <class T>
[[nodiscard]] bool lower(std::optional<T>& to, const std::optional<T>& said) {
  if (!said || (to && *to <= *said)) return false;
  to = said;
  return true;
}

template <class T>
[[nodiscard]] bool raise(std::optional<T>& to, const std::optional<T>& said) {
  if (!said || (to && *to >= *said)) return false;
  to = said;
  return true;
}

}  // namespace llmtrace::collector::sqlite
