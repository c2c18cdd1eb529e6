#include "instrument/agent/agent_settings.hpp"

#include "runtime/environment.hpp"

#include <algorithm>
#include <chrono>

namespace llmtrace::instrument {
namespace {

constexpr std::chrono::milliseconds longest_exit{500};

std::vector<std::string> list(const runtime::Environment& environment, const char* name) {
  std::vector<std::string> names;
  std::string text = environment.get(name).value_or("");
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

std::chrono::milliseconds exit_time(const runtime::Environment& environment) {
  const auto asked = environment.get("TRACER_SHUTDOWN_TIMEOUT_MS");
  const auto time = asked ? runtime::parse_count(*asked) : std::nullopt;
  if (!time || *time > static_cast<std::uint64_t>(longest_exit.count())) return longest_exit;
  return std::chrono::milliseconds{static_cast<std::int64_t>(*time)};
}

}  // namespace

InstrumentOptions agent_instrument_options() {
  const runtime::Environment environment{true};
  InstrumentOptions options;
  options.providers = list(environment, "TRACER_AGENT_PROVIDERS");
  options.methods = list(environment, "TRACER_AGENT_METHODS");
  options.exclude = list(environment, "TRACER_AGENT_EXCLUDE");
  options.propagate_to = list(environment, "TRACER_AGENT_PROPAGATE_TO");
  return options;
}

Options agent_options() {
  const runtime::Environment environment{true};
  Options options;
  options.shutdown_timeout = exit_time(environment);
  // the program's stderr is its own
  if (!environment.get("TRACER_LOG")) options.on_error = [](const Diagnostic&) {};
  return options;
}

}  // namespace llmtrace::instrument
