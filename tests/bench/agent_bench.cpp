#include "agent_bench.hpp"

#include "child_process.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace llmtrace::bench {
namespace {

using Command = ChildProcess::Command;

constexpr int pairs = 21;

// Answers until its input is closed.
class Provider {
 public:
  Provider() : program_{Command{LLMTRACE_BENCH_PROVIDER, "--until-stdin-closes"}} {
    const std::string greeting = program_.read_line();
    url_ = greeting.substr(greeting.rfind(' ') + 1);
  }
  [[nodiscard]] const std::string& url() const noexcept { return url_; }

 private:
  ChildProcess program_;
  std::string url_;
};

Figures run_load(const std::vector<std::string>& arguments, bool with_agent) {
  Command command{"env"};
  if (with_agent)
    command.insert(command.end(), {"LD_PRELOAD=" LLMTRACE_BENCH_AGENT, "TRACER_EXPORTER=file:/dev/null"});
  command.emplace_back(LLMTRACE_BENCH_CURL_LOAD);
  command.insert(command.end(), arguments.begin(), arguments.end());
  return parse_figures(run(command).output);
}

struct Pair {
  Figures without;
  Figures with;
};

std::vector<Pair> run_pairs(const std::vector<std::string>& arguments) {
  std::vector<Pair> all(pairs);
  for (int i = 0; i < pairs; ++i) {
    Pair& pair = all[static_cast<std::size_t>(i)];
    const bool agent_first = i % 2 == 1;
    (agent_first ? pair.with : pair.without) = run_load(arguments, agent_first);
    (agent_first ? pair.without : pair.with) = run_load(arguments, !agent_first);
  }
  return all;
}

template <class Compare>
std::vector<double> compared(const std::vector<Pair>& all, const char* figure, Compare&& compare) {
  std::vector<double> values;
  values.reserve(all.size());
  for (const Pair& pair : all) values.push_back(compare(pair.with.at(figure), pair.without.at(figure)));
  return values;
}

std::vector<double> differences(const std::vector<Pair>& all, const char* figure) {
  return compared(all, figure, [](double with, double without) { return with - without; });
}

// The median, and half of what lies between the quartiles.
void set_with_spread(Figures& figures, const std::string& name, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  figures.set(name, median(values));
  figures.set(name + "_spread", (values[values.size() * 3 / 4] - values[values.size() / 4]) / 2);
}

void measure_pages(Figures& figures, const Provider& provider) {
  const auto all = run_pairs({"transfers", provider.url() + "/plain/page", "", "1500"});
  set_with_spread(figures, "page.x_without",
                  compared(all, "cpu_us", [](double with, double without) { return with / without; }));
  figures.set("page.cpu_us", median(compared(all, "cpu_us", [](double, double without) { return without; })));
}

void measure_calls(Figures& figures, const Provider& provider) {
  const std::string body =
      R"({"model":"gpt-4o","messages":[{"role":"user","content":")" + std::string(2048, 'x') + R"("}]})";
  const auto all = run_pairs({"transfers", provider.url() + "/v1/chat/completions", body, "1000"});
  set_with_spread(figures, "call.more_us", differences(all, "cpu_us"));
  set_with_spread(figures, "call.process_more_us", differences(all, "process_cpu_us"));
  figures.set("call.cpu_us", median(compared(all, "cpu_us", [](double, double without) { return without; })));
}

}  // namespace

Figures measure_agent() {
  Figures figures;
  set_with_spread(figures, "setopt.more_ns", differences(run_pairs({"setopt", "200000"}), "setopt_ns"));
  const Provider provider;
  measure_pages(figures, provider);
  measure_calls(figures, provider);
  return figures;
}

}  // namespace llmtrace::bench
