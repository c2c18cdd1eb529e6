// The text of a request's target: percent-encoding undone, the query taken apart.
#pragma once

#include "collector/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::collector::http {

// Nothing for a broken escape, an encoded NUL or what is not UTF-8 afterwards. '+' is a space in queries.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

// `a=1&b=2` in order; nothing when one of the parts cannot be decoded.
[[nodiscard]] std::optional<Fields> query_fields(std::string_view query);

// `/a/b%20c` as "a", "b c"; a slash that was encoded stays inside its part. Nothing for what cannot be
// decoded, and for a dot segment.
[[nodiscard]] std::optional<std::vector<std::string>> path_parts(std::string_view path);

}  // namespace llmtrace::collector::http
