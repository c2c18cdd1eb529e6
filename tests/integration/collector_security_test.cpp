// Who may ask what: hosts, origins, methods, keys and projects.
#include "support/collector_fixture.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sys/stat.h>

namespace llmtrace::testing_support {
namespace {

using collector::access::Keys;
using ::testing::HasSubstr;

class CollectorSecurity : public CollectorTest {
 protected:
  int status(std::string_view method, std::string_view target, const HeaderLines& headers,
             std::string_view body = {}) const {
    return ask(port(), method, target, headers, body).status;
  }

  static collector::ServiceOptions with_keys() {
    const auto digest = [](std::string_view key) {
      std::string hex;
      for (const unsigned byte : collector::access::sha256(key)) {
        constexpr char digits[] = "0123456789abcdef";
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
      }
      return hex;
    };
    collector::ServiceOptions options;
    options.keys = std::get<Keys>(
        Keys::parse("# keys\n\na " + digest("key of a") + "\nb\t" + digest("key of b") + "\n"));
    return options;
  }
};

TEST_F(CollectorSecurity, hashes_as_everybody_does) {
  const auto hex = [](std::string_view text) {
    std::string out;
    for (const unsigned byte : collector::access::sha256(text)) {
      constexpr char digits[] = "0123456789abcdef";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
    return out;
  };
  EXPECT_EQ(hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_F(CollectorSecurity, answers_only_to_its_own_names) {
  start();
  for (const char* host : {"localhost", "localhost:8001", "LOCALHOST", "127.0.0.1", "127.0.0.1:80", "[::1]",
                           "[::1]:9", "localhost."})
    EXPECT_EQ(status("GET", "/health", {std::string{"Host: "} + host}), 200) << host;
  for (const char* host :
       {"evil.example", "evil.example:8001", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2",
        "192.168.0.1", "", "localhost:x", "[::1", "[::2]", "localhost@evil", "a b"})
    EXPECT_EQ(status("GET", "/health", {std::string{"Host: "} + host}), 421) << host;
}

TEST_F(CollectorSecurity, answers_to_a_name_that_it_was_given) {
  collector::ServiceOptions options;
  options.host_names = {"Traces.example"};
  start(std::move(options));
  EXPECT_EQ(status("GET", "/health", {"Host: traces.example:8001"}), 200);
  EXPECT_EQ(status("GET", "/health", {"Host: other.example"}), 421);
}

TEST_F(CollectorSecurity, refuses_what_another_sites_page_sends) {
  start();
  const std::string host = "Host: localhost:8001";
  for (const char* origin :
       {"http://evil.example", "null", "http://localhost:9000", "http://localhost", "file://"})
    EXPECT_EQ(status("GET", "/api/v1/projects", {host, std::string{"Origin: "} + origin}), 403) << origin;
  for (const char* site : {"cross-site", "same-site", "nonsense"})
    EXPECT_EQ(status("GET", "/api/v1/projects", {host, std::string{"Sec-Fetch-Site: "} + site}), 403) << site;
  EXPECT_EQ(status("GET", "/api/v1/projects",
                   {host, "Origin: http://localhost:8001", "Sec-Fetch-Site: same-origin"}),
            200);
  EXPECT_EQ(status("GET", "/api/v1/projects", {host, "Sec-Fetch-Site: none"}), 200);
}

TEST_F(CollectorSecurity, lets_a_link_lead_to_the_viewer_but_not_to_data) {
  start();
  const HeaderLines navigation{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"};
  EXPECT_EQ(status("GET", "/", navigation), 200);
  EXPECT_EQ(status("GET", "/api/v1/projects", navigation), 403);
}

TEST_F(CollectorSecurity, answers_no_preflight) {
  start();
  const RawReply reply = ask(port(), "OPTIONS", "/api/spans",
                             {"Origin: http://evil.example", "Access-Control-Request-Method: POST"});
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(status("OPTIONS", "/api/spans", {}), 405);
  EXPECT_FALSE(reply.headers.contains("access-control-allow-origin"));
}

TEST_F(CollectorSecurity, sends_strict_headers_with_every_answer) {
  start();
  for (const char* target :
       {"/", "/health", "/nothing", "/api/v1/projects", "/api/v1/traces", "/api/stats"}) {
    const auto headers = ask(port(), "GET", target).headers;
    EXPECT_EQ(headers.at("x-content-type-options"), "nosniff") << target;
    EXPECT_THAT(headers.at("content-security-policy"), HasSubstr("default-src 'none'")) << target;
    EXPECT_THAT(headers.at("content-security-policy"), HasSubstr("frame-ancestors 'none'")) << target;
    EXPECT_FALSE(headers.contains("access-control-allow-origin")) << target;
  }
  EXPECT_EQ(ask(port(), "GET", "/health").headers.at("cache-control"), "no-store");
}

TEST_F(CollectorSecurity, writes_by_no_other_method) {
  start();
  const std::string body =
      R"({"spans":[{"trace_id":"11111111111111111111111111111111","span_id":"1111111111111111"}]})";
  const HeaderLines headers{"X-API-Key: project-p", "Content-Type: application/json"};
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW"})
    EXPECT_NE(status(method, "/api/spans", headers, body), 200) << method;
  EXPECT_EQ(get("/api/stats", "p").body["total_spans"], 0);
}

TEST_F(CollectorSecurity, finds_nothing_outside_of_its_routes) {
  start();
  for (const char* target : {"/nothing", "/api", "/api/", "/api/nothing", "/api/v1", "/api/v1/traces/",
                             "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd",
                             "/api/v1/traces/../../x", "//", "/api//traces", "/healthz/x", "/%00", "/%zz"}) {
    const int answered = status("GET", target, {"X-API-Key: project-p"});
    EXPECT_THAT(answered, ::testing::AnyOf(404, 400)) << target;
  }
}

TEST_F(CollectorSecurity, with_keys_tells_nothing_without_one) {
  start(with_keys());
  const std::string id(32, '1');
  for (const std::string target :
       {"/api/traces", "/api/stats", "/api/v1/traces?project=a", "/api/v1/projects", "/api/v1/status",
        "/metrics", "/api/v1/live?project=a", "/api/v1/export?project=a", "/api/v1/filter",
        "/api/v1/sessions?project=a"}) {
    EXPECT_EQ(status("GET", target, {}), 401) << target;
    EXPECT_EQ(status("GET", target, {"X-API-Key: project-a"}), 401) << target;
    EXPECT_EQ(status("GET", target, {"X-API-Key: "}), 401) << target;
    EXPECT_EQ(status("GET", target, {"Authorization: Bearer key of c"}), 401) << target;
  }
  for (const char* target : {"/", "/health", "/healthz", "/readyz"})
    EXPECT_EQ(status("GET", target, {}), 200) << target;
}

TEST_F(CollectorSecurity, with_keys_opens_one_project_and_no_other) {
  start(with_keys());
  const std::string trace(32, '1');
  const std::string span(16, '2');
  const std::string body =
      R"({"spans":[{"trace_id":")" + trace + R"(","span_id":")" + span + R"(","name":"secret"}]})";
  const HeaderLines a{"X-API-Key: key of a", "Content-Type: application/json"};
  const HeaderLines b{"X-API-Key: key of b", "Content-Type: application/json"};
  ASSERT_EQ(status("POST", "/api/spans", a, body), 200);
  const std::vector<std::string> targets{"/api/traces/" + trace, "/api/v1/traces/" + trace,
                                         "/api/v1/traces/" + trace + "/spans/" + span,
                                         "/api/v1/export?trace_id=" + trace};
  for (const std::string& target : targets) {
    EXPECT_EQ(status("GET", target, a), 200) << target;
    EXPECT_EQ(status("GET", target, b), 404) << target;
    const std::string named = target + (target.find('?') == std::string::npos ? "?project=a" : "&project=a");
    if (target.find("/v1/") != std::string::npos) {
      EXPECT_EQ(status("GET", named, b), 403) << named;
    }
  }
  for (const char* target :
       {"/api/traces", "/api/stats", "/api/v1/traces", "/api/v1/sessions", "/api/v1/projects",
        "/api/v1/facets?field=name", "/api/v1/facets?field=span_name", "/api/v1/export",
        "/api/v1/traces?q=secret", "/api/v1/totals", "/api/v1/series?group=name&from=0"})
    EXPECT_EQ(ask(port(), "GET", target, b).body.find("secret"), std::string::npos) << target;
  const std::string complete = "/api/spans/" + span + "/complete";
  EXPECT_EQ(status("PATCH", complete, b, R"({"error":"overwritten"})"), 404);
  ASSERT_EQ(status("POST", "/api/spans", b, body), 200);  // the same ids, another thing
  EXPECT_EQ(json_of(ask(port(), "GET", "/api/stats", a)).body["total_spans"], 1);
  EXPECT_EQ(json_of(ask(port(), "GET", "/api/stats", b)).body["total_spans"], 1);
}

TEST_F(CollectorSecurity, wants_keys_where_other_machines_could_reach_it) {
  collector::ServiceOptions open;
  open.http.address = "0.0.0.0";
  EXPECT_THROW(start(open), std::runtime_error);
  collector::ServiceOptions keyed = with_keys();
  keyed.http.address = "0.0.0.0";
  start(std::move(keyed));
  EXPECT_EQ(status("GET", "/health", {"Host: 192.168.7.7:8001"}), 200);
  EXPECT_EQ(status("GET", "/health", {"Host: evil.example"}), 421);
}

TEST_F(CollectorSecurity, reads_only_key_files_that_are_its_own) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("keys");
  std::ofstream{file} << "a " << std::string(64, 'a') << "\n";
  ::chmod(file.c_str(), 0600);
  EXPECT_TRUE(std::holds_alternative<Keys>(Keys::load(file)));
  ::chmod(file.c_str(), 0666);
  EXPECT_TRUE(std::holds_alternative<std::string>(Keys::load(file)));
  EXPECT_TRUE(std::holds_alternative<std::string>(Keys::load(directory.file("missing"))));
  EXPECT_TRUE(std::holds_alternative<std::string>(Keys::load(directory.path().string())));
  for (const char* text : {"", "# only\n", "a\n", "a xyz\n", "a b/c\n"})
    EXPECT_TRUE(std::holds_alternative<std::string>(Keys::parse(text))) << text;
}

TEST_F(CollectorSecurity, survives_filters_and_parameters_made_to_break_a_database) {
  start();
  const char* attacks[] = {"'",
                           "\"",
                           "';DROP TABLE span;--",
                           "1 OR 1=1",
                           "name:'",
                           "((((((((",
                           "))))",
                           "a:b:c:d",
                           "\xef\xbf\xbd",
                           "name:*",
                           "*",
                           "NOT NOT NOT",
                           "OR OR",
                           "cost>1e999",
                           "latency>-1",
                           "\\",
                           "NEAR(a b)",
                           "a AND b*",
                           "\"unclosed",
                           "%",
                           "_",
                           "{",
                           "text MATCH 'x'"};
  for (const char* attack : attacks) {
    std::string encoded;
    for (const char* c = attack; *c != '\0'; ++c) {
      char digits[4];
      std::snprintf(digits, sizeof digits, "%%%02X", static_cast<unsigned char>(*c));
      encoded += digits;
    }
    for (const std::string parameter :
         {"q", "text", "name", "tag", "user", "model", "status", "from", "cursor", "sort"}) {
      const int answered = status("GET", "/api/v1/traces?project=p&" + parameter + "=" + encoded, {});
      EXPECT_THAT(answered, ::testing::AnyOf(200, 422)) << parameter << "=" << attack;
    }
  }
}

}  // namespace
}  // namespace llmtrace::testing_support
