#include "collector/routes/event_ids.hpp"

#include <algorithm>
#include <string>
#include <sys/random.h>
#include <system_error>

namespace llmtrace::collector::routes {
namespace {

std::uint64_t random_word() {
  std::uint64_t word = 0;
  while (word == 0) {
    if (::getrandom(&word, sizeof word, 0) == sizeof word) continue;
    if (errno != EINTR) throw std::system_error{errno, std::generic_category(), "getrandom"};
  }
  return word;
}

}  // namespace

TraceId new_trace_id() { return {random_word(), random_word()}; }
SpanId new_span_id() { return {random_word()}; }

std::optional<TraceId> event_trace_id(std::string_view text) noexcept {
  constexpr std::size_t uuid_size = 36;
  if (text.size() != uuid_size) return trace_id_from(text);
  std::string digits{text};
  digits.erase(std::remove(digits.begin(), digits.end(), '-'), digits.end());
  return trace_id_from(digits);
}

SpanId foreign_span_id(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return {hash | 1};
}

}  // namespace llmtrace::collector::routes
