#include "collector/store/sqlite/layout.hpp"

#include "collector/store/sqlite/file_access.hpp"

#include <sqlite3.h>

#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace llmtrace::collector::sqlite {
namespace {

void remove_all(const std::string& path, std::initializer_list<const char*> suffixes) {
  for (const char* suffix : suffixes) std::remove((path + suffix).c_str());
}

[[noreturn]] void cannot_make(const std::string& path) {
  throw SqliteError{SQLITE_CANTOPEN, path + " cannot be made"};
}

void make_new_file(const Place& place, const Layout& layout, int cache_kib) {
  const std::string half_made = place.name() + "-new";
  remove_all(half_made, {"", "-wal", "-shm", "-journal"});
  // Of a database that is gone: its log must not be taken for the new one's.
  remove_all(place.name(), {"-wal", "-shm", "-journal"});
  const int descriptor =
      open(half_made.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) cannot_make(half_made);
  close(descriptor);
  {
    Database database = Place::file(half_made).open_writer(cache_kib);
    migrate(database, layout.application_id, layout.migrations);
    database.execute("PRAGMA journal_mode=WAL");
  }
  if (std::rename(half_made.c_str(), place.name().c_str()) != 0) cannot_make(place.name());
}

}  // namespace

Database open_with_layout(const Place& place, const Layout& layout, int cache_kib) {
  if (!place.in_memory() && file_size(place.name()) == 0) make_new_file(place, layout, cache_kib);
  Database database = place.open_writer(cache_kib);
  migrate(database, layout.application_id, layout.migrations);
  return database;
}

}  // namespace llmtrace::collector::sqlite
