#include "llm/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <utility>

namespace llmtrace::llm {
namespace {

constexpr int detect_gzip_and_zlib = 32 + 15;
constexpr int raw_deflate = -15;
constexpr std::size_t part_size = 16 * 1024;

// "deflate" should have zlib's header and often has none.
bool has_header(std::string_view head) noexcept {
  const unsigned first = static_cast<unsigned char>(head[0]);
  const unsigned second = static_cast<unsigned char>(head[1]);
  return (first == 0x1F && second == 0x8B) ||
         ((first & 0x0F) == Z_DEFLATED && (first * 256 + second) % 31 == 0);
}

}  // namespace

struct Inflater::Stream {
  explicit Stream(int window) {
    if (inflateInit2(&z, window) != Z_OK) throw std::bad_alloc{};
  }
  ~Stream() { inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
};

Inflater::Inflater(std::size_t most) : left_{most} {}
Inflater::~Inflater() = default;

Inflater::Outcome Inflater::feed(std::string_view piece, const std::function<void(std::string_view)>& out) {
  if (stream_) return inflate_piece(piece, out);
  head_.append(piece);
  if (head_.size() < 2) return outcome_;
  stream_ = std::make_unique<Stream>(has_header(head_) ? detect_gzip_and_zlib : raw_deflate);
  const std::string head = std::exchange(head_, {});
  return inflate_piece(head, out);
}

Inflater::Outcome Inflater::inflate_piece(std::string_view piece,
                                          const std::function<void(std::string_view)>& out) {
  z_stream& z = stream_->z;
  std::array<char, part_size> part;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  z.avail_in = static_cast<uInt>(std::min<std::size_t>(piece.size(), std::numeric_limits<uInt>::max()));
  bool more = true;
  while (more && outcome_ == Outcome::fine) {
    z.next_out = reinterpret_cast<Bytef*>(part.data());
    z.avail_out = part_size;
    const int result = inflate(&z, Z_NO_FLUSH);
    const std::size_t made = part_size - z.avail_out;
    const std::size_t given = std::min(made, left_);
    left_ -= given;
    if (given != 0) out({part.data(), given});
    if (given < made) return outcome_ = Outcome::too_large;
    // several members may follow each other
    const bool good =
        result == Z_STREAM_END ? inflateReset(&z) == Z_OK : result == Z_OK || result == Z_BUF_ERROR;
    if (!good) outcome_ = Outcome::damaged;
    more = z.avail_in != 0 || z.avail_out == 0;
  }
  return outcome_;
}

bool is_gzip(std::string_view bytes) noexcept { return bytes.starts_with("\x1F\x8B\x08"); }

}  // namespace llmtrace::llm
