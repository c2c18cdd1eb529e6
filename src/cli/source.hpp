// Where a command reads from: a service, or a file of JSON lines without one. Both answer the calls of
// docs/http-api.md below /api/v1.
#pragma once

#include "cli/json_view.hpp"
#include "cli/options.hpp"
#include "net/blocking_client.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace llmtrace::cli {

class Source {
 public:
  using Query = std::vector<std::pair<std::string, std::string>>;

  virtual ~Source() = default;
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // The body of a 200, checked to be JSON. Throws Failure with what the answer said; nothing for a 404.
  [[nodiscard]] std::optional<std::string> find(const std::string& path, const Query& query = {});
  [[nodiscard]] std::string get(const std::string& path, const Query& query = {});
  // Hands on a body as it comes.
  void stream(const std::string& path, const Query& query,
              const std::function<void(std::string_view)>& receive);

  [[nodiscard]] const std::string& project() const noexcept { return project_; }

 protected:
  struct Reply {
    int status = 0;
    std::string body;
    std::string error;
  };
  [[nodiscard]] virtual Reply fetch(const std::string& target,
                                    const std::function<void(std::string_view)>* receive) = 0;
  void set_project(std::string project) { project_ = std::move(project); }

 private:
  [[nodiscard]] std::string target_of(const std::string& path, const Query& query) const;

  std::string project_;
};

// The options that say where to read from: --url and --project.
inline constexpr OptionSpec url_option{"--url"};
inline constexpr OptionSpec project_option{"--project"};

struct Target {
  std::string url;
  std::string key;      // empty: none was given and none can be guessed
  std::string project;  // of the key, where it says so; else empty
};

// From the options, else TRACER_URL, TRACER_API_KEY and TRACER_PROJECT_ID.
[[nodiscard]] Target target_of(const Options& options);
[[nodiscard]] std::unique_ptr<net::BlockingClient> client_of(const Target& target);

// A file of JSON lines when one is named, else the service.
[[nodiscard]] std::unique_ptr<Source> open_source(const Options& options,
                                                  const std::optional<std::string>& file);
[[nodiscard]] std::unique_ptr<Source> open_service(const Options& options);
[[nodiscard]] std::unique_ptr<Source> open_file(const std::string& file);

// What an answer says is wrong, for people.
[[nodiscard]] std::string detail_of(int status, const std::string& body, const std::string& error);
[[nodiscard]] std::string url_encoded(std::string_view text);

}  // namespace llmtrace::cli
