// The shapes that replies of C++ clients have in common: token counts, texts, tool calls and vectors, found
// by their members' names at compile time. What a type does not have is passed over.
#pragma once

#include <llmtrace/span.hpp>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

// Sets the counts that the span does not have.
LLMTRACE_API void fill_usage(FieldWriter& to, const Usage& usage) noexcept;
LLMTRACE_API void fill_usage(const SpanRef& span, const Usage& usage) noexcept;
LLMTRACE_API void merge_usage(Usage& into, const Usage& later) noexcept;

// NOLINTBEGIN(bugprone-macro-parentheses): a name that is defined cannot stand in brackets
#define LLMTRACE_DETAIL_DETECT(trait, expression) \
  template <class T, class = void>                \
  inline constexpr bool trait = false;            \
  template <class T>                              \
  inline constexpr bool trait<T, std::void_t<decltype(expression)>> = true
// NOLINTEND(bugprone-macro-parentheses)
#define LLMTRACE_DETAIL_OF_T std::declval<const T&>()

// A number, or one that may be missing.
template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
std::int64_t count_in(const T& number) noexcept {
  return static_cast<std::int64_t>(number);
}
template <class T,
          std::enable_if_t<is_optional_like<T>::value &&
                               std::is_arithmetic_v<std::decay_t<decltype(*std::declval<const T&>())>>,
                           int> = 0>
std::int64_t count_in(const T& number) noexcept {
  return number.has_value() ? static_cast<std::int64_t>(*number) : unknown_tokens;
}
// A text, or one that may be missing.
template <class T, std::enable_if_t<is_text_v<T>, int> = 0>
std::string_view text_in(const T& text) noexcept {
  return text;
}
template <class T, std::enable_if_t<is_optional_like<T>::value &&
                                        is_text_v<std::decay_t<decltype(*std::declval<const T&>())>>,
                                    int> = 0>
std::string_view text_in(const T& text) noexcept {
  return text.has_value() ? std::string_view{*text} : std::string_view{};
}
// The object, or what an optional holds.
template <class T>
const auto* object_in(const T& object) noexcept {
  if constexpr (is_optional_like<T>::value)
    return object.has_value() ? std::addressof(*object) : nullptr;
  else
    return std::addressof(object);
}
template <class T>
using object_of = std::remove_pointer_t<decltype(object_in(std::declval<const T&>()))>;

LLMTRACE_DETAIL_DETECT(has_prompt_tokens, count_in(LLMTRACE_DETAIL_OF_T.prompt_tokens));
LLMTRACE_DETAIL_DETECT(has_completion_tokens, count_in(LLMTRACE_DETAIL_OF_T.completion_tokens));
LLMTRACE_DETAIL_DETECT(has_input_tokens, count_in(LLMTRACE_DETAIL_OF_T.input_tokens));
LLMTRACE_DETAIL_DETECT(has_output_tokens, count_in(LLMTRACE_DETAIL_OF_T.output_tokens));
LLMTRACE_DETAIL_DETECT(has_total_tokens, count_in(LLMTRACE_DETAIL_OF_T.total_tokens));
LLMTRACE_DETAIL_DETECT(has_cached_tokens, count_in(LLMTRACE_DETAIL_OF_T.prompt_tokens_details.cached_tokens));
LLMTRACE_DETAIL_DETECT(has_reasoning_tokens,
                       count_in(LLMTRACE_DETAIL_OF_T.completion_tokens_details.reasoning_tokens));
// Short names, of a `usage` alone.
LLMTRACE_DETAIL_DETECT(has_prompt, count_in(LLMTRACE_DETAIL_OF_T.prompt));
LLMTRACE_DETAIL_DETECT(has_completion, count_in(LLMTRACE_DETAIL_OF_T.completion));

LLMTRACE_DETAIL_DETECT(has_usage, LLMTRACE_DETAIL_OF_T.usage);
LLMTRACE_DETAIL_DETECT(has_choices, LLMTRACE_DETAIL_OF_T.choices[0].message);
LLMTRACE_DETAIL_DETECT(has_choice_count, LLMTRACE_DETAIL_OF_T.choices.empty());
LLMTRACE_DETAIL_DETECT(has_content, text_in(LLMTRACE_DETAIL_OF_T.content));
LLMTRACE_DETAIL_DETECT(has_text, text_in(LLMTRACE_DETAIL_OF_T.text));
LLMTRACE_DETAIL_DETECT(has_model, text_in(LLMTRACE_DETAIL_OF_T.model));
LLMTRACE_DETAIL_DETECT(has_id, text_in(LLMTRACE_DETAIL_OF_T.id));
LLMTRACE_DETAIL_DETECT(has_finish_reason, text_in(LLMTRACE_DETAIL_OF_T.finish_reason));
LLMTRACE_DETAIL_DETECT(has_tool_calls, LLMTRACE_DETAIL_OF_T.tool_calls.begin()->function.arguments);
LLMTRACE_DETAIL_DETECT(has_delta, LLMTRACE_DETAIL_OF_T.choices[0].delta);
LLMTRACE_DETAIL_DETECT(has_delta_text, text_in(LLMTRACE_DETAIL_OF_T.delta));

