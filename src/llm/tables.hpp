// The readers: one table for the request and one for the response of each protocol. Streams and single
// documents of a protocol share their table. Each is made at its first use and lives as long as the program.
#pragma once

#include "llm/json_table.hpp"

#include <span>

namespace llmtrace::llm {

// Requests.
[[nodiscard]] const JsonTable& chat_request();    // OpenAI chat and what speaks like it; Ollama; Cohere v2
[[nodiscard]] const JsonTable& prompt_request();  // a prompt, an input, a query: completions, embeddings, …
[[nodiscard]] const JsonTable& responses_request();  // OpenAI Responses
[[nodiscard]] const JsonTable& anthropic_request();
[[nodiscard]] const JsonTable& gemini_request();
[[nodiscard]] const JsonTable& cohere_request();   // v1
[[nodiscard]] const JsonTable& bedrock_request();  // Converse
[[nodiscard]] const JsonTable& bedrock_invoke_request();
[[nodiscard]] const JsonTable& any_request();

// Responses.
[[nodiscard]] const JsonTable& chat_response();  // also of legacy completions and of llama.cpp
[[nodiscard]] const JsonTable& responses_response();
[[nodiscard]] const JsonTable&
data_response();  // embeddings, images, audio, rerank, moderation of OpenAI's kind
[[nodiscard]] const JsonTable& anthropic_response();
[[nodiscard]] const JsonTable& gemini_response();
[[nodiscard]] const JsonTable& interactions_response();
[[nodiscard]] const JsonTable& cohere_response();
[[nodiscard]] const JsonTable& ollama_response();
[[nodiscard]] const JsonTable& bedrock_response();          // Converse
[[nodiscard]] const JsonTable& bedrock_invoke_response();   // whatever the model speaks
[[nodiscard]] const JsonTable& text_generation_response();  // Hugging Face, SageMaker, llama.cpp's own
[[nodiscard]] const JsonTable& watsonx_response();
[[nodiscard]] const JsonTable& mistral_conversation();
[[nodiscard]] const JsonTable& replicate_response();
[[nodiscard]] const JsonTable& raw_predict_response();  // Vertex: of Anthropic, Mistral, …
[[nodiscard]] const JsonTable& v1_chat_response();      // Cohere v1 and Writer share their path
[[nodiscard]] const JsonTable& error_response();

// Parts that several tables are made of.
[[nodiscard]] std::span<const JsonRow> error_rows();  // an `error` member beside an answer
[[nodiscard]] std::span<const JsonRow> chat_rows();
[[nodiscard]] std::span<const JsonRow> chat_message_rows();  // below a message
[[nodiscard]] std::span<const JsonRow> chat_delta_rows();    // below a delta
[[nodiscard]] std::span<const JsonRow> chat_usage_rows();    // below "usage"
[[nodiscard]] std::span<const JsonRow> anthropic_message_rows();
[[nodiscard]] std::span<const JsonRow> anthropic_usage_rows();  // below "usage"
[[nodiscard]] std::span<const JsonRow> anthropic_event_rows();
[[nodiscard]] std::span<const JsonRow> anthropic_request_rows();
[[nodiscard]] std::span<const JsonRow> bedrock_metrics_rows();
[[nodiscard]] std::span<const JsonRow> converse_rows();
[[nodiscard]] std::span<const JsonRow> converse_request_rows();
[[nodiscard]] std::span<const JsonRow> cohere_request_rows();  // v1
[[nodiscard]] std::span<const JsonRow> text_generation_rows();
[[nodiscard]] std::span<const JsonRow> chat_request_rows();
[[nodiscard]] std::span<const JsonRow> prompt_request_rows();
[[nodiscard]] std::span<const JsonRow> responses_request_rows();

}  // namespace llmtrace::llm
