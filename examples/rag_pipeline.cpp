// Retrieval-augmented generation in three steps: enhance the question, search, answer.
#include <llmtrace/llmtrace.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

struct Reply {
  std::string text;
  struct {
    int prompt_tokens;
    int completion_tokens;
  } usage;
};

Reply complete(const std::string& prompt) {
  return {"[" + prompt + "]", {static_cast<int>(prompt.size()) / 4, 9}};
}
std::vector<std::vector<float>> embed(const std::vector<std::string>& texts) {
  return std::vector<std::vector<float>>(texts.size(), std::vector<float>(1536, 0.5F));
}
std::vector<std::string> find_nearest(const std::vector<float>&, int top_k) {
  return std::vector<std::string>(static_cast<std::size_t>(top_k), "late check-out is free on Sundays");
}

llmtrace::TracedOptions of_kind(llmtrace::SpanKind kind) {
  llmtrace::TracedOptions options;
  options.kind = kind;
  return options;
}

std::vector<std::string> search(const std::string& question) {
  auto traced_embed = llmtrace::traced("embed", &embed, of_kind(llmtrace::SpanKind::embedding));
  const auto vectors = traced_embed(std::vector<std::string>{question});  // count and dimension are recorded
  llmtrace::Span span{"vector_search", llmtrace::SpanKind::retrieval};
  auto hits = find_nearest(vectors.front(), 3);
  span.set_input(question).set_output({{"hits", hits.size()}, {"best", hits.front()}});
  return hits;
}

}  // namespace

int main() {
  using namespace llmtrace;
  Options options;
  options.project = "rag";
  auto tracing = Tracer::init(options);
  TraceScope trace{"rag-query"};
  const std::string question = "Can I stay longer?";
  trace.set_input(question);

  const auto enhance = traced_llm({"gpt-4o-mini", "openai", "enhance"}, &complete);
  const auto answer = traced_llm({"gpt-4o", "openai", "answer"}, &complete);
  const std::string better = enhance("Rewrite: " + question).text;
  const std::string passage = search(better).front();
  trace.set_output(answer(passage + " | " + question).text);
  std::puts("answered");
}
