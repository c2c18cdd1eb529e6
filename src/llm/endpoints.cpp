#include "llm/endpoints.hpp"

#include "llm/tables.hpp"

#include <algorithm>
#include <cctype>

namespace llmtrace::llm {
namespace {

struct Entry {
  std::string_view suffix;
  Endpoint endpoint;
};

constexpr std::string_view chat = "chat";
constexpr std::string_view text_completion = "text_completion";
constexpr std::string_view generate_content = "generate_content";
constexpr std::string_view embeddings = "embeddings";
constexpr std::string_view image = "image_generation";
constexpr std::string_view none = {};

// The first that matches counts. Suffixes begin with a slash or a colon, so they end whole names only.
constexpr Entry entries[] = {
    {"/agents/completions", {chat, &chat_request, &chat_response}},
    {"/chat/completions", {chat, &chat_request, &chat_response}},
    {"/fim/completions", {text_completion, &prompt_request, &chat_response}},
    {"/completions", {text_completion, &prompt_request, &chat_response}},
    {"/completion", {text_completion, &prompt_request, &text_generation_response}},
    {"/infill", {text_completion, &prompt_request, &text_generation_response}},
    {"/v1/complete", {text_completion, &anthropic_request, &anthropic_response}},
    {"/responses/input_tokens", {none}},
    {"/responses/compact", {"compaction", &responses_request, &responses_response}},
    {"/responses", {chat, &responses_request, &responses_response}},
    {"/v1/messages", {chat, &anthropic_request, &anthropic_response}},
    {"/anthropic/messages", {chat, &anthropic_request, &anthropic_response}},
    {"/messages/count_tokens", {none}},
    {"/api/chat", {chat, &chat_request, &ollama_response, true}},
    {"/api/generate", {text_completion, &prompt_request, &ollama_response, true}},
    {"/api/embed", {embeddings, &prompt_request, &ollama_response}},
    {"/api/embeddings", {embeddings, &prompt_request, &ollama_response}},
    {"/v2/chat", {chat, &cohere_request, &cohere_response}},
    {"/v1/chat", {chat, &cohere_request, &v1_chat_response}},
    {"/v1/generate", {text_completion, &prompt_request, &cohere_response}},
    {"/v1/embed", {embeddings, &prompt_request, &cohere_response}},
    {"/v2/embed", {embeddings, &prompt_request, &cohere_response}},
    {"/embed", {embeddings, &prompt_request, &cohere_response}},
    {"/embeddings", {embeddings, &prompt_request, &data_response}},
    {"/multimodalembeddings", {embeddings, &prompt_request, &data_response}},
    {"/contextualizedembeddings", {embeddings, &prompt_request, &data_response}},
    {"/pipeline/feature-extraction", {embeddings, &prompt_request, &data_response}},
    {"/rerank", {"rerank", &prompt_request, &data_response}},
    {"/images/generations", {image, &prompt_request, &data_response}},
    {"/images/edits", {image, &prompt_request, &data_response}},
    {"/images/variations", {image, &prompt_request, &data_response}},
    {"/audio/transcriptions", {"transcription", &prompt_request, &data_response}},
    {"/audio/translations", {"translation", &prompt_request, &data_response}},
    {"/audio/speech", {"speech", &prompt_request, &data_response}},
    {"/moderations", {"moderation", &prompt_request, &data_response}},
    {"/ocr", {"ocr", &prompt_request, &data_response}},
    {":generateContent", {generate_content, &gemini_request, &gemini_response}},
    {":streamGenerateContent", {generate_content, &gemini_request, &gemini_response}},
    {"/interactions", {generate_content, &any_request, &interactions_response}},
    {":embedContent", {embeddings, &gemini_request, &gemini_response}},
    {":batchEmbedContents", {embeddings, &gemini_request, &gemini_response}},
    {":rawPredict", {chat, &anthropic_request, &raw_predict_response}},
    {":streamRawPredict", {chat, &anthropic_request, &raw_predict_response}},
    {":predict", {generate_content, &gemini_request, &gemini_response}},
    {":predictLongRunning", {generate_content, &gemini_request, &gemini_response}},
    {"/converse", {chat, &bedrock_request, &bedrock_response}},
    {"/converse-stream", {chat, &bedrock_request, &bedrock_response}},
    {"/invoke", {chat, &bedrock_invoke_request, &bedrock_invoke_response}},
    {"/invoke-with-response-stream", {chat, &bedrock_invoke_request, &bedrock_invoke_response, false, true}},
    {"/text/generation", {text_completion, &prompt_request, &watsonx_response}},
    {"/text/generation_stream", {text_completion, &prompt_request, &watsonx_response}},
    {"/generation/text", {text_completion, &prompt_request, &watsonx_response}},
    {"/generation/text_stream", {text_completion, &prompt_request, &watsonx_response}},
    {"/text/chat", {chat, &chat_request, &watsonx_response}},
    {"/text/chat_stream", {chat, &chat_request, &watsonx_response}},
    {"/invocations", {text_completion, &any_request, &text_generation_response}},
    {"/invocations-response-stream", {text_completion, &any_request, &text_generation_response}},
    {"/generate_stream", {text_completion, &prompt_request, &text_generation_response}},
    {"/generate", {text_completion, &prompt_request, &text_generation_response}},
    {"/predictions", {text_completion, &prompt_request, &replicate_response}},
};

constexpr Endpoint text_generation{text_completion, &prompt_request, &text_generation_response};
constexpr Endpoint replicate_stream{text_completion, &prompt_request, &replicate_response,
                                    false,           false,           true};
constexpr Endpoint replicate_prediction{text_completion, &prompt_request, &replicate_response};
constexpr Endpoint conversation{chat, &any_request, &mistral_conversation};
constexpr Endpoint nothing{none};
constexpr Endpoint any{none, &any_request, &chat_response};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

struct Host {
  std::string_view part;  // of the host; a leading dot or a whole name keeps strangers out
  std::string_view provider;
};

constexpr Host hosts[] = {
    {"openai.azure.com", "azure.ai.openai"},
    {"cognitiveservices.azure.com", "azure.ai.openai"},
    {"services.ai.azure.com", "azure.ai.inference"},
    {"models.inference.ai.azure.com", "azure.ai.inference"},
    {"inference.ml.azure.com", "azure.ai.inference"},
    {"models.ai.azure.com", "azure.ai.inference"},
    {"models.github.ai", "azure.ai.inference"},
    {"api.openai.com", "openai"},
    {"api.anthropic.com", "anthropic"},
    {"generativelanguage.googleapis.com", "gcp.gemini"},
    {"aiplatform.googleapis.com", "gcp.vertex_ai"},
    {"api.mistral.ai", "mistral_ai"},
    {"codestral.mistral.ai", "mistral_ai"},
    {"api.cohere.ai", "cohere"},
    {"api.cohere.com", "cohere"},
    {"api.deepseek.com", "deepseek"},
    {"api.groq.com", "groq"},
    {"api.x.ai", "x_ai"},
    {"api.perplexity.ai", "perplexity"},
    {"openrouter.ai", "openrouter"},
    {"api.together.xyz", "together_ai"},
    {"api.together.ai", "together_ai"},
    {"api.fireworks.ai", "fireworks"},
    {"api.voyageai.com", "voyageai"},
    {"api.writer.com", "writer"},
    {"api.replicate.com", "replicate"},
    {"replicate.net", "replicate"},
    {"ml.cloud.ibm.com", "ibm.watsonx.ai"},
    {"router.huggingface.co", "huggingface"},
    {"api-inference.huggingface.co", "huggingface"},
    {"endpoints.huggingface.cloud", "huggingface"},
    {"api.cerebras.ai", "cerebras"},
    {"api.moonshot.ai", "moonshot_ai"},
    {"api.moonshot.cn", "moonshot_ai"},
    {"api.minimax.io", "minimax"},
    {"api.minimaxi.com", "minimax"},
    {"open.bigmodel.cn", "zhipu_ai"},
    {"api.z.ai", "zhipu_ai"},
    {"api.novita.ai", "novita"},
    {"api.avian.io", "avian"},
    {"api.doubleword.ai", "doubleword"},
    {"integrate.api.nvidia.com", "nvidia"},
    {"api.sambanova.ai", "sambanova"},
    {"api.deepinfra.com", "deepinfra"},
    {"api.ai21.com", "ai21"},
    {"api.upstage.ai", "upstage"},
    {"dashscope.aliyuncs.com", "alibaba"},
    {"dashscope-intl.aliyuncs.com", "alibaba"},
    {"oai.endpoints.kepler.ai.cloud.ovh.net", "ovhcloud"},
    {"ollama.com", "ollama"},
    {"api.jina.ai", "jina"},
    {"api.reka.ai", "reka"},
};

struct Alias {
  std::string_view usual;
  std::string_view name;
};

constexpr Alias aliases[] = {
    {"azure", "azure.ai.openai"},
    {"azure_openai", "azure.ai.openai"},
    {"azure-openai", "azure.ai.openai"},
    {"azure_ai", "azure.ai.inference"},
    {"bedrock", "aws.bedrock"},
    {"aws", "aws.bedrock"},
    {"aws_bedrock", "aws.bedrock"},
    {"amazon-bedrock", "aws.bedrock"},
    {"sagemaker", "aws.sagemaker"},
    {"gemini", "gcp.gemini"},
    {"google", "gcp.gemini"},
    {"google_genai", "gcp.gen_ai"},
    {"vertex", "gcp.vertex_ai"},
    {"vertexai", "gcp.vertex_ai"},
    {"vertex_ai", "gcp.vertex_ai"},
    {"mistral", "mistral_ai"},
    {"mistralai", "mistral_ai"},
    {"xai", "x_ai"},
    {"x-ai", "x_ai"},
    {"watsonx", "ibm.watsonx.ai"},
    {"together", "together_ai"},
    {"voyage", "voyageai"},
};

// "api.openai.com" and its subdomains, not "evil-api.openai.com.example".
bool is_host(std::string_view host, std::string_view name) {
  if (!host.ends_with(name)) return false;
  const std::size_t before = host.size() - name.size();
  return before == 0 || host[before - 1] == '.' || host[before - 1] == '-';
}

bool is_google(std::string_view host) { return is_host(host, "googleapis.com"); }

// What a service keeps beside its models has counts and `done` in its documents, and is no answer of a model.
bool manages_only(const Url& url) {
  const std::string_view path = url.path;
  if (contains(path, "/chat/completions/")) return true;
  if (is_host(url.host, "api.openai.com")) return contains(path, "/organization/");
  return is_google(url.host) &&
         (contains(path, "/cachedContents") || contains(path, "/operations/") || contains(path, "/batches/"));
}

// Others have paths of these names too; Bedrock's always have a model in front of them.
bool belongs_to_another(const Entry& entry, std::string_view path) {
  const bool of_bedrock = entry.suffix.starts_with("/invoke") || entry.suffix.starts_with("/converse");
  return of_bedrock && !contains(path, "/model/");
}

int hex_digit(char byte) noexcept {
  if (byte >= '0' && byte <= '9') return byte - '0';
  const int letter = byte | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

std::string without_percents(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    plain.push_back(escaped ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]))
                            : text[i]);
    if (escaped) i += 2;
  }
  return plain;
}

