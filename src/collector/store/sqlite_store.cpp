#include "collector/store/sqlite_store.hpp"

#include "collector/store/sqlite/checkpoints.hpp"
#include "collector/store/sqlite/file_access.hpp"
#include "collector/store/sqlite/file_check.hpp"
#include "collector/store/sqlite/filter_sql.hpp"
#include "collector/store/sqlite/layout.hpp"
#include "collector/store/sqlite/read_pool.hpp"
#include "collector/store/sqlite/reads.hpp"
#include "collector/store/sqlite/schema.hpp"
#include "collector/store/sqlite/text_index.hpp"
#include "collector/store/sqlite/writer.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <sys/random.h>
#include <utility>

namespace llmtrace::collector {
namespace {

using namespace sqlite;

constexpr int writer_cache_kib = 48 * 1024;
constexpr int reader_cache_kib = 16 * 1024;  // the index by start of 100,000 traces fits
constexpr std::int64_t default_memory_bytes = 512 << 20;

UnixTime wall_clock() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string random_name() {
  std::uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits))
    bits = static_cast<std::uint64_t>(wall_clock());
  return to_hex(SpanId{bits});
}

// By which the text index knows the store that it belongs to.
std::string name_of(Database& database) {
  Statement insert{database, "INSERT OR IGNORE INTO meta VALUES('name',?)"};
  const std::string name = random_name();
  insert.bind(1, name).run();
  return database.text("SELECT value FROM meta WHERE name='name'");
}

class SqliteStore final : public Store {
 public:
  SqliteStore(SqliteOptions options, Place place, Place text_place, FileLock lock, FileLock text_lock)
      : options_{std::move(options)},
        lock_{std::move(lock)},
        text_lock_{std::move(text_lock)},
        place_{std::move(place)},
        text_place_{std::move(text_place)},
        turns_{place_.in_memory()} {
    Database database =
        open_with_layout(place_, {store_application_id, store_migrations()}, writer_cache_kib);
    schema_version_ = database.integer("PRAGMA user_version");
    const std::string name = name_of(database);
    if (!place_.in_memory()) checkpoints_.emplace(place_, turns_);
    readers_.emplace(place_, turns_, options_.readers, reader_cache_kib, &install_match_function);
    if (options_.text_index) open_text_index(name);
    writer_.emplace(std::move(database), turns_, writer_options(), [this](int pages) { note_commit(pages); });
    check_.emplace(place_, [this] { return checkpoints_ && checkpoints_->log_is_long(); });
  }

  using Store::apply;
  void apply(Batch batch, Done done) override { writer_->submit(std::move(batch), std::move(done)); }
  void listen(ChangeListener listener) override { writer_->listen(std::move(listener)); }
  std::uint64_t sequence() const override { return writer_->sequence(); }

  Answer<TracePage> traces(const TraceQuery& query, Deadline deadline) const override {
    return ask<TracePage>(query.project, deadline, [&](const Question& q) { return list_traces(q, query); });
  }
  Answer<StoredTrace> trace(const std::string& project, TraceId id, Deadline deadline) const override {
    return ask<StoredTrace>(project, deadline, [&](const Question& q) { return read_trace(q, id); });
  }
  Answer<std::int64_t> spans(const std::string& project, TraceId id, SpanDetail detail,
                             const SpanVisitor& visit, Deadline deadline) const override {
    return ask<std::int64_t>(project, deadline,
                             [&](const Question& q) { return read_spans(q, id, detail, visit); });
  }
  Answer<StoredSpan> span(const std::string& project, TraceId trace, SpanId span,
                          Deadline deadline) const override {
    return ask<StoredSpan>(project, deadline, [&](const Question& q) { return read_span(q, trace, span); });
  }
  Answer<SessionPage> sessions(const SessionQuery& query, Deadline deadline) const override {
    return ask<SessionPage>(query.project, deadline,
                            [&](const Question& q) { return list_sessions(q, query); });
  }
  Answer<std::vector<FacetValue>> facets(const FacetQuery& query, Deadline deadline) const override {
    using Values = std::vector<FacetValue>;
    return ask<Values>(query.project, deadline, [&](const Question& q) { return list_facets(q, query); });
  }
  Answer<Series> series(const SeriesQuery& query, Deadline deadline) const override {
    return ask<Series>(query.project, deadline, [&](const Question& q) { return read_series(q, query); });
  }
  Answer<Totals> totals(const std::string& project, Deadline deadline) const override {
    return ask<Totals>(project, deadline, [&](const Question& q) {
      return Answer<Totals>{{}, read_totals(q), {}};
    });
  }
  Answer<std::vector<ProjectRow>> projects(Deadline deadline) const override {
    using Rows = std::vector<ProjectRow>;
    return ask<Rows>({}, deadline, [&](const Question& q) { return Answer<Rows>{{}, list_projects(q), {}}; });
  }
  StoreStatus status() const override;

