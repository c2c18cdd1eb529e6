#include "collector/http/answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace llmtrace::collector::http {
namespace {

std::string_view reason(int status) noexcept {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return status < 500 ? "Refused" : "Internal Server Error";
  }
}

// A header must not be able to end its line, wherever its value came from.
void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  out += "\r\n";
}

}  // namespace

std::string head_of(const Response& response, const Framing& framing) {
  std::string out;
  out.reserve(512);
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason(response.status)).append("\r\n");
  if (!response.content_type.empty()) append_line(out, "Content-Type", response.content_type);
  if (framing.length) append_line(out, "Content-Length", std::to_string(*framing.length));
  if (framing.chunked) append_line(out, "Transfer-Encoding", "chunked");
  if (!framing.keep_alive) append_line(out, "Connection", "close");
  for (const auto& [name, value] : response.headers) append_line(out, name, value);
  return out += "\r\n";
}

std::string chunk_of(std::string_view bytes) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16).ptr;
  std::string out;
  out.reserve(bytes.size() + 24);
  out.append(digits.data(), end).append("\r\n").append(bytes).append("\r\n");
  return out;
}

}  // namespace llmtrace::collector::http