// What stands between `before` and the next of `stops`.
std::string_view segment_behind(std::string_view path, std::string_view before, std::string_view stops) {
  const std::size_t found = path.rfind(before);
  if (found == std::string_view::npos) return {};
  const std::string_view rest = path.substr(found + before.size());
  return rest.substr(0, rest.find_first_of(stops));
}

}  // namespace

Url split_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  while (url.ends_with('/')) url.remove_suffix(1);
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const std::size_t slash = std::min(url.find('/'), url.size());
  std::string_view host = url.substr(0, slash);
  host.remove_prefix(host.rfind('@') == std::string_view::npos ? 0 : host.rfind('@') + 1);
  if (!host.starts_with('[')) host = host.substr(0, host.find(':'));
  Url parts{std::string{host}, std::string{url.substr(slash)}};
  std::transform(parts.host.begin(), parts.host.end(), parts.host.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return parts;
}

const Endpoint* find_endpoint(const Url& url) {
  if (manages_only(url)) return &nothing;
  for (const Entry& entry : entries) {
    const bool fits = std::string_view{url.path}.ends_with(entry.suffix);
    if (fits && !belongs_to_another(entry, url.path)) return &entry.endpoint;
  }
  if (is_host(url.host, "endpoints.huggingface.cloud") || is_host(url.host, "api-inference.huggingface.co")) {
    return &text_generation;
  }
  if (is_host(url.host, "replicate.net")) return &replicate_stream;
  if (contains(url.path, "/v1/predictions/")) return &replicate_prediction;
  return nullptr;
}

