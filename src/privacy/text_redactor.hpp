// Hides what must not be seen in one text. Whatever goes wrong on the way, the text is hidden as a whole.
#pragma once

#include "core/byte_buffer.hpp"
#include "privacy/escapes.hpp"
#include "privacy/rules.hpp"

#include <string_view>

namespace llmtrace::privacy {

enum class Outcome : std::uint8_t { unchanged, written };

// One thread at a time.
class TextRedactor {
 public:
  // The rules outlive the redactor.
  explicit TextRedactor(const Rules& rules) noexcept : rules_{rules}, mode_{rules.mode} {}

  // Until the next call, in place of the tracer's.
  void set_mode(RedactMode mode) noexcept { mode_ = mode; }
  [[nodiscard]] RedactMode mode() const noexcept { return mode_; }
  // The texts that follow may end in the middle of something.
  void set_cut(bool is_cut) noexcept { is_cut_ = is_cut; }
  [[nodiscard]] const Rules& rules() const noexcept { return rules_; }

  // Appends what may be seen of `text` to `out`, or leaves that alone because all of it may.
  [[nodiscard]] Outcome redact(std::string_view text, core::ByteBuffer& out) noexcept;
  void recycle() noexcept { escapes_.recycle(); }
  // Bytes that matchers looked at in the last text, beyond the one pass over all of it.
  [[nodiscard]] std::size_t last_work() const noexcept { return last_work_; }

 private:
  [[nodiscard]] bool may_be_clean(std::string_view text) const noexcept;
  [[nodiscard]] Outcome search(std::string_view text, core::ByteBuffer& out) noexcept;

  const Rules& rules_;
  RedactMode mode_;
  bool is_cut_ = false;
  std::size_t last_work_ = 0;
  Escapes escapes_;
};

}  // namespace llmtrace::privacy
