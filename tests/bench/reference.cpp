#include "reference.hpp"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <vector>

namespace llmtrace::bench {
namespace {

struct Ring {
  static constexpr std::size_t size = 8u << 20;
  static constexpr std::size_t text_size = 2048;

  std::vector<char> bytes = std::vector<char>(size, 'r');
  std::vector<char> text = std::vector<char>(text_size, 't');
  std::size_t at = 0;
  std::atomic<std::uint64_t> published{0};  // release publishes the copied text
};

std::uint64_t now() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return static_cast<std::uint64_t>(at.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(at.tv_nsec);
}

}  // namespace

void run_reference(std::size_t times) {
  static Ring ring;
  for (std::size_t i = 0; i < times; ++i) {
    const std::uint64_t start = now();
    std::memcpy(ring.bytes.data() + ring.at, ring.text.data(), Ring::text_size);
    ring.at = (ring.at + Ring::text_size) % Ring::size;
    ring.published.store(start ^ now(), std::memory_order_release);
  }
}

}  // namespace llmtrace::bench
