#include "support/tracing.hpp"
#include <llmtrace/llmtrace.hpp>

#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace shop::cart {

inline void free_function() { TRACE_FUNCTION(); }

struct Basket {
  Basket() { TRACE_FUNCTION(); }
  ~Basket() { TRACE_FUNCTION(); }
  void add(int) const { TRACE_FUNCTION(); }
  static void create() { TRACE_FUNCTION(); }
  bool operator()(int) const {
    TRACE_FUNCTION();
    return true;
  }
  bool operator==(const Basket&) const {
    TRACE_FUNCTION();
    return true;
  }
  bool operator<(const Basket&) const {
    TRACE_FUNCTION();
    return true;
  }
  int operator[](int index) const {
    TRACE_FUNCTION();
    return index;
  }
  explicit operator bool() const {
    TRACE_FUNCTION();
    return true;
  }
  operator std::vector<std::pair<int, int>>() const {
    TRACE_FUNCTION();
    return {};
  }
  std::map<std::string, std::vector<int>> complicated(void (*)(int),
                                                      const std::map<int, int>&) const& noexcept {
    TRACE_FUNCTION();
    return {};
  }
  template <class T>
  T as(const T& value) const {
    TRACE_FUNCTION();
    return value;
  }
  struct Item {
    void price() { TRACE_FUNCTION(); }
  };
};

template <class Key, class Value = std::vector<Key>>
struct Cache {
  Value get(const Key&) {
    TRACE_FUNCTION();
    return {};
  }
  void (*hook(int))(int) {
    TRACE_FUNCTION();
    return nullptr;
  }
};

namespace {
struct Hidden {
  void run() { TRACE_FUNCTION(); }
};
}  // namespace

}  // namespace shop::cart