const Endpoint* endpoint_of_shape(std::string_view member, std::string_view value) {
  const auto at = [](std::string_view suffix) {
    const auto* found =
        std::find_if(std::begin(entries), std::end(entries), [&](auto& one) { return one.suffix == suffix; });
    return &found->endpoint;
  };
  if (member == "object") {
    if (value == "response") return at("/responses");
    if (value == "interaction") return at("/interactions");
    if (value.starts_with("chat.completion")) return at("/chat/completions");
    if (value == "text_completion") return at("/completions");
    if (value == "conversation.response") return &conversation;
    return nullptr;
  }
  if (member == "type") {
    if (value.starts_with("response.")) return at("/responses");
    if (value.starts_with("conversation.response.")) return &conversation;
    if (value == "message_start") return at("/v1/messages");
    if (value == "message-start") return at("/v2/chat");
    return nullptr;
  }
  if (member == "message of a model") return at("/v1/messages");
  if (member == "choices") return at("/chat/completions");
  if (member == "candidates" || member == "usageMetadata") return at(":generateContent");
  if (member == "stopReason") return at("/converse");
  if (member == "generated_text") return &text_generation;
  if (member == "done" || member == "prompt_eval_count") return at("/api/chat");
  if (member == "embedding") return at("/embeddings");
  if (member == "event_type" || member == "generation_id") return at("/v1/chat");
  if (member == "generated_token_count") return at("/text/generation");
  return nullptr;
}

