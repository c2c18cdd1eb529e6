// Clients that send batches as fast as they are acknowledged, and one that asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace llmtrace::bench {

inline constexpr std::size_t spans_of_a_batch = 100;
inline constexpr const char* rare_word = "zanzibar";

struct Load {
  double seconds = 0;
  std::vector<double> batch_ms;  // of each batch, from the first byte sent to the last of its answer
};

// Whether each batch of spans is followed by the headers of its traces: names, users, sessions, tags.
enum class Headers : bool { without, with };

// Traces of 10 spans of about 2.5 KB each; `first` numbers the first trace, so that nothing comes twice. The
// times of the batches are those of the spans.
[[nodiscard]] Load send_batches(std::uint16_t port, unsigned connections, std::size_t batches,
                                std::uint64_t first, Headers headers = Headers::without);

// Throws std::runtime_error for anything but 200.
std::string fetch(std::uint16_t port, const std::string& target);
[[nodiscard]] double median_fetch_ms(std::uint16_t port, const std::string& target);
[[nodiscard]] std::string trace_id_of(std::uint64_t number);
// One trace of so many spans.
void send_large_trace(std::uint16_t port, std::uint64_t number, std::size_t spans);

}  // namespace llmtrace::bench
