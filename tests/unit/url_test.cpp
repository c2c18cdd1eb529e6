#include "net/url.hpp"

#include "net/proxy.hpp"

#include <gtest/gtest.h>

namespace llmtrace::net {
namespace {

TEST(Url, takes_an_address_apart) {
  const auto url = parse_url("HTTPS://Traces.Example.com:8443/team/a/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "traces.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->base_path, "/team/a");
  EXPECT_FALSE(url->is_loopback);
}

TEST(Url, fills_in_the_port_of_the_scheme) {
  EXPECT_EQ(parse_url("http://a")->port, 80);
  EXPECT_EQ(parse_url("https://a/")->port, 443);
}

TEST(Url, trims_all_trailing_slashes) {
  EXPECT_EQ(parse_url("http://a")->base_path, "");
  EXPECT_EQ(parse_url("http://a///")->base_path, "");
  EXPECT_EQ(parse_url("http://a/b//")->base_path, "/b");
}

TEST(Url, reads_bracketed_ipv6) {
  const auto url = parse_url("http://[2001:DB8::1]:81/x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "2001:db8::1");
  EXPECT_EQ(url->port, 81);
  EXPECT_EQ(to_string(*url), "http://[2001:db8::1]:81/x");
}

class Loopback : public testing::TestWithParam<const char*> {};
TEST_P(Loopback, is_recognized) { EXPECT_TRUE(parse_url(GetParam())->is_loopback); }
INSTANTIATE_TEST_SUITE_P(Url, Loopback,
                         testing::Values("http://localhost:8001", "http://LOCALHOST", "http://a.localhost",
                                         "http://127.0.0.1", "http://127.255.3.4:1", "http://[::1]:8001",
                                         "http://[0:0:0:0:0:0:0:1]"));

class NotLoopback : public testing::TestWithParam<const char*> {};
TEST_P(NotLoopback, is_another_machine) { EXPECT_FALSE(parse_url(GetParam())->is_loopback); }
INSTANTIATE_TEST_SUITE_P(Url, NotLoopback,
                         testing::Values("http://127.0.0.1.example.com", "http://localhost.com",
                                         "http://notlocalhost", "http://127.1", "http://0x7f.0.0.1",
                                         "http://2130706433", "http://[::2]", "http://0.0.0.0",
                                         "http://128.0.0.1", "http://localhost."));

class BadUrl : public testing::TestWithParam<std::string> {};
TEST_P(BadUrl, is_refused) { EXPECT_FALSE(parse_url(GetParam())) << GetParam(); }
INSTANTIATE_TEST_SUITE_P(
    Url, BadUrl,
    testing::Values("", "http://", "http:///x", "localhost:8001", "ftp://a", "file:///etc/passwd", "://a",
                    "http:/a", "http://user@a", "http://user:pass@a/", "http://a b", " http://a", "http://a ",
                    "http://a\r\nX: y", "http://a/\r\nX: y", "http://a/x y", "http://a/x\ty",
                    std::string("http://a\0b", 10), std::string("http://127.0.0.1\0", 17),
                    "http://a:", "http://a:0", "http://a:65536", "http://a:-1", "http://a:+1", "http://a:8x",
                    "http://a:1:2", "http://a?x=1", "http://a/?x=1", "http://a/#f", "http://[::1",
                    "http://::1", "http://[::1]x", "http://[::g]", "http://[]", "http://[127.0.0.1]",
                    "http://[fe80::1%25eth0]", "http://a..b", "http://.a", "http://-a", "http://a\\b",
                    "http://\xc3\xa4", "http://a/\xc3\xa4", "http://a\x7f",
                    "http://" + std::string(254, 'a')));

TEST(Proxy, belongs_to_the_scheme_and_falls_back_to_all) {
  const ProxySettings settings{"http://h:1", "http://s:2", "http://a:3", ""};
  EXPECT_EQ(proxy_for(settings, *parse_url("http://example.com")), "http://h:1");
  EXPECT_EQ(proxy_for(settings, *parse_url("https://example.com")), "http://s:2");
  const ProxySettings only_all{"", "", "http://a:3", ""};
  EXPECT_EQ(proxy_for(only_all, *parse_url("https://example.com")), "http://a:3");
}

TEST(Proxy, never_stands_between_us_and_loopback) {
  const ProxySettings settings{"http://h:1", "http://h:1", "http://h:1", ""};
  EXPECT_EQ(proxy_for(settings, *parse_url("http://localhost:8001")), "");
}

}  // namespace
}  // namespace llmtrace::net
