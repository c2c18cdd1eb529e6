// The viewer: static files that lie in the program, and one page for all addresses that a person may open.
#pragma once

#include "collector/assets/assets.hpp"

namespace llmtrace::collector {

// For ServiceOptions::find_asset. Addresses of the viewer's pages, as /traces/{trace_id}, give the page; its
// script reads the address.
[[nodiscard]] const Asset* find_viewer_asset(std::string_view path);

}  // namespace llmtrace::collector
