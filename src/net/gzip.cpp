#include "net/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>

namespace llmtrace::net {
namespace {

struct DeflateCloser {
  void operator()(z_stream* stream) const noexcept { deflateEnd(stream); }
};
using DeflateStream = std::unique_ptr<z_stream, DeflateCloser>;

constexpr int gzip_window = 15 + 16;  // 16 asks zlib for the gzip header and trailer
constexpr int memory_level = 8;       // zlib's default
constexpr int fastest_level = 1;      // JSON shrinks about fivefold already; CPU is the host's
constexpr std::size_t chunk = 64 * 1024;

bool pump(z_stream& stream, std::string& output, int flush) {
  for (;;) {
    if (stream.avail_out == 0) {
      const auto used = output.size();
      output.resize(used + chunk);
      stream.next_out = reinterpret_cast<Bytef*>(output.data() + used);
      stream.avail_out = chunk;
    }
    const int result = deflate(&stream, flush);
    if (result == Z_STREAM_END) return true;
    if (result != Z_OK && result != Z_BUF_ERROR) return false;
    if (flush == Z_NO_FLUSH && stream.avail_in == 0) return true;
  }
}

// zlib counts in 32 bits, so a piece is fed in parts.
bool feed(z_stream& stream, std::string& output, std::string_view piece) {
  while (!piece.empty()) {
    const auto part = std::min<std::size_t>(piece.size(), std::numeric_limits<uInt>::max());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream.avail_in = static_cast<uInt>(part);
    if (!pump(stream, output, Z_NO_FLUSH)) return false;
    piece.remove_prefix(part);
  }
  return true;
}

std::optional<std::string> compress(std::span<const std::string_view> pieces) {
  z_stream state{};
  if (deflateInit2(&state, fastest_level, Z_DEFLATED, gzip_window, memory_level, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return std::nullopt;
  }
  const DeflateStream stream(&state);
  std::string output;
  for (const auto piece : pieces) {
    if (!feed(state, output, piece)) return std::nullopt;
  }
  if (!pump(state, output, Z_FINISH)) return std::nullopt;
  output.resize(output.size() - state.avail_out);
  return output;
}

}  // namespace

std::optional<std::string> gzip(std::span<const std::string_view> pieces) noexcept {
  try {
    return compress(pieces);
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

}  // namespace llmtrace::net
