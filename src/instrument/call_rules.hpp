// Which requests are calls of models: by their URL and what the user asked for. Immutable once made, so any
// thread may ask.
#pragma once

#include <llmtrace/instrument.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::instrument {

class CallRules;

struct Call {
  bool traced = false;
  bool is_embedding = false;
  std::string_view operation;        // static text
  const CallRules* rules = nullptr;  // by which it is traced
};

class CallRules {
 public:
  // `providers` beside those of the options: what was asked for by name. Throws bad_alloc.
  CallRules(InstrumentOptions options, const std::vector<std::string>& providers);

  // Of a request to the URL `text`. Throws bad_alloc.
  [[nodiscard]] Call decide(std::string_view text) const;
  // Whether requests to this URL are given a traceparent. Throws bad_alloc.
  [[nodiscard]] bool propagates_to(std::string_view text) const;
  [[nodiscard]] const InstrumentOptions& options() const noexcept { return options_; }

 private:
  struct Rule {
    std::string host;  // empty: any
    std::string path;
    bool is_ending = false;  // the path's end decides
  };
  struct Parts;

  static void add_rule(std::vector<Rule>& to, std::string_view text);
  [[nodiscard]] static bool matches(const std::vector<Rule>& rules, const Parts& url) noexcept;
  [[nodiscard]] bool is_of_provider(const Parts& url) const noexcept;

  InstrumentOptions options_;
  std::vector<std::string> providers_;
  std::vector<Rule> methods_;
  std::vector<Rule> excluded_;
};

// What was asked for by several names, each with its own options: the first that takes a call in decides.
class RuleSet {
 public:
  void add(CallRules rules) { all_.push_back(std::move(rules)); }
  [[nodiscard]] Call decide(std::string_view url) const;
  [[nodiscard]] bool propagates_to(std::string_view url) const;

 private:
  std::vector<CallRules> all_;
};

// By the conventions' names or those that people use; empty when nobody is called so.
[[nodiscard]] std::string_view known_provider(std::string_view name) noexcept;
[[nodiscard]] const std::vector<std::string>& known_providers();

}  // namespace llmtrace::instrument
