#pragma once

#include "core/record_view.hpp"
#include <llmtrace/value.hpp>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <string_view>

// A finished record, written by the library's own setters' code into a buffer of its own.
namespace llmtrace::testing_support {

class RecordBuilder {
 public:
  explicit RecordBuilder(std::string_view name, SpanKind kind = SpanKind::function) {
    record_.repeats_left = std::numeric_limits<std::int32_t>::max();
    head_.version = detail::record_version;
    head_.type = static_cast<std::uint8_t>(detail::RecordType::span);
    head_.kind = static_cast<std::uint8_t>(kind);
    head_.trace_high = 0x0af7651916cd43ddULL;
    head_.trace_low = 0x8448eb211c80319cULL;
    head_.span_id = 0xb7ad6b7169203331ULL;
    head_.start_ticks = 1'000'000'000;
    head_.end_ticks = 1'001'500'000;
    text(detail::Tag::name, {}, name);
  }
  RecordBuilder(const RecordBuilder&) = delete;
  RecordBuilder& operator=(const RecordBuilder&) = delete;
  ~RecordBuilder() { std::free(record_.data); }

  RecordBuilder& text(detail::Tag tag, std::string_view key, std::string_view value) {
    writer().text(tag, key, value, 32u << 20);
    return *this;
  }
  RecordBuilder& value(detail::Tag tag, std::string_view key, const Value& value) {
    auto to = writer();
    value.write(to, tag, key, 32u << 20);
    return *this;
  }
  RecordBuilder& flags(unsigned flags) {
    head_.flags = static_cast<std::uint16_t>(head_.flags | flags);
    return *this;
  }
  // A trace scope without a parent.
  RecordBuilder& trace_root() {
    return flags(detail::flag_root | detail::flag_header | detail::flag_trace_scope);
  }
  RecordBuilder& ids(std::uint64_t trace_low, std::uint64_t span, std::uint64_t parent) {
    head_.trace_low = trace_low;
    head_.span_id = span;
    head_.parent_id = parent;
    return *this;
  }
  RecordBuilder& ticks(std::int64_t start, std::int64_t end) {
    head_.start_ticks = start;
    head_.end_ticks = end;
    return *this;
  }
  RecordBuilder& trace_start() {
    head_.type = static_cast<std::uint8_t>(detail::RecordType::trace_start);
    return *this;
  }

  [[nodiscard]] detail::FieldWriter writer() { return detail::FieldWriter{paths(), record_}; }
  [[nodiscard]] detail::RecordHead& head() { return head_; }

  // Lives until the builder changes.
  [[nodiscard]] core::RecordView view() {
    bytes_.assign(reinterpret_cast<const char*>(&head_), sizeof head_);
    bytes_.append(reinterpret_cast<const char*>(record_.data), record_.size());
    return core::RecordView::parse(bytes_).value();
  }
  [[nodiscard]] const std::string& bytes() {
    static_cast<void>(view());
    return bytes_;
  }

 private:
  static bool grow(detail::Record& record, std::size_t need) noexcept {
    const std::size_t written = record.size();
    const std::size_t wanted = (written + need) * 2;
    void* larger = std::realloc(record.data, wanted);
    if (larger == nullptr) return false;
    record.set_buffer(larger, written, wanted);
    return true;
  }
  // A second value of a single-valued field is written behind the first: readers take the last.
  static const detail::WriterPaths& paths() {
    static constexpr detail::WriterPaths own{
        &grow, [](detail::Record&, std::uint8_t, std::uint32_t) noexcept { return true; }};
    return own;
  }

  detail::Record record_;
  detail::RecordHead head_{};
  std::string bytes_;
};

}  // namespace llmtrace::testing_support
