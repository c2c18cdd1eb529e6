#include "export/wire_names.hpp"

namespace llmtrace::exporting {

std::string_view span_type_name(std::uint8_t kind) noexcept {
  return kind <= static_cast<std::uint8_t>(SpanKind::other) ? to_string(static_cast<SpanKind>(kind))
                                                            : "other";
}

}  // namespace llmtrace::exporting
