// Reads the body of a batch call: all good items become one batch for the store, the others are named by
// their index.
#pragma once

#include "collector/store/batch.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::collector::ingest {

inline constexpr std::size_t most_items = 10'000;

struct Rejection {
  std::size_t index = 0;
  std::string error;
};

enum class ItemKind : unsigned char { traces, spans };

struct ReadBatch {
  Batch batch;
  std::vector<std::size_t> indices;  // of the batch's items in the body
  std::vector<Rejection> rejected;
  std::string problem;  // the body as a whole is of no use
};

// Whether the body is an object with a member of this name, so that it is a batch and no single event.
[[nodiscard]] bool has_member(std::string_view body, std::string_view name) noexcept;

// The batch keeps the body alive.
[[nodiscard]] ReadBatch read_batch(std::string body, ItemKind kind, std::string project);

}  // namespace llmtrace::collector::ingest
