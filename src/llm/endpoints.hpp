// Which reader a URL asks for. The path's end decides and not the host: anybody may serve any protocol.
#pragma once

#include "llm/json_table.hpp"

#include <string>
#include <string_view>

namespace llmtrace::llm {

struct Endpoint {
  std::string_view operation;  // empty: the exchange asks no model for anything
  const JsonTable& (*request)() = nullptr;
  const JsonTable& (*response)() = nullptr;
  bool streams_by_default = false;  // where the request does not say (Ollama)
  bool inner_bytes = false;         // an event stream's payload holds base64 of JSON (Bedrock invoke)
  bool plain_text_events = false;   // (Replicate)
};

struct Url {
  std::string host;  // in lower case, without port
  std::string path;  // without query, fragment and trailing slashes
};

[[nodiscard]] Url split_url(std::string_view url);

// Null when the path says nothing.
[[nodiscard]] const Endpoint* find_endpoint(const Url& url);
// By what a response's members are; null when they are not known either.
[[nodiscard]] const Endpoint* endpoint_of_shape(std::string_view member, std::string_view value);
// What reads any response, where nothing is known.
[[nodiscard]] const Endpoint& any_endpoint();

// The model or the deployment that the path names, without percent signs; may be empty.
[[nodiscard]] std::string model_in_path(const Url& url);

// By the conventions' names; empty when the host is nobody's. `path` tells hosts apart that several serve.
// Whom a router asks: by the first folder of the path or the end of the model's name; empty elsewhere.
[[nodiscard]] std::string_view behind_router(const Url& url, std::string_view model);
[[nodiscard]] std::string_view provider_of_host(const Url& url);
// "azure" as "azure.ai.openai"; what is not known stays as it is.
[[nodiscard]] std::string_view provider_of_hint(std::string_view hint);

}  // namespace llmtrace::llm
