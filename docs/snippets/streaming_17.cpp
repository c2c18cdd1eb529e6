// Streams in docs/cookbook.md, C++17; examples/streaming.cpp has them in C++20.
#include <llmtrace/llmtrace.hpp>
#include <llmtrace/stream.hpp>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

using namespace llmtrace;

namespace vendor {  // stands for a client library

inline std::vector<std::string> stream(const std::string& question) { return {"You asked", ": ", question}; }
inline void stream(const std::string& question, const std::function<bool(const std::string&)>& on_text) {
  for (const std::string& text : stream(question))
    if (!on_text(text)) return;
}

}  // namespace vendor

auto answer(const std::string& question) {
  TRACE_FUNCTION(question);
  StreamOptions call;
  call.name = "gpt-4o-call";
  call.model = "gpt-4o";
  call.provider = "openai";
  return TRACE_RETURN(trace_stream(call, vendor::stream(question)));
}

namespace {

void by_callback() {
  StreamOptions call;
  call.name = "by callback";
  call.model = "gpt-4o";
  call.provider = "openai";
  StreamRecorder recorder{call};
  vendor::stream("Stop soon", recorder.on_piece([shown = 0](const std::string& text) mutable {
    std::puts(text.c_str());
    return ++shown < 2;
  }));
  recorder.finish();
}

}  // namespace

int main() {
  auto tracing = Tracer::init();
  TraceScope trace{"chat"};
  for (const std::string& text : answer("Why boats?")) std::fputs(text.c_str(), stdout);
  std::puts("");
  by_callback();
}
