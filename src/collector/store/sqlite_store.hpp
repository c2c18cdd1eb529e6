// Opens the store that is one SQLite file (and one beside it for full-text search), or lies in memory.
#pragma once

#include "collector/store/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace llmtrace::collector {

struct SqliteOptions {
  std::string file{};                   // its directory is made if need be; not read with in_memory
  bool in_memory = false;               // nothing ever touches a disk
  std::int64_t retention_days = 90;     // from the arrival of a trace; 0: for ever
  std::int64_t max_bytes = 0;           // of all files together; the oldest traces make room; 0: no limit
  std::int64_t queue_bytes = 64 << 20;  // waiting batches; beyond it they are refused as busy
  int readers = 4;
  bool text_index = true;           // false: words are searched by reading every trace
  std::function<UnixTime()> now{};  // the wall clock, when empty
};

enum class OpenFailure : std::uint8_t {
  not_a_store,   // another program's file
  newer_schema,  // written by a later version
  damaged,
  permissions,  // not ours, a link, not a file, not writable
  in_use,       // another process has it open
  other,
};

struct OpenError {
  OpenFailure failure = OpenFailure::other;
  std::string message{};  // for people: what is wrong with which file, and what to do
};

// A file that is refused is left as it was found.
[[nodiscard]] std::variant<std::unique_ptr<Store>, OpenError> open_sqlite_store(SqliteOptions options);

}  // namespace llmtrace::collector
