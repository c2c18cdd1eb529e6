// Tells open streams which traces have changed. It remembers the last changes of all projects, so that a
// stream which broke can go on where it ended; what is older is answered by "load again".
#pragma once

#include "collector/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <vector>

namespace llmtrace::collector::live {

struct News {
  bool complete = true;         // false: changes since then are forgotten
  std::uint64_t sequence = 0;   // what the reader knows with this
  std::vector<TraceId> traces;  // changed since, each once
  bool more = false;
};

class LiveFeed {
 public:
  using Wake = std::function<void()>;
  using Reader = std::list<Wake>::iterator;

  // `sequence`: that of the store, before it changes for the first time.
  explicit LiveFeed(std::uint64_t sequence) noexcept : newest_{sequence}, forgotten_{sequence} {}

  // The store's listener. Quick: it runs on the thread that writes.
  void publish(const Change& change);

  [[nodiscard]] Reader add(Wake wake);
  void remove(Reader reader);
  [[nodiscard]] std::size_t readers() const;

  [[nodiscard]] News since(std::uint64_t sequence, const std::string& project) const;
  [[nodiscard]] std::uint64_t newest() const;

 private:
  static constexpr std::size_t most_traces = 100'000;
  static constexpr std::size_t most_changes = 20'000;
  static constexpr std::size_t most_news = 500;

  void forget();

  mutable std::mutex mutex_;
  std::deque<Change> changes_;
  std::list<Wake> readers_;
  std::size_t remembered_traces_ = 0;
  std::uint64_t newest_;
  std::uint64_t forgotten_;  // changes up to this one are not remembered
};

}  // namespace llmtrace::collector::live
