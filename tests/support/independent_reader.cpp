#include "support/independent_reader.hpp"

#include "support/json_paths.hpp"

#include <algorithm>
#include <map>

namespace llmtrace::testing_support {
namespace {

// Tool calls whose arguments come in pieces.
using Calls = std::map<std::pair<int, int>, std::pair<ExpectedCall, std::string>>;

void take_over(Expected& to, const Calls& calls) {
  for (auto [key, entry] : calls) {
    entry.first.arguments = arguments_of(entry.second.empty() ? "{}" : entry.second);
    to.calls.push_back(entry.first);
  }
}

class Reader {
 public:
  explicit Reader(const Json& recording)
      : provider_(recording.at("provider").get<std::string>()),
        url_(recording.at("url").get<std::string>()),
        documents_(documents_of(recording)) {
    path_ = url_.substr(0, url_.find_first_of("?#"));
  }

  Expected read() {
    for (const Json& document : documents_) {
      if (document.is_object()) read(document);
    }
    if (has_anthropic_usage_) finish_anthropic();
    if (final_.is_object()) read_response(final_);
    take_over(expected_, calls_);
    return expected_;
  }

 private:
  void read(const Json& document) {
    if (document.contains("candidates") || document.contains("usageMetadata")) return gemini(document);
    if (path_.ends_with("/responses")) return responses(document);
    if (provider_ == "cohere") return cohere(document);
    if (path_.find("/invoke") != std::string::npos && invoked(document)) return;
    if (anthropic(document)) return;
    if (document.contains("output") || document.contains("contentBlockIndex") ||
        document.contains("stopReason") ||
        (document.contains("usage") && document.at("usage").is_object() &&
         document.at("usage").contains("inputTokens"))) {
      return converse(document);
    }
    if (document.contains("done")) return ollama(document);
    if (document.contains("results") && provider_ == "watsonx") return watsonx(document);
    if (document.contains("predictions")) return vertex(document);
    chat(document);
  }

  void usage(const Json& from) {
    set_if(expected_.input, count_at(from, {"prompt_tokens"}));
    set_if(expected_.input, count_at(from, {"input_tokens"}));
    set_if(expected_.output, count_at(from, {"completion_tokens"}));
    set_if(expected_.output, count_at(from, {"output_tokens"}));
    set_if(expected_.total, count_at(from, {"total_tokens"}));
    for (const char* details : {"prompt_tokens_details", "input_tokens_details", "prompt_token_details"}) {
      set_if(expected_.cached, count_at(from, {details, "cached_tokens"}));
    }
    for (const char* details :
         {"completion_tokens_details", "output_tokens_details", "completion_token_details"}) {
      set_if(expected_.reasoning_tokens, count_at(from, {details, "reasoning_tokens"}));
    }
    const bool only_input = path_.ends_with("/embeddings") || path_.ends_with("/rerank");
    if (only_input && !expected_.input) expected_.input = expected_.total;
  }

  void chat(const Json& document) {
    if (expected_.model.empty()) expected_.model = text_at(document, {"model"});
    usage(at(document, {"usage"}));
    usage(at(document, {"x_groq", "usage"}));
    int position = 0;
    for (const Json& choice : list_at(document, {"choices"})) {
      const int index = choice.value("index", position++);
      const bool streamed = documents_.size() > 1;
      Json message = at(choice, {"message"});
      if (streamed || !message.is_object())
        message = at(choice, {"delta"}).is_object() ? at(choice, {"delta"}) : message;
      texts_[index] += chat_text(message) + text_at(choice, {"text"});
      const std::string reasoning = text_at(message, {"reasoning_content"});
      expected_.reasoning += reasoning.empty() ? text_at(message, {"reasoning"}) : reasoning;
      const std::string reason = text_at(choice, {"finish_reason"});
      if (!reason.empty()) reasons_[index] = reason;
      chat_calls(index, message);
    }
    expected_.text.clear();
    for (const auto& [index, text] : texts_) expected_.text += text;
    expected_.finish_reasons.clear();
    for (const auto& [index, reason] : reasons_) expected_.finish_reasons.push_back(reason);
    expected_.text += text_at(document, {"generated_text"});
    if (path_.find("/audio/") != std::string::npos) expected_.text += text_at(document, {"text"});
  }

  std::string chat_text(const Json& message) {
    std::string text = text_at(message, {"content"});
    for (const Json& part : list_at(message, {"content"})) {
      text += text_at(part, {"text"});
      for (const Json& thought : list_at(part, {"thinking"}))
        expected_.reasoning += text_at(thought, {"text"});
    }
    return text;
  }