namespace llmtrace {
namespace {

using testing_support::Tracing;

template <class Call>
std::vector<std::string> names_of(Call&& call) {
  Tracing tracing;
  call();
  std::vector<std::string> names;
  for (const SpanData& span : tracing.spans()) names.push_back(span.name);
  return names;
}
using Names = std::vector<std::string>;

TEST(FunctionName, is_class_and_method_without_the_signature) {
  using namespace shop::cart;
  EXPECT_EQ(names_of([] { Basket{}.add(1); }), (Names{"Basket::Basket", "Basket::add", "Basket::~Basket"}));
  EXPECT_EQ(names_of([] { Basket::create(); }), Names{"Basket::create"});
  EXPECT_EQ(names_of([] { Basket::Item{}.price(); }), Names{"Item::price"});
  EXPECT_EQ(names_of([] { Hidden{}.run(); }), Names{"Hidden::run"});
  EXPECT_EQ(names_of([] { free_function(); }), Names{"cart::free_function"});
}

TEST(FunctionName, of_operators_and_conversions) {
  using shop::cart::Basket;
  Tracing tracing;
  {
    const Basket basket;
    EXPECT_TRUE(basket(1));
    EXPECT_TRUE(basket == basket);
    EXPECT_TRUE(basket < basket);
    EXPECT_EQ(basket[1], 1);
    EXPECT_TRUE(static_cast<bool>(basket));
    EXPECT_TRUE((static_cast<std::vector<std::pair<int, int>>>(basket).empty()));
  }
  Names names;
  for (const SpanData& span : tracing.spans()) names.push_back(span.name);
  ASSERT_EQ(names.size(), 8U);
  EXPECT_EQ(names[1], "Basket::operator()");
  EXPECT_EQ(names[2], "Basket::operator==");
  EXPECT_EQ(names[3], "Basket::operator<");
  EXPECT_EQ(names[4], "Basket::operator[]");
  EXPECT_EQ(names[5], "Basket::operator bool");
  EXPECT_EQ(names[6].find("Basket::operator std::"), 0U) << names[6];
}

TEST(FunctionName, of_templates_is_without_their_lists) {
  using namespace shop::cart;
  const auto method = names_of([] { Cache<std::string, std::map<int, std::pair<int, int>>>{}.get("k"); });
  EXPECT_EQ(method, Names{"Cache::get"});
  EXPECT_EQ(names_of([] { Basket{}.as(std::vector<int>{1}); })[1], "Basket::as");
  EXPECT_EQ(names_of([] { Basket{}.complicated(nullptr, {}); })[1], "Basket::complicated");
  EXPECT_EQ(names_of([] { Cache<int>{}.hook(1); }), Names{"Cache::hook"});
}

TEST(FunctionName, of_a_lambda_leads_to_where_it_stands) {
  const auto lambda = [](int) { TRACE_FUNCTION(); };
  EXPECT_EQ(names_of([&] { lambda(1); }), Names{"TestBody::<lambda>"});
}

TEST(FunctionName, of_what_compilers_say) {
  const auto name = [](const char* pretty) { return std::string{detail::FunctionName{pretty}.view()}; };
  EXPECT_EQ(name("int main(int, char**)"), "main");
  EXPECT_EQ(name("main"), "main");
  EXPECT_EQ(name(""), "");
  EXPECT_EQ(name("void a::b::C<int>::d(int) const [with T = int; std::string = std::basic_string<char>]"),
            "C::d");
  EXPECT_EQ(name("void (anonymous namespace)::C::d()"), "C::d");
  EXPECT_EQ(name("void a::(anonymous namespace)::f(int (*)(int))"), "a::f");
  EXPECT_EQ(name("void a::{anonymous}::f(int (*)(int))"), "a::f");
  EXPECT_EQ(name("a::C& a::C::operator=(const a::C&)"), "C::operator=");
  EXPECT_EQ(name("bool a::operator<(const X&, const X&)"), "a::operator<");
  EXPECT_EQ(name("std::ostream& a::operator<<(std::ostream&, const X&)"), "a::operator<<");
  EXPECT_EQ(name("auto a::C::operator<=>(const a::C&) const"), "C::operator<=>");
  EXPECT_EQ(name("R a::C::operator()(A...) [with R = int; A = {int, int}]"), "C::operator()");
  EXPECT_EQ(name("R a::C<T>::operator()(A ...) [with R = int]"), "C::operator()");
  EXPECT_EQ(name("a::C::operator void (*)(int)() const"), "C::operator void (*)(int)");
  EXPECT_EQ(name("static void* a::C::operator new(std::size_t)"), "C::operator new");
  EXPECT_EQ(name("X a::operator\"\"_x(const char*, std::size_t)"), "a::operator\"\"_x");
  EXPECT_EQ(name("int a::C::operator[](int) const [with T = int]"), "C::operator[]");
  EXPECT_EQ(name("std::function<void(int)> a::C::make(std::function<int(char)>)"), "C::make");
  EXPECT_EQ(name("void (* a::C::hook(int))(int)"), "C::hook");
  EXPECT_EQ(name("void (*a::C::hook(int))(int)"), "C::hook");
  EXPECT_EQ(name("a::C::run(int)::<lambda(auto:1)> [with auto:1 = int]"), "run::<lambda>");
  EXPECT_EQ(name("auto a::C::run(int) const::(anonymous class)::operator()(int) const"), "run::<lambda>");
  EXPECT_EQ(name("auto (anonymous class)::operator()(int) const"), "<lambda>");
  EXPECT_EQ(name("auto a::run()::(lambda at file.cpp:1:2)::operator()(int) const"), "run::<lambda>");
  EXPECT_EQ(name("void a::run()::Local::go()"), "Local::go");
  EXPECT_EQ(name("T a::my_operator(int)"), "a::my_operator");
  EXPECT_EQ(name("void a::C::operators(int)"), "C::operators");
  EXPECT_EQ(name("static void a::C<T>::f(T) [T = (anonymous namespace)::X]"), "C::f");
}

TEST(FunctionName, of_anything_is_part_of_it) {
  const std::string hostile[] = {"(",
                                 ")",
                                 "<<<<<",
                                 ">>>>",
                                 "operator",
                                 "operator(",
                                 "::::",
                                 "(anonymous ",
                                 "(*",
                                 "a::<",
                                 "{lambda(",
                                 "operator()(",
                                 std::string(100'000, '<'),
                                 std::string(100'000, '(')};
  for (const std::string& pretty : hostile) EXPECT_LE(detail::FunctionName{pretty}.view().size(), 120U);
  EXPECT_EQ(detail::FunctionName{"void " + std::string(500, 'x') + "()"}.view(), std::string(120, 'x'));
}

void look_up(const std::string& question, int top_k, double threshold) {
  TRACE_FUNCTION(question, top_k, threshold);
}
struct Opaque {};

TEST(FunctionArguments, are_recorded_by_name) {
  Tracing tracing;
  look_up("why", 3, 0.5);
  EXPECT_EQ(tracing.span("llmtrace::look_up").input.text, R"({"question":"why","top_k":3,"threshold":0.5})");
}

TEST(FunctionArguments, are_named_as_written) {
  Tracing tracing;
  const std::vector<int> list{1, 2};
  const std::string text = "x";
  const auto pick = [](int, int, const char*) { return 7; };
  {
    TRACE_FUNCTION_AS("args", SpanKind::tool, list.size(), std::max<int>(1, 2), pick(1, 2, "a,b"),
                      text + "), (", ',', (std::pair<int, int>{1, 2}.first), list[std::size_t{0}]);
  }
  const std::string input = tracing.span("args").input.text;
  for (const char* field : {R"-("list.size()":2)-", R"-("std::max<int>(1, 2)":2)-",
                            R"-("pick(1, 2, \"a,b\")":7)-", R"-("text + \"), (\"":"x), (")-", R"-("','":44)-",
                            R"-("(std::pair<int, int>{1, 2}.first)":1)-", R"-("list[std::size_t{0}]":1)-"})
    EXPECT_NE(input.find(field), std::string::npos) << field << " in " << input;
}

TEST(FunctionArguments, that_cannot_be_shown_say_so) {
  Tracing tracing;
  const Opaque opaque;
  const std::unique_ptr<int> move_only;
  { TRACE_FUNCTION_AS("args", SpanKind::tool, opaque, move_only); }
  EXPECT_EQ(tracing.span("args").input.text, R"-({"opaque":"(not shown)","move_only":"(not shown)"})-");
}

TEST(FunctionArguments, names_of_anything_are_part_of_it) {
  for (const std::string& list :
       {std::string{}, std::string{","}, std::string{"\"unterminated, a"}, std::string{"((((, b"},
        std::string{")))), b"}, std::string{"'\\"}, std::string(10'000, ',')}) {
    std::string_view rest = list;
    for (int i = 0; i < 5; ++i) EXPECT_LE(detail::next_argument_name(rest).size(), list.size());
  }
}

TEST(FunctionArguments, comparisons_are_no_brackets) {
  Tracing tracing;
  const int a = 1;
  const int b = 2;
  // The formatter takes them for brackets.
  // clang-format off
  { TRACE_FUNCTION_AS("args", SpanKind::tool, a < b, b > a, b); }
  // clang-format on
  { TRACE_FUNCTION_AS("more", SpanKind::tool, 1'000'000, a, u8'x', "it's", b); }
  EXPECT_EQ(tracing.span("args").input.text, R"({"a < b":true,"b > a":true,"b":2})");
  const std::string more = tracing.span("more").input.text;
  EXPECT_NE(more.find(R"("1'000'000":1000000,"a":1)"), std::string::npos) << more;
  EXPECT_NE(more.find(R"("b":2})"), std::string::npos) << more;
}

TEST(FunctionAs, has_a_name_a_kind_and_arguments) {
  Tracing tracing;
  const std::string run_time_name = "made " + std::string{"up"};
  const int a = 1;
  { TRACE_FUNCTION_AS("only a name"); }
  { TRACE_FUNCTION_AS("name and kind", SpanKind::agent); }
  { TRACE_FUNCTION_AS("with arguments", SpanKind::tool, a); }
  { TRACE_FUNCTION_AS(run_time_name, SpanKind::retrieval); }
  EXPECT_EQ(tracing.span("only a name").kind, SpanKind::function);
  EXPECT_EQ(tracing.span("name and kind").kind, SpanKind::agent);
  EXPECT_EQ(tracing.span("with arguments").input.text, R"({"a":1})");
  EXPECT_EQ(tracing.span("made up").kind, SpanKind::retrieval);
}

// The name used to be made a second time for the sake of the arguments behind it.
TEST(FunctionAs, makes_its_name_once) {
  Tracing tracing;
  int made = 0;
  const auto name = [&made] { return "made " + std::to_string(++made); };
  { TRACE_FUNCTION_AS(name()); }
  { TRACE_FUNCTION_AS(name(), SpanKind::tool); }
  { TRACE_FUNCTION_AS(name(), SpanKind::tool, made); }
  EXPECT_EQ(made, 3);
  EXPECT_EQ(tracing.span("made 3").input.text, R"({"made":3})");
}

TEST(ScopeMacro, opens_a_span_with_the_arguments_of_one) {
  Tracing tracing;
  {
    TRACE_SCOPE("outer");
    TRACE_SCOPE("inner", SpanKind::tool);
    SpanOptions options;
    options.model = "m";
    TRACE_SCOPE("innermost", SpanKind::llm, options);
  }
  EXPECT_EQ(tracing.span("inner").kind, SpanKind::tool);
  EXPECT_EQ(tracing.span("inner").parent_span_id, tracing.span("outer").span_id);
  EXPECT_EQ(tracing.span("innermost").model, "m");
}

// clang-format off
void twice_in_a_line() { TRACE_SCOPE("first"); TRACE_SCOPE("second"); TRACE_FUNCTION(); TRACE_FUNCTION(); }
// clang-format on

TEST(ScopeMacro, works_twice_in_a_line) {
  EXPECT_EQ(names_of([] { twice_in_a_line(); }),
            (Names{"llmtrace::twice_in_a_line", "llmtrace::twice_in_a_line", "second", "first"}));
}

int by_value() {
  TRACE_FUNCTION();
  return TRACE_RETURN(6 * 7);
}
int& by_reference(int& value) {
  TRACE_FUNCTION();
  return TRACE_RETURN(value);
}
std::unique_ptr<std::string> move_only() {
  TRACE_FUNCTION();
  auto made = std::make_unique<std::string>("owned");
  return TRACE_RETURN(std::move(made));
}
std::string text() {
  TRACE_FUNCTION();
  const std::string local = "local";
  return TRACE_RETURN(local);
}
std::vector<int> with_commas() {
  TRACE_FUNCTION();
  return TRACE_RETURN(std::vector<int>{1, 2, 3});
}

TEST(ReturnMacro, records_what_it_hands_on) {
  Tracing tracing;
  int value = 5;
  EXPECT_EQ(by_value(), 42);
  EXPECT_EQ(&by_reference(value), &value);
  EXPECT_EQ(*move_only(), "owned");
  EXPECT_EQ(text(), "local");
  EXPECT_EQ(with_commas().size(), 3U);
  EXPECT_EQ(tracing.span("llmtrace::by_value").output.integer, 42);
  EXPECT_EQ(tracing.span("llmtrace::by_reference").output.integer, 5);
  EXPECT_EQ(tracing.span("llmtrace::move_only").output.text, "(not shown)");
  EXPECT_EQ(tracing.span("llmtrace::text").output.text, "local");
  EXPECT_EQ(tracing.span("llmtrace::with_commas").output.text, "[1,2,3]");
}

TEST(Macros, evaluate_no_argument_when_nothing_records) {
  int evaluated = 0;
  const auto argument = [&evaluated] { return ++evaluated; };
  const auto use = [&argument] {
    TRACE_FUNCTION(argument());
    TRACE_FUNCTION_AS("name", SpanKind::tool, argument(), argument());
  };
  use();
  EXPECT_EQ(evaluated, 0);
  {
    Tracing tracing{[](Options& options) { options.sample_rate = 0.0; }};
    use();
    EXPECT_EQ(evaluated, 0) << "sampled out";
  }
  Tracing tracing;
  use();
  EXPECT_EQ(evaluated, 3);
}

TEST(Macros, the_result_is_evaluated_once_whether_or_not_something_records) {
  int evaluated = 0;
  const auto make = [&evaluated] { return TRACE_RETURN(++evaluated); };
  EXPECT_EQ(make(), 1);
  Tracing tracing;
  {
    TRACE_SCOPE("s");
    EXPECT_EQ(make(), 2);
  }
  EXPECT_EQ(tracing.span("s").output.integer, 2);
}

}  // namespace
}  // namespace llmtrace
