#include "header_cost.hpp"

#include "child_process.hpp"
#include "temporary_file.hpp"

#include <algorithm>
#include <fstream>

namespace llmtrace::bench {
namespace {

constexpr unsigned runs = 5;

constexpr const char* five_standard_headers =
    "#include <chrono>\n#include <functional>\n#include <memory>\n#include <string>\n#include <vector>\n";
constexpr const char* umbrella = "#include <llmtrace/llmtrace.hpp>\n";

class TranslationUnit {
 public:
  explicit TranslationUnit(const char* text) { std::ofstream{source_.path()} << text; }

  [[nodiscard]] double compile() const { return run(command({"-c", "-o", "/dev/null"})).cpu_seconds; }
  [[nodiscard]] double preprocessed_lines() const {
    const std::string output = run(command({"-E"})).output;
    return static_cast<double>(std::count(output.begin(), output.end(), '\n'));
  }

 private:
  [[nodiscard]] ChildProcess::Command command(const ChildProcess::Command& options) const {
    ChildProcess::Command all{LLMTRACE_BENCH_COMPILER, "-std=c++17", "-x", "c++", "-I",
                              LLMTRACE_BENCH_INCLUDE};
    all.insert(all.end(), options.begin(), options.end());
    all.push_back(source_.path().string());
    return all;
  }

  TemporaryFile source_;
};

}  // namespace

Figures measure_header() {
  const TranslationUnit with_umbrella{umbrella};
  const TranslationUnit with_standard{five_standard_headers};
  std::vector<double> ours;
  std::vector<double> standard;
  for (unsigned i = 0; i < runs; ++i) {
    ours.push_back(with_umbrella.compile());
    standard.push_back(with_standard.compile());
  }
  Figures figures;
  figures.set("cpu_s", median(ours));
  figures.set("x_std", median(ours) / median(standard));
  figures.set("lines", with_umbrella.preprocessed_lines());
  return figures;
}

}  // namespace llmtrace::bench
