// What a hook is told of where a text stands.
#pragma once

#include "core/record_view.hpp"

#include <string_view>

namespace llmtrace::privacy {

[[nodiscard]] constexpr std::string_view path_of(core::Tag tag) noexcept {
  using core::Tag;
  switch (tag) {
    case Tag::name: return "name";
    case Tag::model: return "model";
    case Tag::provider: return "provider";
    case Tag::operation: return "operation";
    case Tag::agent_type: return "agent_type";
    case Tag::input: return "input";
    case Tag::output: return "output";
    case Tag::status: return "status_message";
    case Tag::error: return "error";
    case Tag::messages:
    case Tag::message: return "input.messages";
    case Tag::response_model: return "response_model";
    case Tag::response_id: return "response_id";
    case Tag::output_text: return "output_text";
    case Tag::reasoning: return "reasoning";
    case Tag::user_id: return "user_id";
    case Tag::session_id: return "session_id";
    case Tag::release: return "release";
    case Tag::environment: return "environment";
    case Tag::attribute: return "attributes";
    case Tag::metadata: return "metadata";
    case Tag::parameter: return "parameters";
    case Tag::event: return "events";
    case Tag::score: return "scores";
    case Tag::trace_tag: return "tags";
    case Tag::finish_reason: return "finish_reasons";
    case Tag::truncated: return "truncated";
    default: return "other";
  }
}

// Fields of these kinds are told apart by their keys.
[[nodiscard]] constexpr bool has_key_in_path(core::Tag tag) noexcept {
  using core::Tag;
  return tag == Tag::attribute || tag == Tag::metadata || tag == Tag::parameter || tag == Tag::event ||
         tag == Tag::score || tag == Tag::message;
}

}  // namespace llmtrace::privacy
