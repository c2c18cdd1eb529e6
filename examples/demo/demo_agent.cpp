// The agent of `./dev demo`: it answers a question of a shop's customer with three models of two providers, a
// search, a tool that fails once and a streamed reply. PROVIDER_URL says where the models are.
#include <llmtrace/adapters/curl.hpp>
#include <llmtrace/llmtrace.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

using namespace llmtrace;
using namespace std::chrono_literals;

namespace {

struct FreeHeaders {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
struct FreeHandle {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};

// One request to a provider; what it is and what came back is read off its bytes.
void ask(const std::string& name, const char* provider, const std::string& path, const std::string& body) {
  const char* base = std::getenv("PROVIDER_URL");
  const std::string url = (base != nullptr ? base : "http://127.0.0.1:8002") + path;
  const std::unique_ptr<curl_slist, FreeHeaders> headers{
      curl_slist_append(nullptr, "Content-Type: application/json")};
  const std::unique_ptr<CURL, FreeHandle> handle{curl_easy_init()};
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  TracedTransfer transfer{handle.get(), {.name = name, .provider = provider}};
  transfer.post(body).perform();
}

const std::string question = R"({"role":"user","content":"Where is my parcel, order 4711?"})";

void plan() {
  ask("plan", "openai", "/slow/4/v1/chat/completions",
      R"({"model":"gpt-4o-mini","temperature":0.2,"messages":[{"role":"system","content":"Choose a tool."},)" +
          question +
          R"(],"tools":[{"type":"function","function":{"name":"order_status","parameters":{"type":"object",)"
          R"("properties":{"order":{"type":"string"}},"required":["order"]}}}]})");
}

void search_manual() {
  Span search{"search_manual", SpanKind::retrieval};
  search.set_input({{"query", "parcel late"}, {"top_k", 3}});
  ask("embed_query", "openai", "/v1/embeddings",
      R"({"model":"text-embedding-3-small","input":"parcel late"})");
  search.set_output({{"hits", 3}, {"best", "Delivery times in Europe"}});
}

bool order_status(bool service_is_up) {
  Span tool{"order_status", SpanKind::tool};
  tool.set_input({{"order", 4711}});
  std::this_thread::sleep_for(8ms);
  if (!service_is_up) {
    tool.set_error("timeout", "the order service did not answer within 8 ms");
    return false;
  }
  tool.set_output({{"state", "shipped"}, {"from", "Lyon"}, {"arrives", "Thursday"}});
  return true;
}

void write_answer() {
  ask("write_answer", "openai", "/slow/12/v1/chat/completions",
      R"({"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},"messages":[)"
      R"({"role":"system","content":"Answer kindly, in one sentence."},)" +
          question +
          R"(,{"role":"user","content":"Your parcel left Lyon this morning and will be with you on Thursday."}]})");
}

void check_tone() {
  ask("check_tone", "anthropic", "/slow/6/v1/messages",
      R"({"model":"claude-3-5-haiku-20241022","max_tokens":64,"messages":[{"role":"user",)"
      R"("content":"The tone is friendly and says what will happen next."}]})");
}

}  // namespace

int main() {
  auto tracing = Tracer::init({.project = "demo"});
  TraceScope trace{"chat-request", {.user_id = "ada", .session_id = "s9", .tags = {"demo"}}};
  trace.set_input("Where is my parcel, order 4711?");
  {
    Span agent{"support_agent", SpanKind::agent};
    plan();
    search_manual();
    if (!order_status(false)) order_status(true);
    write_answer();
    check_tone();
  }
  trace.set_output("Your parcel left Lyon this morning and will be with you on Thursday.");
  std::printf("%s\n", trace.trace_id().c_str());
}
