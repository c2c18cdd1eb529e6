// The layout of the database and the way from every older layout to the present one.
#pragma once

#include "collector/store/sqlite/database.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace llmtrace::collector::sqlite {

// "LLMT" and "LLMX", in the header of the files.
inline constexpr std::int64_t store_application_id = 0x4C4C4D54;
inline constexpr std::int64_t text_application_id = 0x4C4C4D58;

// Brings a database of the version before to `version`, inside a transaction.
struct Migration {
  std::int64_t version;
  std::function<void(Database&)> apply;
};

// In ascending order. A migration that has been released is never changed again.
[[nodiscard]] const std::vector<Migration>& store_migrations();
[[nodiscard]] std::int64_t latest_version(const std::vector<Migration>& migrations);

// Each step is a transaction: a crash leaves the layout before or after it, never one in between.
void migrate(Database& database, std::int64_t application_id, const std::vector<Migration>& migrations);

}  // namespace llmtrace::collector::sqlite
