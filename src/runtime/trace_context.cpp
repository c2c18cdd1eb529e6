// W3C trace context as text.
#include "core/hex.hpp"
#include <llmtrace/context.hpp>

#include <cstdint>
#include <new>

LLMTRACE_BEGIN_NAMESPACE

namespace {

void put_big_endian(std::uint64_t value, std::uint8_t* out) noexcept {
  for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<std::uint8_t>(value);
}

std::uint64_t big_endian(const std::uint8_t* bytes) noexcept {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = (value << 8) | bytes[i];
  return value;
}

constexpr std::size_t trace_digits = 32;
constexpr std::size_t span_digits = 16;
constexpr std::size_t traceparent_size = 55;  // 00-{32}-{16}-{2}
constexpr std::size_t max_tracestate = 512;

bool is_printable(std::string_view text) noexcept {
  for (const char c : text)
    if (c < 0x20 || c > 0x7e) return false;
  return true;
}

}  // namespace

std::string to_hex(TraceId id) {
  std::uint8_t bytes[16];
  put_big_endian(id.high, bytes);
  put_big_endian(id.low, bytes + 8);
  std::string hex(trace_digits, '0');
  core::encode_hex(bytes, sizeof(bytes), hex.data());
  return hex;
}

std::string to_hex(SpanId id) {
  std::uint8_t bytes[8];
  put_big_endian(id.value, bytes);
  std::string hex(span_digits, '0');
  core::encode_hex(bytes, sizeof(bytes), hex.data());
  return hex;
}

TraceId trace_id_from_hex(Text hex) noexcept {
  std::uint8_t bytes[16];
  if (hex.size() != trace_digits || !core::decode_hex(hex, bytes)) return {};
  return {big_endian(bytes), big_endian(bytes + 8)};
}

SpanId span_id_from_hex(Text hex) noexcept {
  std::uint8_t bytes[8];
  if (hex.size() != span_digits || !core::decode_hex(hex, bytes)) return {};
  return {big_endian(bytes)};
}

SpanContext from_traceparent(Text traceparent, Text tracestate) noexcept {
  while (!traceparent.empty() && (traceparent.front() == ' ' || traceparent.front() == '\t'))
    traceparent.remove_prefix(1);
  while (!traceparent.empty() && (traceparent.back() == ' ' || traceparent.back() == '\t'))
    traceparent.remove_suffix(1);
  if (traceparent.size() < traceparent_size || traceparent[2] != '-' || traceparent[35] != '-' ||
      traceparent[52] != '-')
    return {};
  std::uint8_t version = 0;
  std::uint8_t flags = 0;
  if (!core::decode_hex(traceparent.substr(0, 2), &version) || version == 0xff) return {};
  // Version 00 ends here; a later one may go on after another dash.
  if (traceparent.size() > traceparent_size && (version == 0 || traceparent[traceparent_size] != '-'))
    return {};
  if (!core::decode_hex(traceparent.substr(53, 2), &flags)) return {};
  SpanContext context{trace_id_from_hex(traceparent.substr(3, trace_digits)),
                      span_id_from_hex(traceparent.substr(36, span_digits)), (flags & 1) != 0};
  if (!context.valid()) return {};
  context.parent_.flags = static_cast<std::uint8_t>(context.parent_.flags | detail::scope_remote);
  if (tracestate.size() <= max_tracestate && is_printable(tracestate))
    context.parent_.trace_state = detail::SharedText::make(tracestate);
  return context;
}

std::string to_traceparent(const SpanContext& context) {
  if (!context.valid()) return {};
  std::string text = "00-";
  text.append(to_hex(context.trace_id())).append("-").append(to_hex(context.span_id()));
  return text.append(context.sampled() ? "-01" : "-00");
}

LLMTRACE_END_NAMESPACE
