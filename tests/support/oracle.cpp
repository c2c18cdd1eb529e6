#include "support/oracle.hpp"

#include <algorithm>

namespace llmtrace::testing_support {

using nlohmann::json;
using Lock = std::unique_lock<std::recursive_mutex>;

namespace {

bool carries_spans(const json& body) { return body.is_object() && body.contains("spans"); }

std::string text_member(const json& item, const char* name) {
  const auto found = item.is_object() ? item.find(name) : item.end();
  return found != item.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace

json Oracle::items_of(const json& body) {
  if (!body.is_object()) return json::array();
  const auto found = body.find(carries_spans(body) ? "spans" : "traces");
  return found != body.end() && found->is_array() ? *found : json::array();
}

void Oracle::read(ReceivedRequest& request) {
  request.json = json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (request.json.is_discarded() && request.method == "POST" && request.violation.empty()) {
    request.violation = "the body is not strict JSON";
  }
}

void Oracle::record(const ReceivedRequest& request) {
  const Lock lock(mutex_);
  requests_.push_back(request);
  if (!request.violation.empty()) violations_.push_back(request.path + ": " + request.violation);
  for (const auto& item : items_of(request.json)) {
    auto* known = find(item, carries_spans(request.json));
    if (known == nullptr) continue;
    ++known->received;
    known->json = item;
  }
  changed_.notify_all();
}

ReceivedItem* Oracle::find(const json& item, bool is_span) {
  const auto trace = text_member(item, "trace_id");
  const auto span = text_member(item, "span_id");
  if (trace.empty() || (is_span && span.empty())) {
    violations_.push_back("an item without its ids: " + item.dump());
    return nullptr;
  }
  return is_span ? &spans_[{trace, span}] : &traces_[trace];
}

std::size_t Oracle::commit(const ReceivedRequest& request, const std::set<std::size_t>& refused) {
  const auto items = items_of(request.json);
  const Lock lock(mutex_);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (refused.count(i) != 0) continue;
    ++kept;
    if (auto* known = find(items[i], carries_spans(request.json))) ++known->committed;
  }
  changed_.notify_all();
  return kept;
}

std::vector<ReceivedRequest> Oracle::requests() const {
  const Lock lock(mutex_);
  return requests_;
}

std::size_t Oracle::request_count() const {
  const Lock lock(mutex_);
  return requests_.size();
}

std::map<Oracle::ItemId, ReceivedItem> Oracle::spans() const {
  const Lock lock(mutex_);
  return spans_;
}

std::map<std::string, ReceivedItem> Oracle::traces() const {
  const Lock lock(mutex_);
  return traces_;
}

std::size_t Oracle::committed_spans() const {
  const Lock lock(mutex_);
  return static_cast<std::size_t>(std::count_if(spans_.begin(), spans_.end(),
                                                [](const auto& span) { return span.second.committed != 0; }));
}

std::vector<std::string> Oracle::violations() const {
  const Lock lock(mutex_);
  return violations_;
}

bool Oracle::wait_for(const Predicate& predicate, std::chrono::steady_clock::time_point deadline) const {
  Lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [&] { return predicate(*this); });
}

}  // namespace llmtrace::testing_support