// Vectors: of numbers that are no integers, which no text is made of.
template <class T, class = void>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool
    is_vector<T, std::enable_if_t<is_iterable<T>::value && !is_text_v<T> && !is_json_value_v<T>>> =
        std::is_floating_point_v<std::decay_t<decltype(*std::declval<const T&>().begin())>>;
template <class T, class = void>
inline constexpr bool is_vector_list = false;
template <class T>
inline constexpr bool
    is_vector_list<T, std::enable_if_t<is_iterable<T>::value && !is_text_v<T> && !is_json_value_v<T>>> =
        is_vector<std::decay_t<decltype(*std::declval<const T&>().begin())>>;
LLMTRACE_DETAIL_DETECT(has_embedding_data, LLMTRACE_DETAIL_OF_T.data.begin()->embedding.size());
LLMTRACE_DETAIL_DETECT(has_embeddings, LLMTRACE_DETAIL_OF_T.embeddings.begin()->size());
LLMTRACE_DETAIL_DETECT(has_embedding, LLMTRACE_DETAIL_OF_T.embedding.size());

#undef LLMTRACE_DETAIL_OF_T
#undef LLMTRACE_DETAIL_DETECT

template <class T>
Usage counts_in(const T& counts) noexcept {
  Usage usage;
  if constexpr (has_prompt<T>) usage.input = count_in(counts.prompt);
  if constexpr (has_completion<T>) usage.output = count_in(counts.completion);
  if constexpr (has_prompt_tokens<T>) usage.input = count_in(counts.prompt_tokens);
  if constexpr (has_completion_tokens<T>) usage.output = count_in(counts.completion_tokens);
  if constexpr (has_input_tokens<T>) usage.input = count_in(counts.input_tokens);
  if constexpr (has_output_tokens<T>) usage.output = count_in(counts.output_tokens);
  if constexpr (has_total_tokens<T>) usage.total = count_in(counts.total_tokens);
  if constexpr (has_cached_tokens<T>)
    usage.input_cached = count_in(counts.prompt_tokens_details.cached_tokens);
  if constexpr (has_reasoning_tokens<T>)
    usage.output_reasoning = count_in(counts.completion_tokens_details.reasoning_tokens);
  return usage;
}

template <class T>
Usage usage_in(const T& reply) noexcept {
  if constexpr (std::is_convertible_v<const decltype(reply.usage)&, const Usage&>) {
    return reply.usage;
  } else {
    const auto* counts = object_in(reply.usage);
    return counts != nullptr ? counts_in(*counts) : Usage{};
  }
}

// How many vectors of which length; nothing is ever kept of the vectors themselves.
struct EmbeddingShape {
  std::size_t count = 0;
  std::size_t dimension = 0;
};
template <class Vectors>
EmbeddingShape shape_of(const Vectors& vectors) noexcept {
  return vectors.size() == 0 ? EmbeddingShape{} : EmbeddingShape{vectors.size(), vectors.begin()->size()};
}

template <class T>
inline constexpr bool holds_embeddings =
    is_vector<T> || is_vector_list<T> || has_embedding_data<T> || has_embeddings<T> || has_embedding<T>;

template <class T>
EmbeddingShape embeddings_in(const T& reply) noexcept {
  if constexpr (is_vector<T>)
    return {1, reply.size()};
  else if constexpr (is_vector_list<T>)
    return shape_of(reply);
  else if constexpr (has_embedding_data<T>)
    return reply.data.empty() ? EmbeddingShape{}
                              : EmbeddingShape{reply.data.size(), reply.data.begin()->embedding.size()};
  else if constexpr (has_embeddings<T>)
    return shape_of(reply.embeddings);
  else
    return {1, reply.embedding.size()};
}

template <class Calls>
void add_tool_calls(SpanRef span, const Calls& calls) noexcept {
  for (const auto& call : calls) {
    std::string_view id;
    if constexpr (has_id<std::decay_t<decltype(call)>>) id = text_in(call.id);
    span.add_tool_call(id, text_in(call.function.name), text_in(call.function.arguments));
  }
}

}  // namespace detail
LLMTRACE_END_NAMESPACE
