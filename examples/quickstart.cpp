// A support bot answers one question: an agent searches, calls a tool that fails once, and asks two models.
//   TRACER_EXPORTER=console ./quickstart
#include <llmtrace/llmtrace.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

// Stands for the client of a model service.
struct Reply {
  std::string text;
  Usage usage;
  double cost;
};
Reply ask_small_model(const std::string&) {
  std::this_thread::sleep_for(9ms);
  return {"look up the order, then the delivery rules", {.input = 214, .output = 38}, 0.000055};
}
Reply ask_large_model(const std::string&) {
  std::this_thread::sleep_for(31ms);
  return {"Your parcel left Lyon today and arrives on Thursday.", {.input = 1162, .output = 57}, 0.003475};
}

std::vector<std::string> search_manual(const std::string& question) {
  Span span{"search_manual", SpanKind::retrieval};
  span.set_input(question);
  std::this_thread::sleep_for(4ms);
  span.set_output({{"hits", 3}, {"best", "delivery times"}});
  return {"delivery times", "tracking", "returns"};
}

std::string order_status(int order, bool service_is_up) {
  Span span{"order_status", SpanKind::tool};
  span.set_input({{"order", order}});
  std::this_thread::sleep_for(6ms);
  if (!service_is_up) {
    span.set_error("timeout", "the order service did not answer");
    return {};
  }
  span.set_output("shipped");
  return "shipped";
}

std::string answer(const std::string& question) {
  Span agent{"support_agent", SpanKind::agent};
  {
    Span plan{"plan", SpanKind::llm};
    const Reply reply = ask_small_model(question);
    plan.set_model("gpt-4o-mini").set_provider("openai").set_input(question);
    plan.set_output(reply.text, reply.usage, reply.cost);
  }
  search_manual(question);
  if (order_status(4711, false).empty()) order_status(4711, true);

  Span write{"write_answer", SpanKind::llm};
  write.set_model("gpt-4o").set_provider("openai").set_messages({{"system", "Be kind."}, {"user", question}});
  const Reply reply = ask_large_model(question);
  write.set_output(reply.text, reply.usage, reply.cost);
  return reply.text;
}

}  // namespace

int main() {
  auto tracing = Tracer::init({.project = "support-bot"});
  TraceScope trace{"chat-request", {.user_id = "u1", .session_id = "s9", .tags = {"demo"}}};
  trace.set_input("Where is my parcel?");
  trace.set_output(answer("Where is my parcel?"));
}
