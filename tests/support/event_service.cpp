#include "support/event_service.hpp"

namespace llmtrace::testing_support {
namespace {

using nlohmann::json;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// The third part of a path: /api/traces/{this}/…
std::string id_in(const std::string& path) {
  const auto from = path.find('/', 5) + 1;
  return path.substr(from, path.find('/', from) - from);
}

Action not_found() { return reply(404, {}, R"({"detail":"not found"})"); }

bool is_object_or_absent(const json& body, const char* key) {
  return !body.contains(key) || body[key].is_object();
}

}  // namespace

std::string EventService::kind_of(const ReceivedRequest& request) {
  const bool of_trace = request.path.rfind("/api/traces", 0) == 0;
  if (request.method == "GET")
    return request.path.find('?') != std::string::npos ? "list_traces" : "show_trace";
  if (request.method == "PATCH") return of_trace ? "complete_trace" : "complete_span";
  if (request.method != "POST" || !of_trace) return {};
  return ends_with(request.path, "/spans") ? "create_span" : "create_trace";
}

Action EventService::act(const ReceivedRequest& request) {
  const std::lock_guard lock{mutex_};
  const std::string kind = kind_of(request);
  if (kind == "list_traces") return list_traces();
  if (kind == "show_trace") return show_trace(request);
  if (!request.json.is_object() || kind.empty()) {
    problems_.push_back(request.method + " " + request.path + ": " + request.body);
    return reply(422, {}, R"({"detail":[]})");
  }
  if (kind == "create_trace") return create_trace(request);
  if (kind == "create_span") return create_span(request);
  return complete(request, kind == "complete_span" ? spans_ : traces_,
                  kind == "complete_span" ? "span_id" : "trace_id");
}

std::string EventService::check(const ReceivedRequest& request, bool is_span) const {
  const json& body = request.json;
  if (!body.contains("name") || !body["name"].is_string() || body["name"].get<std::string>().empty())
    return "no name";
  for (const char* key : {"metadata", "input_data", "output_data"})
    if (!is_object_or_absent(body, key)) return std::string{key} + " is no object";
  if (!is_span) return body.contains("project_id") ? "" : "no project";
  if (!body.contains("span_type")) return "no type";
  if (body.contains("parent_span_id") && spans_.count(body["parent_span_id"].get<std::string>()) == 0)
    return "a parent that was never created";
  return {};
}

Action EventService::create_trace(const ReceivedRequest& request) {
  if (const auto problem = check(request, false); !problem.empty()) {
    problems_.push_back(problem);
    return reply(422, {}, R"({"detail":[]})");
  }
  const std::string id = "T-" + std::to_string(++last_id_);
  traces_[id] = {request.json, {}, {}};
  return reply(200, {}, json{{"trace_id", id}, {"status", "created"}}.dump());
}

Action EventService::create_span(const ReceivedRequest& request) {
  const std::string trace = id_in(request.path);
  if (traces_.count(trace) == 0) return not_found();
  if (const auto problem = check(request, true); !problem.empty()) {
    problems_.push_back(problem);
    return reply(422, {}, R"({"detail":[]})");
  }
  const std::string id = "S-" + std::to_string(++last_id_);
  spans_[id] = {request.json, {}, trace};
  return reply(200, {}, json{{"span_id", id}, {"status", "created"}}.dump());
}

Action EventService::complete(const ReceivedRequest& request, std::map<std::string, Item>& items,
                              const char* key) {
  const std::string id = id_in(request.path);
  const auto found = items.find(id);
  if (found == items.end()) return not_found();
  if (!is_object_or_absent(request.json, "output_data")) problems_.emplace_back("output_data is no object");
  found->second.completed = request.json;
  return reply(200, {}, json{{key, id}, {"status", "completed"}}.dump());
}

Action EventService::list_traces() const {
  json listed = json::array();
  for (const auto& [id, item] : traces_) {
    json one = item.created;
    one["trace_id"] = id;
    listed.push_back(one);
  }
  return reply(200, {}, json{{"traces", listed}, {"has_more", false}}.dump(1));
}

Action EventService::show_trace(const ReceivedRequest& request) const {
  const std::string trace = id_in(request.path);
  if (traces_.count(trace) == 0) return not_found();
  json listed = json::array();
  for (const auto& [id, item] : spans_) {
    if (item.trace != trace) continue;
    json one = item.created;
    one["span_id"] = id;
    listed.push_back(one);
  }
  return reply(200, {}, json{{"trace", {{"trace_id", trace}}}, {"spans", listed}}.dump(1));
}

void EventService::forget_everything() {
  const std::lock_guard lock{mutex_};
  traces_.clear();
  spans_.clear();
}

std::map<std::string, EventService::Item> EventService::traces() const {
  const std::lock_guard lock{mutex_};
  return traces_;
}

std::map<std::string, EventService::Item> EventService::spans() const {
  const std::lock_guard lock{mutex_};
  return spans_;
}

std::vector<std::string> EventService::problems() const {
  const std::lock_guard lock{mutex_};
  return problems_;
}

}  // namespace llmtrace::testing_support
