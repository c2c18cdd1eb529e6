// An agent with tools: the model's replies are handed over as the provider sent them, tool calls and all.
#include <llmtrace/llmtrace.hpp>

#include <cstdio>
#include <string>

namespace {

constexpr const char* url = "https://api.openai.com/v1/chat/completions";

// Stands for the provider: first it asks for a tool, then it answers.
std::string complete(const std::string& request) {
  if (request.find("\"tool\"") == std::string::npos)
    return R"({"id":"c1","model":"gpt-4o-2024-08-06","choices":[{"index":0,"finish_reason":"tool_calls",)"
           R"("message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",)"
           R"("function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]}}],)"
           R"("usage":{"prompt_tokens":82,"completion_tokens":17,"total_tokens":99}})";
  return R"({"id":"c2","model":"gpt-4o-2024-08-06","choices":[{"index":0,"finish_reason":"stop",)"
         R"("message":{"role":"assistant","content":"Take an umbrella."}}],)"
         R"("usage":{"prompt_tokens":120,"completion_tokens":6,"total_tokens":126}})";
}

std::string ask(const std::string& messages) {
  llmtrace::Span span{"think", llmtrace::SpanKind::llm};
  const std::string request = R"({"model":"gpt-4o","messages":[)" + messages + "]}";
  llmtrace::ExchangeHints hints;
  hints.url = url;
  span.record_request(request, hints);
  std::string response = complete(request);
  span.record_response(response);  // a copy; everything in it is read by the worker
  return response;
}

std::string weather(const std::string& city) {
  TRACE_FUNCTION_AS("weather", llmtrace::SpanKind::tool, city);
  return TRACE_RETURN(std::string{"rain"});
}

}  // namespace

int main() {
  llmtrace::Options options;
  options.project = "tools";
  auto tracing = llmtrace::Tracer::init(options);
  llmtrace::TraceScope trace{"packing-advice"};
  llmtrace::Span agent = llmtrace::trace_agent({"assistant", "advise"});

  std::string messages = R"({"role":"user","content":"What do I pack for Oslo?"})";
  const std::string first = ask(messages);
  if (first.find("tool_calls") != std::string::npos)
    messages += R"(,{"role":"tool","tool_call_id":"call_1","content":")" + weather("Oslo") + "\"}";
  const std::string reply = ask(messages);
  trace.set_output(reply.find("umbrella") != std::string::npos ? "umbrella" : "nothing");
  std::puts("advised");
}
