// The table that the build writes, see embed/embed_assets.cpp.
#pragma once

#include "collector/assets/assets.hpp"

#include <span>

namespace llmtrace::collector {

[[nodiscard]] std::span<const Asset> asset_table() noexcept;

}  // namespace llmtrace::collector
