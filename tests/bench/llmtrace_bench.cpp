// llmtrace_bench [core|collector|readers|agent|all] [--json FILE]: measures what the tracer costs and shows
// it beside what is promised. It starts itself again in the roles that need a process of their own.
#include "agent_bench.hpp"
#include "collector_bench.hpp"
#include "collector_server.hpp"
#include "dead_endpoint.hpp"
#include "end_to_end.hpp"
#include "header_cost.hpp"
#include "producer.hpp"
#include "readers.hpp"
#include "redaction.hpp"
#include "report.hpp"
#include "sink.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace llmtrace::bench {
namespace {

constexpr const char* usage = "usage: llmtrace_bench [core|collector|readers|agent|all] [--json FILE]\n";
constexpr int wrong_usage = 2;

using Arguments = std::vector<std::string>;

struct Request {
  std::string part = "core";
  std::string json_file;
};

// Throws std::invalid_argument.
Request parse(const Arguments& arguments) {
  Request request;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--json" && i + 1 < arguments.size())
      request.json_file = arguments[++i];
    else if (i == 0 && arguments[i].rfind("--", 0) != 0)
      request.part = arguments[i];
    else
      throw std::invalid_argument(arguments[i]);
  }
  return request;
}

void say(const char* what) { std::fprintf(stderr, "measuring %s\n", what); }

Figures measure_core() {
  Figures figures;
  say("producers");
  for (const auto& [name, value] : measure_producers()) figures.set(name, value);
  say("end to end");
  figures.add("end_to_end", measure_end_to_end());
  say("dead endpoints");
  figures.add("dead", measure_dead_endpoints());
  say("redaction");
  figures.add("redaction", measure_redaction());
  say("the header");
  figures.add("header", measure_header());
  return figures;
}

int say_not_built(const std::string& part) {
  std::fprintf(stderr, "there is nothing to measure yet: '%s' is not built\n", part.c_str());
  return wrong_usage;
}

bool is_one_of(const std::string& part, const Arguments& parts) {
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

// All of them for `all`.
Figures measure_part(const std::string& part) {
  const auto wanted = [&part](const char* name) { return part == name || part == "all"; };
  Figures figures;
  if (wanted("core")) figures = measure_core();
#ifdef LLMTRACE_WITH_COLLECTOR
  if (wanted("collector")) {
    say("the collector");
    figures.add("collector", measure_collector());
  }
#endif
  if (wanted("readers")) {
    say("readers");
    figures.add("readers", measure_readers());
  }
#ifdef LLMTRACE_WITH_AGENT
  if (wanted("agent")) {
    say("the agent");
    figures.add("agent", measure_agent());
  }
#endif
  return figures;
}

int run_measured(const std::string& part, const std::string& json_file) {
  std::ofstream json;
  if (!json_file.empty()) json.open(json_file);
  if (!json_file.empty() && !json) throw std::runtime_error("cannot write " + json_file);
  const Figures figures = measure_part(part);
  std::fputs(table_of(figures).c_str(), stdout);
  if (json.is_open() && !(json << json_of(figures) << std::flush))
    throw std::runtime_error("cannot write " + json_file);
  return 0;
}

Arguments parts_not_built() {
  Arguments parts;
#ifndef LLMTRACE_WITH_COLLECTOR
  parts.emplace_back("collector");
#endif
#ifndef LLMTRACE_WITH_AGENT
  parts.emplace_back("agent");
#endif
  return parts;
}

int run_parts(const Request& request) {
  const Arguments later = parts_not_built();
  if (is_one_of(request.part, later)) return say_not_built(request.part);
  if (!is_one_of(request.part, {"core", "collector", "readers", "agent", "all"}))
    throw std::invalid_argument(request.part);
  const int result = run_measured(request.part, request.json_file);
  if (request.part == "all")
    for (const std::string& part : later) say_not_built(part);
  return result;
}

int play_role(const std::string& role, const Arguments& arguments) {
  if (role == "sink") return serve_as_sink();
#ifdef LLMTRACE_WITH_COLLECTOR
  if (role == "collector") return serve_as_collector(arguments);
#endif
  if (role == "case") return run_case_once(arguments);
  if (role == "stream") return stream(arguments);
  if (role == "suffer") return suffer(arguments);
  if (role == "redact") return print(measure_redaction()), 0;
  throw std::invalid_argument(role);
}

int main_of(const Arguments& arguments) {
  try {
    if (arguments.size() >= 2 && arguments[0] == "--as")
      return play_role(arguments[1], {arguments.begin() + 2, arguments.end()});
    return run_parts(parse(arguments));
  } catch (const std::invalid_argument&) {
    std::fputs(usage, stderr);
    return wrong_usage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "llmtrace_bench: %s\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace llmtrace::bench

int main(int count, char** arguments) { return llmtrace::bench::main_of({arguments + 1, arguments + count}); }