 private:
  // Turns what SQLite throws into an outcome.
  template <class T, class Function>
  Answer<T> ask(const std::string& project, Deadline deadline, Function function) const {
    try {
      const auto lease = readers_->lend(deadline);
      const Question question{lease.reader(), project.empty() ? 0 : find_project(lease.database(), project),
                              writer_->expired_before(), text_index_ ? &*text_index_ : nullptr};
      return function(question);
    } catch (const SqliteError& error) {
      return {error.interrupted() ? ReadOutcome::deadline : ReadOutcome::failed, {}, error.what()};
    } catch (const std::exception& error) {
      return {ReadOutcome::failed, {}, error.what()};
    }
  }

  void open_text_index(const std::string& name) {
    try {
      text_index_.emplace(text_place_, place_, turns_, name, options_.readers);
    } catch (const SqliteError&) {
      // It can be built anew from the store, so a damaged one is no reason not to start.
      discard_text_index();
      text_index_.emplace(text_place_, place_, turns_, name, options_.readers);
    }
  }
  void discard_text_index() const;

  [[nodiscard]] WriterOptions writer_options() {
    WriterOptions writer;
    writer.queue_bytes = options_.queue_bytes;
    writer.now = options_.now;
    writer.retention.days = options_.retention_days;
    writer.retention.max_bytes = options_.max_bytes;
    writer.retention.other_bytes = [this] { return text_bytes(); };
    if (text_index_) writer.indexed_changes = [this] { return text_index_->progress().last_change; };
    return writer;
  }

  void note_commit(int log_pages) {
    if (checkpoints_) checkpoints_->note(log_pages);
    if (text_index_) text_index_->wake(writer_->last_span());
  }

  [[nodiscard]] std::int64_t text_bytes() const {
    return place_.in_memory() ? 0 : file_size(text_place_.name()) + file_size(text_place_.name() + "-wal");
  }

  SqliteOptions options_;
  FileLock lock_;
  FileLock text_lock_;
  Place place_;
  Place text_place_;
  mutable Turns turns_;
  std::int64_t schema_version_ = 0;
  std::optional<Checkpoints> checkpoints_;
  mutable std::optional<ReadPool> readers_;
  mutable std::optional<TextIndex> text_index_;
  // Declared behind what its thread uses, so that it stops first.
  std::optional<Writer> writer_;
  std::optional<BackgroundCheck> check_;
};

void SqliteStore::discard_text_index() const {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) remove((text_place_.name() + suffix).c_str());
}

StoreStatus SqliteStore::status() const {
  StoreStatus status;
  writer_->describe(status);
  check_->describe(status);
  status.location = place_.in_memory() ? ":memory:" : place_.name();
  status.schema_version = schema_version_;
  status.text_index_bytes = text_bytes();
  if (!place_.in_memory()) {
    status.wal_bytes = file_size(place_.name() + "-wal");
    status.file_bytes = file_size(place_.name()) + status.wal_bytes + status.text_index_bytes;
    status.free_disk_bytes = free_disk_bytes(place_.name());
  }
  if (text_index_) {
    const TextProgress progress = text_index_->progress();
    status.text_index_backlog = std::max<std::int64_t>(0, writer_->last_span() - progress.last_span) +
                                std::max<std::int64_t>(0, writer_->last_trace() - progress.last_trace);
  }
  if (status.check == FileCheck::damaged) {
    status.problem = "the file is damaged: " + status.check_report;
    status.ready = false;
  }
  return status;
}

OpenError explain(const SqliteError& error, const std::string& file) {
  if (error.damaged())
    return {OpenFailure::damaged, file + ": is damaged (" + error.what() + "); it was left as it is"};
  if (error.disk_full()) return {OpenFailure::other, file + ": cannot be opened: the disk is full"};
  if (error.not_writable()) return {OpenFailure::permissions, file + ": cannot be written: " + error.what()};
  return {OpenFailure::other, file + ": " + error.what()};
}

// Beside the store: traces.db has traces.db-text.
std::string text_file(const std::string& file) { return file + "-text"; }

}  // namespace

std::variant<std::unique_ptr<Store>, OpenError> open_sqlite_store(SqliteOptions options) {
  if (!options.now) options.now = &wall_clock;
  if (options.in_memory && options.max_bytes == 0) options.max_bytes = default_memory_bytes;
  const std::string named = options.file;
  try {
    if (options.in_memory)
      return std::make_unique<SqliteStore>(std::move(options), Place::memory(), Place::memory(), FileLock{},
                                           FileLock{});
    PreparedFile file =
        prepare_file(options.file, {store_application_id, latest_version(store_migrations())});
    if (file.error) return *file.error;
    PreparedFile text = prepare_file(text_file(file.path), {text_application_id, 1});
    // Another program's file under this name is not ours to throw away.
    if (text.error && text.error->failure != OpenFailure::damaged) return *text.error;
    return std::make_unique<SqliteStore>(std::move(options), Place::file(file.path), Place::file(text.path),
                                         std::move(file.lock), std::move(text.lock));
  } catch (const SqliteError& error) {
    return explain(error, named);
  }
}

}  // namespace llmtrace::collector
