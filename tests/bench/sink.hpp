// A service that takes everything: counts the items of each request without parsing it and acknowledges them.
// It runs in a process of its own, so that its time is not the tracer's.
#pragma once

#include "child_process.hpp"
#include "figures.hpp"

#include <string>

namespace llmtrace::bench {

class Sink {
 public:
  Sink();

  [[nodiscard]] const std::string& url() const noexcept { return url_; }
  // Ends it. What it has seen: "spans", "bytes" of the span requests with their headers, "requests".
  [[nodiscard]] Figures stop();

 private:
  ChildProcess process_;
  std::string url_;
};

// The role itself: prints its port, serves until standard input ends, prints its figures.
int serve_as_sink();

}  // namespace llmtrace::bench
