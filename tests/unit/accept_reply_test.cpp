#include "export/accept_reply.hpp"

#include <gtest/gtest.h>

#include <string>

namespace llmtrace::exporting {
namespace {

void expect_counts(const std::string& body, std::size_t items, std::size_t accepted) {
  const auto reply = parse_accept_reply(body, items);
  ASSERT_TRUE(reply) << body;
  EXPECT_EQ(reply->accepted, accepted) << body;
  EXPECT_EQ(reply->accepted + reply->rejected, items) << body;
}

TEST(AcceptReply, reads_the_counts_of_the_service) {
  expect_counts(R"({"accepted":3,"rejected":[]})", 3, 3);
  expect_counts(R"({"accepted":1,"rejected":[{"index":0,"error":"a"},{"index":2,"error":"b"}]})", 3, 1);
  expect_counts(" {\r\n\t\"rejected\" : [ ] , \"accepted\" : 3 } \n", 3, 3);
}

TEST(AcceptReply, needs_no_list_of_rejects) {
  expect_counts(R"({"accepted":3})", 3, 3);
  expect_counts(R"({"accepted":3,"rejected":null})", 3, 3);
  expect_counts(R"({"accepted":3,"rejected":0})", 3, 3);
}

TEST(AcceptReply, skips_members_it_does_not_know) {
  expect_counts(R"({"v":{"accepted":9,"a":[1,{"x":"]}"}]},"t":true,"n":-1.5e3,"accepted":2,"z":"\"}"})", 2,
                2);
  expect_counts(R"({"accepted":1,"rejected":[{"error":{"deep":[1]},"index":1,"index2":0}]})", 2, 1);
}

TEST(AcceptReply, trusts_neither_indices_nor_counts) {
  expect_counts(R"({"accepted":99,"rejected":[]})", 3, 3);
  expect_counts(R"({"accepted":3,"rejected":[{"index":0},{"index":0},{"index":77}]})", 3, 2);
  expect_counts(R"({"accepted":3,"rejected":[0,1]})", 3, 1);
  expect_counts(R"({"accepted":3,"rejected":[{"index":"0"},{"index":-1},{},"x"]})", 3, 3);
}

TEST(AcceptReply, counts_items_that_nobody_claimed_as_rejected) {
  expect_counts(R"({"accepted":1,"rejected":[]})", 3, 1);
  expect_counts(R"({"accepted":0})", 3, 0);
}

TEST(AcceptReply, refuses_everything_else) {
  for (const std::string body : {"",
                                 " ",
                                 "null",
                                 "3",
                                 "[]",
                                 "{}",
                                 R"({"accepted":null})",
                                 R"({"accepted":"3"})",
                                 R"({"accepted":-1})",
                                 R"({"accepted":1.5})",
                                 R"({"accepted":99999999999999999999999})",
                                 R"({"accepted":3)",
                                 R"({"accepted":3,)",
                                 R"({"accepted":3,"rejected":[)",
                                 R"({"accepted":3,"rejected":[{"index":1})",
                                 R"({"accepted":3}x)",
                                 R"({"accepted":3}{})",
                                 R"({"accepted":3,"a":[}]})",
                                 R"({"accepted":3,"a":nope})",
                                 R"({"accepted":3,"a":"open})",
                                 R"({accepted:3})",
                                 R"({"accepted" 3})",
                                 "<html>{\"accepted\":3}</html>",
                                 "\x1f\x8b\x08"}) {
    EXPECT_FALSE(parse_accept_reply(body, 3)) << body;
  }
}

TEST(AcceptReply, refuses_every_truncation_of_a_good_reply) {
  const std::string whole = R"({"rejected":[{"index":1,"error":"a\"b"}],"x":[1,{"y":2}],"accepted":2})";
  expect_counts(whole, 3, 2);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_accept_reply(whole.substr(0, size), 3)) << size;
  }
}

TEST(AcceptReply, survives_depth) {
  expect_counts(R"({"accepted":1,"a":)" + std::string(64, '[') + std::string(64, ']') + "}", 1, 1);
  EXPECT_FALSE(parse_accept_reply(R"({"accepted":1,"a":)" + std::string(60000, '['), 1));
}

}  // namespace
}  // namespace llmtrace::exporting
