#include "collector/store/sqlite/text_index.hpp"

#include "collector/store/sqlite/background.hpp"
#include "collector/store/sqlite/layout.hpp"
#include "collector/store/sqlite/rollups.hpp"
#include "collector/store/sqlite/schema.hpp"

#include <algorithm>
#include <chrono>
#include <pthread.h>
#include <sched.h>
#include <utility>

namespace llmtrace::collector::sqlite {
namespace {

// A snapshot keeps the log from being begun anew, so it is held only for few rows; a transaction pays for
// many.
constexpr int rows_in_a_snapshot = 250;
constexpr int snapshots_in_a_step = 4;
constexpr int cache_kib = 16 * 1024;
constexpr std::int64_t day_nanoseconds = 86'400'000'000'000;
constexpr double burst_spans_per_second = 5000;
constexpr auto burst_interval = std::chrono::milliseconds{250};
constexpr auto longest_delay = std::chrono::minutes{1};
// Also without a commit, for what retention has deleted.
constexpr auto idle_interval = std::chrono::seconds{30};

const std::vector<Migration>& text_migrations() {
  static const std::vector<Migration> migrations{
      {1,
       [](Database& database) {
         database.execute(
             "CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
             "CREATE TABLE days(day INTEGER PRIMARY KEY)");
       }},
  };
  return migrations;
}

// Not the end of time, which a wait may overflow.
Deadline no_deadline() { return std::chrono::steady_clock::now() + std::chrono::hours{1}; }

std::string table_of(std::int64_t day) {
  return "words_" + std::string{day < 0 ? "m" : ""} + std::to_string(day < 0 ? -day : day);
}

std::int64_t day_of(std::int64_t time) { return floor_to(time, day_nanoseconds) / day_nanoseconds; }

// Only letters, digits and bytes beyond ASCII are in a word, so nothing in it can end the quotes.
std::string match_expression(const std::vector<Word>& words) {
  std::string expression;
  for (const Word& word : words) {
    if (!expression.empty()) expression += " AND ";
    expression += '"' + word.text + '"' + (word.prefix ? "*" : "");
  }
  return expression;
}

std::vector<std::int64_t> days_of(Database& database) {
  std::vector<std::int64_t> days;
  Statement row{database, "SELECT day FROM days ORDER BY day DESC"};
  while (row.step()) days.push_back(row.integer(0));
  return days;
}

TextProgress read_progress(Database& database) {
  return {database.integer("SELECT value FROM meta WHERE name='last_span'"),
          database.integer("SELECT value FROM meta WHERE name='last_trace'"),
          database.integer("SELECT value FROM meta WHERE name='last_change'")};
}

Database open_index(const Place& place) {
  Database database = open_with_layout(place, {text_application_id, text_migrations()}, cache_kib);
  // The only connection that writes also checkpoints.
  if (!place.in_memory()) database.execute("PRAGMA wal_autocheckpoint=1000");
  return database;
}

}  // namespace

TextIndex::TextIndex(Place place, const Place& main, Turns& main_turns, const std::string& of_store,
                     int readers)
    : place_{std::move(place)},
      turns_{place_.in_memory()},
      database_{open_index(place_)},
      main_{main, main_turns, 1, 4 * 1024},
      readers_{(prepare(of_store), place_), turns_, readers, 4 * 1024} {
  publish(read_progress(database_));
  newest_span_ = seen_span_ = last_span_;
  thread_ = std::thread{[this] { run(); }};
}

TextIndex::~TextIndex() {
  stop_now_ = true;
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void TextIndex::prepare(const std::string& of_store) {
  if (database_.text("SELECT value FROM meta WHERE name='of_store'") == of_store) return;
  Transaction transaction{database_, Transaction::Kind::write};
  for (const std::int64_t day : days_of(database_)) database_.execute("DROP TABLE " + table_of(day));
  database_.execute("DELETE FROM days; DELETE FROM meta");
  Statement insert{database_, "INSERT INTO meta VALUES('of_store',?)"};
  insert.bind(1, of_store).run();
  transaction.commit();
}

void TextIndex::wake(std::int64_t newest_span) {
  newest_span_ = newest_span;
  {
    const std::lock_guard lock{mutex_};
    due_ = true;
  }
  wake_.notify_one();
}

void TextIndex::run() {
  step_back();
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    wake_.wait_for(lock, idle_interval, [&] { return stopping_ || due_; });
    if (!stopping_ && in_burst()) {
      wake_.wait_for(lock, burst_interval, [&] { return stopping_; });
      continue;
    }
    if (stopping_) return;
    due_ = false;
    lock.unlock();
    bool more = false;
    try {
      more = index_some();
    } catch (const SqliteError&) {
      // Tried again after the next commit; until then the search reads what is not indexed.
    }
    lock.lock();
    due_ = due_ || more;
  }
}

// Indexing a span costs several times what storing it does. For a while, the processor belongs to those who
// wait for an answer; the search reads what is not indexed.
bool TextIndex::in_burst() {
  const auto now = std::chrono::steady_clock::now();
  const auto passed = std::chrono::duration<double>(now - seen_at_).count();
  const std::int64_t newest = newest_span_;
  const bool fast = static_cast<double>(newest - seen_span_) > burst_spans_per_second * passed;
  seen_span_ = newest;
  seen_at_ = now;
  if (!fast) burst_began_.reset();
  if (fast && !burst_began_) burst_began_ = now;
  return fast && now - *burst_began_ < longest_delay;
}

bool TextIndex::index_some() {
  std::map<std::int64_t, std::vector<FoldedText>> by_day;
  const TextProgress before = progress();
  TextProgress after = before;
  for (int i = 0; i < snapshots_in_a_step && !stop_now_; ++i)
    if (!gather(by_day, after)) break;
  if (after == before) {
    drop_old_days();
    return false;
  }
  {
    const auto turn = turns_.write();
    Transaction transaction{database_, Transaction::Kind::write};
    for (auto& [day, texts] : by_day) insert(day, texts);
    save(after);
    transaction.commit();
  }
  publish(after);
  return !stop_now_;
}

void TextIndex::publish(const TextProgress& progress) noexcept {
  last_span_ = progress.last_span;
  last_trace_ = progress.last_trace;
  last_change_ = progress.last_change;
}

bool TextIndex::gather(std::map<std::int64_t, std::vector<FoldedText>>& by_day, TextProgress& reached) {
  const auto lease = main_.lend(no_deadline());
  const TextProgress before = reached;
  Texts texts{lease.database()};
  const auto take = [&](FoldedText&& text) { by_day[day_of(text.received)].push_back(std::move(text)); };

  Transaction snapshot{lease.database(), Transaction::Kind::read};
  const std::int64_t newest = lease.database().integer("SELECT coalesce(max(id),0) FROM spans");
  auto spans = texts.spans_after(reached.last_span, rows_in_a_snapshot);
  // A gap of deleted spans, and what belongs to no trace, is passed over.
  reached.last_span = static_cast<int>(spans.size()) < rows_in_a_snapshot
                          ? std::max(newest, reached.last_span)
                          : spans.back().row;
  for (FoldedText& span : spans) take(std::move(span));

  Statement headers{lease.database(), "SELECT id FROM traces WHERE id>? ORDER BY id LIMIT ?"};
  headers.bind(1, reached.last_trace).bind(2, std::int64_t{rows_in_a_snapshot});
  while (headers.step()) {
    reached.last_trace = headers.integer(0);
    if (auto text = texts.header(reached.last_trace)) take(std::move(*text));
  }

  Statement changes{lease.database(),
                    "SELECT id,trace,span FROM text_changes WHERE id>? ORDER BY id LIMIT ?"};
  changes.bind(1, reached.last_change).bind(2, std::int64_t{rows_in_a_snapshot});
  while (changes.step()) {
    reached.last_change = changes.integer(0);
    auto text = changes.is_null(2) ? texts.header(changes.integer(1)) : texts.span(changes.integer(2));
    if (text) take(std::move(*text));
  }
  return reached != before;
}

// FTS5 takes many rows at once only in the order of their numbers. The same row may come again: its words add
// up.
void TextIndex::insert(std::int64_t day, std::vector<FoldedText>& texts) {
  std::stable_sort(texts.begin(), texts.end(),
                   [](const auto& a, const auto& b) { return a.trace < b.trace; });
  const std::string table = table_of(day);
  Statement known{database_, "INSERT OR IGNORE INTO days(day) VALUES(?)"};
  known.bind(1, day).run();
  if (database_.changes() > 0)
    database_.execute("CREATE VIRTUAL TABLE " + table +
                      " USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');"
                      "INSERT INTO " +
                      table + "(" + table + ",rank) VALUES('hashsize',4194304)");
  Statement insert{database_, "INSERT INTO " + table + "(rowid,words) VALUES(?,?)"};
  std::string words;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    words += texts[i].text;
    if (i + 1 < texts.size() && texts[i + 1].trace == texts[i].trace) continue;
    insert.bind(1, texts[i].trace).bind(2, words).run();
    words.clear();
  }
}

