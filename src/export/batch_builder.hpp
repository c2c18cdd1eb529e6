// Encodes items into a batch until it is full.
#pragma once

#include "export/batch_limits.hpp"
#include "export/encoded_batch.hpp"

#include <new>
#include <utility>

namespace llmtrace::exporting {

class BatchBuilder {
 public:
  BatchBuilder(EncodedBatch::Kind kind, const BatchLimits& limits) noexcept : kind_{kind}, limits_{limits} {
    batch_.kind = kind;
  }

  // `encode` appends one item to the buffer it gets and says whether memory sufficed; the buffer is as before
  // if it did not. `at_least`: bytes that the item will surely need.
  template <class Encode>
  [[nodiscard]] Added add(std::size_t at_least, Encode&& encode) noexcept {
    core::ByteBuffer& items = batch_.items;
    const std::size_t before = items.size();
    if (size() >= limits_.items || (size() != 0 && before + at_least > limits_.bytes)) return Added::full;
    if (!make_room()) return Added::out_of_memory;
    if (size() != 0) items.append(',');
    if (items.failed() || !encode(items)) return take_back(before, Added::out_of_memory);
    if (size() != 0 && items.size() > limits_.bytes) return take_back(before, Added::full);
    batch_.ends.push_back(static_cast<std::uint32_t>(items.size()));
    return Added::taken;
  }

  [[nodiscard]] std::size_t size() const noexcept { return batch_.size(); }
  [[nodiscard]] EncodedBatch& batch() noexcept { return batch_; }

  // Starts anew with the memory of a batch that is done, unless that grew far beyond what a batch needs.
  void restart(EncodedBatch storage = {}) noexcept {
    batch_ = std::move(storage);
    batch_.kind = kind_;
    batch_.ends.clear();
    batch_.items.recycle(limits_.bytes * 2);
  }

 private:
  bool make_room() noexcept {
    if (batch_.ends.capacity() > batch_.ends.size()) return true;
    try {
      batch_.ends.reserve(limits_.items);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }
  Added take_back(std::size_t before, Added why) noexcept {
    batch_.items.roll_back(before);
    return why;
  }

  EncodedBatch::Kind kind_;
  BatchLimits limits_;
  EncodedBatch batch_;
};

}  // namespace llmtrace::exporting
