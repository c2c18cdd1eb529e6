// Opens a database for writing in its present layout. A new one is made under another name and moved into its
// place when it is whole, so that a file of ours always says what it is, whenever the process is killed.
#pragma once

#include "collector/store/sqlite/place.hpp"
#include "collector/store/sqlite/schema.hpp"

#include <cstdint>
#include <vector>

namespace llmtrace::collector::sqlite {

struct Layout {
  std::int64_t application_id;
  const std::vector<Migration>& migrations;
};

[[nodiscard]] Database open_with_layout(const Place& place, const Layout& layout, int cache_kib);

}  // namespace llmtrace::collector::sqlite
