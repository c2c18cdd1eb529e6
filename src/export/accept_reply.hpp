#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace llmtrace::exporting {

struct AcceptReply {
  std::size_t accepted = 0;  // together with `rejected` always the number of items sent
  std::size_t rejected = 0;
};

// Reads `{"accepted":n,"rejected":[{"index":i,…},…]}`, other members skipped. Nothing when the text
// is not one complete JSON object with a count in "accepted": then nobody confirmed the batch. An
// item counts as accepted only if the count covers it and no index rejects it.
[[nodiscard]] std::optional<AcceptReply> parse_accept_reply(std::string_view body,
                                                            std::size_t items) noexcept;

}  // namespace llmtrace::exporting
