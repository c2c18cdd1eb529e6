// Makes the lanes of a tracer out of its settings: one for the exporters of the library, one for each of the
// user's.
#pragma once

#include "export/export_settings.hpp"
#include "export/lane.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace llmtrace::exporting {

// `kind` as in Diagnostic. Called from lane threads.
using WarnOfExport = std::function<void(std::string_view kind, std::string_view message)>;

struct LaneContext {
  journal::Journal& journal;
  Lane::ReadClock read_clock;
  void* clock_context;
  core::ClockMap clock;
  WarnOfExport warn;
};

// As many cursors as the journal needs for these settings.
[[nodiscard]] std::size_t count_exporters(const ExportSettings& settings) noexcept;

[[nodiscard]] bool uses_http(const ExportSettings& settings) noexcept;

// What must be done on the thread that initializes, before any worker runs and before exit handlers are
// registered: libraries are set up, and what they read of the environment is read. False when HTTP cannot be
// used at all.
[[nodiscard]] bool prepare_process(ExportSettings& settings);

// Not started yet. Empty when something is missing that every exporter needs.
[[nodiscard]] std::vector<std::unique_ptr<Lane>> make_lanes(const ExportSettings& settings,
                                                            const LaneContext& context);

}  // namespace llmtrace::exporting
