#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace llmtrace::exporting {

// The parts of one batch that are still to be sent. Halving always works on the first part, so the list
// stays within twice the bits of an index and lives without allocation.
class WorkList {
 public:
  struct Part {
    std::size_t first = 0;
    std::size_t last = 0;  // one past the end
    std::uint32_t server_errors = 0;
    bool suspect = false;  // it was in what the service failed on time after time

    [[nodiscard]] std::size_t size() const noexcept { return last - first; }
    [[nodiscard]] bool can_be_halved() const noexcept { return size() > 1; }
  };

  void reset(std::size_t items) noexcept {
    count_ = items == 0 ? 0 : 1;
    parts_[0] = {0, items, 0, false};
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
    parts_[count_ - 1] = {middle, part.last, 0, part.suspect};
    parts_[count_++] = {part.first, middle, 0, part.suspect};
  }

  // What failed as a whole is not sent as a whole again.
  void split_known_bad() noexcept {
    if (front().suspect && front().server_errors != 0 && front().can_be_halved()) split();
  }

  // Lets the next part go first when nobody knows yet what the service says to it.
  void defer_to_untried() noexcept {
    if (count_ > 1 && parts_[count_ - 2].server_errors == 0)
      std::swap(parts_[count_ - 1], parts_[count_ - 2]);
  }

  [[nodiscard]] std::size_t items() const noexcept {
    std::size_t total = 0;
    for (std::size_t i = 0; i < count_; ++i) total += parts_[i].size();
    return total;
  }

 private:
  // Each split leaves one part behind and halves the front, which may have let a larger one go first, once.
  // A batch has fewer than 2^31 items.
  std::array<Part, 66> parts_{};
  std::size_t count_ = 0;
};

}  // namespace llmtrace::exporting
