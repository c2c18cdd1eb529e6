#include "collector/http/framing_rules.hpp"

#include <algorithm>

namespace llmtrace::collector::http {
namespace {

std::size_t count(const RequestHead& head, std::string_view name) noexcept {
  return static_cast<std::size_t>(std::count_if(head.headers.begin(), head.headers.end(),
                                                [&](const auto& field) { return field.first == name; }));
}

bool same_letters(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(a) == lower(b);
  });
}

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

constexpr std::string_view once[] = {
    "host",   "content-length", "transfer-encoding", "content-type", "content-encoding", "x-api-key",
    "origin", "expect",         "sec-fetch-site",    "last-event-id"};

FramingProblem length_problem(const RequestHead& head, int version) {
  const bool has_length = count(head, "content-length") != 0;
  const bool has_coding = count(head, "transfer-encoding") != 0;
  if (has_length && has_coding) return {400, "Content-Length and Transfer-Encoding exclude each other"};
  if (has_length && !all_digits(head.header("content-length"))) return {400, "Content-Length is no number"};
  if (!has_coding) return {};
  if (version < 11) return {400, "HTTP/1.0 has no Transfer-Encoding"};
  if (!same_letters(head.header("transfer-encoding"), "chunked"))
    return {501, "the only Transfer-Encoding known here is chunked"};
  return {};
}

}  // namespace

bool expects_continue(const RequestHead& head) noexcept {
  return same_letters(head.header("expect"), "100-continue");
}

FramingProblem framing_problem(const RequestHead& head, std::string_view target, int version) {
  if (version != 10 && version != 11) return {400, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  if (!target.starts_with('/')) return {400, "the target must be a path"};
  if (target.find('#') != std::string_view::npos) return {400, "the target must not have a fragment"};
  for (const std::string_view name : once)
    if (count(head, name) > 1) return {400, "a header that must come once came twice"};
  if (version == 11 && count(head, "host") == 0) return {400, "the Host header is missing"};
  if (const auto problem = length_problem(head, version); problem.status != 0) return problem;
  if (count(head, "expect") != 0 && !expects_continue(head)) return {417, "the only Expect is 100-continue"};
  return {};
}

}  // namespace llmtrace::collector::http
