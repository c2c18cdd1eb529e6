#include "llm/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace llmtrace::llm {
namespace {

constexpr int detect_gzip_and_zlib = 32 + 15;
constexpr int raw_deflate = -15;
constexpr std::size_t part_size = 16 * 1024;

}  // namespace

struct Inflater::Stream {
  Stream() {
    if (inflateInit2(&z, detect_gzip_and_zlib) != Z_OK) throw std::bad_alloc{};
  }
  ~Stream() { inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
  bool made_any = false;
  bool tried_raw = false;
  bool ended = false;
};

Inflater::Inflater(std::size_t most) : stream_{std::make_unique<Stream>()}, left_{most} {}
Inflater::~Inflater() = default;

Inflater::Outcome Inflater::feed(std::string_view piece, const std::function<void(std::string_view)>& out) {
  z_stream& z = stream_->z;
  std::array<char, part_size> part;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  z.avail_in = static_cast<uInt>(std::min<std::size_t>(piece.size(), std::numeric_limits<uInt>::max()));
  while (outcome_ == Outcome::fine && (z.avail_in != 0 || z.avail_out == 0) && !stream_->ended) {
    z.next_out = reinterpret_cast<Bytef*>(part.data());
    z.avail_out = part_size;
    const int result = inflate(&z, Z_NO_FLUSH);
    const std::size_t made = part_size - z.avail_out;
    if (result == Z_DATA_ERROR && !stream_->made_any && made == 0 && !stream_->tried_raw) {
      // "deflate" without the header that it should have
      stream_->tried_raw = true;
      if (inflateReset2(&z, raw_deflate) != Z_OK) return outcome_ = Outcome::damaged;
      z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      z.avail_in = static_cast<uInt>(piece.size());
      continue;
    }
    stream_->made_any = stream_->made_any || made != 0;
    if (made > left_) return outcome_ = Outcome::too_large;
    left_ -= made;
    if (made != 0) out({part.data(), made});
    if (result == Z_STREAM_END) {
      // several members may follow each other
      if (z.avail_in == 0)
        stream_->ended = inflateReset(&z) != Z_OK;
      else if (inflateReset(&z) != Z_OK)
        stream_->ended = true;
      z.avail_out = part_size;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      outcome_ = Outcome::damaged;
    } else if (z.avail_in == 0 && z.avail_out != 0) {
      break;
    }
  }
  return outcome_;
}

bool is_gzip(std::string_view bytes) noexcept { return bytes.starts_with("\x1F\x8B\x08"); }

}  // namespace llmtrace::llm
