#include "collector_server.hpp"

#include "collector/service.hpp"
#include "collector/store/sqlite_store.hpp"
#include "process_facts.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace llmtrace::bench {
namespace {

double cpu_seconds_of(int process) {
  std::ifstream in{"/proc/" + std::to_string(process) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::istringstream fields{text.substr(text.rfind(')') + 2)};
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double peak_mb_of(int process) {
  std::ifstream in{"/proc/" + std::to_string(process) + "/status"};
  for (std::string line; std::getline(in, line);)
    if (line.rfind("VmHWM:", 0) == 0) return std::stod(line.substr(6)) / 1024;
  return 0;
}

std::unique_ptr<collector::Store> open_store(const std::string& file, std::int64_t most_bytes) {
  collector::SqliteOptions options;
  options.file = file;
  options.max_bytes = most_bytes;
  options.retention_days = 0;
  auto opened = collector::open_sqlite_store(std::move(options));
  if (const auto* error = std::get_if<collector::OpenError>(&opened))
    throw std::runtime_error{error->message};
  return std::get<std::unique_ptr<collector::Store>>(std::move(opened));
}

}  // namespace

CollectorServer::CollectorServer(const std::string& database, std::uint64_t most_bytes)
    : process_{self_as("collector", {database, std::to_string(most_bytes)})} {
  std::istringstream said{process_.read_line()};
  said >> port_ >> process_id_ >> start_ms_;
}

Figures CollectorServer::facts() const {
  Figures figures;
  figures.set("cpu_s", cpu_seconds_of(process_id_));
  figures.set("peak_mb", peak_mb_of(process_id_));
  return figures;
}

void CollectorServer::stop() {
  process_.close_input();
  static_cast<void>(process_.wait());
}

int serve_as_collector(const std::vector<std::string>& arguments) {
  const double began = monotonic_seconds();
  collector::ServiceOptions options;
  options.http.port = 0;
  collector::Service service{open_store(arguments.at(0), std::stoll(arguments.at(1))), std::move(options)};
  std::printf("%d %d %.3f\n", service.port(), ::getpid(), (monotonic_seconds() - began) * 1e3);
  std::fflush(stdout);
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  service.stop();
  return 0;
}

}  // namespace llmtrace::bench
