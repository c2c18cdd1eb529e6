// The user's own say in what is hidden, and the path by which it is told where a text stands.
#pragma once

#include "privacy/rules.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::privacy {

// One thread at a time; calls of several threads wait for each other.
class HookCall {
 public:
  explicit HookCall(const Rules& rules) noexcept : rules_{rules} {}

  [[nodiscard]] bool is_set() const noexcept { return rules_.hook != nullptr; }

  // What the user wants to stand there instead. Whatever is thrown hides the text.
  [[nodiscard]] std::optional<std::string> replacement_for(std::string_view value) noexcept;

  // A step of the path while it lives. Does nothing where nobody asks for paths.
  class Step {
   public:
    Step(HookCall& call, std::string_view name) noexcept;
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    ~Step() { call_.path_.resize(before_); }

   private:
    HookCall& call_;
    std::size_t before_;
  };

 private:
  const Rules& rules_;
  std::string path_;
  bool lost_path_ = false;  // no memory for it: then the hook cannot be asked, and the text is hidden
};

}  // namespace llmtrace::privacy
