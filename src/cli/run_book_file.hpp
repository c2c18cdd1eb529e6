// The run book as `llmtrace run` holds it: makes it before the program starts, reads it when it has ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace llmtrace::instrument::book {
struct RunBook;
}

namespace llmtrace::cli {

struct ModelSums {
  std::string model;
  std::string provider;
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t tokens_input = 0;
  std::uint64_t tokens_output = 0;
  std::uint64_t without_price = 0;
  double cost_usd = 0;
  double seconds = 0;

  void add(const ModelSums& more);
};

struct Delivery {
  std::string exporter;
  std::uint64_t acknowledged = 0;
};

struct RunFacts {
  std::uint64_t agents = 0;     // programs that had one loaded
  std::uint64_t processes = 0;  // that made calls
  std::uint64_t spans_started = 0;
  std::uint64_t spans_ended = 0;
  std::uint64_t spans_seen = 0;  // of which the sums are
  std::vector<ModelSums> models;
  std::vector<Delivery> deliveries;
  std::vector<std::string> messages;

  [[nodiscard]] ModelSums total() const;
  // By the exporter that delivered least, of so many; nothing can be lost where there is none.
  [[nodiscard]] std::uint64_t lost(std::size_t exporters) const;
};

class RunBookFile {
 public:
  RunBookFile();  // throws Failure
  ~RunBookFile();
  RunBookFile(const RunBookFile&) = delete;
  RunBookFile& operator=(const RunBookFile&) = delete;

  // Where processes below this one find it.
  [[nodiscard]] std::string path() const;
  [[nodiscard]] RunFacts read() const;

 private:
  int file_ = -1;
  instrument::book::RunBook* book_ = nullptr;
};

}  // namespace llmtrace::cli