const Endpoint& any_endpoint() { return any; }

std::string model_in_path(const Url& url) {
  const std::string_view path = url.path;
  if (const auto model = segment_behind(path, "/deployments/", "/"); !model.empty())
    return without_percents(model);
  if (is_host(url.host, "sagemaker.amazonaws.com") || contains(url.host, "sagemaker")) {
    return without_percents(segment_behind(path, "/endpoints/", "/"));
  }
  if (const auto model = segment_behind(path, "/model/", "/"); !model.empty()) return without_percents(model);
  if (path.find(':') != std::string_view::npos) {
    for (const std::string_view folder : {"/tunedModels/", "/models/", "/endpoints/"}) {
      if (const auto model = segment_behind(path, folder, "/:"); !model.empty())
        return without_percents(model);
    }
  }
  if (path.ends_with("/predictions") && contains(path, "/models/")) {
    const std::size_t begin = path.rfind("/models/") + 8;
    return std::string{path.substr(begin, path.rfind('/') - begin)};
  }
  return {};
}

std::string_view provider_of_host(const Url& url) {
  const std::string_view host = url.host;
  if (host.starts_with("bedrock") && host.ends_with(".amazonaws.com")) return "aws.bedrock";
  if (host.starts_with("bedrock-mantle.")) return "aws.bedrock";
  if (contains(host, "sagemaker") && host.ends_with(".amazonaws.com")) return "aws.sagemaker";
  if (is_host(host, "services.ai.azure.com")) {
    return contains(url.path, "/openai/") ? "azure.ai.openai" : "azure.ai.inference";
  }
  for (const Host& known : hosts) {
    if (is_host(host, known.part)) return known.provider;
  }
  return {};
}

std::string_view behind_router(const Url& url, std::string_view model) {
  if (!is_host(url.host, "router.huggingface.co")) return {};
  const std::string_view path = std::string_view{url.path}.substr(url.path.empty() ? 0 : 1);
  const std::string_view folder = path.substr(0, path.find('/'));
  if (folder != "v1") return folder;
  const std::size_t colon = model.rfind(':');
  return colon == std::string_view::npos ? std::string_view{} : model.substr(colon + 1);
}

std::string_view provider_of_hint(std::string_view hint) {
  for (const Alias& alias : aliases) {
    if (alias.usual == hint) return alias.name;
  }
  return hint;
}

}  // namespace llmtrace::llm
