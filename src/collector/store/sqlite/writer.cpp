#include "collector/store/sqlite/writer.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>

namespace llmtrace::collector::sqlite {
namespace {

using std::chrono::steady_clock;

// What one transaction takes at most: enough to make its fixed cost small, little enough to answer soon.
constexpr std::int64_t group_items = 2000;
constexpr std::int64_t group_bytes = 8 << 20;

constexpr auto maintenance_interval = std::chrono::seconds{1};
constexpr std::int64_t every_change = std::numeric_limits<std::int64_t>::max();
constexpr auto slowest_window = std::chrono::minutes{1};

std::int64_t items_in(const Batch& batch) {
  return static_cast<std::int64_t>(batch.traces.size() + batch.spans.size());
}
std::int64_t bytes_of(const Batch& batch) {
  return static_cast<std::int64_t>(batch.bytes) +
         items_in(batch) * static_cast<std::int64_t>(sizeof(SpanUpdate));
}

Applied refused(WriteOutcome outcome) {
  Applied applied;
  applied.outcome = outcome;
  return applied;
}

Counters load_counters(Database& database) {
  const auto read = [&](const char* name) {
    return database.integer("SELECT value FROM meta WHERE name='" + std::string{name} + "'");
  };
  Counters counters;
  counters.sequence = static_cast<std::uint64_t>(read("sequence"));
  counters.last_trace = read("last_trace");
  counters.last_span = read("last_span");
  return counters;
}

int note_log_size(void* pages, sqlite3*, const char*, int in_log) {
  *static_cast<int*>(pages) = in_log;
  return SQLITE_OK;
}

}  // namespace

Writer::Writer(Database database, Turns& turns, WriterOptions options, std::function<void(int)> after_commit)
    : database_{std::move(database)},
      turns_{turns},
      options_{std::move(options)},
      retention_options_{options_.retention},
      after_commit_{std::move(after_commit)},
      tables_{database_},
      projects_{database_},
      eraser_{database_, tables_, projects_},
      ingest_{database_, tables_, projects_, eraser_},
      retention_{database_, tables_, projects_, eraser_, options_.retention},
      save_counters_{database_,
                     "REPLACE INTO meta(name,value) VALUES('sequence',?),('last_trace',?),('last_span',?)"},
      trim_changes_{database_, "DELETE FROM text_changes WHERE id<=?"},
      counters_{load_counters(database_)},
      last_received_{database_.integer("SELECT coalesce(max(last_received),0) FROM projects")},
      sequence_{counters_.sequence},
      last_span_{counters_.last_span},
      last_trace_{counters_.last_trace} {
  sqlite3_wal_hook(database_.handle(), &note_log_size, &log_pages_);
  thread_ = std::thread{[this] { run(); }};
}

Writer::~Writer() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Writer::submit(Batch batch, Store::Done done) {
  const std::int64_t bytes = bytes_of(batch);
  WriteOutcome refusal = WriteOutcome::stopping;
  {
    const std::lock_guard lock{mutex_};
    const bool full = queued_bytes_ > 0 && queued_bytes_ + bytes > options_.queue_bytes;
    if (!stopping_ && !full) {
      queued_bytes_ += bytes;
      queued_items_ += items_in(batch);
      queue_.push_back({std::move(batch), std::move(done), {}});
      wake_.notify_one();
      return;
    }
    if (!stopping_) refusal = WriteOutcome::busy;
    figures_.busy_batches += full ? 1 : 0;
  }
  done(refused(refusal));
}

void Writer::listen(Store::ChangeListener listener) {
  const std::lock_guard lock{mutex_};
  listener_ = std::move(listener);
}

void Writer::run() {
  for (auto next_maintenance = steady_clock::now();;) {
    Group group = take_group();
    const bool idle = group.empty();
    if (!idle) write(std::move(group));
    if (steady_clock::now() >= next_maintenance) {
      const bool more = maintain();
      next_maintenance = steady_clock::now() + (more ? steady_clock::duration{0} : maintenance_interval);
      more_maintenance_ = more;
    }
    const std::lock_guard lock{mutex_};
    if (stopping_ && queue_.empty()) return;
  }
}

// Empty when it is time for maintenance or to stop.
Writer::Group Writer::take_group() {
  Group group;
  std::unique_lock lock{mutex_};
  const auto patience = more_maintenance_ ? std::chrono::milliseconds{0} : maintenance_interval;
  wake_.wait_for(lock, patience, [&] { return stopping_ || !queue_.empty(); });
  std::int64_t items = 0;
  std::int64_t bytes = 0;
  while (!queue_.empty() && items < group_items && bytes < group_bytes) {
    items += items_in(queue_.front().batch);
    bytes += bytes_of(queue_.front().batch);
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_items_ -= items;
  queued_bytes_ -= bytes;
  return group;
}

void Writer::write(Group group) {
  const auto begin = steady_clock::now();
  std::vector<Change> changes;
  try {
    changes = commit(group);
  } catch (const SqliteError& error) {
    if (group.size() > 1 && !error.disk_full())
      changes = commit_one_by_one(group);
    else
      report_failure(group, error);
  } catch (const std::exception& error) {
    report_failure(group, SqliteError{SQLITE_ERROR, error.what()});
  }
  note_commit(group, steady_clock::now() - begin);
  tell(group, changes);
}

std::vector<Change> Writer::commit(Group& group) {
  std::vector<Change> changes;
  Counters counters;
  try {
    const auto turn = turns_.write();
    Transaction transaction{database_, Transaction::Kind::write};
    // Traces are numbered in the order of their arrival, whatever the wall clock does.
    last_received_ = std::max(last_received_, options_.now());
    ingest_.begin(counters_, last_received_, expired_before());
    for (Waiting& waiting : group) ingest_.apply(waiting.batch, waiting.applied);
    changes = ingest_.finish(counters);
    tables_.rollups.flush();
    tables_.facets.flush();
    projects_.flush(last_received_);
    save_counters(counters);
    transaction.commit();
  } catch (...) {
    forget();
    throw;
  }
  counters_ = counters;
  sequence_.store(counters.sequence);
  last_span_.store(counters.last_span);
  last_trace_.store(counters.last_trace);
  for (Waiting& waiting : group) waiting.applied.outcome = WriteOutcome::committed;
  after_commit_(log_pages_);
  return changes;
}

// One batch that cannot be stored must not take the others with it.
std::vector<Change> Writer::commit_one_by_one(Group& group) {
  std::vector<Change> changes;
  for (Waiting& waiting : group) {
    Group one;
    one.push_back(std::move(waiting));
    one.front().applied = {};
    try {
      for (Change& change : commit(one)) changes.push_back(std::move(change));
    } catch (const SqliteError& error) {
      report_failure(one, error);
    } catch (const std::exception& error) {
      report_failure(one, SqliteError{SQLITE_ERROR, error.what()});
    }
    waiting = std::move(one.front());
  }
  return changes;
}

void Writer::report_failure(Group& group, const SqliteError& error) {
  for (Waiting& waiting : group) {
    waiting.applied = refused(error.disk_full() ? WriteOutcome::disk_full : WriteOutcome::failed);
    waiting.applied.error = error.what();
  }
  const std::lock_guard lock{mutex_};
  lacks_room_ = error.disk_full();
  figures_.failed_batches += group.size();
  if (error.damaged()) figures_.problem = error.what();
}

void Writer::tell(Group& group, const std::vector<Change>& changes) {
  Store::ChangeListener listener;
  {
    const std::lock_guard lock{mutex_};
    listener = listener_;
  }
  if (listener)
    for (const Change& change : changes) listener(change);
  for (Waiting& waiting : group) waiting.done(std::move(waiting.applied));
}

void Writer::note_commit(const Group& group, std::chrono::nanoseconds took) {
  const std::lock_guard lock{mutex_};
  ++figures_.commits;
  for (const Waiting& waiting : group) {
    if (waiting.applied.outcome != WriteOutcome::committed) continue;
    lacks_room_ = false;
    figures_.committed_spans += waiting.batch.spans.size();
    figures_.committed_traces += waiting.batch.traces.size();
  }
  figures_.last_commit_nanoseconds = took.count();
  const auto now = steady_clock::now();
  if (took.count() < figures_.slowest_commit_nanoseconds && now - slowest_at_ < slowest_window) return;
  figures_.slowest_commit_nanoseconds = took.count();
  slowest_at_ = now;
}

bool Writer::maintain() {
  try {
    const auto turn = turns_.write();
    Transaction transaction{database_, Transaction::Kind::write};
    const std::int64_t deleted = retention_.step(options_.now());
    trim_changes_.bind(1, options_.indexed_changes ? options_.indexed_changes() : every_change).run();
    transaction.commit();
    describe_file(deleted);
    return deleted > 0;
  } catch (const SqliteError&) {
    // Tried again at the next interval; what must not be seen is hidden all the same.
    forget();
    return false;
  }
}

void Writer::describe_file(std::int64_t deleted) {
  const std::int64_t used = retention_.used_bytes();
  const std::int64_t oldest = database_.integer("SELECT received FROM traces ORDER BY id LIMIT 1");
  const std::lock_guard lock{mutex_};
  figures_.deleted_traces += static_cast<std::uint64_t>(deleted);
  figures_.database_bytes = used;
  figures_.oldest_received.reset();
  if (oldest != 0) figures_.oldest_received = oldest;
}

void Writer::save_counters(const Counters& counters) {
  save_counters_.bind(1, static_cast<std::int64_t>(counters.sequence)).bind(2, counters.last_trace);
  save_counters_.bind(3, counters.last_span).run();
}

void Writer::forget() {
  ingest_.forget();
  tables_.rollups.forget();
  tables_.facets.forget();
  projects_.forget();
}

void Writer::describe(StoreStatus& status) const {
  const std::lock_guard lock{mutex_};
  const StoreStatus known = std::move(status);
  status = figures_;
  status.location = known.location;
  status.schema_version = known.schema_version;
  status.ready = !stopping_ && figures_.problem.empty();
  if (status.problem.empty() && lacks_room_) status.problem = "the disk is full";
  status.queued_batches = static_cast<std::int64_t>(queue_.size());
  status.queued_items = queued_items_;
  status.queued_bytes = queued_bytes_;
  status.queue_limit_bytes = options_.queue_bytes;
  status.retention_days = retention_options_.days;
  status.max_bytes = retention_options_.max_bytes;
}

}  // namespace llmtrace::collector::sqlite
