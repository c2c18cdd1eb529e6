// What is hidden before anything leaves the process: keys and tokens always, personal data where it is asked
// for, and what the program adds. Run it with TRACER_EXPORTER=console to see what a service would get.
#include <llmtrace/llmtrace.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

using namespace llmtrace;

namespace {

// Of the customer only the first letters are kept. Anything else stays as the built-in rules leave it.
std::optional<std::string> shorten_customer(std::string_view path, std::string_view value) {
  if (path != "attributes.customer") return std::nullopt;
  return std::string{value.substr(0, 2)} + "…";
}

void call_with_key() {
  Span span{"call", SpanKind::tool};
  span.set_input(
      R"({"headers":{"x-api-key":"0f1e2d3c"},"url":"https://api.test/v1?key=AIzaSyD-9tSrke72PouQMnMX"})");
  span.set_error("refused", "401 for Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVm");
}

void answer_customer() {
  Span span{"answer", SpanKind::llm};
  span.redact_pii();  // of this span personal data is hidden as well
  span.set("customer", "Ada Lovelace").set("card", 4111111111111111);
  span.set_input("Write to ada@example.com or call +44 20 7946 0958 about the Falcon project.");
  span.set_output("Done.");
}

void summarize_contract() {
  SpanOptions options;
  options.capture_inputs = false;  // nothing of the contract is recorded, hidden or not
  Span span{"summarize", SpanKind::llm, options};
  span.set_input("a contract that must not be kept").set_output("It ends in May.");
}

}  // namespace

int main() {
  Options options;
  options.project = "redaction";
  options.redact.literals = {"Falcon"};
  options.redact.hook = shorten_customer;
  auto tracing = Tracer::init(options);
  {
    TraceScope trace{"support"};
    call_with_key();
    answer_customer();
    summarize_contract();
  }
  std::printf("log: %s\n",
              redact("login with password=hunter2 failed").c_str());  // the same for a log of one's own
}
