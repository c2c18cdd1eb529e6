#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace llmtrace::exporting {

// The parts of one batch that are still to be sent, in order. Halving always works on the first
// part, so the list is never deeper than the bits of an index and lives without allocation.
class WorkList {
 public:
  struct Part {
    std::size_t first = 0;
    std::size_t last = 0;  // one past the end
    std::uint32_t server_errors = 0;
    bool whole = false;  // not the product of a split

    [[nodiscard]] std::size_t size() const noexcept { return last - first; }
  };

  void reset(std::size_t items) noexcept {
    count_ = items == 0 ? 0 : 1;
    parts_[0] = {0, items, 0, true};
  }

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] Part& front() noexcept { return parts_[count_ - 1]; }
  [[nodiscard]] const Part& front() const noexcept { return parts_[count_ - 1]; }
  void pop() noexcept { --count_; }
  void clear() noexcept { count_ = 0; }

  // Only for a part of two or more.
  void split() noexcept {
    const Part part = front();
    const std::size_t middle = part.first + part.size() / 2;
    parts_[count_ - 1] = {middle, part.last, 0, false};
    parts_[count_++] = {part.first, middle, 0, false};
  }

  [[nodiscard]] std::size_t items() const noexcept {
    std::size_t total = 0;
    for (std::size_t i = 0; i < count_; ++i) total += parts_[i].size();
    return total;
  }

 private:
  // each split leaves one sibling behind and halves the front: 64 of them exhaust any index
  std::array<Part, 66> parts_{};
  std::size_t count_ = 0;
};

}  // namespace llmtrace::exporting
