// Describe in docs/cookbook.md, C++17.
#include "describe.hpp"

#include <cstdio>

using namespace llmtrace;

int main() {
  auto tracing = Tracer::init();
  const Order order{"Ada", {"the parcel", "the letter"}};
  TracedOptions options;
  options.kind = SpanKind::agent;
  const auto ask = traced("advise", &advise, options);
  const Advice advice = ask(order);
  std::puts(advice.text.c_str());
}
