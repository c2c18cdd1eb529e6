// What a setter needs when its field does not simply go to the end of the record.
#include "runtime/core_state.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string_view>

namespace llmtrace::runtime {

using detail::FieldHead;
using detail::RecordHead;
using detail::Tag;

namespace {

FieldHead head_at(const Record& record, std::uint32_t at) noexcept {
  FieldHead head;
  std::memcpy(&head, record.data + at, sizeof(head));
  return head;
}

std::uint32_t size_of(const FieldHead& head) noexcept {
  return static_cast<std::uint32_t>(sizeof(FieldHead)) + head.key_size + head.value_size;
}

std::string_view key_at(const Record& record, std::uint32_t at, const FieldHead& head) noexcept {
  return {reinterpret_cast<const char*>(record.data) + at + sizeof(FieldHead), head.key_size};
}

// What the field at `at` is about, for telling whether a later one replaces it. Events, links, messages, tags
// and finish reasons are all kept.
bool is_replaced_by(const Record& record, std::uint32_t at, const FieldHead& head, std::uint32_t later,
                    const FieldHead& by) noexcept {
  if (head.tag != by.tag) return false;
  switch (static_cast<Tag>(head.tag)) {
    case Tag::attribute:
    case Tag::metadata:
    case Tag::parameter:
    case Tag::score:
    case Tag::truncated:
    case Tag::usage_part:
    case Tag::cost_detail:
    case Tag::exchange_hint: return key_at(record, at, head) == key_at(record, later, by);
    default: return false;
  }
}

// The note that an earlier value of `tag` was cut.
bool tells_what_was_cut(const Record& record, std::uint32_t at, const FieldHead& head,
                        std::uint8_t tag) noexcept {
  return head.tag == static_cast<std::uint8_t>(Tag::truncated) &&
         head.type == static_cast<std::uint8_t>(detail::ValueType::int64) &&
         key_at(record, at, head) == std::string_view{reinterpret_cast<const char*>(&tag), 1};
}

bool is_replaced_later(const Record& record, std::uint32_t at, const FieldHead& head) noexcept {
  for (std::uint32_t later = at + size_of(head); later < record.size();) {
    const FieldHead by = head_at(record, later);
    if (is_replaced_by(record, at, head, later, by)) return true;
    later += size_of(by);
  }
  return false;
}

// Closes the gaps that `keep` leaves.
template <class Keep>
void compact(Record& record, Keep&& keep) noexcept {
  std::uint32_t to = sizeof(RecordHead);
  const std::uint32_t end = record.size();
  for (std::uint32_t at = sizeof(RecordHead); at < end;) {
    const FieldHead head = head_at(record, at);
    const std::uint32_t size = size_of(head);
    if (keep(at, head)) {
      if (to != at) std::memmove(record.data + to, record.data + at, size);
      to += size;
    }
    at += size;
  }
  record.set_size(to);
  record.open_piece = 0;  // both have moved
  record.tail_at = 0;
}

// A repeated field came too often: of equal keys only the last stays. Done when there is twice as much as may
// stay, so that a key which is set again and again costs little; a record that is full of different keys
// takes no more.
bool compact_repeated(Record& record) noexcept {
  constexpr std::int32_t full = std::numeric_limits<std::int32_t>::min() / 2;
  const auto limit = static_cast<std::int32_t>(record.tracer->max_repeated);
  std::int32_t repeated = 0;
  if (record.repeats_left > full)
    compact(record, [&](std::uint32_t at, const FieldHead& head) {
      if (head.tag < static_cast<std::uint8_t>(Tag::first_repeated)) return true;
      if (is_replaced_later(record, at, head)) return false;
      ++repeated;
      return true;
    });
  if (record.repeats_left > full && repeated < limit / 2) {
    record.repeats_left = limit - repeated - 1;
    return true;
  }
  record.repeats_left = full;
  record.flags = static_cast<std::uint16_t>(record.flags | detail::flag_fields_dropped);
  return false;
}

}  // namespace

bool grow_record(Record& record, std::size_t need) noexcept {
  const std::size_t limit = record.tracer->max_record;
  const std::size_t written = record.size();
  if (need > limit || written + need > limit) return false;
  const std::size_t roomy = std::min((written + need) * 2, limit);
  void* larger = std::realloc(record.data, roomy);
  if (larger == nullptr) return false;
  record.set_buffer(larger, written, roomy);
  return true;
}

bool replace_field(Record& record, std::uint8_t tag, std::uint32_t) noexcept {
  if (tag >= static_cast<std::uint8_t>(Tag::first_repeated)) return compact_repeated(record);
  compact(record, [&record, tag](std::uint32_t at, const FieldHead& head) {
    return head.tag != tag && head.tag != static_cast<std::uint8_t>(Tag::dead) &&
           !tells_what_was_cut(record, at, head, tag);
  });
  return true;
}

}  // namespace llmtrace::runtime
