// Hides in a span's record what must not leave the process: every text of it, wherever it stands, before
// anybody encodes, shows or stores it. One for each exporter; its lane's thread only.
#pragma once

#include "core/byte_buffer.hpp"
#include "core/record_view.hpp"
#include "privacy/hook_call.hpp"
#include "privacy/json_redactor.hpp"
#include "privacy/text_redactor.hpp"

#include <memory>
#include <string_view>

namespace llmtrace::privacy {

class RecordRedactor {
 public:
  explicit RecordRedactor(std::shared_ptr<const Rules> rules) noexcept
      : rules_{std::move(rules)}, texts_{*rules_}, hook_{*rules_}, json_{texts_, hook_} {}

  // What may be seen of a record: itself when nothing had to be hidden, else one that lives until the next
  // call. Without memory nothing is seen of it but its times and its place in the trace.
  [[nodiscard]] std::string_view apply(std::string_view record) noexcept;

  // Nothing is redacted any more: lets go of what belongs to the host.
  void let_go() noexcept { rules_.reset(); }

  // The same for a single text, and for a JSON document.
  [[nodiscard]] std::string_view apply_to_text(std::string_view text) noexcept;
  [[nodiscard]] std::string_view apply_to_json(std::string_view json) noexcept;

 private:
  [[nodiscard]] bool needs_a_look(const core::RecordView& view, std::string_view record) noexcept;
  void fields(const core::RecordView& view) noexcept;
  void field(const core::FieldView& field) noexcept;
  void value(const core::FieldView& field, std::string_view key, int levels) noexcept;
  void named_value(const core::FieldView& field, std::string_view key, int levels) noexcept;
  void text(const core::FieldView& field, std::string_view key) noexcept;
  void number(const core::FieldView& field, std::string_view key) noexcept;
  void container(const core::FieldView& field, std::string_view key, int levels) noexcept;
  [[nodiscard]] std::string_view shown_key(const core::FieldView& field) noexcept;
  [[nodiscard]] Outcome shown_text(std::string_view text, bool is_json) noexcept;
  void put(const core::FieldView& field, std::string_view key, core::ValueType type,
           std::string_view bytes) noexcept;
  [[nodiscard]] std::string_view without_memory(const core::RecordView& view) noexcept;

  std::shared_ptr<const Rules> rules_;
  TextRedactor texts_;
  HookCall hook_;
  JsonRedactor json_;
  core::ByteBuffer out_;
  core::ByteBuffer key_;
  core::ByteBuffer shown_;
  bool changed_ = false;
  char last_resort_[128] = {};
};

}  // namespace llmtrace::privacy
