#include "cli/source.hpp"
#include "net/url.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>

namespace llmtrace::cli {
namespace {

constexpr std::string_view key_prefix = "project-";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string project_in(std::string_view key) {
  return key.starts_with(key_prefix) ? std::string{key.substr(key_prefix.size())} : std::string{};
}

class ServiceSource final : public Source {
 public:
  explicit ServiceSource(const Target& target) : client_{client_of(target)} {
    if (target.project.empty() && target.key.empty()) {
      choose_project();
    } else {
      set_project(target.project);
    }
  }

 private:
  Reply fetch(const std::string& target, const std::function<void(std::string_view)>* receive) override {
    net::ClientReply reply;
    if (receive == nullptr) {
      reply = client_->get(target);
    } else {
      reply = client_->stream(target, {}, [&](std::string_view bytes) {
        (*receive)(bytes);
        return true;
      });
    }
    return {reply.status, std::move(reply.body), std::move(reply.error)};
  }

  // Nobody has said which: that of the last trace, and which others there are.
  void choose_project() {
    const std::string body = get("/api/v1/projects");
    std::string chosen;
    std::string newest;
    std::string others;
    for (const JsonView row : JsonView{body}["projects"].elements()) {
      const std::string received = row["last_received"].text();
      if (!chosen.empty() && received < newest) continue;
      newest = received;
      chosen = row["project"].text();
    }
    for (const JsonView row : JsonView{body}["projects"].elements())
      if (const std::string name = row["project"].text(); name != chosen)
        others.append(others.empty() ? "" : ", ").append(name);
    set_project(chosen.empty() ? "default" : chosen);
    if (!others.empty()) fmt::print(stderr, "project {}; choose another by --project: {}\n", chosen, others);
  }

  std::unique_ptr<net::BlockingClient> client_;
};

}  // namespace

Target target_of(const Options& options) {
  Target target;
  const std::string from_environment = variable("TRACER_URL");
  target.url =
      options.value("--url").value_or(from_environment.empty() ? "http://localhost:8001" : from_environment);
  target.key = variable("TRACER_API_KEY");
  target.project = options.value("--project").value_or(variable("TRACER_PROJECT_ID"));
  if (target.key.empty() && !target.project.empty()) {
    const auto url = net::parse_url(target.url);
    if (url && url->is_loopback) target.key = std::string{key_prefix} + target.project;
  }
  if (target.project.empty()) target.project = project_in(target.key);
  return target;
}

std::unique_ptr<net::BlockingClient> client_of(const Target& target) {
  net::ClientOptions options;
  options.base_url = target.url;
  options.api_key = net::Secret{target.key};
  return std::make_unique<net::BlockingClient>(std::move(options));
}

std::unique_ptr<Source> open_service(const Options& options) {
  return std::make_unique<ServiceSource>(target_of(options));
}

}  // namespace llmtrace::cli
