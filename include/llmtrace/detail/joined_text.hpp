// Two texts and what stands between them, for as long as a name is needed: short ones without the heap, and
// never an exception.
#pragma once

#include <llmtrace/fwd.hpp>

#include <cstdlib>
#include <cstring>
#include <string_view>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

class JoinedText {
 public:
  // Where one is empty, the other alone. Both must outlive this.
  JoinedText(std::string_view first, char between, std::string_view second) noexcept
      : text_{first.empty() ? second : first} {
    if (first.empty() || second.empty()) return;
    const std::size_t size = first.size() + 1 + second.size();
    char* to = size <= sizeof(short_) ? short_ : long_ = static_cast<char*>(std::malloc(size));
    if (to == nullptr) return;  // the first alone
    std::memcpy(to, first.data(), first.size());
    to[first.size()] = between;
    std::memcpy(to + first.size() + 1, second.data(), second.size());
    text_ = {to, size};
  }
  JoinedText(const JoinedText&) = delete;
  JoinedText& operator=(const JoinedText&) = delete;
  ~JoinedText() { std::free(long_); }

  [[nodiscard]] std::string_view view() const noexcept { return text_; }
  [[nodiscard]] std::string_view or_else(std::string_view name) const noexcept {
    return text_.empty() ? name : text_;
  }

 private:
  char short_[120];
  char* long_ = nullptr;
  std::string_view text_;
};

}  // namespace detail
LLMTRACE_END_NAMESPACE
