#include "support/fault_server.hpp"

#include "net/gzip.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <chrono>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace llmtrace::testing_support {
namespace {

using namespace std::chrono_literals;

std::chrono::steady_clock::time_point soon() { return std::chrono::steady_clock::now() + 20s; }

constexpr std::string_view two_spans =
    R"({"spans":[{"trace_id":"t","span_id":"a"},{"trace_id":"t","span_id":"b"}]})";

std::string post(std::string_view body, const std::string& headers = {},
                 const std::string& path = "/api/spans") {
  return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + std::string(body);
}

// A client of raw bytes, because curl would hide what is tested here.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const timeval limit{20, 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  bool connected() const { return connected_; }

  void send(const std::string& bytes) {
    ASSERT_EQ(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  // Up to and including `end`; what came until then when the stream ends first.
  std::string read_until(std::string_view end) {
    std::string text;
    char byte = 0;
    while (text.find(end) == std::string::npos) {
      const auto count = recv(socket_.get(), &byte, 1, 0);
      was_reset_ = count < 0 && errno == ECONNRESET;
      if (count <= 0) break;
      text += byte;
    }
    return text;
  }

  std::string read_to_end() { return read_until("no reply contains this"); }
  bool was_reset() const { return was_reset_; }

 private:
  OwnedSocket socket_;
  bool connected_ = false;
  bool was_reset_ = false;
};

TEST(FaultServer, commits_each_item_and_answers_with_the_count) {
  FaultServer server;
  RawClient client(server.port());
  client.send(post(two_spans));
  EXPECT_NE(client.read_until("}").find(R"({"accepted":2,"rejected":[]})"), std::string::npos);
  EXPECT_EQ(server.oracle().committed_spans(), 2U);
  EXPECT_EQ(server.oracle().spans().at({"t", "a"}).received, 1U);
  EXPECT_TRUE(server.oracle().violations().empty());
}

TEST(FaultServer, keeps_connections_alive) {
  FaultServer server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send(post(two_spans));
    EXPECT_NE(client.read_until("]}").find("200"), std::string::npos);
  }
  EXPECT_EQ(server.connection_count(), 1U);
  EXPECT_EQ(server.oracle().spans().at({"t", "b"}).committed, 3U);
}

TEST(FaultServer, reads_chunked_bodies) {
  FaultServer server;
  RawClient client(server.port());
  client.send("POST /api/spans HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n" +
              std::string(two_spans.substr(0, 10)) + "\r\n");
  const auto rest = std::string(two_spans.substr(10));
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", rest.size());
  client.send(size + rest + "\r\n0\r\n\r\n");
  client.read_until("]}");
  EXPECT_EQ(server.oracle().committed_spans(), 2U);
}

TEST(FaultServer, reads_gzip_bodies) {
  FaultServer server;
  RawClient client(server.port());
  const std::string_view pieces[] = {two_spans.substr(0, 5), two_spans.substr(5)};
  client.send(post(*net::gzip(pieces), "Content-Encoding: gzip\r\n"));
  client.read_until("]}");
  EXPECT_EQ(server.oracle().committed_spans(), 2U);
  EXPECT_EQ(server.oracle().requests().front().body, two_spans);
}

TEST(FaultServer, invites_a_body_that_waits_for_100_continue) {
  FaultServer server;
  RawClient client(server.port());
  client.send("POST /api/spans HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(R"({"spans":[]})");
  EXPECT_NE(client.read_until("]}").find("200"), std::string::npos);
}

TEST(FaultServer, reports_what_is_not_strict_json) {
  FaultServer server;
  RawClient client(server.port());
  for (const std::string body :
       {"{\"spans\":[NaN]}", "{\"spans\":[\"\xff\"]}", "{\"spans\":[\"\xed\xa0\x80\"]}", "{\"spans\":[],}",
        "{\"spans\":[]} x", "{\"spans\":[\"\x01\"]}"}) {
    client.send(post(body));
    EXPECT_NE(client.read_until("}").find("422"), std::string::npos) << body;
  }
  EXPECT_EQ(server.oracle().violations().size(), 6U);
}

TEST(FaultServer, reports_an_item_without_its_ids) {
  FaultServer server;
  RawClient client(server.port());
  client.send(post(R"({"spans":[{"trace_id":"t"}]})"));
  client.read_until("]}");
  EXPECT_FALSE(server.oracle().violations().empty());
}

TEST(FaultServer, rejects_items_by_index) {
  FaultServer server;
  server.enqueue(reject_items({1, 7}));
  RawClient client(server.port());
  client.send(post(two_spans));
  const auto reply = client.read_until("]}");
  EXPECT_NE(reply.find(R"("accepted":1)"), std::string::npos);
  EXPECT_NE(reply.find(R"("index":1)"), std::string::npos);
  EXPECT_EQ(reply.find(R"("index":7)"), std::string::npos);
  EXPECT_EQ(server.oracle().spans().at({"t", "b"}).committed, 0U);
}

TEST(FaultServer, plays_the_queue_before_the_script) {
  FaultServer server;
  server.otherwise(reply(404));
  server.enqueue(reply(503, {{"Retry-After", "3"}}), 2);
  RawClient client(server.port());
  for (const char* status : {" 503 ", " 503 ", " 404 ", " 404 "}) {
    client.send(post("{}"));
    EXPECT_NE(client.read_until("\r\n\r\n").find(status), std::string::npos);
  }
}

TEST(FaultServer, loses_the_reply_of_a_committed_batch) {
  FaultServer server;
  server.enqueue(lose_reply());
  RawClient client(server.port());
  client.send(post(two_spans));
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(server.oracle().committed_spans(), 2U);
}

TEST(FaultServer, resets_before_and_after_reading) {
  FaultServer server;
  server.enqueue(reset_before_reading());
  server.enqueue(reset_after_reading());
  for (const std::size_t seen : {0U, 1U}) {
    RawClient client(server.port());
    client.send(post(two_spans));
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_TRUE(client.was_reset());
    EXPECT_EQ(server.oracle().request_count(), seen);
  }
}

TEST(FaultServer, hangs_until_released) {
  FaultServer server;
  server.enqueue(hang());
  RawClient client(server.port());
  client.send(post(two_spans));
  ASSERT_TRUE(server.oracle().wait_for([](const Oracle& o) { return o.request_count() == 1; }, soon()));
  EXPECT_EQ(server.oracle().committed_spans(), 0U);
  server.release();
  EXPECT_NE(client.read_until("]}").find(R"("accepted":2)"), std::string::npos);
}

TEST(FaultServer, ends_while_requests_hang_and_replies_never_end) {
  FaultServer server;
  server.enqueue(hang());
  server.enqueue(endless_reply());
  RawClient first(server.port());
  first.send(post(two_spans));
  ASSERT_TRUE(server.oracle().wait_for([](const Oracle& o) { return o.request_count() == 1; }, soon()));
  RawClient second(server.port());
  second.send(post(two_spans));
  EXPECT_EQ(second.read_until("xxxx").substr(0, 15), "HTTP/1.1 200 OK");
}

TEST(FaultServer, cuts_a_reply_and_drips_one) {
  FaultServer server;
  server.enqueue(drip());
  server.enqueue(cut_reply());
  RawClient client(server.port());
  client.send(post(two_spans));
  EXPECT_NE(client.read_until("]}").find(R"("accepted":2)"), std::string::npos);
  client.send(post(two_spans));
  EXPECT_EQ(client.read_to_end().find("]}"), std::string::npos);
}

TEST(FaultServer, closes_a_kept_connection_after_the_reply) {
  FaultServer server;
  server.enqueue(accept().then_close());
  RawClient client(server.port());
  client.send(post(two_spans));
  EXPECT_NE(client.read_to_end().find(R"("accepted":2)"), std::string::npos);
}

TEST(FaultServer, wait_for_gives_up_at_its_deadline) {
  FaultServer server;
  const auto now = std::chrono::steady_clock::now();
  EXPECT_FALSE(server.oracle().wait_for([](const Oracle&) { return false; }, now));
}

TEST(FaultySockets, a_refused_port_refuses) { EXPECT_FALSE(RawClient(refused_port()).connected()); }

TEST(FaultySockets, a_black_hole_neither_accepts_nor_refuses) {
  BlackHole hole;
  OwnedSocket client(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(hole.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), -1);
  EXPECT_EQ(errno, EINPROGRESS);
  pollfd wait{client.get(), POLLOUT, 0};
  EXPECT_EQ(poll(&wait, 1, 1500), 0) << "longer than the first repeat of the SYN";
}

TEST(FaultySockets, a_mute_server_accepts_and_says_nothing) {
  MuteServer server;
  RawClient client(server.port());
  EXPECT_TRUE(client.connected());
}

}  // namespace
}  // namespace llmtrace::testing_support
