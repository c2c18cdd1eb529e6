// How the wire calls what a record holds under tags.
#pragma once

#include "core/json_writer.hpp"
#include "core/record_view.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace llmtrace::exporting {

// In the order of the tags from Tag::usage_input on.
inline constexpr std::array<core::PlainKey, 12> usage_keys{"input",
                                                           "output",
                                                           "total",
                                                           "input_cached",
                                                           "input_cache_write",
                                                           "input_cache_write_5m",
                                                           "input_cache_write_1h",
                                                           "output_reasoning",
                                                           "input_audio",
                                                           "output_audio",
                                                           "input_image",
                                                           "output_image"};

constexpr core::Tag usage_tag(std::size_t index) noexcept {
  return static_cast<core::Tag>(static_cast<std::size_t>(core::Tag::usage_input) + index);
}

[[nodiscard]] std::string_view span_type_name(std::uint8_t kind) noexcept;

}  // namespace llmtrace::exporting
