// Options that say where traces go: exporters, keys and addresses.
#include "options_outcome.hpp"
#include "support/scoped_environment.hpp"

namespace llmtrace {
namespace {

using ::testing::HasSubstr;

TEST(Options, unknown_exporters_are_refused) {
  for (const char* name : {"htp", "file:", "file", "none,", "http;console", "HTTP"}) {
    const Outcome outcome = run([name](Options& options) {
      options.exporter = name;
      options.exporters.clear();
    });
    EXPECT_EQ(outcome.started, std::string{name} == "none,") << name;
  }
}

// It used to start a tracer that sent to nobody and lost everything unseen.
TEST(Options, a_list_that_names_no_exporter_is_refused) {
  for (const char* list : {",", " ", " , ,", ",,"}) {
    expect_refused([list](Options& options) { options.exporter = list; }, "exporter");
    const testing_support::ScopedEnvironment environment{"TRACER_EXPORTER", list};
    expect_refused({}, "exporter", true);
  }
}

TEST(Options, the_key_has_a_form) {
  for (const char* key : {"secret-key-1", "project-", "project-has space", "project-line\r\nX-Evil: 1",
                          "project-\n", "Project-a", "project-\xc3\xa9", "project-a/b"})
    expect_refused([key](Options& options) { options.api_key = key; }, "API key");
  expect_refused([](Options& options) { options.api_key = "project-" + std::string(101, 'x'); }, "API key");
  expect_refused([](Options& options) { options.api_key = std::string{"project-a\0b", 11}; }, "API key");
  EXPECT_TRUE(run([](Options& options) { options.api_key = "project-" + std::string(100, 'x'); }).started);
}

TEST(Options, a_key_is_never_part_of_a_message) {
  for (const char* key : {"sk-very-secret-123", "project-very secret-123", "project-very-secret-123\r\n"}) {
    const Outcome outcome = run([key](Options& options) { options.api_key = key; });
    for (const std::string& message : outcome.messages)
      EXPECT_EQ(message.find("secret-123"), std::string::npos) << message;
  }
  const Outcome conflict = run([](Options& options) {
    options.api_key = "project-very-secret-123";
    options.project = "other";
  });
  ASSERT_EQ(conflict.messages.size(), 1U);
  EXPECT_EQ(conflict.messages[0].find("secret"), std::string::npos) << conflict.messages[0];
}

TEST(Options, project_and_key_must_agree) {
  expect_refused(
      [](Options& options) {
        options.api_key = "project-a";
        options.project = "b";
      },
      "another project");
  EXPECT_TRUE(run([](Options& options) {
                options.api_key = "project-a";
                options.project = "a";
              }).started);
  for (const char* project : {"has space", "a\nb", "a/b"})
    expect_refused([project](Options& options) { options.project = project; }, "project");
}

void use_http(Options& options, const std::string& url) {
  options.exporters.clear();
  options.exporter = "http";
  options.url = url;
}

TEST(Options, malformed_urls_are_refused_and_not_repeated) {
  for (const char* url : {"", "localhost", "ftp://host", "http://", "http://user:password@host/",
                          "http://host:port/", "http://host/?query=password", "http://ho st/",
                          "http://host:99999/", "https://host\r\n/", "//host", "http:///path"}) {
    if (*url == '\0') continue;
    const Outcome outcome = run([url](Options& options) { use_http(options, url); });
    EXPECT_FALSE(outcome.started) << url;
    ASSERT_EQ(outcome.messages.size(), 1U) << url;
    EXPECT_THAT(outcome.messages[0], HasSubstr("TRACER_URL"));
    EXPECT_EQ(outcome.messages[0].find("password"), std::string::npos);
  }
}

TEST(Options, other_machines_need_tls_and_a_key) {
  const auto with_key = [](const std::string& url) {
    return [url](Options& options) {
      use_http(options, url);
      options.api_key = "project-a";
    };
  };
  expect_refused(with_key("http://example.com"), "https");
  expect_refused([](Options& options) { use_http(options, "https://example.com"); }, "TRACER_API_KEY");
  for (const char* url : {"http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://0.0.0.0",
                          "http://10.0.0.1"})
    expect_refused(with_key(url), "https");
}

}  // namespace
}  // namespace llmtrace