  void chat_calls(int choice, const Json& message) {
    int position = 0;
    for (const Json& call : list_at(message, {"tool_calls"})) {
      const bool whole = documents_.size() == 1;
      const int index = whole ? position : call.value("index", position);
      ++position;
      auto& [expected, arguments] = calls_[{choice, index}];
      if (expected.id.empty()) expected.id = text_at(call, {"id"});
      if (expected.name.empty()) expected.name = text_at(call, {"function", "name"});
      arguments += text_at(call, {"function", "arguments"});
    }
    const Json legacy = at(message, {"function_call"});
    if (!legacy.is_object()) return;
    auto& [expected, arguments] = calls_[{choice, -1}];
    if (expected.name.empty()) expected.name = text_at(legacy, {"name"});
    arguments += text_at(legacy, {"arguments"});
  }

  void gemini(const Json& document) {
    const Json counts = at(document, {"usageMetadata"});
    if (!text_at(document, {"modelVersion"}).empty()) expected_.model = text_at(document, {"modelVersion"});
    if (const auto prompt = count_at(counts, {"promptTokenCount"})) {
      expected_.input = *prompt + count_at(counts, {"toolUsePromptTokenCount"}).value_or(0);
    }
    const auto candidates = count_at(counts, {"candidatesTokenCount"});
    const auto thoughts = count_at(counts, {"thoughtsTokenCount"});
    if (candidates || thoughts) expected_.output = candidates.value_or(0) + thoughts.value_or(0);
    set_if(expected_.reasoning_tokens, thoughts);
    set_if(expected_.cached, count_at(counts, {"cachedContentTokenCount"}));
    set_if(expected_.total, count_at(counts, {"totalTokenCount"}));
    for (const Json& candidate : list_at(document, {"candidates"})) {
      const Json reason = at(candidate, {"finishReason"});
      if (!reason.is_null())
        expected_.finish_reasons = {reason.is_string() ? reason.get<std::string>() : reason.dump()};
      for (const Json& part : list_at(candidate, {"content", "parts"})) {
        (part.value("thought", false) ? expected_.reasoning : expected_.text) += text_at(part, {"text"});
        const Json call = at(part, {"functionCall"});
        if (call.is_object())
          expected_.calls.push_back({text_at(call, {"id"}), text_at(call, {"name"}), at(call, {"args"})});
      }
    }
  }

  void responses(const Json& document) {
    const std::string type = text_at(document, {"type"});
    if (document.contains("output")) final_ = document;
    if (type == "response.completed" || type == "response.incomplete" || type == "response.failed") {
      final_ = document.at("response");
    }
  }

  void read_response(const Json& response) {
    expected_.model = text_at(response, {"model"});
    usage(at(response, {"usage"}));
    const std::string reason = text_at(response, {"incomplete_details", "reason"});
    expected_.finish_reasons = {reason.empty() ? text_at(response, {"status"}) : reason};
    for (const Json& item : list_at(response, {"output"})) {
      const bool reasoning = item.at("type") == "reasoning";
      for (const Json& part : list_at(item, {"content"})) {
        (reasoning ? expected_.reasoning : expected_.text) += text_at(part, {"text"});
      }
      for (const Json& part : list_at(item, {"summary"})) expected_.reasoning += text_at(part, {"text"});
      if (item.at("type") == "function_call") {
        expected_.calls.push_back({item.at("call_id"), item.at("name"), arguments_of(item.at("arguments"))});
      }
    }
  }

  bool anthropic(const Json& document) {
    const std::string type = text_at(document, {"type"});
    if (type == "message") {
      expected_.model = text_at(document, {"model"});
      anthropic_usage(at(document, {"usage"}));
      expected_.finish_reasons = {text_at(document, {"stop_reason"})};
      for (const Json& block : list_at(document, {"content"})) anthropic_block(block, -1);
    } else if (type == "message_start") {
      expected_.model = text_at(document, {"message", "model"});
      anthropic_usage(at(document, {"message", "usage"}));
    } else if (type == "message_delta") {
      anthropic_usage(at(document, {"usage"}));
      expected_.finish_reasons = {text_at(document, {"delta", "stop_reason"})};
    } else if (type == "content_block_start") {
      anthropic_block(document.at("content_block"), document.at("index"));
    } else if (type == "content_block_delta") {
      expected_.text += text_at(document, {"delta", "text"});
      expected_.reasoning += text_at(document, {"delta", "thinking"});
      const auto call = calls_.find({0, document.at("index").get<int>()});
      if (call != calls_.end()) call->second.second += text_at(document, {"delta", "partial_json"});
    } else if (type == "completion") {
      expected_.model = text_at(document, {"model"});
      expected_.text += text_at(document, {"completion"});
      if (!text_at(document, {"stop_reason"}).empty())
        expected_.finish_reasons = {text_at(document, {"stop_reason"})};
    } else {
      return type == "content_block_stop" || type == "message_stop" || type == "ping";
    }
    return true;
  }

