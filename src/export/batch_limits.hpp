#pragma once

#include <cstddef>
#include <cstdint>

namespace llmtrace::exporting {

// When a batch is full. One item alone may be larger.
struct BatchLimits {
  std::size_t items = 512;
  std::size_t bytes = std::size_t{1} << 20;
};

enum class Added : std::uint8_t { taken, full, out_of_memory };

}  // namespace llmtrace::exporting
