#include "support/http_wire.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace llmtrace::testing_support {
namespace {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::optional<std::size_t> parse_size(std::string_view text, int base) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size, base);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return size;
}

std::string header(const WireRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string{} : found->second;
}

}  // namespace

Connection::~Connection() { close(socket_); }

bool Connection::wait_for(short events) {
  std::array<pollfd, 2> waits{{{socket_, events, 0}, {stop_, POLLIN, 0}}};
  while (poll(waits.data(), waits.size(), -1) < 0) {
    if (errno != EINTR) return false;
  }
  return waits[1].revents == 0;
}

bool Connection::wait_readable() { return !buffer_.empty() || wait_for(POLLIN); }

bool Connection::fill() {
  if (!wait_for(POLLIN)) return false;
  std::array<char, 65536> chunk;
  const auto count = recv(socket_, chunk.data(), chunk.size(), 0);
  if (count <= 0) return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<std::string> Connection::read_line() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

bool Connection::read_exactly(std::size_t size, std::string& target) {
  while (buffer_.size() < size) {
    if (!fill()) return false;
  }
  target.append(buffer_, 0, size);
  buffer_.erase(0, size);
  return true;
}

bool Connection::read_headers(WireRequest& request) {
  for (;;) {
    const auto line = read_line();
    if (!line) return false;
    if (line->empty()) return true;
    const auto colon = line->find(':');
    if (colon == std::string::npos) {
      request.violation = "a header without a colon";
      continue;
    }
    const auto value = std::min(line->find_first_not_of(" \t", colon + 1), line->size());
    request.headers[lower_case(line->substr(0, colon))] = line->substr(value);
  }
}

bool Connection::read_chunks(std::string& target) {
  for (;;) {
    const auto line = read_line();
    const auto size = line ? parse_size(*line, 16) : std::nullopt;
    if (!size || !read_exactly(*size, target)) return false;
    if (!read_line()) return false;  // the end of the chunk, or of an empty trailer
    if (*size == 0) return true;
  }
}

bool Connection::read_body(WireRequest& request) {
  if (lower_case(header(request, "expect")) == "100-continue") {
    if (!send("HTTP/1.1 100 Continue\r\n\r\n")) return false;
  }
  if (lower_case(header(request, "transfer-encoding")) == "chunked") {
    if (!read_chunks(request.body)) return false;
  } else if (const auto size = parse_size(header(request, "content-length"), 10)) {
    if (!read_exactly(*size, request.body)) return false;
  }
  request.wire_bytes = request.body.size();
  if (header(request, "content-encoding") == "gzip") {
    auto plain = gunzip(request.body);
    if (!plain) request.violation = "the body is not gzip";
    request.body = std::move(plain).value_or("");
  }
  return true;
}

std::optional<WireRequest> Connection::read_request() {
  const auto line = read_line();
  if (!line) return std::nullopt;
  WireRequest request;
  const auto first = line->find(' ');
  const auto last = line->rfind(' ');
  if (first == std::string::npos || first == last) {
    request.violation = "not a request line: " + *line;
    return request;
  }
  request.method = line->substr(0, first);
  request.path = line->substr(first + 1, last - first - 1);
  if (!read_headers(request) || !read_body(request)) return std::nullopt;
  return request;
}

bool Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!wait_for(POLLOUT)) return false;
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Connection::reset() {
  const linger at_once{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::optional<std::string> gunzip(std::string_view bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error("inflateInit2");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string plain;
  std::array<char, 65536> chunk;
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = chunk.size();
    result = inflate(&stream, Z_NO_FLUSH);
    plain.append(chunk.data(), chunk.size() - stream.avail_out);
  }
  const bool complete = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return complete ? std::optional(std::move(plain)) : std::nullopt;
}

std::string gzip_of_zeros(std::size_t size) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  std::string zeros(size, '\0');
  std::string packed(deflateBound(&stream, size), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
  stream.avail_in = static_cast<uInt>(zeros.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace llmtrace::testing_support
