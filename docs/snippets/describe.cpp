// Describe in docs/cookbook.md, C++20.
#include "describe.hpp"

#include <cstdio>

using namespace llmtrace;

int main() {
  auto tracing = Tracer::init({.project = "described"});
  const Order order{"Ada", {"the parcel", "the letter"}};
  const auto ask = traced("advise", &advise, {.kind = SpanKind::agent});
  const Advice advice = ask(order);  // its span has the input and the output that are described
  std::puts(advice.text.c_str());
}
