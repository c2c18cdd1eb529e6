#pragma once

#include "core/byte_buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace llmtrace::exporting {

// Spans or traces, encoded once and sent as often as needed. Any contiguous range of the items is
// again valid between brackets, so a batch is split without encoding anything anew.
struct EncodedBatch {
  enum class Kind : std::uint8_t { spans, traces };

  Kind kind = Kind::spans;
  core::ByteBuffer items;           // JSON objects joined by commas
  std::vector<std::uint32_t> ends;  // ends[i]: one past item i; the comma before item i + 1 is there

  [[nodiscard]] std::size_t size() const noexcept { return ends.size(); }

  [[nodiscard]] std::string_view range(std::size_t first, std::size_t last) const noexcept {
    const std::size_t begin = first == 0 ? 0 : ends[first - 1] + std::size_t{1};
    return items.view().substr(begin, ends[last - 1] - begin);
  }
};

}  // namespace llmtrace::exporting
