#include "llm/json_scanner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace llmtrace::llm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class Seen final : public JsonTarget {
 public:
  void problem(Problem problem, std::string_view detail) override {
    problems.push_back(std::string{name_of(problem)} + " " + std::string{detail});
  }
  std::vector<std::string> values;
  std::vector<std::string> problems;
};

template <char name>
void see(Seen& seen, const JsonValue& value) {
  std::string text{name};
  for (const auto index : value.indices) text += std::to_string(index);
  text += "=" + std::string{value.text};
  if (value.kind == JsonKind::array && value.text.empty()) text += "#" + std::to_string(value.length);
  if (!value.key.empty()) text += " of " + std::string{value.key};
  if (value.cut) text += " cut";
  seen.values.push_back(text);
}

constexpr JsonRow rows[] = {
    row<&see<'a'>>("a", take::text | take::number | take::boolean),
    row<&see<'t'>>("list[].text", take::text | take::long_text),
    row<&see<'('>>("list[]", take::enter),
    row<&see<')'>>("list[]", take::leave),
    row<&see<'o'>>("object", take::object | take::array),
    row<&see<'v'>>("vectors[].values", take::count | take::text),
    row<&see<'p'>>("parameters.*", take::text | take::number),
    row<&see<'u'>>("usage.input", take::number),
    row<&see<'s'>>("list[].stop", take::text),
};

const JsonTable& table() {
  static const JsonTable made{{{rows}}};
  return made;
}

Seen& scan(Seen& seen, std::string_view text, std::size_t piece = std::string_view::npos,
           JsonLimits limits = {}) {
  JsonScanner scanner{table(), seen, limits};
  for (; text.size() > piece; text.remove_prefix(piece)) scanner.feed(text.substr(0, piece));
  scanner.feed(text);
  scanner.end_document();
  return seen;
}

std::vector<std::string> values_of(std::string_view text, std::size_t piece = std::string_view::npos,
                                   JsonLimits limits = {}) {
  Seen seen;
  return scan(seen, text, piece, limits).values;
}

constexpr std::string_view document =
    R"({"skip":{"a":"\"}{","b":[1,[2,{}]]},"a":"x\n\u00e9\ud83d\ude00\\","list":[
  {"text":"one"},{"no":1,"text":"two","more":{"text":"not this"}}], "object":{"k": [1, " }] \" "], "l":null},
  "vectors":[{"values":[0.5,-1e3, 2]},{"values":[]},{"values":"abcd"}],"parameters":{"x":1,"y":"z"},
  "usage":{"input":12}})";

TEST(JsonScanner, finds_what_its_table_names_in_pieces_of_any_size) {
  const auto whole = values_of(document);
  EXPECT_THAT(whole, ElementsAre("a=x\n\xC3\xA9\xF0\x9F\x98\x80\\", "(0=", "t0=one", ")0=", "(1=", "t1=two",
                                 ")1=", R"(o={"k":[1," }] \" "],"l":null})", "v0=#3", "v1=#0", "v2=abcd",
                                 "p=1 of x", "p=z of y", "u=12"));
  for (std::size_t piece = 1; piece < 40; ++piece) EXPECT_EQ(values_of(document, piece), whole) << piece;
}

TEST(JsonScanner, compares_names_after_their_escapes) {
  EXPECT_THAT(values_of(R"({"\u0061":1})"), ElementsAre("a=1"));
}

TEST(JsonScanner, reads_documents_that_follow_each_other) {
  EXPECT_THAT(values_of("{\"a\":1}\n{\"a\":2}{\"a\":3}\n\n{\"a\":4}", 3),
              ElementsAre("a=1", "a=2", "a=3", "a=4"));
}

TEST(JsonScanner, goes_on_with_the_next_line_after_a_broken_one) {
  for (const std::size_t piece : {1U, 5U, 100U}) {
    EXPECT_THAT(values_of("{\"a\":1}\n{\"a\":nonsense}\n{\"a\":3}\n", piece), ElementsAre("a=1", "a=3"));
  }
}

