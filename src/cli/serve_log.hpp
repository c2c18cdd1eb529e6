// What a running server says on stderr: little while all is well, at once when something is not.
#pragma once

#include "collector/service.hpp"
#include "collector/store/status.hpp"

#include <string_view>

namespace llmtrace::cli {

class ServeLog {
 public:
  explicit ServeLog(collector::Service& service);

  void say(std::string_view text);
  void tick();  // every few seconds

 private:
  void report_ingest(const collector::StoreStatus& now);
  void report_trouble(const collector::StoreStatus& now);

  collector::Service& service_;
  collector::StoreStatus before_;
};

}  // namespace llmtrace::cli
