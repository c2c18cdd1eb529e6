// What the exporters of one tracer are to do, checked; and the check of the service's address.
#pragma once

#include "export/delivery.hpp"
#include "export/held_traces.hpp"
#include "net/proxy.hpp"
#include "net/secret.hpp"
#include "privacy/rules.hpp"
#include <llmtrace/exporter.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace llmtrace::exporting {

enum class BuiltIn : std::uint8_t { http, events, file, console };

[[nodiscard]] constexpr bool needs_service(BuiltIn type) noexcept {
  return type == BuiltIn::http || type == BuiltIn::events;
}

struct BuiltInExporter {
  BuiltIn type = BuiltIn::http;
  std::string path;  // of `file`
};

struct ExportSettings {
  std::vector<BuiltInExporter> built_in;
  std::vector<std::shared_ptr<Exporter>> users;
  std::string url;
  net::Secret api_key;
  std::string project;
  std::string environment;
  std::string release;
  std::string ca_file;
  std::string prices_file;   // overrides and extends the built-in table
  net::ProxySettings proxy;  // as the environment said at init
  bool allow_plain_http = false;
  bool gzip = false;
  HoldSettings hold;
  std::shared_ptr<const privacy::Rules> hidden;  // none: as usual
  bool colour = true;                            // where the console is a terminal
  std::size_t batch_spans = 512;
  std::size_t batch_bytes = 1u << 20;
  std::size_t file_rotate_bytes = 64u << 20;
  std::size_t input_bytes = 1u << 20;  // of what is shown of a request, and of a response
  std::size_t output_bytes = 1u << 20;
  std::chrono::milliseconds flush_interval{1000};
  RetryOptions retry;
};

struct EndpointCheck {
  bool is_loopback = false;
  std::string problem;  // empty: none
};

[[nodiscard]] EndpointCheck check_endpoint(const std::string& text, bool allow_plain_http);

}  // namespace llmtrace::exporting
