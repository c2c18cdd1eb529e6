// Modules that may call models without a libcurl that can be led here: to be told to the user, with what to
// do instead.
#pragma once

#include <llmtrace/instrument.hpp>

#include <vector>

namespace llmtrace::instrument {

// Throws bad_alloc.
[[nodiscard]] std::vector<DiscoveredLibrary> find_other_clients();

}  // namespace llmtrace::instrument
