// A service of the per-event protocol in memory, as the answers of a FaultServer: what it was told, and how
// often. Any thread.
#pragma once

#include "support/fault_action.hpp"
#include "support/oracle.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace llmtrace::testing_support {

class EventService {
 public:
  struct Item {
    nlohmann::json created;
    nlohmann::json completed;  // null: not yet
    std::string trace;         // of a span
  };

  // What the service answers, having done what was asked.
  [[nodiscard]] Action act(const ReceivedRequest& request);
  void forget_everything();

  [[nodiscard]] std::map<std::string, Item> traces() const;
  [[nodiscard]] std::map<std::string, Item> spans() const;
  [[nodiscard]] std::vector<std::string> problems() const;  // requests that no such service takes

  // "create_trace", "create_span", "complete_span", "complete_trace", "list_traces", "show_trace", or
  // nothing.
  [[nodiscard]] static std::string kind_of(const ReceivedRequest& request);

 private:
  [[nodiscard]] Action create_trace(const ReceivedRequest& request);
  [[nodiscard]] Action create_span(const ReceivedRequest& request);
  [[nodiscard]] Action complete(const ReceivedRequest& request, std::map<std::string, Item>& items,
                                const char* key);
  [[nodiscard]] Action list_traces() const;
  [[nodiscard]] Action show_trace(const ReceivedRequest& request) const;
  [[nodiscard]] std::string check(const ReceivedRequest& request, bool is_span) const;

  mutable std::mutex mutex_;
  std::map<std::string, Item> traces_;
  std::map<std::string, Item> spans_;
  std::vector<std::string> problems_;
  int last_id_ = 0;
};

}  // namespace llmtrace::testing_support
