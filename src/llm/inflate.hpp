// Undoes gzip and deflate piece by piece, so that a small body cannot fill the memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace llmtrace::llm {

class Inflater {
 public:
  enum class Outcome : std::uint8_t { fine, damaged, too_large };

  // Gives out at most `most` bytes in all.
  explicit Inflater(std::size_t most);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Hands what it made of the piece to `out`, in parts. After an outcome that is not fine it makes no more.
  Outcome feed(std::string_view piece, const std::function<void(std::string_view)>& out);

 private:
  struct Stream;
  Outcome inflate_piece(std::string_view piece, const std::function<void(std::string_view)>& out);

  std::unique_ptr<Stream> stream_;  // once it is clear what header there is
  std::string head_;
  std::size_t left_;
  Outcome outcome_ = Outcome::fine;
};

// 1F 8B 08.
[[nodiscard]] bool is_gzip(std::string_view bytes) noexcept;

}  // namespace llmtrace::llm
