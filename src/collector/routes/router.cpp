#include "collector/routes/router.hpp"

#include "collector/http/url_text.hpp"
#include "collector/routes/parameters.hpp"
#include "collector/routes/routes.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace llmtrace::collector::routes {
namespace {

using http::RequestHead;
using http::Response;

enum class Who : unsigned char {
  anybody,
  key,          // a key, with or without --keys
  key_or_name,  // a key; without --keys also ?project=
  any_key,      // with --keys a key, else nothing
};

struct Route {
  std::string_view method;
  std::string_view path;  // '*' stands for one part
  Who who;
  Response (*answer)(const Call& call);                          // runs where it may block
  void (*answer_later)(Call call, http::Reply reply) = nullptr;  // instead; must not block
};

constexpr std::array routes = std::to_array<Route>({
    {"POST", "/api/spans", Who::key, nullptr, &post_spans},
    {"POST", "/api/traces", Who::key, nullptr, &post_traces},
    {"POST", "/api/traces/*/spans", Who::key, nullptr, &create_span},
    {"PATCH", "/api/spans/*/complete", Who::key, nullptr, &complete_span},
    {"PATCH", "/api/traces/*/complete", Who::key, nullptr, &complete_trace},
    {"GET", "/api/traces", Who::key, &list_events},
    {"GET", "/api/traces/*", Who::key, &show_events},
    {"GET", "/api/stats", Who::key, &event_stats},
    {"GET", "/api/v1/traces", Who::key_or_name, &list_traces},
    {"GET", "/api/v1/traces/*", Who::key_or_name, &show_trace},
    {"GET", "/api/v1/traces/*/spans/*", Who::key_or_name, &show_span},
    {"GET", "/api/v1/sessions", Who::key_or_name, &list_sessions},
    {"GET", "/api/v1/facets", Who::key_or_name, &list_facets},
    {"GET", "/api/v1/series", Who::key_or_name, &show_series},
    {"GET", "/api/v1/totals", Who::key_or_name, &show_totals},
    {"GET", "/api/v1/export", Who::key_or_name, &export_traces},
    {"GET", "/api/v1/live", Who::key_or_name, &follow_live},
    {"GET", "/api/v1/filter", Who::any_key, &check_filter},
    {"GET", "/api/v1/projects", Who::any_key, &list_projects},
    {"GET", "/api/v1/status", Who::any_key, &show_status},
    {"GET", "/metrics", Who::any_key, &metrics},
    {"GET", "/health", Who::anybody, &health},
    {"GET", "/healthz", Who::anybody, &alive},
    {"GET", "/readyz", Who::anybody, &ready},
});

constexpr Route asset_route{"GET", "", Who::anybody, &asset};

bool is_read(std::string_view method) noexcept { return method == "GET" || method == "HEAD"; }

bool same_method(const Route& route, std::string_view method) noexcept {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

// Whether the path has the route's form; `parts` are what stands for the stars.
bool matches(std::string_view pattern, const std::vector<std::string>& path,
             std::vector<std::string>* parts) {
  pattern.remove_prefix(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto end = std::min(pattern.find('/'), pattern.size());
    const std::string_view part = pattern.substr(0, end);
    if (part == "*" ? path[i].empty() : part != path[i]) return false;
    if (part == "*" && parts != nullptr) parts->push_back(path[i]);
    const bool last = end == pattern.size();
    if (last) return i + 1 == path.size();
    pattern.remove_prefix(end + 1);
  }
  return false;
}

struct Place {
  const Route* route = nullptr;
  bool other_method = false;
};

Place find_route(const RequestHead& head, const std::vector<std::string>& path) {
  Place place;
  for (const Route& route : routes) {
    if (!matches(route.path, path, nullptr)) continue;
    if (same_method(route, head.method)) return {&route, false};
    place.other_method = true;
  }
  const bool below_api = !path.empty() && path.front() == "api";
  if (place.other_method || below_api) return place;
  return is_read(head.method) ? Place{&asset_route, false} : Place{nullptr, true};
}

std::string_view key_in(const RequestHead& head) noexcept {
  constexpr std::string_view bearer = "Bearer ";
  const std::string_view key = head.header("x-api-key");
  if (!key.empty()) return key;
  const std::string_view authorization = head.header("authorization");
  return authorization.starts_with(bearer) ? authorization.substr(bearer.size()) : std::string_view{};
}

std::string named_project(const RequestHead& head) {
  const auto fields = http::query_fields(head.query);
  if (!fields) throw Refusal{422, "the query cannot be decoded"};
  std::string project;
  for (const auto& [name, value] : *fields)
    if (name == "project") project = value;
  if (!project.empty() && !access::is_project_id(project)) throw Refusal{422, "project: not a project's id"};
  return project;
}

// The project that the request may see; empty where it needs none.
std::string admitted_project(const Services& services, const RequestHead& head, Who who) {
  if (who == Who::anybody) return {};
  const std::string_view key = key_in(head);
  const bool open = services.keys.takes_any();
  if (key.empty() && open && who == Who::any_key) return {};
  if (key.empty() && open && who == Who::key_or_name) {
    std::string project = named_project(head);
    if (project.empty()) throw Refusal{422, "project: missing; name it here or by X-API-Key"};
    return project;
  }
  auto project = services.keys.project_of(key);
  if (!project) throw Refusal{401, "Invalid or missing API key"};
  if (who == Who::key_or_name) {
    const std::string named = named_project(head);
    if (!named.empty() && named != *project) throw Refusal{403, "project: not that of the key"};
  }
  return *project;
}

bool is_json(std::string_view content_type) noexcept {
  constexpr std::string_view json = "application/json";
  if (content_type.size() < json.size()) return false;
  const bool same = std::equal(json.begin(), json.end(), content_type.begin(),
                               [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
  return same && (content_type.size() == json.size() || content_type[json.size()] == ';' ||
                  content_type[json.size()] == ' ');
}

Response with_rules(Response response) {
  static const http::Fields always{
      {"X-Content-Type-Options", "nosniff"},
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
       "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Referrer-Policy", "no-referrer"},
  };
  const bool cached = std::any_of(response.headers.begin(), response.headers.end(),
                                  [](const auto& field) { return field.first == "Cache-Control"; });
  if (!cached) response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.insert(response.headers.end(), always.begin(), always.end());
  return response;
}

Response filter_response(const FilterRefusal& refusal) {
  JsonDocument document;
  document->begin_object();
  document->literal_key("detail");
  document->string("q: " + refusal.message);
  document->literal_key("error");
  document->begin_object();
  document->literal_key("message");
  document->string(refusal.message);
  document->literal_key("position");
  document->integer(refusal.position);
  document->literal_key("length");
  document->integer(refusal.length);
  document->end_object();
  document->end_object();
  return json_response(document, 422);
}

// Every way out of a route is an answer.
template <class Answer>
Response answered(Answer&& answer) try {
  return answer();
} catch (const Refusal& refusal) {
  if (refusal.status == 503) return retry_response(503, refusal.detail, 1);
  Response response = error_response(refusal.status, refusal.detail);
  if (refusal.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
} catch (const FilterRefusal& refusal) {
  return filter_response(refusal);
} catch (const std::bad_alloc&) {
  return retry_response(503, "memory is short", 5);
} catch (const std::exception& error) {
  return error_response(500, error.what());
}

void check_place(const Place& place) {
  if (place.route != nullptr) return;
  if (place.other_method) throw Refusal{405, "not with this method"};
  throw Refusal{404, "there is nothing here"};
}

std::vector<std::string> decoded_path(const RequestHead& head) {
  auto path = http::path_parts(head.path);
  if (!path) throw Refusal{400, "the path cannot be decoded"};
  return std::move(*path);
}

}  // namespace

std::optional<Response> Router::refuse(const RequestHead& head) {
  bool good = false;
  Response response = answered([&]() -> Response {
    if (!services_.sites.knows_host(head.header("host")))
      throw Refusal{421, "this server does not have that name; see --host-name"};
    if (services_.sites.is_foreign(head)) throw Refusal{403, "sent by another site's page"};
    const Place place = find_route(head, decoded_path(head));
    check_place(place);
    static_cast<void>(admitted_project(services_, head, place.route->who));
    if (!is_read(head.method) && !is_json(head.header("content-type")))
      throw Refusal{415, "Content-Type must be application/json"};
    good = true;
    return {};
  });
  if (good) return std::nullopt;
  return with_rules(std::move(response));
}

void Router::handle(http::Request request, http::Reply reply) {
  const auto send = [reply = std::move(reply)](Response response) { reply(with_rules(std::move(response))); };
  const Route* route = nullptr;
  auto call = std::make_shared<Call>(Call{services_, std::move(request), {}, {}, {}});
  bool later = false;
  Response response = answered([&]() -> Response {
    const auto path = decoded_path(call->request);
    const Place place = find_route(call->request, path);
    check_place(place);
    route = place.route;
    call->project = admitted_project(services_, call->request, route->who);
    if (route != &asset_route) static_cast<void>(matches(route->path, path, &call->parts));
    auto query = http::query_fields(call->request.query);
    if (!query) throw Refusal{422, "the query cannot be decoded"};
    call->query = std::move(*query);
    later = true;
    return {};
  });
  if (!later) return send(std::move(response));

  if (route->answer_later != nullptr) {
    later = false;
    response = answered([&]() -> Response {
      route->answer_later(std::move(*call), send);
      later = true;
      return {};
    });
    if (!later) send(std::move(response));
    return;
  }
  const bool posted =
      services_.pool.post([call, send, route] { send(answered([&] { return route->answer(*call); })); });
  if (!posted) send(retry_response(503, "too many questions at once", 1));
}

Response Router::explain(int status, std::string_view problem) {
  if (status == 503) return with_rules(retry_response(503, problem, 1));
  return with_rules(error_response(status, problem));
}

}  // namespace llmtrace::collector::routes
