#include "collector/http/message.hpp"

#include <algorithm>

namespace llmtrace::collector::http {

std::string_view RequestHead::header(std::string_view lower_case_name) const noexcept {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& field) { return field.first == lower_case_name; });
  return found != headers.end() ? std::string_view{found->second} : std::string_view{};
}

}  // namespace llmtrace::collector::http
