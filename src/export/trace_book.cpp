#include "export/trace_book.hpp"

#include <algorithm>
#include <limits>
#include <new>

namespace llmtrace::exporting {
namespace {

using core::FieldHead;
using core::FieldView;
using core::RecordHead;
using core::RecordView;

constexpr std::size_t largest_start = 64 * 1024;
// All starts together: beyond, only what is small is kept of a record, so that 10,000 open traces stay
// affordable.
constexpr std::size_t roomy_starts = 4 * 1024 * 1024;
constexpr std::size_t small_start = 512;

std::size_t size_of(const FieldView& field) noexcept {
  return sizeof(FieldHead) + field.key.size() + field.bytes.size();
}

void append_field(std::string& to, const FieldView& field) {
  const FieldHead head{static_cast<std::uint8_t>(field.tag), static_cast<std::uint8_t>(field.type),
                       static_cast<std::uint16_t>(field.key.size()),
                       static_cast<std::uint32_t>(field.bytes.size())};
  to.append(reinterpret_cast<const char*>(&head), sizeof head);
  to.append(field.key);
  to.append(field.bytes);
}

// The record, without fields above `largest_field` and whatever does not fit into `limit` then.
std::string copy_of(const RecordView& record, std::size_t limit, std::size_t largest_field) {
  std::string copy{reinterpret_cast<const char*>(&record.head()), sizeof(RecordHead)};
  FieldView field;
  for (auto walk = record.fields(); walk.next(field);)
    if (size_of(field) <= largest_field && copy.size() + size_of(field) <= limit) append_field(copy, field);
  copy.shrink_to_fit();
  return copy;
}

std::size_t whole_size(const RecordView& record) noexcept {
  std::size_t size = sizeof(RecordHead);
  FieldView field;
  for (auto walk = record.fields(); walk.next(field);) size += size_of(field);
  return size;
}

void add_count(std::int64_t& sum, std::optional<std::int64_t> count) noexcept {
  if (!count) return;
  const std::int64_t before = std::max<std::int64_t>(sum, 0);
  sum = before > std::numeric_limits<std::int64_t>::max() - *count ? std::numeric_limits<std::int64_t>::max()
                                                                   : before + *count;
}

}  // namespace

void TraceTotals::add(const SpanFacts& span) noexcept {
  ++spans;
  if (span.failed()) ++errors;
  add_count(tokens_input, span.count(core::Tag::usage_input));
  add_count(tokens_output, span.count(core::Tag::usage_output));
  if (const auto cost = span.cost()) cost_usd = std::max(cost_usd, 0.0) + *cost;
}

TraceBook::Entry* TraceBook::find(const Id& id) noexcept {
  if (has_last_ && last_->id == id) return &*last_;
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  last_ = found->second;
  has_last_ = true;
  return &*last_;
}

TraceBook::Entry* TraceBook::find_or_add(const Id& id) noexcept {
  if (Entry* known = find(id)) return known;
  if (only_spans_.size() >= most_open_) forget_oldest(only_spans_);
  try {
    Entries fresh;
    fresh.push_back({id, {}, {}, 0, false});
    by_id_.emplace(id, fresh.begin());
    only_spans_.splice(only_spans_.end(), fresh);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  return find(id);
}

void TraceBook::forget(const Id& id) noexcept {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  if (has_last_ && last_ == found->second) has_last_ = false;
  const bool begun = !found->second->start.empty();
  if (begun && !found->second->announced) --unannounced_;
  start_bytes_ -= found->second->start.size();
  (begun ? begun_ : only_spans_).erase(found->second);
  by_id_.erase(found);
}

void TraceBook::forget_oldest(Entries& entries) noexcept {
  if (!entries.empty()) forget(Id{entries.front().id});
}

void TraceBook::saw_start(const RecordView& start) noexcept {
  Entry* entry = find_or_add(id_of(start.head()));
  if (entry == nullptr || !entry->start.empty()) return;
  try {
    remember_start(*entry, start);
  } catch (const std::bad_alloc&) {  // its header goes out when it ends
  }
}

void TraceBook::remember_start(Entry& entry, const RecordView& start) {
  if (start_bytes_ > roomy_starts) {
    entry.start = copy_of(start, small_start, small_start / 2);
  } else {
    const bool fits = whole_size(start) <= largest_start;
    entry.start = copy_of(start, largest_start, fits ? largest_start : largest_start / 16);
  }
  start_bytes_ += entry.start.size();
  entry.number = starts_++;
  ++unannounced_;
  if (begun_.size() >= most_open_) forget_oldest(begun_);
  begun_.splice(begun_.end(), only_spans_, by_id_.find(entry.id)->second);
}

std::uint64_t TraceBook::oldest_untold() const noexcept {
  const auto untold = [](const Entry& entry) { return !entry.announced; };
  const auto oldest = unannounced_ != 0 ? std::find_if(begun_.begin(), begun_.end(), untold) : begun_.end();
  return oldest != begun_.end() ? oldest->number : std::numeric_limits<std::uint64_t>::max();
}

std::optional<TraceHeader> TraceBook::saw_span(const SpanFacts& span) noexcept {
  const Id id = id_of(span.head());
  const bool is_root = span.record().has(detail::flag_root);
  // a root alone needs no entry, which is what most one-call traces are
  Entry* entry = is_root ? find(id) : find_or_add(id);
  if (entry != nullptr) entry->totals.add(span);
  if (!is_root) return std::nullopt;

  TraceTotals totals;
  if (entry != nullptr) {
    totals = entry->totals;
    forget(id);
  } else {
    totals.add(span);
  }
  if (!span.heads_trace()) return std::nullopt;
  return TraceHeader{span.record(), TraceState::ended, totals};
}

}  // namespace llmtrace::exporting
