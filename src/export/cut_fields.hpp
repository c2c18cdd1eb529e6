// What was cut of a span's fields, as the notes in its record say it.
#pragma once

#include "export/repeated_keys.hpp"

#include <string_view>

namespace llmtrace::exporting {

// The field that a note is about: its key, which is an attribute's; or, where the value is a signed number,
// the name of the field whose tag the key's one byte is.
[[nodiscard]] std::string_view cut_name(const core::FieldView& note) noexcept;

// Whether what was cut was set again later, and whole.
[[nodiscard]] bool is_of_the_past(const core::FieldView& note, core::FieldWalk fields) noexcept;

// Calls `visit` with the name and the original size of each field that is cut. False when memory is refused.
template <class Visit>
[[nodiscard]] bool for_each_cut(const core::RecordView& record, Visit visit) {
  const FieldRange all{record.fields(), core::Tag::truncated};
  RepeatedKeys repeated;
  if (!repeated.find(all, &cut_name)) return false;
  core::FieldView note;
  FieldRange range = all;
  for (std::size_t i = 0; range.next(note); ++i)
    if (!repeated.comes_again(i) && !is_of_the_past(note, record.fields()))
      visit(cut_name(note), note.uint64());
  return true;
}

}  // namespace llmtrace::exporting
