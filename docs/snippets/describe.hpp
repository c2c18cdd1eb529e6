// What is recorded of types of one's own, the same in C++17 and C++20.
#pragma once

#include <llmtrace/llmtrace.hpp>

#include <string>
#include <vector>

struct Order {
  std::string customer;
  std::vector<std::string> lines;
};
struct Advice {
  std::string text;
  double confidence;
};

template <>
struct llmtrace::Describe<Order> {
  static void input(SpanRef span, const Order& order) {
    span.set_input({{"customer", order.customer}, {"lines", order.lines}});
  }
};
template <>
struct llmtrace::Describe<Advice> {
  static void output(SpanRef span, const Advice& advice) {
    span.set_output(advice.text).set("confidence", advice.confidence);
  }
};

inline Advice advise(const Order& order) { return {"Send " + order.lines.front() + " first.", 0.75}; }
