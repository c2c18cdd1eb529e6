// What a target takes off the front of its bytes, and what it does when a promise is broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace llmtrace::fuzz {

class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size) noexcept
      : rest_{reinterpret_cast<const char*>(data), size} {}

  [[nodiscard]] std::uint8_t byte() noexcept {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

// The size of the pieces must make no difference.
inline void require_same(std::string_view in_pieces, std::string_view whole) {
  if (in_pieces == whole) return;
  std::fprintf(stderr, "in pieces: %.*s\nwhole: %.*s\n", static_cast<int>(in_pieces.size()), in_pieces.data(),
               static_cast<int>(whole.size()), whole.data());
  require(false, "the pieces make no difference");
}

template <typename Feed>
void feed_in_pieces(std::string_view bytes, std::size_t piece, Feed feed) {
  for (; bytes.size() > piece; bytes.remove_prefix(piece)) feed(bytes.substr(0, piece));
  feed(bytes);
}

}  // namespace llmtrace::fuzz
