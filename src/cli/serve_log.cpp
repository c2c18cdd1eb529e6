#include "cli/serve_log.hpp"

#include "cli/terminal.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <ctime>

namespace llmtrace::cli {

using collector::FileCheck;
using collector::StoreStatus;

ServeLog::ServeLog(collector::Service& service) : service_{service}, before_{service.store().status()} {}

void ServeLog::say(std::string_view text) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  fmt::print(stderr, "{:02}:{:02}:{:02}  {}\n", parts.tm_hour, parts.tm_min, parts.tm_sec, text);
}

void ServeLog::tick() {
  StoreStatus now = service_.store().status();
  report_ingest(now);
  report_trouble(now);
  before_ = std::move(now);
}

void ServeLog::report_ingest(const StoreStatus& now) {
  const auto spans = static_cast<std::int64_t>(now.committed_spans - before_.committed_spans);
  const auto traces = static_cast<std::int64_t>(now.committed_traces - before_.committed_traces);
  if (spans + traces == 0) return;
  say(fmt::format("stored {} spans and {} trace headers; {} connections, {} on disk", grouped(spans),
                  grouped(traces), service_.counts().connections, readable_bytes(now.file_bytes)));
}

void ServeLog::report_trouble(const StoreStatus& now) {
  if (now.busy_batches > before_.busy_batches)
    say(fmt::format("{} batches were sent back: more arrives than can be stored",
                    now.busy_batches - before_.busy_batches));
  if (now.failed_batches > before_.failed_batches)
    say(fmt::format("{} batches could not be stored{}{}", now.failed_batches - before_.failed_batches,
                    now.problem.empty() ? "" : ": ", now.problem));
  if (now.check == FileCheck::damaged && before_.check != FileCheck::damaged)
    say("the database is damaged: " + now.check_report);
  if (!now.ready && before_.ready) say("the store cannot be used: " + now.problem);
  if (now.deleted_traces > before_.deleted_traces)
    say(fmt::format("{} old traces were deleted", now.deleted_traces - before_.deleted_traces));
}

}  // namespace llmtrace::cli
