#include "cli/command.hpp"
#include "cli/source.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace llmtrace::cli {
namespace {

struct FileCloser {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

// Prompts are in it: for its owner alone.
File create(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) throw Failure{"cannot write " + path + ": " + std::strerror(errno)};
  return File{::fdopen(descriptor, "wb")};
}

void write(std::FILE* out, std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), out) != bytes.size())
    throw Failure{std::string{"cannot write: "} + std::strerror(errno)};
}

}  // namespace

int run_export(Arguments arguments) {
  const Options options{
      arguments,
      {{"--trace"}, {"--filter"}, {"--from"}, {"--to"}, {"--output"}, {"-o"}, url_option, project_option},
      1};
  Source::Query query;
  const std::pair<const char*, const char*> parameters[] = {
      {"--trace", "trace_id"}, {"--filter", "q"}, {"--from", "from"}, {"--to", "to"}};
  for (const auto& [option, parameter] : parameters)
    if (const auto value = options.value(option)) query.emplace_back(parameter, *value);
  const auto path = options.has("-o") ? options.value("-o") : options.value("--output");
  const auto source = open_source(options, options.positional(0));
  const File file = path ? create(*path) : File{};
  std::FILE* const out = file ? file.get() : stdout;
  std::size_t lines = 0;
  source->stream("/api/v1/export", query, [&](std::string_view bytes) {
    write(out, bytes);
    lines += static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  });
  if (std::fflush(out) != 0) throw Failure{std::string{"cannot write: "} + std::strerror(errno)};
  if (path) fmt::print(stderr, "{} lines written to {}\n", lines, *path);
  return success;
}

}  // namespace llmtrace::cli
