#pragma once

#include "support/http_wire.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace llmtrace::testing_support {

struct ReceivedRequest : WireRequest {
  std::size_t connection = 0;  // 1 for the first connection that was accepted
  std::size_t releases = 0;    // of the server when it came, for hang()
  nlohmann::json json;         // discarded() when the body is not strict JSON in valid UTF-8
};

// One span or trace, over all requests that carried it.
struct ReceivedItem {
  std::size_t received = 0;
  std::size_t committed = 0;  // the service kept it, even if its reply was lost
  nlohmann::json json;        // as received last
};

// What a faulty server saw: the truth that a fault test compares its books with. Any thread.
class Oracle {
 public:
  using ItemId = std::pair<std::string, std::string>;  // trace and span; a trace has an empty span

  // Parses the body strictly, with nlohmann; what it refuses becomes a violation of the request.
  static void read(ReceivedRequest& request);

  // Takes a request that has been read.
  void record(const ReceivedRequest& request);

  // The items of a recorded request that the service keeps; `refused` are indices.
  std::size_t commit(const ReceivedRequest& request, const std::set<std::size_t>& refused);

  [[nodiscard]] std::vector<ReceivedRequest> requests() const;
  [[nodiscard]] std::size_t request_count() const;
  [[nodiscard]] std::map<ItemId, ReceivedItem> spans() const;
  [[nodiscard]] std::map<std::string, ReceivedItem> traces() const;
  [[nodiscard]] std::size_t committed_spans() const;  // distinct ones
  [[nodiscard]] std::vector<std::string> violations() const;

  using Predicate = std::function<bool(const Oracle&)>;
  // Tries the predicate after each change; false when the deadline came first.
  [[nodiscard]] bool wait_for(const Predicate& predicate,
                              std::chrono::steady_clock::time_point deadline) const;

  // The items of a body `{"spans":[…]}` or `{"traces":[…]}`, empty for other JSON.
  [[nodiscard]] static nlohmann::json items_of(const nlohmann::json& body);

 private:
  ReceivedItem* find(const nlohmann::json& item, bool is_span);

  mutable std::recursive_mutex mutex_;  // a predicate calls back into the oracle
  mutable std::condition_variable_any changed_;
  std::vector<ReceivedRequest> requests_;
  std::map<ItemId, ReceivedItem> spans_;
  std::map<std::string, ReceivedItem> traces_;
  std::vector<std::string> violations_;
};

}  // namespace llmtrace::testing_support
