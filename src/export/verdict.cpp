#include "export/verdict.hpp"

namespace llmtrace::exporting {
namespace {

Verdict judge_failure(int status) {
  switch (status) {
    case 408:
    case 429:
    case 502:
    case 503:
    case 504: return Verdict::retry;
    case 413: return Verdict::too_large;
    default: break;
  }
  if (status >= 500 && status <= 599) return Verdict::server_error;
  // a redirect is a wrong URL, and following it could carry the key to another host
  if (status >= 300 && status <= 499) return Verdict::rejected;
  return Verdict::retry;
}

}  // namespace

Verdict judge_status(const net::HttpReply& reply) noexcept {
  if (reply.outcome != net::HttpReply::Outcome::answered) return Verdict::retry;
  return reply.status < 200 || reply.status > 299 ? judge_failure(reply.status) : Verdict::accepted;
}

Judgement judge(const net::HttpReply& reply, std::size_t items) noexcept {
  const Verdict verdict = judge_status(reply);
  if (verdict != Verdict::accepted) return {verdict, {}};
  if (reply.body_cut) return {Verdict::unusable, {}};
  const auto counts = parse_accept_reply(reply.body, items);
  return counts ? Judgement{Verdict::accepted, *counts} : Judgement{Verdict::unusable, {}};
}

}  // namespace llmtrace::exporting