  void anthropic_block(const Json& block, int index) {
    expected_.text += block.at("type") == "text" ? text_at(block, {"text"}) : "";
    expected_.reasoning += text_at(block, {"thinking"});
    if (block.at("type") != "tool_use") return;
    if (index >= 0)
      calls_[{0, index}].first = {block.at("id"), block.at("name"), {}};
    else
      expected_.calls.push_back({block.at("id"), block.at("name"), block.at("input")});
  }

  void anthropic_usage(const Json& counts) {
    if (!counts.is_object()) return;
    has_anthropic_usage_ = true;
    for (const auto& [name, count] : counts.items()) {
      if (!count.is_null()) anthropic_usage_[name] = count;
    }
  }

  void finish_anthropic() {
    const auto read = count_at(anthropic_usage_, {"cache_read_input_tokens"});
    const auto written = count_at(anthropic_usage_, {"cache_creation_input_tokens"});
    const auto input = count_at(anthropic_usage_, {"input_tokens"});
    if (input) expected_.input = *input + read.value_or(0) + written.value_or(0);
    expected_.cached = read;
    set_if(expected_.output, count_at(anthropic_usage_, {"output_tokens"}));
    expected_.reasoning_tokens = count_at(anthropic_usage_, {"output_tokens_details", "thinking_tokens"});
    if (expected_.input && expected_.output) expected_.total = *expected_.input + *expected_.output;
  }

  void converse(const Json& document) {
    for (const Json& part : list_at(document, {"output", "message", "content"})) {
      expected_.text += text_at(part, {"text"});
      expected_.reasoning += text_at(part, {"reasoningContent", "reasoningText", "text"});
      const Json call = at(part, {"toolUse"});
      if (call.is_object())
        expected_.calls.push_back({call.at("toolUseId"), call.at("name"), call.at("input")});
    }
    if (document.contains("stopReason")) expected_.finish_reasons = {document.at("stopReason")};
    expected_.text += text_at(document, {"delta", "text"});
    expected_.reasoning += text_at(document, {"delta", "reasoningContent", "text"});
    const int index = document.value("contentBlockIndex", 0);
    const Json start = at(document, {"start", "toolUse"});
    if (start.is_object()) calls_[{0, index}].first = {start.at("toolUseId"), start.at("name"), {}};
    if (at(document, {"delta", "toolUse"}).is_object()) {
      calls_[{0, index}].second += text_at(document, {"delta", "toolUse", "input"});
    }
    const auto input = count_at(document, {"usage", "inputTokens"});
    if (!input) return;
    const auto read = count_at(document, {"usage", "cacheReadInputTokens"});
    const auto read_too = count_at(document, {"usage", "cacheReadInputTokenCount"});
    expected_.cached = read ? read : read_too;
    const auto written = count_at(document, {"usage", "cacheWriteInputTokens"});
    expected_.input =
        *input + expected_.cached.value_or(0) +
        (written ? written : count_at(document, {"usage", "cacheWriteInputTokenCount"})).value_or(0);
    set_if(expected_.output, count_at(document, {"usage", "outputTokens"}));
    set_if(expected_.total, count_at(document, {"usage", "totalTokens"}));
  }

  // Models behind Bedrock's invoke that speak for themselves; false for those that others here read.
  bool invoked(const Json& document) {
    const Json metrics = at(document, {"amazon-bedrock-invocationMetrics"});
    const bool claude = document.contains("type");
    if (metrics.is_object() && !has_anthropic_usage_) {
      expected_.input = count_at(metrics, {"inputTokenCount"});
      expected_.output = count_at(metrics, {"outputTokenCount"});
    }
    if (claude) return false;
    for (const Json& result : list_at(document, {"results"})) {
      expected_.text += text_at(result, {"outputText"});
      expected_.finish_reasons = {text_at(result, {"completionReason"})};
      set_if(expected_.output, count_at(result, {"tokenCount"}));
    }
    expected_.text += text_at(document, {"outputText"}) + text_at(document, {"generation"}) +
                      text_at(document, {"completion"}) +
                      text_at(document, {"contentBlockDelta", "delta", "text"});
    set_if(expected_.input, count_at(document, {"inputTextTokenCount"}));
    set_if(expected_.input, count_at(document, {"prompt_token_count"}));
    set_if(expected_.output, count_at(document, {"generation_token_count"}));
    set_if(expected_.output, count_at(document, {"totalOutputTextTokenCount"}));
    for (const char* list : {"generations", "outputs"}) {
      for (const Json& one : list_at(document, {list})) {
        expected_.text += text_at(one, {"text"});
        for (const char* name : {"finish_reason", "stop_reason"}) {
          if (!text_at(one, {name}).empty()) expected_.finish_reasons = {text_at(one, {name})};
        }
      }
    }
    for (const char* name : {"completionReason", "stop_reason"}) {
      if (!text_at(document, {name}).empty()) expected_.finish_reasons = {text_at(document, {name})};
    }
    const std::string stop = text_at(document, {"messageStop", "stopReason"});
    if (!stop.empty()) expected_.finish_reasons = {stop};
    if (at(document, {"metadata", "usage"}).is_object()) {
      converse(Json{{"usage", document.at("metadata").at("usage")}});
    }
    return !document.contains("output") && !document.contains("choices");
  }

