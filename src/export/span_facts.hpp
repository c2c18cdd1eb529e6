// What a record says, found by one walk over its fields: each single-valued field by its tag, what there is
// of the repeated ones, the status, the sums that a trace needs. Every consumer of records asks here, so that
// all of them say the same of a span.
#pragma once

#include "core/record_view.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace llmtrace::exporting {

// Attributes that say what has no field of its own on the wire. A user's attribute of the same key makes way.
enum ExtraAttributes : std::uint8_t {
  extra_orphan = 1,
  extra_fields_dropped = 2,
  extra_messages = 4,
  extra_user = 8,
  extra_session = 16,
  extra_tags = 32,
};

// Points into the record and lives no longer than its bytes.
class SpanFacts {
 public:
  // Not explicit: who needs a record's facts only once passes the record itself.
  SpanFacts(const core::RecordView& record) noexcept;

  [[nodiscard]] const core::RecordView& record() const noexcept { return record_; }
  [[nodiscard]] const core::RecordHead& head() const noexcept { return record_.head(); }
  [[nodiscard]] std::size_t payload_bytes() const noexcept { return payload_bytes_; }

  // Single-valued fields. An attribute with a well-known key (llm.model, gen_ai.request.model, …) counts as
  // the field that it names, unless a setter set that.
  [[nodiscard]] bool has(core::Tag tag) const noexcept { return (present_ & bit(tag)) != 0; }
  [[nodiscard]] core::FieldView field(core::Tag tag) const noexcept {  // a null when absent
    if (!has(tag)) return {};
    const auto index = static_cast<std::size_t>(tag);
    const Slot& slot = (from_alias_ & bit(tag)) != 0 ? alias_slots_[index] : slots_[index];
    return {tag, slot.type, {slot.key, slot.key_size}, {slot.bytes, slot.size}};
  }
  [[nodiscard]] std::string_view text(core::Tag tag) const noexcept {  // empty when absent or no text
    const core::FieldView found = field(tag);
    return found.is_text() ? found.bytes : std::string_view{};
  }
  [[nodiscard]] std::optional<std::int64_t> count(core::Tag tag) const noexcept;  // of a number that is one
  [[nodiscard]] std::optional<double> cost() const noexcept;
  // Bit i: the usage field with the i-th tag from Tag::usage_input on is there.
  [[nodiscard]] std::uint32_t usage() const noexcept {
    constexpr auto first = static_cast<unsigned>(core::Tag::usage_input);
    constexpr auto count = static_cast<unsigned>(core::Tag::usage_output_image) - first + 1;
    return static_cast<std::uint32_t>(present_ >> first) & ((1u << count) - 1);
  }

  [[nodiscard]] std::uint32_t repeated(core::Tag tag) const noexcept { return repeated_[index_of(tag)]; }
  // False: all keys of that kind are known to differ.
  [[nodiscard]] bool keys_may_repeat(core::Tag tag) const noexcept {
    return (suspects_ >> index_of(tag) & 1) != 0;
  }

  [[nodiscard]] bool failed() const noexcept;
  [[nodiscard]] std::string_view error() const noexcept;
  [[nodiscard]] std::string_view error_type() const noexcept;
  [[nodiscard]] std::string_view status_message() const noexcept;  // what does not already serve as the error

  // This process sends the header of the trace whose root this is …
  [[nodiscard]] bool heads_trace() const noexcept { return record_.has(detail::flag_header); }
  // … and tags, user, session, metadata, environment and release are the trace's.
  [[nodiscard]] bool holds_trace_fields() const noexcept {
    return heads_trace() && record_.has(detail::flag_trace_scope);
  }

  [[nodiscard]] bool has_messages() const noexcept {
    return has(core::Tag::messages) || repeated(core::Tag::message) != 0;
  }
  // Input, or the messages that stand for it.
  [[nodiscard]] bool has_input() const noexcept { return has(core::Tag::input) || has_messages(); }
  // Output, or the text of the model that stands for it.
  [[nodiscard]] bool has_output() const noexcept {
    return has(core::Tag::output) || has(core::Tag::output_text);
  }
  [[nodiscard]] core::FieldView output() const noexcept {
    return field(has(core::Tag::output) ? core::Tag::output : core::Tag::output_text);
  }
  [[nodiscard]] std::uint8_t extra_attributes() const noexcept;

 private:
  // As a FieldView, but left unset where nothing is: clearing the whole table would cost more than filling
  // it.
  struct Slot {
    const char* key;
    const char* bytes;
    std::uint32_t size;
    std::uint16_t key_size;
    core::ValueType type;
  };
  static constexpr std::size_t single_tags = static_cast<std::size_t>(core::Tag::last_single) + 1;
  static constexpr std::size_t repeated_tags = static_cast<std::size_t>(core::Tag::last_repeated) -
                                               static_cast<std::size_t>(core::Tag::first_repeated) + 1;

  static constexpr std::uint64_t bit(core::Tag tag) noexcept {
    return std::uint64_t{1} << static_cast<unsigned>(tag);
  }
  static constexpr std::size_t index_of(core::Tag tag) noexcept {
    return static_cast<std::size_t>(tag) - static_cast<std::size_t>(core::Tag::first_repeated);
  }

  void keep(const core::FieldView& field) noexcept;
  void note_key(const core::FieldView& field) noexcept;
  void keep_alias(const core::FieldView& attribute) noexcept;
  void adopt_aliases() noexcept;

  core::RecordView record_;
  std::uint64_t present_ = 0;
  std::uint64_t from_alias_ = 0;
  std::uint64_t aliases_ = 0;
  std::size_t payload_bytes_ = 0;
  std::uint32_t suspects_ = 0;
  std::array<std::uint32_t, repeated_tags> repeated_{};
  std::array<std::uint64_t, 4> seen_keys_{};  // a Bloom filter of one hash
  std::array<Slot, single_tags> slots_;
  std::array<Slot, single_tags> alias_slots_;
};

// What the containers of some tags hold.
struct EventFacts {
  std::string_view name;
  std::optional<std::int64_t> ticks;
  bool has_attributes = false;
  core::FieldWalk attributes{{}, true};
};
struct LinkFacts {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span_id = 0;
};
struct ScoreFacts {
  std::string_view name;
  double value = 0;  // NaN when it was not set
  std::string_view comment;
};

[[nodiscard]] EventFacts event_facts(const core::FieldView& event) noexcept;
[[nodiscard]] LinkFacts link_facts(const core::FieldView& link) noexcept;
[[nodiscard]] ScoreFacts score_facts(const core::FieldView& score) noexcept;

}  // namespace llmtrace::exporting
