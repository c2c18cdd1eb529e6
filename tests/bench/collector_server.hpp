// The collector in a process of its own, so that its time and memory are not those of its clients.
#pragma once

#include "child_process.hpp"
#include "figures.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace llmtrace::bench {

class CollectorServer {
 public:
  // With `most_bytes` the oldest traces are deleted to keep the files below it.
  explicit CollectorServer(const std::string& database, std::uint64_t most_bytes = 0);

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] double start_ms() const noexcept { return start_ms_; }  // until it listened
  // "cpu_s" and "peak_mb" so far.
  [[nodiscard]] Figures facts() const;
  void stop();

 private:
  ChildProcess process_;
  std::uint16_t port_ = 0;
  int process_id_ = 0;
  double start_ms_ = 0;
};

// The role itself.
int serve_as_collector(const std::vector<std::string>& arguments);

}  // namespace llmtrace::bench
