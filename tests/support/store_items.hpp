// Traces and spans for tests of the store, with the texts they view.
#pragma once

#include "collector/store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace llmtrace::testing_store {

using namespace collector;
using testing_support::TemporaryDirectory;

inline constexpr std::int64_t microsecond = 1000;
inline constexpr std::int64_t millisecond = 1000 * microsecond;
inline constexpr std::int64_t second = 1000 * millisecond;
inline constexpr std::int64_t minute = 60 * second;
inline constexpr std::int64_t hour = 60 * minute;
inline constexpr std::int64_t day = 24 * hour;
// 2026-01-01T00:00:00Z
inline constexpr UnixTime new_year = 1'767'225'600 * second;

inline Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds{60}; }
inline TraceId trace_id(std::uint64_t number) { return {0x0af7651916cd43dd, number}; }
inline SpanId span_id(std::uint64_t number) { return {0xb7ad6b7169200000 + number}; }

// Keeps its texts as long as it lives, so views into them stay valid however often it is copied to a store.
class Items {
 public:
  explicit Items(std::string project = "demo") : project_{std::move(project)} {}

  std::string_view keep(std::string text) { return texts_->emplace_back(std::move(text)); }

  TraceUpdate& trace(std::uint64_t number) {
    TraceUpdate& update = traces_.emplace_back();
    update.trace_id = trace_id(number);
    return update;
  }
  SpanUpdate& span(std::uint64_t trace, std::uint64_t number) {
    SpanUpdate& update = spans_.emplace_back();
    update.trace_id = trace_id(trace);
    update.span_id = span_id(number);
    return update;
  }

  [[nodiscard]] Batch batch() const {
    Batch batch;
    batch.project = project_;
    batch.traces.assign(traces_.begin(), traces_.end());
    batch.spans.assign(spans_.begin(), spans_.end());
    batch.memory = texts_;
    return batch;
  }

 private:
  std::string project_;
  std::shared_ptr<std::deque<std::string>> texts_ = std::make_shared<std::deque<std::string>>();
  std::deque<TraceUpdate> traces_;
  std::deque<SpanUpdate> spans_;
};

inline Applied store_items(Store& store, const Items& items) { return store.apply(items.batch()).get(); }

inline std::unique_ptr<Store> open_store(SqliteOptions options) {
  auto opened = open_sqlite_store(std::move(options));
  if (const auto* error = std::get_if<OpenError>(&opened)) {
    ADD_FAILURE() << error->message;
    return nullptr;
  }
  return std::get<std::unique_ptr<Store>>(std::move(opened));
}

// Its clock stands still, so that states of several stores can be compared.
inline SqliteOptions in_memory() {
  SqliteOptions options;
  options.in_memory = true;
  options.now = [] { return new_year + 40 * day; };
  return options;
}

inline SqliteOptions in_file(const std::string& file) {
  SqliteOptions options;
  options.file = file;
  return options;
}

inline std::vector<StoredSpan> spans_of(const Store& store, std::uint64_t trace,
                                        SpanDetail detail = SpanDetail::full,
                                        const std::string& project = "demo") {
  std::vector<StoredSpan> spans;
  const auto answer = store.spans(
      project, trace_id(trace), detail,
      [&](const StoredSpan& span) {
        spans.push_back(span);
        return true;
      },
      soon());
  EXPECT_NE(answer.outcome, ReadOutcome::failed) << answer.error;
  return spans;
}

}  // namespace llmtrace::testing_store
