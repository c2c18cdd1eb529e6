// A reply that arrives piece by piece: its span lasts as long as the stream, and knows the first token.
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/stream.hpp>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace vendor {  // stands for a client library

struct Chunk {
  std::string text;
  struct {
    int input_tokens;
    int output_tokens;
  } usage;
};
// A range that the caller reads at leisure …
inline std::vector<Chunk> stream(const std::string& question) {
  return {{"You asked", {-1, -1}}, {": ", {-1, -1}}, {question, {9, 7}}};
}
// … or a callback that it calls.
inline void stream(const std::string& question, const std::function<bool(const std::string&)>& on_text) {
  for (const Chunk& chunk : stream(question))
    if (!on_text(chunk.text)) return;
}

}  // namespace vendor

// What a program calls. The span of the function stays open until the stream that it hands on is over.
auto answer(const std::string& question) {
  TRACE_FUNCTION(question);
  return TRACE_RETURN(llmtrace::trace_stream({.name = "gpt-4o-call", .model = "gpt-4o", .provider = "openai"},
                                             vendor::stream(question)));
}

int main() {
  using namespace llmtrace;
  auto tracing = Tracer::init({.project = "streaming"});
  TraceScope trace{"chat"};

  for (const vendor::Chunk& chunk : answer("Why boats?")) std::fputs(chunk.text.c_str(), stdout);
  std::puts("");

  StreamRecorder recorder{{.name = "by callback", .model = "gpt-4o", .provider = "openai"}};
  vendor::stream("Stop soon", recorder.on_piece([shown = 0](const std::string& text) mutable {
    std::puts(text.c_str());
    return ++shown < 2;  // false ends the stream, whose span is then `cancelled`
  }));
  recorder.finish();
}
