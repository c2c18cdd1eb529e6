#include "export/resource.hpp"

#include "core/byte_buffer.hpp"
#include "core/json_writer.hpp"
#include <llmtrace/version.hpp>

#include <climits>
#include <string_view>
#include <unistd.h>

namespace llmtrace::exporting {

namespace {

std::string executable_name() {
  char path[PATH_MAX];
  const auto size = ::readlink("/proc/self/exe", path, sizeof(path));
  if (size <= 0) return {};
  const std::string_view whole{path, static_cast<std::size_t>(size)};
  return std::string{whole.substr(whole.rfind('/') + 1)};
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 ? std::string{name} : std::string{};
}

}  // namespace

std::string resource_json() {
  core::ByteBuffer buffer;
  core::JsonWriter json{buffer};
  json.begin_object();
  json.literal_key("host.name");
  json.string(host_name());
  json.literal_key("process.pid");
  json.integer(static_cast<std::int64_t>(::getpid()));
  json.literal_key("process.executable.name");
  json.string(executable_name());
  json.literal_key("telemetry.sdk.name");
  json.plain_string("llmtrace");
  json.literal_key("telemetry.sdk.language");
  json.plain_string("cpp");
  json.literal_key("telemetry.sdk.version");
  json.plain_string(LLMTRACE_VERSION_STRING);
  json.end_object();
  return buffer.failed() ? std::string{"{}"} : std::string{buffer.view()};
}

}  // namespace llmtrace::exporting
