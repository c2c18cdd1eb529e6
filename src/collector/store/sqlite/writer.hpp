// The one thread that writes. It takes what is waiting, commits it as one transaction, and then tells who
// waits. Between commits it deletes what is past its retention, in small steps.
#pragma once

#include "collector/store/sqlite/ingest.hpp"
#include "collector/store/sqlite/place.hpp"
#include "collector/store/sqlite/retention.hpp"
#include "collector/store/store.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace llmtrace::collector::sqlite {

struct WriterOptions {
  std::int64_t queue_bytes = 0;
  RetentionOptions retention;
  std::function<UnixTime()> now;
  // Up to which number text_changes has been indexed and can go; without an index all of it can.
  std::function<std::int64_t()> indexed_changes;
};

class Writer {
 public:
  // `after_commit` runs after each commit, with the pages that wait in the write-ahead log.
  Writer(Database database, Turns& turns, WriterOptions options, std::function<void(int)> after_commit);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  // Commits what is waiting, and stops.
  ~Writer();

  void submit(Batch batch, Store::Done done);
  void listen(Store::ChangeListener listener);
  [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_.load(); }
  // Fills in what the writer knows.
  void describe(StoreStatus& status) const;
  // The numbers of the newest rows.
  [[nodiscard]] std::int64_t last_span() const noexcept { return last_span_.load(); }
  [[nodiscard]] std::int64_t last_trace() const noexcept { return last_trace_.load(); }
  [[nodiscard]] UnixTime expired_before() const { return retention_options_.expired_before(options_.now()); }

 private:
  struct Waiting {
    Batch batch;
    Store::Done done;
    Applied applied;
  };
  using Group = std::vector<Waiting>;

  void run();
  [[nodiscard]] Group take_group();
  void write(Group group);
  [[nodiscard]] std::vector<Change> commit(Group& group);
  [[nodiscard]] std::vector<Change> commit_one_by_one(Group& group);
  void report_failure(Group& group, const SqliteError& error);
  void tell(Group& group, const std::vector<Change>& changes);
  void note_commit(const Group& group, std::chrono::nanoseconds took);
  // True: there is more to do.
  [[nodiscard]] bool maintain();
  void describe_file(std::int64_t deleted);
  void save_counters(const Counters& counters);
  void forget();

  Database database_;
  Turns& turns_;
  WriterOptions options_;
  RetentionOptions retention_options_;
  std::function<void(int)> after_commit_;
  Tables tables_;
  ProjectTable projects_;
  TraceEraser eraser_;
  Ingest ingest_;
  Retention retention_;
  Statement save_counters_;
  Statement trim_changes_;
  Counters counters_;
  UnixTime last_received_ = 0;
  int log_pages_ = 0;
  bool more_maintenance_ = false;
  std::atomic<std::uint64_t> sequence_{0};
  std::atomic<std::int64_t> last_span_{0};
  std::atomic<std::int64_t> last_trace_{0};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Waiting> queue_;
  std::int64_t queued_bytes_ = 0;
  std::int64_t queued_items_ = 0;
  bool stopping_ = false;
  Store::ChangeListener listener_;
  StoreStatus figures_;
  bool lacks_room_ = false;  // as of the last batch
  std::chrono::steady_clock::time_point slowest_at_;

  std::thread thread_;
};

}  // namespace llmtrace::collector::sqlite
