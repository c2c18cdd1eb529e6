#include "cli/data_directory.hpp"

#include "cli/options.hpp"

#include <cstdlib>

namespace llmtrace::cli {

std::string default_database() {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && data[0] == '/') return std::string{data} + "/llmtrace/traces.db";
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') throw Failure{"HOME is not set; say where by --db FILE"};
  return std::string{home} + "/.local/share/llmtrace/traces.db";
}

}  // namespace llmtrace::cli
