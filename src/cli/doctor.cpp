// Looks for what keeps traces from arriving, and says what to do about it.
#include "cli/command.hpp"
#include "cli/data_directory.hpp"
#include "cli/source.hpp"
#include "cli/terminal.hpp"
#include "collector/access/keys.hpp"
#include "collector/store/sqlite_store.hpp"
#include "core/time_format.hpp"
#include "net/url.hpp"

#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace llmtrace::cli {
namespace {

enum class Finding : unsigned char { good, note, bad };

class Report {
 public:
  explicit Report(bool json) : json_{json} {}

  void add(Finding finding, std::string_view what, const std::string& text, const std::string& advice = {}) {
    if (finding == Finding::bad) ++problems_;
    if (json_) {
      lines_.append(lines_.empty() ? "" : ",");
      lines_ += fmt::format("{{\"check\":{},\"finding\":\"{}\",\"text\":{},\"advice\":{}}}",
                            quoted_json(what), name_of(finding), quoted_json(text), quoted_json(advice));
      return;
    }
    fmt::print("{} {:<12} {}\n", mark(finding), what, shown(terminal_, text, 160));
    if (!advice.empty()) fmt::print("     {:<12} {}\n", "", shown(terminal_, advice, 160));
  }

  int finish() const {
    if (json_) fmt::print("{{\"problems\":{},\"checks\":[{}]}}\n", problems_, lines_);
    if (!json_)
      fmt::print("\n{}\n", problems_ == 0 ? "nothing is wrong" : fmt::format("{} problems", problems_));
    return problems_ == 0 ? success : failure;
  }

 private:
  static std::string_view name_of(Finding finding) {
    return finding == Finding::good ? "ok" : finding == Finding::note ? "note" : "problem";
  }
  std::string mark(Finding finding) const {
    const Color color = finding == Finding::good   ? Color::green
                        : finding == Finding::note ? Color::yellow
                                                   : Color::red;
    return colored(terminal_, color,
                   finding == Finding::good   ? "ok  "
                   : finding == Finding::note ? "note"
                                              : "bad ");
  }

