// The search for places where a secret may stand. Each kind of secret has four characters in a row that it
// cannot do without and that texts seldom hold: its clue. All clues are looked for at once, 32 bytes a step,
// so that text without secrets, which is nearly all text, costs next to nothing.
#pragma once

#include "privacy/match.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace llmtrace::privacy {

// Which matcher is to look at the place.
enum class ClueKind : std::uint8_t { prefix, jwt, pem, bearer, name, url, escape };

struct Clue {
  std::size_t at = Match::none;  // of its four characters
  ClueKind kind = ClueKind::prefix;
  std::uint8_t back = 0;  // how far before it the secret's own beginning lies

  [[nodiscard]] bool found() const noexcept { return at != Match::none; }
};

// The first at `from` or later. The four characters may reach beyond the end of the text, as zeroes.
[[nodiscard]] Clue next_clue(std::string_view text, std::size_t from) noexcept;

// All of them, one by one: keeps what one look at a block has found, where texts are full of clues.
class ClueSearch {
 public:
  explicit ClueSearch(std::string_view text) noexcept : text_{text} {}

  // As next_clue(). `from` never goes back.
  [[nodiscard]] Clue next(std::size_t from) noexcept;

 private:
  static constexpr std::size_t block_size = 32;

  [[nodiscard]] Clue next_in_block(std::size_t from) noexcept;
  void look_at_block(std::size_t at) noexcept;

  std::string_view text_;
  std::size_t block_ = 0;
  std::size_t seen_to_ = 0;   // no clue is left before it but those of the block
  std::uint32_t places_ = 0;  // of the block that may hold clues
};

// The same without vector instructions, to be compared with.
[[nodiscard]] Clue next_clue_by_bytes(std::string_view text, std::size_t from) noexcept;

}  // namespace llmtrace::privacy
