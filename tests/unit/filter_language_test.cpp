#include "collector/query/filter_language.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace llmtrace::collector {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t now = 1'800'000'000 * second;

// The filter as a text that shows how it was understood.
std::string shown(const Filter& filter);

std::string joined(const std::vector<Filter>& parts, const std::string& by) {
  std::string text = "(";
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i > 0 ? by : "") + shown(parts[i]);
  return text + ")";
}

std::string shown(const Filter& filter) {
  struct Show {
    std::string operator()(const AllOf& all) const { return joined(all.parts, " & "); }
    std::string operator()(const AnyOf& any) const { return joined(any.parts, " | "); }
    std::string operator()(const Not& negation) const { return "!" + joined(negation.part, ""); }
    std::string operator()(const TextCondition& condition) const {
      std::string text = "text" + std::to_string(static_cast<int>(condition.field)) + "=";
      for (const std::string& value : condition.any_of) text += "[" + value + (condition.prefix ? "*]" : "]");
      return text;
    }
    std::string operator()(const NumberCondition& condition) const {
      static const char* const operators[] = {"<", "<=", "==", ">=", ">"};
      return "number" + std::to_string(static_cast<int>(condition.field)) +
             operators[static_cast<int>(condition.comparison)] + std::to_string(condition.value);
    }
    std::string operator()(const ErrorCondition& condition) const {
      return condition.expected ? "error" : "fine";
    }
    std::string operator()(const FullTextCondition& condition) const {
      return (condition.phrase ? "phrase{" : "words{") + condition.text + "}";
    }
  };
  return std::visit(Show{}, filter.node);
}

std::string parsed(std::string_view text) {
  const auto result = parse_filter(text, now);
  if (const auto* error = std::get_if<FilterError>(&result))
    return "error at " + std::to_string(error->position) + "+" + std::to_string(error->length) + ": " +
           error->message;
  return shown(std::get<Filter>(result));
}

FilterError error_of(std::string_view text) {
  const auto result = parse_filter(text, now);
  const auto* error = std::get_if<FilterError>(&result);
  EXPECT_NE(error, nullptr) << text;
  return error == nullptr ? FilterError{} : *error;
}

TEST(FilterLanguage, reads_what_it_promises) {
  EXPECT_EQ(
      parsed(R"(model:gpt-4o error:true cost>0.01 latency>2s tag:prod "free text")"),
      "(text6=[gpt-4o] & error & number1>10000000 & number0>2000000000 & text3=[prod] & phrase{free text})");
  EXPECT_EQ(parsed(""), "()");
  EXPECT_EQ(parsed("   "), "()");
  EXPECT_EQ(parsed("hello"), "words{hello}");
  EXPECT_EQ(parsed("error:false"), "fine");
  EXPECT_EQ(parsed("error:timeout"), "text10=[timeout]");
}

