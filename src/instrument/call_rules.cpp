#include "instrument/call_rules.hpp"

#include "llm/endpoints.hpp"

#include <algorithm>

namespace llmtrace::instrument {
namespace {

// Paths that name a call of a model whoever serves them: proxies and servers of one's own have these. Of what
// is as short as "/generate" or "/predictions" the host must be a known one, or a rule of the user's.
struct Shape {
  std::string_view ending;
  std::string_view provider;  // whose protocol it is
};
constexpr Shape shapes[] = {
    {"/chat/completions", "openai"},
    {"/v1/completions", "openai"},
    {"/fim/completions", "mistral_ai"},
    {"/agents/completions", "mistral_ai"},
    {"/v1/responses", "openai"},
    {"/openai/responses", "openai"},
    {"/v1/embeddings", "openai"},
    {"/images/generations", "openai"},
    {"/images/edits", "openai"},
    {"/images/variations", "openai"},
    {"/audio/transcriptions", "openai"},
    {"/audio/translations", "openai"},
    {"/audio/speech", "openai"},
    {"/v1/moderations", "openai"},
    {"/v1/messages", "anthropic"},
    {"/anthropic/messages", "anthropic"},
    {"/v1/complete", "anthropic"},
    {"/api/chat", "ollama"},
    {"/api/generate", "ollama"},
    {"/api/embed", "ollama"},
    {"/api/embeddings", "ollama"},
    {":generateContent", "gcp.gemini"},
    {":streamGenerateContent", "gcp.gemini"},
    {":embedContent", "gcp.gemini"},
    {":batchEmbedContents", "gcp.gemini"},
    {"/converse", "aws.bedrock"},
    {"/converse-stream", "aws.bedrock"},
    {"/invoke-with-response-stream", "aws.bedrock"},
    {":rawPredict", "gcp.vertex_ai"},
    {":streamRawPredict", "gcp.vertex_ai"},
    {"/v1/rerank", "cohere"},
    {"/v2/rerank", "cohere"},
    {"/text/chat", "ibm.watsonx.ai"},
    {"/text/chat_stream", "ibm.watsonx.ai"},
    {"/text/generation", "ibm.watsonx.ai"},
    {"/text/generation_stream", "ibm.watsonx.ai"},
};

// Methods of the providers' own clients, as rules.
struct MethodName {
  std::string_view name;
  std::string_view rule;
};
constexpr MethodName method_names[] = {
    {"chat.completions.create", "/chat/completions"},
    {"completions.create", "/v1/completions"},
    {"responses.create", "/responses"},
    {"embeddings.create", "/embeddings"},
    {"messages.create", "/v1/messages"},
    {"messages.create", "/anthropic/messages"},
    {"images.generate", "/images/generations"},
    {"images.edit", "/images/edits"},
    {"images.create_variation", "/images/variations"},
    {"audio.transcriptions.create", "/audio/transcriptions"},
    {"audio.translations.create", "/audio/translations"},
    {"audio.speech.create", "/audio/speech"},
    {"moderations.create", "/moderations"},
    {"models.generate_content", ":generateContent"},
    {"models.generate_content", ":streamGenerateContent"},
    {"models.embed_content", ":embedContent"},
    {"models.embed_content", ":batchEmbedContents"},
    {"chat", "/api/chat"},
    {"generate", "/api/generate"},
    {"embed", "/api/embed"},
    {"converse", "/converse"},
    {"converse", "/converse-stream"},
    {"invoke_model", "/invoke"},
    {"invoke_model", "/invoke-with-response-stream"},
};

constexpr std::string_view provider_names[] = {
    "openai",
    "anthropic",
    "azure.ai.openai",
    "azure.ai.inference",
    "aws.bedrock",
    "aws.sagemaker",
    "gcp.gemini",
    "gcp.vertex_ai",
    "mistral_ai",
    "cohere",
    "deepseek",
    "groq",
    "x_ai",
    "perplexity",
    "openrouter",
    "together_ai",
    "fireworks",
    "voyageai",
    "writer",
    "replicate",
    "ibm.watsonx.ai",
    "huggingface",
    "cerebras",
    "moonshot_ai",
    "minimax",
    "zhipu_ai",
    "novita",
    "nvidia",
    "sambanova",
    "deepinfra",
    "ai21",
    "upstage",
    "alibaba",
    "ollama",
    "jina",
    "reka",
};

bool matches_glob(std::string_view pattern, std::string_view text) noexcept {
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      retry = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++retry;
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

std::string lower(std::string_view text) {
  std::string made{text};
  for (char& letter : made)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
  return made;
}

std::string_view provider_of_shape(std::string_view path) noexcept {
  for (const Shape& shape : shapes)
    if (path.ends_with(shape.ending)) return shape.provider;
  return {};
}

bool is_http(std::string_view url) noexcept {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return true;  // curl guesses http
  return scheme == 4 ? lower(url.substr(0, 4)) == "http" : lower(url.substr(0, scheme)) == "https";
}

// A list in the environment has no empty entries.
void drop_empty(std::vector<std::string>& names) {
  names.erase(std::remove(names.begin(), names.end(), std::string{}), names.end());
}

}  // namespace

struct CallRules::Parts {
  llm::Url url;
  std::string_view provider;
};

CallRules::CallRules(InstrumentOptions options, const std::vector<std::string>& providers)
    : options_{std::move(options)}, providers_{providers} {
  drop_empty(options_.providers);
  drop_empty(options_.methods);
  drop_empty(options_.exclude);
  for (const std::string& name : options_.providers)
    providers_.emplace_back(llm::provider_of_hint(lower(name)));
  for (std::string& name : providers_) name = std::string{llm::provider_of_hint(name)};
  for (const std::string& method : options_.methods) add_rule(methods_, method);
  for (const std::string& method : options_.exclude) add_rule(excluded_, method);
  for (std::string& host : options_.propagate_to) host = lower(host);
}

void CallRules::add_rule(std::vector<Rule>& to, std::string_view text) {
  bool named = false;
  for (const MethodName& one : method_names) {
    if (one.name != text) continue;
    to.push_back({{}, std::string{one.rule}, true});
    named = true;
  }
  if (named) return;
  const std::size_t scheme = text.find("://");
  if (scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  if (text.starts_with('/') || text.starts_with(':')) {
    const bool is_ending = text.find('*') == std::string_view::npos;
    return to.push_back({{}, (is_ending ? "" : "*") + std::string{text}, is_ending});
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string_view host = text.substr(0, slash);
  if (!host.starts_with('[')) host = host.substr(0, host.find(':'));
  to.push_back({lower(host), std::string{text.substr(slash)}, false});
}

bool CallRules::matches(const std::vector<Rule>& rules, const Parts& url) noexcept {
  return std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) {
    if (!rule.host.empty() && !matches_glob(rule.host, url.url.host)) return false;
    if (rule.path.empty()) return true;
    if (!rule.is_ending) return matches_glob(rule.path, url.url.path);
    return std::string_view{url.url.path}.ends_with(rule.path);
  });
}

bool CallRules::is_of_provider(const Parts& url) const noexcept {
  return providers_.empty() ||
         std::find(providers_.begin(), providers_.end(), url.provider) != providers_.end();
}

Call CallRules::decide(std::string_view text) const {
  Call call;
  if (!is_http(text)) return call;
  Parts url{llm::split_url(text), {}};
  const std::string_view host_provider = llm::provider_of_host(url.url);
  const std::string_view shape_provider = provider_of_shape(url.url.path);
  url.provider = host_provider.empty() ? shape_provider : host_provider;
  const llm::Endpoint* endpoint = llm::find_endpoint(url.url);
  const bool is_call = endpoint != nullptr && !endpoint->operation.empty() && !url.provider.empty();
  const bool is_asked_for = matches(methods_, url);
  if (!is_asked_for && (!is_call || !methods_.empty() || !is_of_provider(url))) return call;
  if (is_asked_for && is_call && !is_of_provider(url)) return call;
  if (matches(excluded_, url)) return call;
  call.traced = true;
  call.rules = this;
  call.operation = endpoint != nullptr ? endpoint->operation : std::string_view{};
  call.is_embedding = call.operation == "embeddings";
  return call;
}

bool CallRules::propagates_to(std::string_view text) const {
  if (options_.propagate_to.empty() || !is_http(text)) return false;
  const std::string host = llm::split_url(text).host;
  return std::any_of(options_.propagate_to.begin(), options_.propagate_to.end(),
                     [&](const std::string& one) { return matches_glob(one, host); });
}

Call RuleSet::decide(std::string_view url) const {
  for (const CallRules& rules : all_)
    if (const Call call = rules.decide(url); call.traced) return call;
  return {};
}

bool RuleSet::propagates_to(std::string_view url) const {
  return std::any_of(all_.begin(), all_.end(),
                     [url](const CallRules& rules) { return rules.propagates_to(url); });
}

std::string_view known_provider(std::string_view name) noexcept {
  const std::string_view usual = llm::provider_of_hint(name);
  for (const std::string_view known : provider_names)
    if (known == usual) return known;
  return {};
}

const std::vector<std::string>& known_providers() {
  static const std::vector<std::string> names(std::begin(provider_names), std::end(provider_names));
  return names;
}

}  // namespace llmtrace::instrument
