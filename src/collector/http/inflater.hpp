// Undoes gzip as it arrives and stops at a limit, so that a small body cannot become a huge one.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace llmtrace::collector::http {

class Inflater {
 public:
  enum class Result : unsigned char { good, corrupt, too_large };

  explicit Inflater(std::size_t most_bytes);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Appends what `piece` inflates to.
  [[nodiscard]] Result feed(std::string_view piece, std::string& out);
  // The stream was complete. What follows a gzip stream is corrupt, another member included: nobody sends
  // one, and a proxy might see another body than we do.
  [[nodiscard]] bool finished() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::size_t most_bytes_;
};

}  // namespace llmtrace::collector::http
