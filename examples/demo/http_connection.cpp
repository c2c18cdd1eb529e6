#include "http_connection.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <strings.h>
#include <sys/socket.h>

namespace fake_provider {
namespace {

constexpr std::size_t most_header_bytes = 256 * 1024;
constexpr std::size_t most_body_bytes = 64 * 1024 * 1024;

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::size_t> number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end == text.data() || value > most_body_bytes) return std::nullopt;
  return value;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return value;
  return {};
}

bool Request::keeps_alive() const { return !same_name(header("Connection"), "close"); }

std::optional<Request> HttpConnection::read_request() {
  const auto line = read_line();
  if (!line) return std::nullopt;
  const auto first = line->find(' ');
  const auto last = line->rfind(' ');
  if (first == std::string::npos || last == first) return std::nullopt;

  Request request;
  request.method = line->substr(0, first);
  request.target = line->substr(first + 1, last - first - 1);
  request.path = request.target.substr(0, request.target.find('?'));
  if (!read_headers(request) || !read_body(request)) return std::nullopt;
  return request;
}

bool HttpConnection::read_headers(Request& request) {
  std::size_t bytes = 0;
  for (;;) {
    const auto line = read_line();
    if (!line || (bytes += line->size()) > most_header_bytes) return false;
    if (line->empty()) return true;
    const auto colon = line->find(':');
    if (colon == std::string::npos) return false;
    request.headers.emplace_back(line->substr(0, colon), trimmed(std::string_view{*line}.substr(colon + 1)));
  }
}

bool HttpConnection::read_body(Request& request) {
  if (same_name(request.header("Expect"), "100-continue") && !write("HTTP/1.1 100 Continue\r\n\r\n"))
    return false;
  if (same_name(request.header("Transfer-Encoding"), "chunked")) return read_chunks(request.body);
  const auto length = request.header("Content-Length");
  if (length.empty()) return true;
  const auto size = number(length, 10);
  return size && read_exactly(*size, request.body);
}

bool HttpConnection::read_chunks(std::string& body) {
  for (;;) {
    const auto line = read_line();
    const auto size = line ? number(*line, 16) : std::nullopt;
    if (!size || body.size() + *size > most_body_bytes) return false;
    if (!read_exactly(*size, body)) return false;
    const auto end = read_line();
    if (!end) return false;
    if (*size == 0) return true;
  }
}

bool HttpConnection::fill() {
  char buffer[16 * 1024];
  ssize_t got = 0;
  do {
    got = ::recv(socket_, buffer, sizeof buffer, 0);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  pending_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

std::optional<std::string> HttpConnection::read_line() {
  std::size_t end = 0;
  while ((end = pending_.find("\r\n")) == std::string::npos)
    if (pending_.size() > most_header_bytes || !fill()) return std::nullopt;
  std::string line = pending_.substr(0, end);
  pending_.erase(0, end + 2);
  return line;
}

bool HttpConnection::read_exactly(std::size_t size, std::string& into) {
  while (pending_.size() < size)
    if (!fill()) return false;
  into.append(pending_, 0, size);
  pending_.erase(0, size);
  return true;
}

bool HttpConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool HttpConnection::write_head(int status, const Headers& headers) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + ' ';
  (head += reason_of(status)) += "\r\n";
  for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
  return write(head += "\r\n");
}

bool HttpConnection::write_chunk(std::string_view bytes) {
  char size[20];
  const int length = std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  std::string chunk{size, static_cast<std::size_t>(length)};
  return write(chunk.append(bytes).append("\r\n"));
}

std::string_view reason_of(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 429: return "Too Many Requests";
    default: return "Internal Server Error";
  }
}

}  // namespace fake_provider
