#pragma once

#include "export/accept_reply.hpp"
#include "net/http_message.hpp"

#include <cstddef>
#include <cstdint>

namespace llmtrace::exporting {

// What a reply means for the items that were sent.
enum class Verdict : std::uint8_t {
  accepted,
  retry,         // not delivered, likely to pass later
  unusable,      // 2xx, but nobody confirmed anything: kept and sent again
  server_error,  // perhaps the fault of one item
  too_large,
  rejected,  // sending it again would end the same way
};

struct Judgement {
  Verdict verdict = Verdict::retry;
  AcceptReply counts;  // for `accepted`
};

// By outcome and status alone.
[[nodiscard]] Verdict judge_status(const net::HttpReply& reply) noexcept;
[[nodiscard]] Judgement judge(const net::HttpReply& reply, std::size_t items) noexcept;

}  // namespace llmtrace::exporting
