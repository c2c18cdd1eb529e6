// Frames of AWS's event stream, for tests.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrace::testing_support {

inline std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

inline std::string checksum(const std::string& bytes) {
  return big_endian(static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()))));
}

inline std::string text_header(std::string_view name, std::string_view value) {
  std::string header;
  header.push_back(static_cast<char>(name.size()));
  header += name;
  header.push_back(7);
  header.push_back(static_cast<char>(value.size() >> 8));
  header.push_back(static_cast<char>(value.size()));
  return header += value;
}

inline std::string frame_of(const std::string& headers, std::string_view payload) {
  const auto total = static_cast<std::uint32_t>(16 + headers.size() + payload.size());
  std::string frame = big_endian(total) + big_endian(static_cast<std::uint32_t>(headers.size()));
  frame += checksum(frame);
  frame += headers;
  frame += payload;
  return frame += checksum(frame);
}

inline std::string event_frame(std::string_view event_type, std::string_view payload) {
  return frame_of(text_header(":event-type", event_type) + text_header(":message-type", "event"), payload);
}

inline std::string exception_frame(std::string_view exception_type, std::string_view payload) {
  return frame_of(text_header(":exception-type", exception_type) + text_header(":message-type", "exception"),
                  payload);
}

}  // namespace llmtrace::testing_support
