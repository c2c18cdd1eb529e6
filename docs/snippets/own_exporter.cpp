// An exporter of your own, docs/cookbook.md.
#include <llmtrace/exporter.hpp>
#include <llmtrace/llmtrace.hpp>

#include <cstdio>
#include <memory>
#include <vector>

using namespace llmtrace;

class CostPrinter final : public Exporter {
 public:
  // Called on a thread of its own, one batch at a time. False: the batch is lost and counted as rejected.
  bool export_batch(const std::vector<SpanData>& spans, const std::vector<TraceData>&) override {
    for (const SpanData& span : spans)
      if (span.cost_usd) std::printf("%s cost $%.4f\n", span.name.c_str(), *span.cost_usd);
    return true;
  }
  std::string name() const override { return "costs"; }
};

int main() {
  Options options;
  options.exporters.push_back(std::make_shared<CostPrinter>());
  options.exporter = "none";  // without this line: beside what TRACER_EXPORTER names, else alone
  auto tracing = Tracer::init(options);
  Span span{"call", SpanKind::llm};
  span.set_cost(0.0021);
}
