// Looks into the JSON of a request without building anything of it: a value is a slice of the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fake_provider {

// The value of a member of this object as it stands in the text; empty where there is none.
[[nodiscard]] std::string_view member(std::string_view object, std::string_view name);
[[nodiscard]] std::vector<std::string_view> elements(std::string_view array);
// The text of a JSON string without its escapes; of anything else, nothing.
[[nodiscard]] std::string text_of(std::string_view value);
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace fake_provider
