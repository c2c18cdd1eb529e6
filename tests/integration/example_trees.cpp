#include "integration/example_trees.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <vector>

namespace llmtrace::testing_support {
namespace {

using nlohmann::json;

std::string text_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_float()) return value.dump();
  std::ostringstream text;  // sums of money are not exact in the last digits
  text << value.get<double>();
  return text.str();
}

// What the same run never has twice.
json without_times(json item) {
  if (!item.contains("attributes")) return item;
  item["attributes"].erase("llm.tokens_per_second");
  if (item["attributes"].empty()) item.erase("attributes");
  return item;
}

// " key=value" for what is there.
std::string facts(const json& given, std::initializer_list<const char*> keys) {
  const json item = without_times(given);
  std::string text;
  for (const char* key : keys)
    if (item.contains(key)) text += std::string{" "} + key + "=" + text_of(item.at(key));
  return text;
}

std::string span_line(const json& span) {
  return text_of(span.at("name")) + ": " + text_of(span.at("span_type")) + " " + text_of(span.at("status")) +
         facts(span,
               {"model", "provider", "operation", "tokens_input", "tokens_output", "cost_usd", "error_type",
                "error", "parameters", "attributes", "tool_calls", "cancelled", "output_data", "scores"});
}

std::string header_line(const json& header) {
  return "trace " + text_of(header.at("name")) + ": " + text_of(header.at("status")) +
         facts(header, {"project_id", "user_id", "session_id", "tags", "span_count", "error_count",
                        "tokens_input", "tokens_output", "total_cost", "error"});
}

class Trees {
 public:
  explicit Trees(std::string_view lines) {
    std::istringstream in{std::string{lines}};
    for (std::string line; std::getline(in, line);) {
      const json item = json::parse(line);
      if (item.contains("span")) add_span(item.at("span"));
      if (item.contains("trace")) headers_[text_of(item.at("trace").at("trace_id"))] = item.at("trace");
    }
  }

  std::string write() const {
    std::vector<std::string> all;
    for (const auto& [id, spans] : spans_) all.push_back(write_trace(id, spans));
    return joined(all);
  }

 private:
  using Spans = std::vector<json>;

  void add_span(const json& span) { spans_[text_of(span.at("trace_id"))].push_back(span); }

  std::string write_trace(const std::string& id, const Spans& spans) const {
    const auto header = headers_.find(id);
    const std::string first =
        header != headers_.end() ? header_line(header->second) : "trace without a header";
    std::set<std::string> here;
    for (const json& span : spans) here.insert(text_of(span.at("span_id")));
    std::vector<std::string> roots;
    for (const json& span : spans)
      if (here.count(span.value("parent_span_id", "")) == 0) roots.push_back(write_span(span, spans, 1));
    return first + "\n" + joined(roots);
  }

  std::string write_span(const json& span, const Spans& spans, std::size_t depth) const {
    std::string text = std::string(depth * 2, ' ') + span_line(span) + linked_trace(span) + "\n";
    std::vector<std::string> children;
    for (const json& other : spans)
      if (other.value("parent_span_id", "") == span.at("span_id"))
        children.push_back(write_span(other, spans, depth + 1));
    return text + joined(children);
  }

  std::string linked_trace(const json& span) const {
    std::string text;
    for (const json& link : span.value("links", json::array())) {
      const auto header = headers_.find(text_of(link.at("trace_id")));
      text += header != headers_.end() ? " linked to " + text_of(header->second.at("name"))
                                       : " linked to nothing";
    }
    return text;
  }

  // Threads may have written them in any order.
  static std::string joined(std::vector<std::string> parts) {
    std::sort(parts.begin(), parts.end());
    std::string text;
    for (const std::string& part : parts) text += part;
    return text;
  }

  std::map<std::string, Spans> spans_;
  std::map<std::string, json> headers_;  // the last of each trace
};

}  // namespace

std::string recorded_trees(std::string_view lines) { return Trees{lines}.write(); }

}  // namespace llmtrace::testing_support
