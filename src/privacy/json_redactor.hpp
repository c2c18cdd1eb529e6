// Hides what must not be seen in a JSON document and leaves valid JSON: values by what they are called, texts
// by what is in them, numbers too.
#pragma once

#include "core/byte_buffer.hpp"
#include "privacy/hook_call.hpp"
#include "privacy/text_redactor.hpp"

#include <optional>
#include <string_view>

namespace llmtrace::privacy {

// One thread at a time.
class JsonRedactor {
 public:
  // What lies deeper is no JSON to anyone here.
  static constexpr int deepest = 64;

  JsonRedactor(TextRedactor& texts, HookCall& hook) noexcept : texts_{texts}, hook_{hook} {}

  // Whether to treat it as JSON: it is a document with something in it, and valid.
  [[nodiscard]] static bool is_document(std::string_view text) noexcept;

  // `json` is valid. As TextRedactor::redact().
  [[nodiscard]] Outcome redact(std::string_view json, core::ByteBuffer& out) noexcept;

 private:
  void value(std::optional<Finding> hidden, bool hides_numbers) noexcept;
  void object() noexcept;
  void array() noexcept;
  void member() noexcept;
  void string() noexcept;
  void number() noexcept;
  void hide(Finding what, bool hides_numbers) noexcept;
  void skip_value() noexcept;
  void skip_string() noexcept;
  void skip_blanks() noexcept;
  [[nodiscard]] bool is_token_of_text() const noexcept;
  [[nodiscard]] std::string_view string_content() noexcept;
  [[nodiscard]] char peek() const noexcept { return at_ < json_.size() ? json_[at_] : '\0'; }
  void replace(std::size_t begin, std::size_t end, std::string_view by) noexcept;
  void replace_quoted(std::size_t begin, std::size_t end, std::string_view by) noexcept;

  TextRedactor& texts_;
  HookCall& hook_;
  core::ByteBuffer scratch_;
  core::ByteBuffer* out_ = nullptr;
  std::string_view json_;
  std::size_t at_ = 0;
  std::size_t copied_ = 0;
  bool changed_ = false;
};

}  // namespace llmtrace::privacy
