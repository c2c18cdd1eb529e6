// What each trace has cost: an exporter of the program's own adds it up and speaks when a budget is used up.
#include <llmtrace/exporter.hpp>
#include <llmtrace/llmtrace.hpp>

#include <cstdio>
#include <memory>
#include <vector>

namespace {

class Budget final : public llmtrace::Exporter {
 public:
  explicit Budget(double usd_a_trace) : limit_{usd_a_trace} {}
  // On a thread of its own: it may take its time.
  bool export_batch(const std::vector<llmtrace::SpanData>& spans,
                    const std::vector<llmtrace::TraceData>& traces) override {
    for (const llmtrace::SpanData& span : spans)
      if (!span.usage.empty() && !span.cost_usd) std::printf("%s: no price is known\n", span.name.c_str());
    for (const llmtrace::TraceData& trace : traces) {
      if (trace.state == llmtrace::TraceData::State::running) continue;
      const double cost = trace.total_cost.value_or(0);
      std::printf("%s: %.4f USD%s\n", trace.name.c_str(), cost, cost > limit_ ? ", over budget" : "");
    }
    return true;
  }
  [[nodiscard]] std::string name() const override { return "budget"; }

 private:
  double limit_;
};

void answer(const char* customer, std::int64_t input, std::int64_t cached, std::int64_t output) {
  llmtrace::TraceScope trace{customer};
  llmtrace::Span span{"gpt-4o-call", llmtrace::SpanKind::llm};
  span.set_model("gpt-4o").set_provider("openai");
  llmtrace::Usage usage;
  usage.input = input;  // all of it, of which …
  usage.input_cached = cached;
  usage.output = output;
  span.set_usage(usage);  // the price table says what that costs
}

}  // namespace

int main() {
  llmtrace::Options options;
  options.project = "budgets";
  options.exporters = {std::make_shared<Budget>(0.01)};
  options.exporter = "none";
  auto tracing = llmtrace::Tracer::init(options);
  answer("small", 400, 0, 60);
  answer("cached", 4000, 3600, 60);
  answer("large", 8000, 0, 900);
}
