// Who sends: host, process and SDK, as the JSON object that each trace header carries.
#pragma once

#include <string>

namespace llmtrace::exporting {

[[nodiscard]] std::string resource_json();

}  // namespace llmtrace::exporting
