// The background indexer for full-text search. It works in a file of its own that can be thrown away and
// built anew, on a thread that takes only the processor time that nobody else wants; what it has not reached
// yet is searched by reading it. One contentless FTS5 table a day of arrival, whose rows are traces: a trace
// is found when its words stand anywhere in it.
#pragma once

#include "collector/store/sqlite/database.hpp"
#include "collector/store/sqlite/place.hpp"
#include "collector/store/sqlite/read_pool.hpp"
#include "collector/store/sqlite/text_fold.hpp"
#include "collector/store/sqlite/texts.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace llmtrace::collector::sqlite {

// How far the index is.
struct TextProgress {
  std::int64_t last_span = 0;
  std::int64_t last_trace = 0;   // whose header as it first came is indexed
  std::int64_t last_change = 0;  // of text_changes
  friend bool operator==(const TextProgress&, const TextProgress&) = default;
};

class TextIndex {
 public:
  // `of_store` is the random name of the main database: an index of another one is thrown away.
  TextIndex(Place place, const Place& main, Turns& main_turns, const std::string& of_store, int readers);
  TextIndex(const TextIndex&) = delete;
  TextIndex& operator=(const TextIndex&) = delete;
  ~TextIndex();

  // After a commit: there is something to do, up to this row of spans.
  void wake(std::int64_t newest_span);
  [[nodiscard]] TextProgress progress() const noexcept {
    return {last_span_.load(), last_trace_.load(), last_change_.load()};
  }

  struct Found {
    std::vector<std::int64_t> traces;  // sorted
    TextProgress up_to;                // what has been searched
  };
  // Traces that contain all words, of any project. Throws SqliteError.
  [[nodiscard]] Found search(const std::vector<Word>& words, Deadline deadline);

 private:
  void prepare(const std::string& of_store);
  void run();
  // True: so much arrives that indexing is put off.
  [[nodiscard]] bool in_burst();
  // True: there may be more.
  [[nodiscard]] bool index_some();
  // Reads what comes next, and moves `reached` on. False: there is nothing.
  [[nodiscard]] bool gather(std::map<std::int64_t, std::vector<FoldedText>>& by_day, TextProgress& reached);
  void insert(std::int64_t day, std::vector<FoldedText>& texts);
  void drop_old_days();
  void save(const TextProgress& progress);
  void publish(const TextProgress& progress) noexcept;

  Place place_;
  Turns turns_;
  Database database_;
  ReadPool main_;
  ReadPool readers_;
  std::atomic<std::int64_t> last_span_{0};
  std::atomic<std::int64_t> last_trace_{0};
  std::atomic<std::int64_t> last_change_{0};
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool due_ = true;
  bool stopping_ = false;
  std::atomic<bool> stop_now_{false};
  std::atomic<std::int64_t> newest_span_{0};
  // Used by the thread only.
  std::int64_t seen_span_ = 0;
  std::chrono::steady_clock::time_point seen_at_ = std::chrono::steady_clock::now();
  std::optional<std::chrono::steady_clock::time_point> burst_began_;
  std::thread thread_;
};

}  // namespace llmtrace::collector::sqlite
