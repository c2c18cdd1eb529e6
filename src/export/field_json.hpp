// Recorded fields as JSON: values of every type, objects of fields, a span's input. Everything that shows
// records goes through here. What a user wrote may be invalid or nested without end; what comes out is strict
// JSON that, together with the body around it, is at most 64 levels deep.
#pragma once

#include "core/json_writer.hpp"
#include "export/repeated_keys.hpp"
#include "export/span_facts.hpp"

namespace llmtrace::exporting {

class FieldJson {
 public:
  // What may be nested inside a value: 64 less the body's object and array, the item, and its member.
  static constexpr int levels_in_member = 61;

  explicit FieldJson(core::JsonWriter& writer) noexcept : writer_{writer} {}

  // Containers deeper than `levels` become null, ready JSON that is deeper becomes text.
  void value(const core::FieldView& field, int levels) noexcept;

  // The members of an object that is open. `extras` are keys that others write.
  void members(const SpanFacts& facts, core::Tag tag, int levels, std::uint8_t extras = 0) noexcept;
  void members(FieldRange fields, int levels) noexcept;

  void input(const SpanFacts& facts) noexcept;
  void messages(const SpanFacts& facts, int levels) noexcept;
  void tags(const SpanFacts& facts) noexcept;
  [[nodiscard]] static std::string_view extra_name(ExtraAttributes extra) noexcept;
  [[nodiscard]] static bool is_extra(std::string_view key, std::uint8_t extras) noexcept;
  void extra_attributes(const SpanFacts& facts, std::uint8_t extras) noexcept;

  // The document lacks something; the buffer may not know.
  void note_out_of_memory() noexcept { out_of_memory_ = true; }
  [[nodiscard]] bool out_of_memory() const noexcept { return out_of_memory_; }

 private:
  void members(FieldRange fields, int levels, bool keys_may_repeat, std::uint8_t extras) noexcept;
  void container(const core::FieldView& field, int levels) noexcept;
  void json_or_text(std::string_view text, int levels) noexcept;
  void message_list(const SpanFacts& facts) noexcept;

  core::JsonWriter& writer_;
  bool out_of_memory_ = false;
};

}  // namespace llmtrace::exporting