// A day can go when all that arrived on it has been deleted.
void TextIndex::drop_old_days() {
  std::optional<std::int64_t> oldest;
  {
    const auto lease = main_.lend(no_deadline());
    Statement row{lease.database(), "SELECT received FROM traces ORDER BY id LIMIT 1"};
    if (row.step()) oldest = day_of(row.integer(0));
  }
  const auto turn = turns_.write();
  for (const std::int64_t day : days_of(database_)) {
    if (oldest && day >= *oldest) continue;
    Transaction transaction{database_, Transaction::Kind::write};
    database_.execute("DROP TABLE " + table_of(day) + "; DELETE FROM days WHERE day=" + std::to_string(day));
    transaction.commit();
  }
}

void TextIndex::save(const TextProgress& progress) {
  Statement replace{database_,
                    "REPLACE INTO meta(name,value) VALUES('last_span',?),('last_trace',?),('last_change',?)"};
  replace.bind(1, progress.last_span).bind(2, progress.last_trace).bind(3, progress.last_change).run();
}

TextIndex::Found TextIndex::search(const std::vector<Word>& words, Deadline deadline) {
  const auto lease = readers_.lend(deadline);
  Database& database = lease.database();
  Transaction snapshot{database, Transaction::Kind::read};
  Found found;
  found.up_to = read_progress(database);
  const std::string expression = match_expression(words);
  for (const std::int64_t day : days_of(database)) {
    const std::string table = table_of(day);
    Statement row{database, "SELECT rowid FROM " + table + " WHERE " + table + " MATCH ?"};
    row.bind(1, expression);
    while (row.step()) found.traces.push_back(row.integer(0));
  }
  std::sort(found.traces.begin(), found.traces.end());
  found.traces.erase(std::unique(found.traces.begin(), found.traces.end()), found.traces.end());
  return found;
}

}  // namespace llmtrace::collector::sqlite
