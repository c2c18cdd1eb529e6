#include "collector/store/sqlite/json_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>
#include <vector>

namespace llmtrace::collector::sqlite {
namespace {

std::vector<std::string> strings_in(std::string_view json) {
  std::vector<std::string> strings;
  visit_strings(json, [&](std::string_view name, std::string_view value) {
    strings.push_back(std::string{name} + "=" + std::string{value});
    return true;
  });
  return strings;
}

TEST(JsonText, visits_the_string_values) {
  EXPECT_THAT(strings_in(R"({"a":"x","b":{"c":["y",1,"z"]},"d":null})"),
              ::testing::ElementsAre("a=x", "c=y", "c=z"));
  EXPECT_THAT(strings_in(R"("alone")"), ::testing::ElementsAre("=alone"));
  EXPECT_THAT(strings_in("[1,true,{}]"), ::testing::IsEmpty());
  EXPECT_THAT(strings_in(R"({"quo\"ted" : "line\nbreak \"x\" \\ \/"})"),
              ::testing::ElementsAre("quo\"ted=line\nbreak \"x\" \\ /"));
}

TEST(JsonText, unescapes_as_a_parser_does) {
  for (const char* json :
       {R"("caf\u00e9")", R"("\u65e5\u672c")", R"("\ud83d\ude00 smile")", R"("\b\f\n\r\t")"})
    EXPECT_EQ(strings_in(json).at(0), "=" + nlohmann::json::parse(json).get<std::string>()) << json;
  EXPECT_EQ(strings_in(R"("\ud83d alone")").at(0), "=\uFFFD alone");
}

TEST(JsonText, previews_what_a_person_would_read) {
  EXPECT_EQ(preview_of(R"("Where is my\nparcel?")"), "Where is my parcel?");
  EXPECT_EQ(
      preview_of(R"({"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]})"),
      "Hi  Hello");
  EXPECT_EQ(preview_of(R"({"count":3})"), R"({"count":3})");
  EXPECT_EQ(preview_of("42"), "42");
  EXPECT_EQ(preview_of("\"" + std::string(1000, 'x') + "\"").size(), preview_bytes);
  // Never half a character.
  EXPECT_EQ(preview_of("\"aé\"", 2), "a");
}

TEST(JsonText, extends_objects) {
  EXPECT_EQ(extended_object("{}", "{}"), "{}");
  EXPECT_EQ(extended_object(R"({"a":1})", "{}"), R"({"a":1})");
  EXPECT_EQ(extended_object("{}", R"({"a":[1,{"b":"}"}]})"), R"({"a":[1,{"b":"}"}]})");
  // The same name in another spelling.
  EXPECT_EQ(extended_object(R"({"\u0061":1,"b":2})", R"({"a":3})"), R"({"b":2,"a":3})");
}

TEST(JsonText, extends_as_a_parser_would) {
  std::mt19937 random{9};
  const auto make = [&] {
    nlohmann::json object = nlohmann::json::object();
    for (auto count = random() % 5; count > 0; --count) {
      const std::string name = "k\"\n" + std::to_string(random() % 4);
      switch (random() % 4) {
        case 0: object[name] = random() % 100; break;
        case 1: object[name] = "te,x}t\\\""; break;
        case 2: object[name] = {{"nested", {1, "]", nullptr}}}; break;
        default: object[name] = false;
      }
    }
    return object;
  };
  for (int round = 0; round < 300; ++round) {
    nlohmann::json expected = make();
    const nlohmann::json additions = make();
    const std::string result = extended_object(expected.dump(round % 3), additions.dump());
    expected.update(additions);
    EXPECT_EQ(nlohmann::json::parse(result), expected);
  }
}

// What is stored has been validated; a damaged file may hold anything.
TEST(JsonText, stays_in_bounds_with_what_is_no_json) {
  constexpr std::string_view pieces = "{}[]\",:\\ua0 \xC3";
  std::mt19937 random{4};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto count = random() % 20; count > 0; --count) text += pieces[random() % pieces.size()];
    static_cast<void>(strings_in(text));
    static_cast<void>(preview_of(text, random() % 10));
    static_cast<void>(extended_object(text, text));
  }
}

}  // namespace
}  // namespace llmtrace::collector::sqlite
