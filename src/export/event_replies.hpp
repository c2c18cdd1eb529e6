// What the service of the per-event protocol answers, as far as the exporter has to know.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::exporting {

// Ids become part of paths; a service whose ids are longer, or not of letters, digits, '-', '_', '.' or '~',
// is none that we know.
inline constexpr std::size_t longest_event_id = 128;

// The text under `key` of a reply that is one JSON object. Nothing when it is none, or no id.
[[nodiscard]] std::optional<std::string> id_in_reply(std::string_view body, std::string_view key) noexcept;

// Of the objects listed under `list`, the `id_key` of the first whose metadata has `ours` under `our_key`.
[[nodiscard]] std::optional<std::string> find_ours(std::string_view body, std::string_view list,
                                                   std::string_view id_key, std::string_view our_key,
                                                   std::string_view ours) noexcept;

}  // namespace llmtrace::exporting