  void cohere(const Json& document) {
    for (Path path : {Path{"usage"}, Path{"meta"}, Path{"delta", "usage"}}) {
      const Json counts = at(document, path);
      set_if(expected_.input, count_at(counts, {"billed_units", "input_tokens"}));
      set_if(expected_.output, count_at(counts, {"billed_units", "output_tokens"}));
      set_if(expected_.cached, count_at(counts, {"cached_tokens"}));
      set_if(expected_.reasoning_tokens, count_at(counts, {"tokens", "reasoning_tokens"}));
    }
    for (const Json& part : list_at(document, {"message", "content"})) {
      expected_.text += text_at(part, {"text"});
      expected_.reasoning += text_at(part, {"thinking"});
    }
    expected_.reasoning += text_at(document, {"message", "tool_plan"}) +
                           text_at(document, {"delta", "message", "tool_plan"}) +
                           text_at(document, {"delta", "message", "content", "thinking"});
    expected_.text +=
        text_at(document, {"text"}) + text_at(document, {"delta", "message", "content", "text"});
    for (const Json& one : list_at(document, {"generations"})) {
      expected_.text += text_at(one, {"text"});
      expected_.finish_reasons = {text_at(one, {"finish_reason"})};
    }
    for (const std::string& reason :
         {text_at(document, {"finish_reason"}), text_at(document, {"delta", "finish_reason"})}) {
      if (!reason.empty()) expected_.finish_reasons = {reason};
    }
    for (const Json& call : list_at(document, {"message", "tool_calls"})) {
      expected_.calls.push_back(
          {call.at("id"), call.at("function").at("name"), arguments_of(call.at("function").at("arguments"))});
    }
    for (const Json& call : list_at(document, {"tool_calls"})) {
      expected_.calls.push_back({"", call.at("name"), call.at("parameters")});
    }
    const Json delta = at(document, {"delta", "message", "tool_calls"});
    if (!delta.is_object()) return;
    auto& [expected, arguments] = calls_[{0, document.at("index").get<int>()}];
    if (delta.contains("id")) expected = {delta.at("id"), delta.at("function").at("name"), {}};
    arguments += text_at(delta, {"function", "arguments"});
  }

  void ollama(const Json& document) {
    expected_.model = text_at(document, {"model"});
    expected_.text += text_at(document, {"message", "content"}) + text_at(document, {"response"});
    expected_.reasoning += text_at(document, {"message", "thinking"}) + text_at(document, {"thinking"});
    for (const Json& call : list_at(document, {"message", "tool_calls"})) {
      expected_.calls.push_back(
          {text_at(call, {"id"}), call.at("function").at("name"), call.at("function").at("arguments")});
    }
    if (!text_at(document, {"done_reason"}).empty()) expected_.finish_reasons = {document.at("done_reason")};
    set_if(expected_.input, count_at(document, {"prompt_eval_count"}));
    set_if(expected_.output, count_at(document, {"eval_count"}));
  }

  void watsonx(const Json& document) {
    expected_.model = text_at(document, {"model_id"});
    for (const Json& result : list_at(document, {"results"})) {
      if (!result.contains("generated_text")) continue;
      expected_.text += text_at(result, {"generated_text"});
      expected_.input =
          std::max(expected_.input.value_or(0), count_at(result, {"input_token_count"}).value_or(0));
      expected_.output =
          std::max(expected_.output.value_or(0), count_at(result, {"generated_token_count"}).value_or(0));
      if (result.at("stop_reason") != "not_finished") expected_.finish_reasons = {result.at("stop_reason")};
    }
  }

  void vertex(const Json& document) {
    for (const Json& one : list_at(document, {"predictions"})) {
      set_if(expected_.input, count_at(one, {"embeddings", "statistics", "token_count"}));
    }
  }

  std::string provider_;
  std::string url_;
  std::string path_;
  std::vector<Json> documents_;
  Expected expected_;
  Calls calls_;
  Json final_;
  Json anthropic_usage_ = Json::object();
  bool has_anthropic_usage_ = false;
  std::map<int, std::string> texts_;
  std::map<int, std::string> reasons_;
};

}  // namespace

Expected read_independently(const Json& recording) { return Reader{recording}.read(); }

}  // namespace llmtrace::testing_support
