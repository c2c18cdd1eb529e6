#include "cli/run_environment.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace llmtrace::cli {
namespace {

namespace fs = std::filesystem;

struct Mapping {
  const char* option;
  const char* variable;
};

// A key has no option: everybody on the machine could read it in the list of processes.
constexpr Mapping mappings[] = {
    {"--url", "TRACER_URL"},
    {"--project", "TRACER_PROJECT_ID"},
    {"--redact", "TRACER_REDACT"},
    {"--sample-rate", "TRACER_SAMPLE_RATE"},
    {"--environment", "TRACER_ENVIRONMENT"},
    {"--release", "TRACER_RELEASE"},
    {"--providers", "TRACER_AGENT_PROVIDERS"},
    {"--methods", "TRACER_AGENT_METHODS"},
    {"--exclude", "TRACER_AGENT_EXCLUDE"},
    {"--propagate-to", "TRACER_AGENT_PROPAGATE_TO"},
};

constexpr const char* agent_file = "libllmtrace_agent.so";

std::vector<std::string> listed(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in{text};
  for (std::string part; std::getline(in, part, ',');)
    if (!part.empty() && part != "none") parts.push_back(part);
  return parts;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text.empty() ? "none" : text;
}

// A URL is shown without what may be secret in it.
std::string shown_url(std::string url) {
  url.erase(std::min(url.find_first_of("?#"), url.size()));
  const auto scheme = url.find("://");
  const auto host = scheme == std::string::npos ? 0 : scheme + 3;
  const auto at = url.rfind('@', url.find('/', host));
  if (at != std::string::npos && at >= host) url.erase(host, at + 1 - host);
  return url;
}

}  // namespace

std::string find_agent(const Options& options) {
  if (const auto named = options.value("--agent")) return fs::absolute(*named).string();
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  for (const fs::path& folder : {here / ".." / "lib", here / LLMTRACE_LIBRARIES_FROM_PROGRAMS, here}) {
    std::error_code ignored;
    const fs::path found = fs::canonical(folder / agent_file, ignored);
    if (!found.empty()) return found.string();
  }
  throw Failure{std::string{agent_file} + " is not beside this program; --agent FILE says where it is"};
}

std::string preloaded(const std::string& library) {
  if (library.find_first_of(": \t") != std::string::npos)
    throw Failure{"LD_PRELOAD cannot hold a path with blanks or colons: " + library};
  if (!fs::exists(library)) throw Failure{"there is no " + library};
  const char* before = std::getenv("LD_PRELOAD");
  return before != nullptr && *before != '\0' ? library + ":" + before : library;
}

RunEnvironment::RunEnvironment(const Options& options) {
  for (const Mapping& mapping : mappings)
    if (const auto value = options.value(mapping.option)) set(mapping.variable, *value);
  if (options.has("--no-inputs")) set("TRACER_CAPTURE_INPUT", "false");
  if (options.has("--no-outputs")) set("TRACER_CAPTURE_OUTPUT", "false");
  choose_exporters(options);
}

void RunEnvironment::choose_exporters(const Options& options) {
  exporters_ = listed(options.value("--exporter").value_or(value_of("TRACER_EXPORTER", "http")));
  if (const auto file = options.value("--file")) exporters_.push_back("file:" + fs::absolute(*file).string());
  if (options.has("--print")) exporters_.emplace_back("console");
  set("TRACER_EXPORTER", joined(exporters_));
}

void RunEnvironment::apply() const {
  for (const auto& [name, value] : variables_)
    if (::setenv(name.c_str(), value.c_str(), 1) != 0) throw Failure{"setenv"};
}

std::string RunEnvironment::destination() const {
  std::string text;
  for (const std::string& exporter : exporters_) {
    if (!text.empty()) text += ", ";
    if (exporter == "http") {
      text += shown_url(value_of("TRACER_URL", "http://localhost:8001"));
    } else {
      text += exporter.rfind("file:", 0) == 0 ? exporter.substr(5) : "the " + exporter;
    }
  }
  return text;
}

std::string RunEnvironment::value_of(const std::string& name, const std::string& otherwise) const {
  for (const auto& [known, value] : variables_)
    if (known == name) return value;
  const char* inherited = std::getenv(name.c_str());
  return inherited != nullptr && *inherited != '\0' ? inherited : otherwise;
}

}  // namespace llmtrace::cli
