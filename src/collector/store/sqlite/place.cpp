#include "collector/store/sqlite/place.hpp"

#include <sqlite3.h>

#include <atomic>
#include <unistd.h>
#include <utility>

namespace llmtrace::collector::sqlite {
namespace {

// Nothing of a query may reach a disk either.
constexpr const char* every_connection = "PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON;";

void set_cache(Database& database, int kib) { database.execute("PRAGMA cache_size=-" + std::to_string(kib)); }

// SQLite would stop at 1 GiB; what limits is max_bytes.
void lift_memory_limit(Database& database) {
  sqlite3_int64 limit = sqlite3_int64{1} << 40;
  sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_SIZE_LIMIT, &limit);
}

}  // namespace

Place Place::memory() {
  static std::atomic<int> count{0};
  return Place{"file:/llmtrace-" + std::to_string(count.fetch_add(1)) + "?vfs=memdb", true};
}

Database Place::open_writer(int cache_kib) const {
  Database database = Database::open(name_, OpenMode::create);
  database.execute(every_connection);
  database.execute("PRAGMA page_size=8192");
  database.execute(in_memory_ ? "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF"
                              : "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0");
  database.execute("PRAGMA secure_delete=OFF");
  if (in_memory_) lift_memory_limit(database);
  set_cache(database, cache_kib);
  return database;
}

Database Place::open_reader(int cache_kib) const {
  Database database = Database::open(name_, in_memory_ ? OpenMode::write : OpenMode::read);
  database.execute(every_connection);
  database.execute("PRAGMA query_only=ON");
  set_cache(database, cache_kib);
  return database;
}

}  // namespace llmtrace::collector::sqlite