  bool json_;
  Terminal terminal_ = stdout_terminal();
  std::string lines_;
  int problems_ = 0;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

void check_switch(Report& report) {
  const std::string enabled = variable("TRACING_ENABLED");
  const bool off = enabled == "false" || enabled == "0" || enabled == "no" || enabled == "off";
  if (off)
    report.add(Finding::bad, "enabled", "TRACING_ENABLED=" + enabled + ": programs record nothing",
               "unset TRACING_ENABLED");
  else
    report.add(Finding::good, "enabled", "tracing is on");
}

bool check_url(Report& report, const Target& target) {
  const auto url = net::parse_url(target.url);
  if (!url) {
    report.add(Finding::bad, "url", "\"" + target.url + "\" is not a URL",
               "set TRACER_URL to something like http://localhost:8001");
    return false;
  }
  if (url->scheme == "http" && !url->is_loopback) {
    report.add(Finding::bad, "url",
               target.url + " is plain http to another machine: programs refuse to send there",
               "use https, or Options::allow_plain_http in a trusted network");
    return false;
  }
  report.add(Finding::good, "url", target.url);
  return true;
}

void check_key(Report& report, const Target& target) {
  const std::string key = variable("TRACER_API_KEY");
  const std::string project = variable("TRACER_PROJECT_ID");
  if (!project.empty() && !collector::access::is_project_id(project))
    return report.add(Finding::bad, "project", "TRACER_PROJECT_ID is not a project's id",
                      "use letters, digits, _ and -, at most 100");
  if (key.empty())
    return report.add(Finding::note, "key",
                      "TRACER_API_KEY is not set; towards this machine programs use project-" +
                          (project.empty() ? "default" : project));
  if (!project.empty() && key.starts_with("project-") && key != "project-" + project)
    return report.add(Finding::bad, "key", "TRACER_API_KEY and TRACER_PROJECT_ID name different projects",
                      "unset one of them; programs trace nothing as it is");
  report.add(Finding::good, "key",
             "for project " + (target.project.empty() ? "of the service's choice" : target.project));
}

void check_clock(Report& report, JsonView health) {
  const auto theirs = core::parse_rfc3339(health["timestamp"].text());
  if (!theirs) return;
  const auto ours = std::chrono::duration_cast<std::chrono::nanoseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
  const double seconds = static_cast<double>(ours - *theirs) / 1e9;
  if (seconds > 5 || seconds < -5)
    report.add(Finding::bad, "clock", fmt::format("differs from the service's by {:.0f} s", seconds),
               "set both by NTP; times of traces are off by as much");
  else
    report.add(Finding::good, "clock", "agrees with the service's");
}

bool check_service(Report& report, net::BlockingClient& client, const Target& target) {
  const auto began = std::chrono::steady_clock::now();
  const net::ClientReply reply = client.get("/health");
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  if (reply.status == 0) {
    report.add(Finding::bad, "service", reply.error, "start it: llmtrace serve; or set TRACER_URL");
    return false;
  }
  if (reply.status != 200 || !is_json(reply.body) || JsonView{reply.body}["status"].text() != "healthy") {
    report.add(Finding::bad, "service",
               fmt::format("{} answers {}, but not as llmtrace does", target.url, reply.status),
               "another program may listen there; see: llmtrace serve --port");
    return false;
  }
  report.add(
      Finding::good, "service",
      fmt::format("llmtrace {}, answers in {} ms", JsonView{reply.body}["version"].text(), took.count()));
  check_clock(report, reply.body);
  return true;
}

void check_admission(Report& report, net::BlockingClient& client, const Target& target) {
  const net::ClientReply reply = client.get("/api/stats");
  if (reply.status == 200)
    return report.add(
        Finding::good, "admission",
        fmt::format("the key is accepted; {} traces stored", JsonView{reply.body}["total_traces"].integer()));
  const bool wrong_key = reply.status == 401 || reply.status == 403;
  report.add(wrong_key && target.key.empty() ? Finding::note : Finding::bad, "admission",
             detail_of(reply.status, reply.body, reply.error),
             wrong_key ? "set TRACER_API_KEY to a key that the service knows" : "");
}

void check_readiness(Report& report, net::BlockingClient& client) {
  const net::ClientReply reply = client.get("/readyz");
  if (!is_json(reply.body)) return;
  const JsonView answer{reply.body};
  const std::string problem = answer["problem"].text();
  if (!answer["ready"].is_true() || !problem.empty())
    return report.add(Finding::bad, "store", problem, "look at the log of llmtrace serve");
  report.add(Finding::good, "store", "ready, check of the file: " + answer["check"].text());
}

void check_disk(Report& report, const std::string& file) {
  constexpr std::uintmax_t little = 1024 * 1024 * 1024;
  std::filesystem::path place = std::filesystem::absolute(file).parent_path();
  std::error_code error;
  while (!std::filesystem::exists(place, error) && place.has_relative_path()) place = place.parent_path();
  const auto space = std::filesystem::space(place, error);
  if (error) return report.add(Finding::note, "disk", place.string() + ": " + error.message());
  const std::string text =
      readable_bytes(static_cast<std::int64_t>(space.available)) + " free at " + place.string();
  if (space.available < little)
    return report.add(Finding::bad, "disk", text, "make room, or set --max-bytes");
  report.add(Finding::good, "disk", text);
}

// Where `llmtrace serve` would store on this machine, if it could.
void check_disk_of_service(Report& report) {
  std::string file;
  try {
    file = default_database();
  } catch (const Failure& problem) {
    return report.add(Finding::note, "disk", problem.what());
  }
  check_disk(report, file);
}

collector::FileCheck wait_for_check(const collector::Store& store, std::string& problem) {
  for (;;) {
    const collector::StoreStatus status = store.status();
    if (status.check != collector::FileCheck::pending && status.check != collector::FileCheck::running) {
      problem = status.check_report;
      return status.check;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

void check_database(Report& report, const std::string& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    return report.add(Finding::bad, "database", file + " does not exist", "llmtrace serve creates it");
  collector::SqliteOptions options;
  options.file = file;
  options.retention_days = 0;
  options.text_index = false;
  auto opened = collector::open_sqlite_store(std::move(options));
  if (const auto* problem = std::get_if<collector::OpenError>(&opened)) {
    const bool in_use = problem->failure == collector::OpenFailure::in_use;
    return report.add(in_use ? Finding::note : Finding::bad, "database", problem->message);
  }
  const auto& store = std::get<std::unique_ptr<collector::Store>>(opened);
  std::string problem;
  if (wait_for_check(*store, problem) == collector::FileCheck::damaged)
    return report.add(Finding::bad, "database", file + " is damaged: " + problem,
                      "keep a copy; export what can be read: llmtrace serve --db FILE, llmtrace export");
  report.add(Finding::good, "database",
             fmt::format("{}, schema {}, {}", file, store->status().schema_version,
                         readable_bytes(store->status().file_bytes)));
}

}  // namespace

int run_doctor(Arguments arguments) {
  const Options options{arguments, {{"--db"}, {"--json", false}, url_option, project_option}, 0};
  Report report{options.has("--json")};
  const auto database = options.value("--db");
  if (database) {
    check_database(report, *database);
    check_disk(report, *database);
    return report.finish();
  }
  const Target target = target_of(options);
  check_switch(report);
  const bool can_ask = check_url(report, target);
  check_key(report, target);
  if (can_ask) {
    Target with_key = target;
    if (with_key.key.empty()) with_key.key = "project-default";
    const auto client = client_of(with_key);
    if (check_service(report, *client, target)) {
      check_admission(report, *client, target);
      check_readiness(report, *client);
    }
  }
  check_disk_of_service(report);
  return report.finish();
}

}  // namespace llmtrace::cli
