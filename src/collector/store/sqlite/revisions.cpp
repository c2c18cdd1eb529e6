#include "collector/store/sqlite/revisions.hpp"

#include "collector/store/sqlite/varint.hpp"

namespace llmtrace::collector::sqlite {

FieldRevisions FieldRevisions::load(std::int64_t base, std::string_view exceptions) {
  FieldRevisions revisions{base};
  while (!exceptions.empty()) {
    const auto field = take_varint(exceptions);
    const auto revision = take_varint(exceptions);
    if (!field || !revision || *field >= capacity) break;
    revisions.set(*field, unzigzag(*revision));
  }
  return revisions;
}

FieldRevisions::Stored FieldRevisions::save(const std::array<bool, capacity>& present) const {
  Stored stored;
  bool any = false;
  for (std::size_t field = 0; field < capacity; ++field) {
    if (!present[field]) continue;
    stored.base = any ? std::max(stored.base, revisions_[field]) : revisions_[field];
    any = true;
  }
  for (std::size_t field = 0; field < capacity; ++field) {
    if (!present[field] || revisions_[field] == stored.base) continue;
    append_varint(stored.exceptions, field);
    append_varint(stored.exceptions, zigzag(revisions_[field]));
  }
  return stored;
}

}  // namespace llmtrace::collector::sqlite