TEST(JsonScanner, repairs_what_is_no_utf8_and_lone_surrogates) {
  Seen seen;
  scan(seen, "{\"a\":\"x\xFFy\"}");
  EXPECT_THAT(seen.values, ElementsAre("a=x\xEF\xBF\xBDy"));
  EXPECT_THAT(seen.problems, ElementsAre("invalid_utf8 a"));
  EXPECT_THAT(values_of(R"({"a":"\ud800x\udc00\ud800"})"),
              ElementsAre("a=\xEF\xBF\xBDx\xEF\xBF\xBD\xEF\xBF\xBD"));
}

TEST(JsonScanner, notes_a_wrong_type_and_reads_the_rest) {
  Seen seen;
  scan(seen,
       R"({"a":[1],"list":"x","usage":7,"object":true,"parameters":{"x":{}},"vectors":[3,{"values":{}}]})");
  EXPECT_THAT(seen.values, IsEmpty());
  EXPECT_THAT(seen.problems,
              ElementsAre("wrong_type a", "wrong_type list", "wrong_type usage", "wrong_type object",
                          "wrong_type parameters.*", "wrong_type vectors[]", "wrong_type vectors[].values"));
}

TEST(JsonScanner, takes_null_for_absent) {
  Seen seen;
  scan(seen, R"({"a":null,"list":null,"usage":{"input":null}})");
  EXPECT_THAT(seen.values, IsEmpty());
  EXPECT_THAT(seen.problems, IsEmpty());
}

TEST(JsonScanner, cuts_a_text_at_its_limit_between_characters) {
  EXPECT_THAT(values_of("{\"a\":\"xx\xC3\xA9yy\"}", 1, {3, 100}), ElementsAre("a=xx cut"));
}

TEST(JsonScanner, skips_what_lies_too_deep) {
  Seen seen;
  const std::string deep(1'000'000, '[');
  scan(seen, "{\"a\":1,\"skip\":" + deep, 4096);
  EXPECT_THAT(seen.values, ElementsAre("a=1"));
  EXPECT_THAT(seen.problems, ElementsAre("too_deep "));
}

TEST(JsonScanner, gives_what_an_unfinished_document_has) {
  EXPECT_THAT(values_of(R"({"a":1,"list":[{"text":"half a te)"),
              ElementsAre("a=1", "(0=", "t0=half a te cut", ")0= cut"));
}

struct Cut {
  std::string head;
  std::string tail;
};

std::vector<std::string> values_around(const Cut& cut, std::size_t piece) {
  Seen seen;
  JsonScanner scanner{table(), seen};
  scanner.feed(cut.head);
  scanner.gap(1 << 20);
  std::string_view tail = cut.tail;
  for (; tail.size() > piece; tail.remove_prefix(piece)) scanner.feed(tail.substr(0, piece));
  scanner.feed(tail);
  scanner.end_document();
  return seen.values;
}

// Wherever the middle is lost, the usage at the end is found.
TEST(JsonScanner, finds_its_feet_behind_a_gap) {
  const std::string text =
      R"({"a":"first","list":[{"text":"some \"usage\":{\"input\":99} \\ text, {\"a\": [1, 2]} and more","stop":"end"}],)"
      R"("skip":[{"x":[1,2,{"y":"z"}]}],"usage":{"input":12}})";
  const std::size_t usage = text.find("\"usage\":{\"input\":12");
  for (std::size_t from = 14; from + 4 < usage; ++from) {
    for (std::size_t to = from + 1; to + 3 < usage; to += 3) {
      const auto values = values_around({text.substr(0, from), text.substr(to)}, 7);
      ASSERT_FALSE(values.empty());
      EXPECT_EQ(values.back(), "u=12") << text.substr(0, from) << " ... " << text.substr(to);
    }
  }
}

TEST(JsonScanner, joins_a_text_whose_middle_was_lost) {
  const Cut cut{R"({"list":[{"text":"the beginning of )",
                R"( the end","stop":"length"}],"usage":{"input":5}})"};
  EXPECT_THAT(values_around(cut, 3),
              ElementsAre("(0=", "t0=the beginning of \xE2\x80\xA6 the end", "s0=length", ")0=", "u=5"));
}

TEST(JsonScanner, makes_nothing_of_a_tail_that_makes_no_sense) {
  EXPECT_THAT(values_around({R"({"a":1,"list":[)", "no JSON at all } \" ] {"}, 2), ElementsAre("a=1"));
}

}  // namespace
}  // namespace llmtrace::llm
