// Text with backslash escapes, as JSON has them, read as what it means: a secret may be written `sk\u002d…`
// or lie in JSON inside of JSON. Backslashes of any number before the escaped character count as one escape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::privacy {

class Escapes {
 public:
  // More than these are not kept apart: decode() gives up. A field of the usual limit cannot have as many.
  static constexpr std::size_t most = 2u << 20;

  // Makes text() what `raw` means. False when memory is refused or there are too many escapes.
  [[nodiscard]] bool decode(std::string_view raw) noexcept;
  // Nothing is escaped in `raw`: it is its own meaning.
  void take_as_it_is(std::string_view raw) noexcept {
    places_.clear();
    text_ = raw;
  }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

  // Where the character at `at` of text() begins in the raw text; for text().size() where that ends.
  [[nodiscard]] std::size_t raw_begin(std::size_t at) const noexcept;
  // Where the character before `end` of text() ends in the raw text.
  [[nodiscard]] std::size_t raw_end(std::size_t end) const noexcept;
  // Which character of text() the byte at `at` of the raw text belongs to.
  [[nodiscard]] std::size_t text_at(std::size_t at) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return places_.empty(); }
  // How many backslashes stand before the character: how deep the JSON is in which a quote stands.
  [[nodiscard]] std::size_t depth_at(std::size_t at) const noexcept;

  // Gives back the memory of one huge text.
  void recycle() noexcept;

 private:
  // One escape: its bytes in text() and in the raw text.
  struct Place {
    std::uint32_t text = 0;
    std::uint32_t raw = 0;
    std::uint32_t raw_size = 0;
    std::uint16_t backslashes = 0;
    std::uint16_t text_size = 0;
  };

  void append(std::string_view raw, std::size_t& at);
  [[nodiscard]] const Place* last_before(std::size_t at) const noexcept;

  std::string decoded_;
  std::vector<Place> places_;
  std::string_view text_;
};

}  // namespace llmtrace::privacy
