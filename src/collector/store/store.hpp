// Where traces are kept. The collector knows only this interface; SqliteStore keeps them in one file on one
// machine, another engine may keep them elsewhere. All calls are thread-safe; none throws.
#pragma once

#include "collector/store/batch.hpp"
#include "collector/store/query.hpp"
#include "collector/store/status.hpp"

#include <cstdint>
#include <functional>
#include <future>
#include <string>
#include <vector>

namespace llmtrace::collector {

// What a commit has changed in a project. Sequences grow with every commit, also over restarts, and a
// project's changes come in their order.
struct Change {
  std::uint64_t sequence = 0;
  std::string project;
  std::vector<TraceId> traces;
};

class Store {
 public:
  using Done = std::function<void(Applied)>;
  using ChangeListener = std::function<void(const Change&)>;
  // Returns false to stop.
  using SpanVisitor = std::function<bool(const StoredSpan&)>;

  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  // Does not wait. `done` runs exactly once: after the commit on the thread that writes, or at once on the
  // caller's when the batch is refused (busy, stopping). It must be quick and must not call the store's
  // writing side and wait.
  virtual void apply(Batch batch, Done done) = 0;
  [[nodiscard]] std::future<Applied> apply(Batch batch);

  // At most one; runs on the thread that writes, after the commit and before the callbacks of its batches.
  virtual void listen(ChangeListener listener) = 0;
  [[nodiscard]] virtual std::uint64_t sequence() const = 0;

  [[nodiscard]] virtual Answer<TracePage> traces(const TraceQuery& query, Deadline deadline) const = 0;
  // The whole header with metadata, input and output.
  [[nodiscard]] virtual Answer<StoredTrace> trace(const std::string& project, TraceId id,
                                                  Deadline deadline) const = 0;
  // In the order of their starts, those without one last; parents of equal starts before children.
  [[nodiscard]] virtual Answer<std::int64_t> spans(const std::string& project, TraceId id, SpanDetail detail,
                                                   const SpanVisitor& visit, Deadline deadline) const = 0;
  [[nodiscard]] virtual Answer<StoredSpan> span(const std::string& project, TraceId trace, SpanId span,
                                                Deadline deadline) const = 0;
  [[nodiscard]] virtual Answer<SessionPage> sessions(const SessionQuery& query, Deadline deadline) const = 0;
  [[nodiscard]] virtual Answer<std::vector<FacetValue>> facets(const FacetQuery& query,
                                                               Deadline deadline) const = 0;
  [[nodiscard]] virtual Answer<Series> series(const SeriesQuery& query, Deadline deadline) const = 0;
  [[nodiscard]] virtual Answer<Totals> totals(const std::string& project, Deadline deadline) const = 0;
  [[nodiscard]] virtual Answer<std::vector<ProjectRow>> projects(Deadline deadline) const = 0;
  [[nodiscard]] virtual StoreStatus status() const = 0;
};

}  // namespace llmtrace::collector
