#include "privacy/json_string.hpp"

#include "privacy/unescape.hpp"

#include <algorithm>
#include <new>

namespace llmtrace::privacy {

std::optional<std::string> json_string_meaning(std::string_view content) noexcept {
  try {
    std::string meaning;
    meaning.reserve(content.size());
    for (std::size_t at = 0; at < content.size();) {
      const std::size_t next = std::min(content.find('\\', at), content.size());
      meaning.append(content, at, next - at);
      at = next + 1;
      if (at >= content.size()) break;
      const auto code = content[at] == 'u' ? code_point_at(content, at + 1) : std::nullopt;
      if (code) {
        put_utf8(meaning, code->value);
        at = code->end;
      } else {
        meaning.push_back(meaning_of(content[at++]));
      }
    }
    return meaning;
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

}  // namespace llmtrace::privacy
