// A growable run of bytes for the encoders, over malloc and realloc. It never throws and never
// ends the process: when memory is refused it remembers so in failed() and ignores every further
// append, so that a caller writes a whole document and looks once at the end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace llmtrace::core {

// Not synchronised: one thread at a time.
class ByteBuffer {
 public:
  // Keeps every size computation below overflow; far above what an allocator hands out.
  static constexpr std::size_t max_capacity = SIZE_MAX / 4;

  ByteBuffer() noexcept = default;
  ~ByteBuffer() { std::free(begin_); }

  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    ByteBuffer taken{std::move(other)};
    swap(taken);
    return *this;
  }

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] const char* data() const noexcept { return begin_; }
  [[nodiscard]] std::string_view view() const noexcept { return {begin_, size_}; }

  // Makes room for `total` bytes in all. False, and failed(), when memory is refused.
  bool reserve(std::size_t total) noexcept {
    if (total <= limit_) return true;
    if (failed_) return false;
    return reallocate(total) || fail();
  }

  void append(const char* bytes, std::size_t count) noexcept {
    if (count == 0) return;  // memcpy must not see the null of an empty view
    if (char* tail = grab(count)) {
      std::memcpy(tail, bytes, count);
      size_ += count;
    }
  }

  void append(std::string_view bytes) noexcept { append(bytes.data(), bytes.size()); }

  void append(char byte) noexcept {
    if (char* tail = grab(1)) {
      *tail = byte;
      ++size_;
    }
  }

  // At least `count` (> 0) writable bytes behind the content, or nullptr when memory is refused.
  // They count as content only after advance() or advance_to().
  [[nodiscard]] char* grab(std::size_t count) noexcept {
    if (count > limit_ - size_ && !grow(count)) [[unlikely]] {
      return nullptr;
    }
    return begin_ + size_;
  }

  void advance(std::size_t count) noexcept { size_ += count; }
  void advance_to(const char* end) noexcept { size_ = static_cast<std::size_t>(end - begin_); }

  // Shortens the content; a failed buffer stays failed.
  void truncate(std::size_t size) noexcept {
    size_ = std::min(size, size_);
    if (failed_) limit_ = size_;
  }

  // Back to a size() that was read before a failure: what came later is gone, appends work again.
  void roll_back(std::size_t size) noexcept {
    size_ = std::min(size, size_);
    accept_appends();
  }

  // Forgets content and failure, keeps the memory.
  void clear() noexcept { roll_back(0); }

  // clear() that also frees the memory when it grew beyond `largest_kept`, so that one huge item
  // does not weigh on the process for ever.
  void recycle(std::size_t largest_kept) noexcept {
    if (capacity_ > largest_kept) *this = ByteBuffer{};
    clear();
  }

 private:
  static constexpr std::size_t smallest_capacity = 256;

  [[gnu::noinline]] bool grow(std::size_t count) noexcept {
    if (failed_) return false;
    if (count > max_capacity - size_) return fail();
    const std::size_t needed = size_ + count;
    const std::size_t roomy = std::max({needed, capacity_ * 2, smallest_capacity});
    // near the memory limit the exact size may still fit where the doubled one does not
    return reallocate(roomy) || reallocate(needed) || fail();
  }

  bool reallocate(std::size_t capacity) noexcept {
    if (capacity > max_capacity) return false;
    auto* moved = static_cast<char*>(std::realloc(begin_, capacity));
    if (moved == nullptr) return false;
    begin_ = moved;
    capacity_ = capacity;
    limit_ = capacity;
    return true;
  }

  bool fail() noexcept {
    failed_ = true;
    limit_ = size_;
    return false;
  }

  void accept_appends() noexcept {
    failed_ = false;
    limit_ = capacity_;
  }

  void swap(ByteBuffer& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(size_, other.size_);
    std::swap(limit_, other.limit_);
    std::swap(capacity_, other.capacity_);
    std::swap(failed_, other.failed_);
  }

  char* begin_ = nullptr;
  std::size_t size_ = 0;
  // What appends may use: the capacity, or after a failure the size, so that the hot path needs
  // one comparison for both "full" and "failed".
  std::size_t limit_ = 0;
  std::size_t capacity_ = 0;
  bool failed_ = false;
};

}  // namespace llmtrace::core