TEST(FilterLanguage, reads_values_in_quotes_lists_and_beginnings) {
  EXPECT_EQ(parsed(R"(name:"chat request")"), "text0=[chat request]");
  EXPECT_EQ(parsed(R"(name:"a \"b\" \\ c")"), R"(text0=[a "b" \ c])");
  EXPECT_EQ(parsed("tag:prod,eu"), "text3=[prod][eu]");
  EXPECT_EQ(parsed("model:gpt-*"), "text6=[gpt-*]");
  EXPECT_EQ(parsed("tag:a,b*"), "(text3=[a] | text3=[b*])");
  EXPECT_EQ(parsed(R"(tag:"a,b")"), "text3=[a,b]");
  EXPECT_EQ(parsed(R"(name:"chat "*)"), "text0=[chat *]");
  EXPECT_EQ(parsed("user:päivi@example.com"), "text1=[päivi@example.com]");
}

TEST(FilterLanguage, reads_numbers_with_their_units) {
  EXPECT_EQ(parsed("latency>=150ms"), "number0>=150000000");
  EXPECT_EQ(parsed("latency:<1.5s"), "number0<1500000000");
  EXPECT_EQ(parsed("latency<2m"), "number0<120000000000");
  EXPECT_EQ(parsed("tokens>10k"), "number2>10000");
  EXPECT_EQ(parsed("tokens=0"), "number2==0");
  EXPECT_EQ(parsed("cost<=$1.25"), "number1<=1250000000");
  EXPECT_EQ(parsed("spans!=3"), "!(number5==3)");
  EXPECT_EQ(parsed("since:2h"), "number8>=" + std::to_string(now - 7200 * second));
  EXPECT_EQ(parsed("until:1970-01-02"), "number8<86400000000000");
}

TEST(FilterLanguage, joins_and_negates) {
  EXPECT_EQ(parsed("-tag:prod"), "!(text3=[prod])");
  EXPECT_EQ(parsed("NOT tag:prod a"), "(!(text3=[prod]) & words{a})");
  EXPECT_EQ(parsed("a OR b c"), "(words{a} | (words{b} & words{c}))");
  EXPECT_EQ(parsed("(a OR b) AND -(c d)"), "((words{a} | words{b}) & !((words{c} & words{d})))");
  EXPECT_EQ(parsed("--a"), "words{a}");
  EXPECT_EQ(parsed("ORANGE"), "words{ORANGE}");
  EXPECT_EQ(parsed("NOTHING"), "words{NOTHING}");
}

TEST(FilterLanguage, points_at_what_is_wrong) {
  const auto expect = [](std::string_view text, std::size_t position, std::size_t length,
                         const char* message) {
    const FilterError error = error_of(text);
    EXPECT_EQ(error.position, position) << text;
    EXPECT_EQ(error.length, length) << text;
    EXPECT_THAT(error.message, ::testing::HasSubstr(message)) << text;
  };
  expect("error:true modle:gpt-4o", 11, 5, "did you mean 'model'?");
  expect("http://x", 0, 4, "quotes");
  expect("latency>2", 8, 1, "duration");
  expect("latency>fast", 8, 4, "duration");
  expect("cost>1.2.3", 5, 5, "amount");
  expect("tokens>-1", 7, 2, "number");
  expect("tag>3", 3, 1, "not a number");
  expect("name:", 5, 1, "value is missing");
  expect("name: chat", 5, 1, "value is missing");
  expect("tag:a,,b", 6, 1, "value is missing");
  expect(R"(name:"chat)", 5, 1, "never closed");
  expect("a (b", 2, 1, "never closed");
  expect("a) b", 1, 1, "without a '('");
  expect("status:great", 7, 5, "status");
  expect("type:robot", 5, 5, "type");
  expect("trace:123", 6, 3, "32");
  expect("since:yesterday", 6, 9, "time");
  expect("a OR", 2, 2, "OR");
  expect("OR a", 0, 2, "OR");
  expect("tag:a -", 6, 1, "negate");
  expect("tokens>1e999", 7, 5, "number");
  expect("cost>99999999999999999999", 5, 20, "large");
  expect(R"("")", 0, 2, "between");
  expect("a \xFF", 0, 1, "UTF-8");
}

TEST(FilterLanguage, is_bounded) {
  EXPECT_THAT(error_of(std::string(5000, 'a')).message, ::testing::HasSubstr("long"));
  EXPECT_THAT(error_of(std::string(100, '(') + "a").message, ::testing::HasSubstr("parentheses"));
  std::string many;
  for (int i = 0; i < 100; ++i) many += "a ";
  EXPECT_THAT(error_of(many).message, ::testing::HasSubstr("many"));
  EXPECT_EQ(parsed(std::string(2000, '-') + "a"), "words{a}");
}

// Each example of the help is understood.
TEST(FilterLanguage, understands_its_own_help) {
  for (const FilterFieldHelp& help : filter_fields()) {
    const auto result = parse_filter(help.example, now);
    EXPECT_TRUE(std::holds_alternative<Filter>(result)) << help.example;
    EXPECT_TRUE(help.example.starts_with(help.name));
  }
}

TEST(FilterLanguage, survives_anything) {
  constexpr std::string_view pieces[] = {"model", ":",   ">", "<=", "\"", "\\", "(",  ")", "-",  "OR",
                                         "AND",   "NOT", " ", ",",  "*",  "2s", "'",  ";", "--", "latency",
                                         "tag",   "x",   "é", "$",  "!",  "=",  "\n", "%"};
  std::mt19937 random{5};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto count = random() % 12; count > 0; --count) text += pieces[random() % std::size(pieces)];
    const auto result = parse_filter(text, now);
    if (const auto* error = std::get_if<FilterError>(&result)) {
      ASSERT_LE(error->position, text.size()) << text;
      ASSERT_GE(error->length, 1U);
      ASSERT_FALSE(error->message.empty());
    }
  }
}

}  // namespace
}  // namespace llmtrace::collector
