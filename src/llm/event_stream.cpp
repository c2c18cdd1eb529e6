#include "llm/event_stream.hpp"

#include <zlib.h>

#include <optional>

namespace llmtrace::llm {
namespace {

constexpr std::size_t prelude_size = 12;
constexpr std::size_t crc_size = 4;

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t count = 4) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::uint32_t crc_of(std::string_view bytes) noexcept {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

// Bytes of a header's value behind its type; nothing for a type that does not exist.
std::optional<std::size_t> value_size(std::string_view rest, unsigned type) noexcept {
  switch (type) {
    case 0:
    case 1: return 0;
    case 2: return 1;
    case 3: return 2;
    case 4: return 4;
    case 5:
    case 8: return 8;
    case 6:
    case 7: return rest.size() < 2 ? std::optional<std::size_t>{} : 2 + big_endian(rest, 0, 2);
    case 9: return 16;
    default: return std::nullopt;
  }
}

void keep(EventFrame& frame, std::string_view name, std::string_view value) {
  if (name == ":message-type") frame.message_type = value;
  if (name == ":event-type") frame.event_type = value;
  if (name == ":exception-type") frame.exception_type = value;
  if (name == ":error-code") frame.error_code = value;
  if (name == ":error-message") frame.error_message = value;
}

// Takes one header off; false when the rest makes no sense.
bool take_header(std::string_view& rest, EventFrame& frame) {
  const std::size_t name_size = static_cast<unsigned char>(rest.front());
  if (rest.size() < name_size + 2) return false;
  const std::string_view name = rest.substr(1, name_size);
  const unsigned type = static_cast<unsigned char>(rest[1 + name_size]);
  rest.remove_prefix(name_size + 2);
  const auto size = value_size(rest, type);
  if (!size || *size > rest.size()) return false;
  constexpr unsigned text = 7;
  if (type == text) keep(frame, name, rest.substr(2, *size - 2));
  rest.remove_prefix(*size);
  return true;
}

}  // namespace

bool is_event_stream(std::string_view bytes) noexcept {
  // frames have less than 16 MiB, so the first byte tells them from any text
  return bytes.size() >= prelude_size && bytes.front() == '\0' &&
         crc_of(bytes.substr(0, 8)) == big_endian(bytes, 8) &&
         big_endian(bytes, 0) >= prelude_size + crc_size + big_endian(bytes, 4);
}

void EventStreamSplitter::feed(std::string_view piece) {
  // whole frames of a piece are read where they lie
  std::string_view bytes = piece;
  if (!buffer_.empty()) {
    buffer_.append(piece);
    bytes = buffer_;
  }
  while (const std::size_t size = next_frame(bytes)) {
    read_frame(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  buffer_ = std::string{bytes};
}

std::size_t EventStreamSplitter::next_frame(std::string_view& bytes) {
  while (bytes.size() >= prelude_size) {
    const std::size_t size = big_endian(bytes, 0);
    if (is_event_stream(bytes) && size <= longest_) {
      lost_ = false;
      return bytes.size() >= size ? size : 0;
    }
    if (!lost_) sink_.damaged();
    lost_ = true;
    bytes.remove_prefix(1);
  }
  return 0;
}

void EventStreamSplitter::read_frame(std::string_view frame) {
  const std::size_t headers_size = big_endian(frame, 4);
  if (crc_of(frame.substr(0, frame.size() - crc_size)) != big_endian(frame, frame.size() - crc_size)) {
    return sink_.damaged();
  }
  EventFrame read;
  std::string_view headers = frame.substr(prelude_size, headers_size);
  while (!headers.empty()) {
    if (!take_header(headers, read)) return sink_.damaged();
  }
  read.payload =
      frame.substr(prelude_size + headers_size, frame.size() - prelude_size - headers_size - crc_size);
  sink_.frame(read);
}

void EventStreamSplitter::gap() {
  buffer_.clear();
  lost_ = true;  // the gap itself is known; no damage beyond it
}

}  // namespace llmtrace::llm
