// What is hidden in a text, and what is not. The secrets here are made up; their shapes are the providers'.
#include "privacy/match.hpp"
#include "privacy/record_redactor.hpp"
#include <llmtrace/redact.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace llmtrace {
namespace {

std::string secrets(std::string_view text) { return redact(text, RedactMode::secrets); }
std::string pii(std::string_view text) { return redact(text, RedactMode::pii); }

struct Shape {
  const char* name;
  std::string secret;
  std::string shown;
};

std::vector<Shape> keys() {
  const std::string key = "[redacted:key]";
  const std::string token = "[redacted:token]";
  return {
      {"openai", "sk-abcdEFGH1234ijklMNOP5678qrstUVWX9012yzabCDEF3456", key},
      {"openai_project", "sk-proj-Ab3_dE-fGh1234567890xyzXYZ", key},
      {"openai_service", "sk-svcacct-0123456789abcdef", key},
      {"anthropic", "sk-ant-api03-Zx9_yW8vU7tS6rQ5pO4nM3lK2jI1hG0-AAAA", key},
      {"openrouter", "sk-or-v1-0123456789abcdef0123456789abcdef", key},
      {"google", "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", key},
      {"google_oauth", "ya29.a0AfH6SMBx-1234567890abcdef", key},
      {"aws_id", "AKIAIOSFODNN7EXAMPLE", key},
      {"github", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", key},
      {"github_fine", "github_pat_11ABCDEFG0abcdefghijklm_nopqrstuvwxyz0123456789", key},
      {"github_server", "ghs_16C7e42F292c6912E7710c838347Ae178B4a", key},
      {"gitlab", "glpat-Ab12Cd34Ef56Gh78Ij90", key},
      {"slack_bot", "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx", key},
      {"slack_app", "xapp-1-A0123456789-1234567890123-abcdef0123456789", key},
      {"hugging_face", "hf_AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh", key},
      {"groq", "gsk_AbCdEfGhIjKlMnOpQrStWGdyb3FYAbCdEfGhIjKlMnOpQrSt", key},
      {"xai", "xai-AbCd1234EfGh5678IjKl9012MnOp3456", key},
      {"stripe", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", key},
      {"stripe_restricted", "rk_test_4eC39HqLyjWDarjtT1zdp7dc", key},
      {"stripe_hook", "whsec_AbCdEfGhIjKlMnOpQrStUvWx", key},
      {"perplexity", "pplx-0123456789abcdef0123456789abcdef", key},
      {"nvidia", "nvapi-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789", key},
      {"replicate", "r8_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789a", key},
      {"sendgrid", "SG.AbCdEfGhIjKlMnOpQrStUv.WxYz0123456789AbCdEfGhIjKl", key},
      {"npm", "npm_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789", key},
      {"langsmith", "lsv2_pt_0123456789abcdef0123456789abcdef_0123456789", key},
      {"jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
       token},
  };
}

TEST(RedactText, hides_the_keys_of_the_providers_wherever_they_stand) {
  for (const Shape& shape : keys()) {
    EXPECT_EQ(secrets(shape.secret), shape.shown) << shape.name;
    EXPECT_EQ(secrets("use " + shape.secret + ", please"), "use " + shape.shown + ", please") << shape.name;
    EXPECT_EQ(secrets("(" + shape.secret + ")\n"), "(" + shape.shown + ")\n") << shape.name;
    EXPECT_EQ(secrets("Is it " + shape.secret + "."), "Is it " + shape.shown + ".") << shape.name;
    const std::string far = std::string(1000, 'x') + ' ' + shape.secret + ' ' + std::string(1000, 'y');
    EXPECT_EQ(secrets(far), std::string(1000, 'x') + ' ' + shape.shown + ' ' + std::string(1000, 'y'))
        << shape.name;
  }
}

TEST(RedactText, finds_a_key_at_every_place_of_a_block) {
  const std::string key = "sk-proj-Ab3_dE-fGh1234567890xyz";
  for (std::size_t before = 0; before < 140; ++before) {
    const std::string text = std::string(before, '.') + key + std::string(before % 37, ' ');
    EXPECT_EQ(secrets(text), std::string(before, '.') + "[redacted:key]" + std::string(before % 37, ' '));
  }
}

TEST(RedactText, hides_both_halves_of_an_aws_key) {
  EXPECT_EQ(secrets("AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY done"),
            "[redacted:key] done");
  EXPECT_EQ(secrets("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            "aws_secret_access_key = [redacted:secret]");
}

TEST(RedactText, hides_a_pem_block_as_one) {
  const std::string pem =
      "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nabc+/=\n-----END RSA PRIVATE KEY-----";
  EXPECT_EQ(secrets("key:\n" + pem + "\nend"), "key:\n[redacted:pem]\nend");
  EXPECT_EQ(secrets("-----BEGIN CERTIFICATE-----\nMIIB"), "[redacted:pem]") << "without an end";
  EXPECT_EQ(secrets("----- BEGIN of a chapter -----"), "----- BEGIN of a chapter -----");
}

TEST(RedactText, hides_what_is_secret_for_its_name) {
  const std::pair<const char*, const char*> cases[] = {
      {"Authorization: Bearer abc123def456", "Authorization: [redacted:secret]"},
      {"authorization: Basic dXNlcjpwYXNz", "authorization: [redacted:secret]"},
      {"-H 'X-Api-Key: 0f1e2d3c'", "-H 'X-Api-Key: [redacted:secret]'"},
      {"Cookie: session=abc; theme=dark\nHost: x", "Cookie: [redacted:secret]\nHost: x"},
      {"api_key=abc123&model=gpt-4o", "api_key=[redacted:secret]&model=gpt-4o"},
      {"https://x.test/v1?apikey=abc123", "https://x.test/v1?apikey=[redacted:secret]"},
      {R"({"password": "hunter2", "user": "ada"})", R"({"password": "[redacted:secret]", "user": "ada"})"},
      {"password = 'hun ter2' # old", "password = '[redacted:secret]' # old"},
      {"DB_PASSWORD=hunter2", "DB_PASSWORD=[redacted:secret]"},
      {"OPENAI_API_KEY=abc", "OPENAI_API_KEY=[redacted:secret]"},
      {"client_secret: s3cr3t", "client_secret: [redacted:secret]"},
      {"pass: letmein", "pass: [redacted:secret]"},
      {"login --password hunter2 --verbose", "login --password [redacted:secret] --verbose"},
      {"<password>hunter2</password>", "<password>[redacted:secret]</password>"},
      {"headers[\"x-api-key\"] = \"abc\"", "headers[\"x-api-key\"] = \"[redacted:secret]\""},
      {"access_token=ya0123456789", "access_token=[redacted:secret]"},
      {"the token is sent as Bearer abc123def456.", "the token is sent as Bearer [redacted:token]."},
      {"postgres://app:s3cr3t@db.test/main", "postgres://app:[redacted:secret]@db.test/main"},
      {"https://acc.blob.test/a?sv=1&sig=abc%2Bdef", "https://acc.blob.test/a?sv=1&sig=[redacted:secret]"},
      {"passphrase: 'correct horse'", "passphrase: '[redacted:secret]'"},
  };
  for (const auto& [text, shown] : cases) EXPECT_EQ(secrets(text), shown) << text;
}

TEST(RedactText, leaves_harmless_text_alone) {
  const char* const harmless[] = {
      "The guest asks whether the \"late check-out\" also holds for the second room.",
      "max_tokens: 512, total_tokens=88, first_token after 0.3 s, eos_token: </s>",
      "{\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3},\"max_token\":5}",
      "Set the password in the settings. A token is about four letters.",
      "task-force, risk-averse, desk_lamp, ask_me, sk-learn, hf_hub, github_actions",
      "api_key: null, token: none, password: ${PASSWORD}",
      "std::string key = map[\"key\"]; keys = tokens();",
      "bearer certificates, Bearer of bad news",
      "AKIA, AIza and eyJ are how keys begin; sk-... is another",
      "git@github.com:user/repo.git and http://localhost:8001/path",
      "-----BEGIN-----",
      "",
  };
  for (const char* text : harmless) EXPECT_EQ(secrets(text), text);
}

TEST(RedactText, hides_personal_data_only_where_it_is_asked_to) {
  const std::pair<const char*, const char*> cases[] = {
      {"write to ada.lovelace+x@example.co.uk.", "write to [redacted:email]."},
      {"mail=ada%40example.com&x", "mail=[redacted:email]&x"},
      {"call +49 (30) 901820-77 now", "call [redacted:phone] now"},
      {"call 0049 30 901820 now", "call [redacted:phone] now"},
      {"call (555) 123-4567 now", "call [redacted:phone] now"},
      {"call 555.123.4567 or 1-800-555-0199", "call [redacted:phone] or [redacted:phone]"},
      {"ring 030 9018 2077, or 06 12 34 56 78", "ring [redacted:phone], or [redacted:phone]"},
      {"card 4111 1111 1111 1111 ok", "card [redacted:card] ok"},
      {"card 378282246310005, 5555-5555-5555-4444", "card [redacted:card], [redacted:card]"},
      {"IBAN DE89 3704 0044 0532 0130 00.", "IBAN [redacted:iban]."},
      {"GB82WEST12345698765432", "[redacted:iban]"},
      {"from 192.168.1.17:8080", "from [redacted:ip]:8080"},
      {"from 2001:db8::ff00:42:8329 to fe80::1", "from [redacted:ip] to [redacted:ip]"},
      {"::ffff:192.168.1.1", "[redacted:ip]"},
      {"SSN 123-45-6789", "SSN [redacted:ssn]"},
  };
  for (const auto& [text, shown] : cases) {
    EXPECT_EQ(pii(text), shown) << text;
    EXPECT_EQ(secrets(text), text);
  }
}

TEST(RedactText, takes_no_number_for_another) {
  const char* const harmless[] = {
      "2024-01-15T10:30:00.123456789Z",
      "1736935800, 1736935800123, 1736935800123456789",
      "card 4111 1111 1111 1112 has a wrong check digit",
      "550e8400-e29b-41d4-a716-446655440000",
      "0.4111111111111111 and -3.14159265358979",
      "DE89 3704 0044 0532 0130 01",
      "12:30:45 and std::vector, a::b, dead::beef",
      "1.2.3, v1.2.3.4.5, 300.1.1.1",
      "on 01-02-2024 12:30, pages 100-200",
      "{\"embedding\":[0.0123456789012345,-0.4532015112830366]}",
      "@user, a@b, user@localhost",
      "gpt-4o-2024-08-06, claude-3-5-sonnet-20241022",
  };
  for (const char* text : harmless) EXPECT_EQ(pii(text), text);
}

TEST(RedactText, reads_through_escapes) {
  EXPECT_EQ(secrets(R"(key: sk\u002dproj-Ab3dEfGh1234567890xyz end)"), "key: [redacted:key] end");
  EXPECT_EQ(pii(R"("jane\u0040example.com")"), R"("[redacted:email]")");
  EXPECT_EQ(pii(R"({"a":"{\"mail\":\"jane\\u0040example.com\"}"})"),
            R"({"a":"{\"mail\":\"[redacted:email]\"}"})");
  EXPECT_EQ(secrets(R"(log: {\"password\": \"a\\\"b c\", \"x\": 1)"),
            R"(log: {\"password\": \"[redacted:secret]\", \"x\": 1)");
  EXPECT_EQ(secrets(R"(-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n tail)"),
            R"([redacted:pem]\n tail)");
}

TEST(RedactText, is_at_rest_after_one_pass) {
  for (const Shape& shape : keys()) EXPECT_EQ(pii(pii("a " + shape.secret)), pii("a " + shape.secret));
  const std::string once = pii("password=x1 mail a@b.example Authorization: Bearer abc123def456");
  EXPECT_EQ(pii(once), once);
}

TEST(RedactText, off_leaves_everything) {
  for (const Shape& shape : keys()) EXPECT_EQ(redact(shape.secret, RedactMode::off), shape.secret);
}

std::string own(std::string_view text, std::vector<std::string> literals) {
  RedactOptions options;
  options.literals = std::move(literals);
  privacy::RecordRedactor redactor{privacy::make_rules(options, RedactMode::off)};
  return std::string{redactor.apply_to_text(text)};
}

TEST(RedactText, hides_the_users_own_texts) {
  EXPECT_EQ(own("Project Falcon, FALCON and falcons", {"Falcon", "falcon"}),
            "Project [redacted:literal], FALCON and [redacted:literal]s");
  EXPECT_EQ(own("abcdef xbcd", {"bcd", "abcdefg", "cdef"}), "a[redacted:literal] x[redacted:literal]")
      << "overlapping ones are one";
  EXPECT_EQ(own(R"(D:\nightingale\x and C:\temp\u007Falcon1)", {"nightingale", "temp", "Falcon"}),
            R"(D:[redacted:literal]\x and C:[redacted:literal][redacted:literal]1)")
      << "what looks like an escape need not be one";
  EXPECT_EQ(own("M\\u00fcller M\xC3\xBCller", {"M\xC3\xBCller"}), "[redacted:literal] [redacted:literal]");
  EXPECT_EQ(own("anything", {""}), "anything");
}

TEST(RedactText, goes_on_behind_what_two_searches_share) {
  RedactOptions options;
  options.literals = {"example.com-internal"};
  privacy::RecordRedactor redactor{privacy::make_rules(options, RedactMode::pii)};
  EXPECT_EQ(redactor.apply_to_text("to jane@example.com-internal!"), "to [redacted:email]!");
}

}  // namespace
}  // namespace llmtrace
