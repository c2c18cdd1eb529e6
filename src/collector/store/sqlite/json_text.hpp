// Looks into stored JSON without building it: the words in it, a preview, an object with further members.
// Everything here expects JSON that has been validated, and stays in bounds when it has not.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace llmtrace::collector::sqlite {

// Calls with each string value, unescaped, and the name of the member that it is the value of (empty in an
// array at the top). Return false to stop.
using StringVisitor = std::function<bool(std::string_view name, std::string_view value)>;
void visit_strings(std::string_view json, const StringVisitor& visit);

// The beginning of what a person would read in a value: at most `most` bytes.
inline constexpr std::size_t preview_bytes = 240;
[[nodiscard]] std::string preview_of(std::string_view json, std::size_t most = preview_bytes);

// The members of both; where both have one, that of `additions`.
[[nodiscard]] std::string extended_object(std::string_view object, std::string_view additions);

}  // namespace llmtrace::collector::sqlite
