#include "collector/http/inflater.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

namespace llmtrace::collector::http {

struct Inflater::State {
  z_stream stream{};
  bool finished = false;
  std::array<char, 64 * 1024> room;

  State() {
    constexpr int gzip_window = 15 + 16;  // 16: gzip only
    if (inflateInit2(&stream, gzip_window) != Z_OK) throw std::bad_alloc{};
  }
  ~State() { inflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Inflater::Inflater(std::size_t most_bytes) : state_{std::make_unique<State>()}, most_bytes_{most_bytes} {}

Inflater::~Inflater() = default;

bool Inflater::finished() const noexcept { return state_->finished; }

Inflater::Result Inflater::feed(std::string_view piece, std::string& out) {
  z_stream& stream = state_->stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  stream.avail_in = static_cast<uInt>(piece.size());  // a piece is what one read brought
  for (;;) {
    if (state_->finished) return stream.avail_in == 0 ? Result::good : Result::corrupt;
    stream.next_out = reinterpret_cast<Bytef*>(state_->room.data());
    stream.avail_out = static_cast<uInt>(state_->room.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = state_->room.size() - stream.avail_out;
    if (out.size() + made > most_bytes_) return Result::too_large;
    out.append(state_->room.data(), made);
    state_->finished = result == Z_STREAM_END;
    if (state_->finished) continue;
    if (result == Z_BUF_ERROR) return Result::good;  // wants more input
    if (result != Z_OK) return Result::corrupt;
    if (stream.avail_in == 0 && stream.avail_out != 0) return Result::good;
  }
}

}  // namespace llmtrace::collector::http
