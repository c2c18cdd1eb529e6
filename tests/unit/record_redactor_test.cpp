// A whole span: every text of it passes here, and what comes out is a record that says the same otherwise.
#include "privacy/record_redactor.hpp"

#include "export/repeated_keys.hpp"
#include "export/span_facts.hpp"
#include "support/record_builder.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace llmtrace::privacy {
namespace {

using core::FieldView;
using core::FieldWalk;
using detail::Tag;
using exporting::FieldRange;
using exporting::SpanFacts;
using testing_support::RecordBuilder;

const std::string key = "sk-proj-Ab3_dE-fGh1234567890xyz";
const std::string hidden_key = "[redacted:key]";

class RecordRedaction : public ::testing::Test {
 protected:
  core::RecordView shown(RecordBuilder& record) {
    bytes_ = record.bytes();
    return core::RecordView::parse(redactor_->apply(bytes_)).value();
  }
  bool is_untouched(RecordBuilder& record) {
    bytes_ = record.bytes();
    return redactor_->apply(bytes_).data() == bytes_.data();
  }
  void use(RedactMode mode, RedactOptions options = {}) {
    redactor_ = std::make_unique<RecordRedactor>(make_rules(options, mode));
  }

  std::string bytes_;
  std::unique_ptr<RecordRedactor> redactor_ =
      std::make_unique<RecordRedactor>(make_rules({}, RedactMode::secrets));
};

std::string all_bytes(const core::RecordView& record) {
  std::string all;
  FieldView field;
  for (auto walk = record.fields(); walk.next(field);)
    all.append(field.key).append("=").append(field.bytes) += '\n';
  return all;
}

FieldView named(const core::RecordView& record, Tag tag, std::string_view key_of_field) {
  FieldView field;
  for (FieldRange range{record.fields(), tag}; range.next(field);)
    if (field.key == key_of_field) return field;
  ADD_FAILURE() << "no field " << key_of_field;
  return {};
}

TEST_F(RecordRedaction, leaves_a_clean_record_as_it_is) {
  RecordBuilder record{"chat", SpanKind::llm};
  record.text(Tag::attribute, "prompt", "How late may I check out?").value(Tag::attribute, "top_k", 5);
  EXPECT_TRUE(is_untouched(record));
  record.text(Tag::attribute, "note", "a token, a key, a password");
  EXPECT_TRUE(is_untouched(record)) << "a clue is no secret";
}

TEST_F(RecordRedaction, hides_a_secret_in_every_text_that_a_span_has) {
  for (const Tag tag :
       {Tag::name,           Tag::model,       Tag::provider,    Tag::operation,    Tag::agent_type,
        Tag::input,          Tag::output,      Tag::status,      Tag::error,        Tag::messages,
        Tag::response_model, Tag::response_id, Tag::output_text, Tag::reasoning,    Tag::user_id,
        Tag::session_id,     Tag::release,     Tag::environment, Tag::attribute,    Tag::metadata,
        Tag::parameter,      Tag::trace_tag,   Tag::message,     Tag::finish_reason}) {
    RecordBuilder record{"chat"};
    record.text(tag, "k", "with " + key + " in it");
    const std::string all = all_bytes(shown(record));
    EXPECT_NE(all.find("with " + hidden_key + " in it"), std::string::npos) << static_cast<int>(tag) << all;
    EXPECT_EQ(all.find(key), std::string::npos) << static_cast<int>(tag) << all;
  }
}

TEST_F(RecordRedaction, hides_secrets_in_keys_and_in_notes_of_what_was_cut) {
  RecordBuilder record{"chat"};
  record.text(Tag::attribute, key, "value");
  record.writer().note_truncated(Tag::attribute, key, 70'000);
  record.writer().note_truncated(Tag::output, {}, 80'000);
  const core::RecordView view = shown(record);
  EXPECT_EQ(all_bytes(view).find(key), std::string::npos);
  EXPECT_EQ(named(view, Tag::truncated, hidden_key).uint64(), 70'000U);
  const char output = static_cast<char>(Tag::output);
  EXPECT_EQ(named(view, Tag::truncated, {&output, 1}).int64(), 80'000);
}

TEST_F(RecordRedaction, hides_events_scores_and_nested_values) {
  RecordBuilder record{"chat"};
  auto to = record.writer();
  const auto event =
      to.open(Tag::event, detail::ValueType::object, "retry " + key, detail::FieldWriter::no_limit);
  to.int64(Tag::dead, {}, 4111111111111111);  // a time, whatever it looks like
  to.text(Tag::dead, "reason", "key " + key, 1000);
  to.text(Tag::dead, "password", "hunter2", 1000);
  to.close(event);
  const auto score = to.open(Tag::score, detail::ValueType::object, "quality", detail::FieldWriter::no_limit);
  to.real(Tag::dead, "value", 0.5);
  to.text(Tag::dead, "comment", key, 1000);
  to.close(score);
  record.value(Tag::input, {}, Value{{"a", 1}, {"headers", {{"authorization", "abc"}, {"accept", "json"}}}});
  use(RedactMode::pii);
  const core::RecordView view = shown(record);
  const std::string all = all_bytes(view);
  for (const char* secret : {"Ab3_dE", "hunter2", "abc"})
    EXPECT_EQ(all.find(secret), std::string::npos) << secret;
  EXPECT_NE(all.find("json"), std::string::npos);
  const auto facts = exporting::event_facts(named(view, Tag::event, "retry " + hidden_key));
  EXPECT_EQ(facts.ticks, 4111111111111111);
  EXPECT_EQ(exporting::score_facts(named(view, Tag::score, "quality")).value, 0.5);
}

TEST_F(RecordRedaction, hides_what_a_sensitive_attribute_holds) {
  RecordBuilder record{"chat"};
  record.text(Tag::attribute, "http.request.header.authorization", "abc")
      .text(Tag::metadata, "x-api-key", "0")
      .value(Tag::attribute, "db.password", 1234)
      .value(Tag::attribute, "token", 7)
      .value(Tag::attribute, "has_password", true)
      .text(Tag::attribute, "pass", "letmein")
      .text(Tag::parameter, "session_token", "xyz");
  const core::RecordView view = shown(record);
  for (const char* name : {"http.request.header.authorization", "db.password", "pass"})
    EXPECT_EQ(named(view, Tag::attribute, name).bytes, "[redacted:secret]") << name;
  EXPECT_EQ(named(view, Tag::metadata, "x-api-key").bytes, "[redacted:secret]");
  EXPECT_EQ(named(view, Tag::parameter, "session_token").bytes, "[redacted:secret]");
  EXPECT_EQ(named(view, Tag::attribute, "token").int64(), 7) << "a count is none";
  EXPECT_TRUE(named(view, Tag::attribute, "has_password").boolean());
}

TEST_F(RecordRedaction, finds_each_sensitive_name_when_nothing_else_is_in_the_record) {
  for (const char* name : {"password",
                           "passwd",
                           "pwd",
                           "pass",
                           "passphrase",
                           "passcode",
                           "secret",
                           "client_secret",
                           "api_key",
                           "apiKey",
                           "X-Api-Key",
                           "Authorization",
                           "proxy-authorization",
                           "cookie",
                           "set-cookie",
                           "token",
                           "access_token",
                           "auth",
                           "credentials",
                           "private_key",
                           "bearer"}) {
    RecordBuilder record{"chat"};
    record.text(Tag::attribute, name, "opensesame");
    EXPECT_EQ(named(shown(record), Tag::attribute, name).bytes, "[redacted:secret]") << name;
  }
}

TEST_F(RecordRedaction, keeps_json_valid_and_hides_by_key_and_by_content) {
  RecordBuilder record{"chat"};
  record.value(
      Tag::output, {},
      Value{Json{
          R"({"api_key":{"id":1},"password":12345,"token":null,"list":[{"secret":"s"},"Bearer abc123def456"],)"
          R"("card":4111111111111111,"mail":"a\u0040b.example","logprobs":[{"token":"Hi","logprob":-0.1}],"n":[1.5,true]})"}});
  use(RedactMode::pii);
  EXPECT_EQ(
      SpanFacts{shown(record)}.text(Tag::output),
      R"({"api_key":"[redacted:secret]","password":"[redacted:secret]","token":null,"list":[{"secret":)"
      R"("[redacted:secret]"},"Bearer [redacted:token]"],"card":"[redacted:card]","mail":"[redacted:email]",)"
      R"("logprobs":[{"token":"Hi","logprob":-0.1}],"n":[1.5,true]})");
}

TEST_F(RecordRedaction, reads_text_that_is_json_like_json) {
  RecordBuilder record{"chat"};
  record.text(Tag::input, {}, R"({"password": ["a", "b"], "x": "a\"b", "secret": "q\"r"})");
  EXPECT_EQ(SpanFacts{shown(record)}.text(Tag::input),
            R"({"password": "[redacted:secret]", "x": "a\"b", "secret": "[redacted:secret]"})");
}

TEST_F(RecordRedaction, hides_card_numbers_that_are_numbers) {
  use(RedactMode::pii);
  RecordBuilder record{"chat"};
  record.value(Tag::attribute, "card", std::int64_t{4111111111111111})
      .value(Tag::attribute, "as_real", 4111111111111111.0)
      .value(Tag::attribute, "other", std::int64_t{4111111111111112});
  const core::RecordView view = shown(record);
  EXPECT_EQ(named(view, Tag::attribute, "card").bytes, "[redacted:card]");
  EXPECT_EQ(named(view, Tag::attribute, "as_real").bytes, "[redacted:card]");
  EXPECT_EQ(named(view, Tag::attribute, "other").int64(), 4111111111111112);
}

TEST_F(RecordRedaction, takes_half_a_secret_at_a_cut_for_a_whole_one) {
  use(RedactMode::pii);
  const std::pair<std::string, std::string> tails[] = {
      {"sk-proj-Ab3", "[redacted:key]"},
      {"ghp_16C7e", "[redacted:key]"},
      {"eyJhbGciOi", "[redacted:token]"},
      {"password=hun", "password=[redacted:secret]"},
      {"\"secret\": \"ab c", "\"secret\": \"[redacted:secret]"},
      {"-----BEGIN PRIV", "[redacted:pem]"},
      {"jane@exam", "[redacted:email]"},
      {"4111 1111 1", "[redacted:phone]"},
      {"GB82WEST1234", "[redacted:iban]"},
      {"2001:db8:0:", "[redacted:ip]"},
  };
  for (const auto& [tail, expected] : tails) {
    std::string before(300, '.');
    before += ' ';
    RecordBuilder record{"chat"};
    record.flags(detail::flag_text_cut).text(Tag::output, {}, before + tail);
    EXPECT_EQ(SpanFacts{shown(record)}.text(Tag::output), before + expected) << tail;
  }
}

TEST_F(RecordRedaction, can_differ_for_one_span) {
  RecordBuilder record{"chat"};
  record.text(Tag::input, {}, "a@b.example " + key);
  record.head().redaction = detail::redact_pii;
  EXPECT_EQ(SpanFacts{shown(record)}.text(Tag::input), "[redacted:email] " + hidden_key);
  record.head().redaction = detail::redact_off;
  EXPECT_TRUE(is_untouched(record));
  use(RedactMode::off);
  EXPECT_TRUE(is_untouched(record));
  record.head().redaction = detail::redact_secrets;
  EXPECT_EQ(SpanFacts{shown(record)}.text(Tag::input), "a@b.example " + hidden_key);
}

TEST_F(RecordRedaction, asks_the_hook_with_the_path_to_each_text) {
  std::vector<std::string> asked;
  RedactOptions options;
  options.hook = [&](std::string_view path, std::string_view value) -> std::optional<std::string> {
    asked.push_back(std::string{path} + "=" + std::string{value});
    if (path == "input.messages.0.content") return "\"quoted\"\n" + key;
    if (path == "attributes.empty") return std::string{};
    return std::nullopt;
  };
  use(RedactMode::secrets, options);
  RecordBuilder record{"chat"};
  record.value(Tag::input, {}, Value{Json{R"({"messages":[{"content":"caf\u00e9\n"}],"n":1})"}})
      .text(Tag::attribute, "empty", "x")
      .text(Tag::attribute, "route", "fast");
  const core::RecordView view = shown(record);
  EXPECT_EQ(asked, (std::vector<std::string>{"name=chat", "input.messages.0.content=caf\xC3\xA9\n",
                                             "attributes.empty=x", "attributes.route=fast"}));
  EXPECT_EQ(SpanFacts{view}.text(Tag::input),
            R"({"messages":[{"content":"\"quoted\"\n[redacted:key]"}],"n":1})");
  EXPECT_EQ(named(view, Tag::attribute, "empty").bytes, "");
  EXPECT_EQ(named(view, Tag::attribute, "route").bytes, "fast");
}

TEST_F(RecordRedaction, fails_closed_when_the_hook_throws) {
  RedactOptions options;
  options.hook = [](std::string_view, std::string_view) -> std::optional<std::string> {
    throw std::runtime_error{"no"};
  };
  use(RedactMode::off, options);
  RecordBuilder record{"chat"};
  record.value(Tag::output, {}, Value{Json{R"({"a":"b"})"}});
  const core::RecordView view = shown(record);
  EXPECT_EQ(SpanFacts{view}.text(Tag::name), "[redacted:failed]");
  EXPECT_EQ(SpanFacts{view}.text(Tag::output), R"({"a":"[redacted:failed]"})");
}

}  // namespace
}  // namespace llmtrace::privacy
