// gzip, piece by piece: each can be read before the next is there.
#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace fake_provider {

class Compressor {
 public:
  Compressor() {
    constexpr int gzip_window = 15 + 16;
    if (::deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
      throw std::runtime_error{"zlib does not start"};
  }
  ~Compressor() { ::deflateEnd(&stream_); }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  [[nodiscard]] std::string compress(std::string_view piece, bool last) {
    std::string out;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(piece.size());
    do {
      char buffer[4096];
      stream_.next_out = reinterpret_cast<Bytef*>(buffer);
      stream_.avail_out = sizeof buffer;
      static_cast<void>(::deflate(&stream_, last ? Z_FINISH : Z_SYNC_FLUSH));
      out.append(buffer, sizeof buffer - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return out;
  }

 private:
  z_stream stream_{};
};

}  // namespace fake_provider
