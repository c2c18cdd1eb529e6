#include "cli/source.hpp"

#include <fmt/core.h>

namespace llmtrace::cli {

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string detail_of(int status, const std::string& body, const std::string& error) {
  if (status == 0) return error;
  if (!is_json(body)) return fmt::format("the service answered {}", status);
  const JsonView answer{body};
  std::string detail = answer["detail"].text();
  const JsonView place = answer["error"]["position"];
  if (place.exists()) detail += fmt::format(" (at character {})", place.integer() + 1);
  return detail.empty() ? fmt::format("the service answered {}", status) : detail;
}

std::string Source::target_of(const std::string& path, const Query& query) const {
  std::string target = path;
  char separator = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    target.append(1, std::exchange(separator, '&')).append(name).append("=").append(url_encoded(value));
  };
  if (!project_.empty()) add("project", project_);
  for (const auto& [name, value] : query) add(name, value);
  return target;
}

std::optional<std::string> Source::find(const std::string& path, const Query& query) {
  Reply reply = fetch(target_of(path, query), nullptr);
  if (reply.status == 404) return std::nullopt;
  if (reply.status != 200) throw Failure{detail_of(reply.status, reply.body, reply.error)};
  if (!is_json(reply.body))
    throw Failure{"the answer is not JSON: something else than llmtrace listens there"};
  return std::move(reply.body);
}

std::string Source::get(const std::string& path, const Query& query) {
  auto body = find(path, query);
  if (!body) throw Failure{"there is no such thing"};
  return std::move(*body);
}

void Source::stream(const std::string& path, const Query& query,
                    const std::function<void(std::string_view)>& receive) {
  const Reply reply = fetch(target_of(path, query), &receive);
  if (reply.status != 200) throw Failure{detail_of(reply.status, reply.body, reply.error)};
}

std::unique_ptr<Source> open_source(const Options& options, const std::optional<std::string>& file) {
  return file ? open_file(*file) : open_service(options);
}

}  // namespace llmtrace::cli
