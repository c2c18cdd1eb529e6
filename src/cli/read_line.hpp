// Turns one recorded exchange, a line of JSON, into the line that `llmtrace read` prints for it.
#pragma once

#include "llm/prices/price_book.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace llmtrace::cli {

class LineReader {
 public:
  // `cut` is the size of the pieces that the bodies are handed over in.
  explicit LineReader(std::size_t cut);

  // Always one JSON object without a line break; what cannot be read has an "error".
  [[nodiscard]] std::string read(std::string_view line);

 private:
  std::size_t cut_;
  llm::PriceBook prices_;
};

}  // namespace llmtrace::cli
