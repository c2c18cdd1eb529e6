// The choices of a response as they come together, from one document or from the deltas of many. Fields of an
// element are staged until it ends, because its index and its type may stand behind its text.
#pragma once

#include "llm/facts.hpp"
#include "llm/reader_limits.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::llm {

// Appends up to a limit; false when something was left out.
bool append_bounded(std::string& to, std::string_view text, std::size_t limit);

struct StagedCall {
  std::optional<std::uint64_t> index;
  std::string id;
  std::string name;
  std::string arguments;
  bool replaces = false;    // the arguments are whole, not a delta
  bool in_message = false;  // beside which there may be a delta
};

struct Choice {
  struct Call {
    std::optional<std::uint64_t> index;
    ToolCall call;
    bool placeholder = false;  // `arguments` may be replaced by the deltas that follow
  };

  std::uint64_t index = 0;
  std::string text;
  std::string reasoning;
  std::string refusal;
  std::string finish_reason;
  std::uint8_t reasoning_source = 0;  // which of several fields that say the same; the first one seen counts
  std::vector<Call> calls;

  [[nodiscard]] bool empty() const noexcept {
    return text.empty() && reasoning.empty() && refusal.empty() && calls.empty();
  }
};

[[nodiscard]] bool has_call(const Choice& choice, const std::optional<std::uint64_t>& index);

class Choices {
 public:
  explicit Choices(const ReaderLimits& limits) noexcept;

  // The choice of that index, made when it is new; beyond 64 choices the last one.
  Choice& at(std::uint64_t index);
  // Returns false when a limit cut something.
  bool add_text(Choice& choice, std::string_view text);
  bool add_reasoning(Choice& choice, std::string_view text, std::uint8_t source = 1);
  bool add_refusal(Choice& choice, std::string_view text);
  bool add_call(Choice& choice, StagedCall&& staged);
  // A call that came whole, whatever its id.
  bool add_new_call(Choice& choice, StagedCall&& staged);

  // Something was lost here; what is added to a text that has begun stands behind a gap.
  void mark_gap();

  void clear() noexcept;
  [[nodiscard]] bool has_content() const noexcept;
  [[nodiscard]] bool has_any() const noexcept { return !all_.empty(); }
  // Moves everything into the facts, in the order of the indices.
  void move_to(Facts& facts);

 private:
  bool append(std::string& to, std::string_view text);
  static Choice::Call* matching(Choice& choice, const StagedCall& staged);
  bool add_arguments(Choice::Call& call, const StagedCall& staged);

  std::size_t text_limit_;
  std::size_t budget_;
  std::size_t call_limit_;
  std::size_t calls_ = 0;
  bool has_gap_ = false;
  std::vector<Choice> all_;
};

}  // namespace llmtrace::llm
