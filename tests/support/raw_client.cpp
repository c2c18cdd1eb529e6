#include "support/raw_client.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace llmtrace::testing_support {

RawClient::RawClient(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
  ::close(socket_);
  socket_ = -1;
}

RawClient::~RawClient() {
  if (socket_ >= 0) ::close(socket_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::finish_sending() { ::shutdown(socket_, SHUT_WR); }

bool RawClient::fill() {
  pollfd polled{socket_, POLLIN, 0};
  const auto limit = static_cast<int>(std::chrono::milliseconds{patience}.count());
  if (::poll(&polled, 1, limit) != 1) return false;
  char bytes[65536];
  const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

std::optional<std::string> RawClient::take_line() {
  for (;;) {
    const auto end = buffer_.find("\r\n");
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 2);
      return line;
    }
    if (!fill()) return std::nullopt;
  }
}

bool RawClient::take_body(RawReply& reply) {
  if (reply.headers["transfer-encoding"] == "chunked") {
    for (;;) {
      const auto line = take_line();
      if (!line) return false;
      const std::size_t size = std::strtoul(line->c_str(), nullptr, 16);
      while (buffer_.size() < size + 2)
        if (!fill()) return false;
      reply.body.append(buffer_, 0, size);
      buffer_.erase(0, size + 2);
      if (size == 0) return true;
    }
  }
  const std::size_t size = std::strtoul(reply.headers["content-length"].c_str(), nullptr, 10);
  while (buffer_.size() < size)
    if (!fill()) return false;
  reply.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return true;
}

RawReply RawClient::read_reply(bool head_only) {
  RawReply reply;
  const auto status = take_line();
  if (!status || status->size() < 12) return {};
  reply.status = std::atoi(status->c_str() + 9);
  for (;;) {
    const auto line = take_line();
    if (!line) return {};
    if (line->empty()) break;
    const auto colon = std::min(line->find(": "), line->size());
    std::string name = line->substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return static_cast<char>(std::tolower(c)); });
    reply.headers[name] = line->substr(std::min(colon + 2, line->size()));
  }
  if (reply.status == 100) return reply;
  if (!head_only && reply.status != 204 && reply.status != 304 && !take_body(reply)) return {};
  return reply;
}

std::string RawClient::read_until(std::string_view text) {
  for (;;) {
    const auto at = buffer_.find(text);
    if (at != std::string::npos) {
      std::string found = buffer_.substr(0, at + text.size());
      buffer_.erase(0, at + text.size());
      return found;
    }
    if (!fill()) return std::exchange(buffer_, {});
  }
}

bool RawClient::has_input(std::chrono::milliseconds limit) const {
  pollfd polled{socket_, POLLIN, 0};
  return !buffer_.empty() || ::poll(&polled, 1, static_cast<int>(limit.count())) == 1;
}

bool RawClient::ends() {
  if (!buffer_.empty()) return false;
  pollfd polled{socket_, POLLIN, 0};
  const auto limit = static_cast<int>(std::chrono::milliseconds{patience}.count());
  if (::poll(&polled, 1, limit) != 1) return false;
  char byte = 0;
  return ::recv(socket_, &byte, 1, 0) <= 0;
}

std::string request_text(std::string_view method, std::string_view target, const HeaderLines& headers,
                         std::string_view body) {
  std::string text{method};
  text.append(" ").append(target).append(" HTTP/1.1\r\n");
  const bool names_host = std::any_of(headers.begin(), headers.end(),
                                      [](const std::string& line) { return line.starts_with("Host:"); });
  if (!names_host) text += "Host: localhost\r\n";
  for (const std::string& line : headers) text.append(line).append("\r\n");
  if (!body.empty() || method == "POST" || method == "PATCH")
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

RawReply ask(std::uint16_t port, std::string_view method, std::string_view target, const HeaderLines& headers,
             std::string_view body) {
  RawClient client{port};
  client.send(request_text(method, target, headers, body));
  return client.read_reply(method == "HEAD");
}

}  // namespace llmtrace::testing_support
