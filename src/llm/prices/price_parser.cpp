#include "llm/json_scanner.hpp"
#include "llm/prices/name_pattern.hpp"
#include "llm/prices/price_table.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace llmtrace::llm {
namespace {

constexpr int per_million = -6;
constexpr int per_thousand = -3;
constexpr int deepest_rule = 8;
constexpr std::size_t largest_part = 4 * 1024 * 1024;

constexpr std::uint16_t number = take::number | take::text;

// The first thing that is wrong is said.
class Parser : public JsonTarget {
 public:
  explicit Parser(std::string& to) noexcept : complaint{to} {}
  void problem(Problem, std::string_view detail) override { complain(detail); }
  void complain(std::string_view what) {
    if (complaint.empty()) complaint = "cannot read \"" + std::string{what} + "\"";
  }

  std::string& complaint;
};

std::string lower(std::string_view text) {
  std::string low{text};
  std::transform(low.begin(), low.end(), low.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return low;
}

void scan(const JsonTable& table, Parser& parser, std::string_view json) {
  JsonScanner scanner{table, parser, {4096, largest_part}};
  scanner.feed(json);
  scanner.end_document();
  if (scanner.ever_failed() || scanner.incomplete() || scanner.documents() != 1) parser.complain("JSON");
}

// Rules.

class RuleParser final : public Parser {
 public:
  RuleParser(std::string& to, int levels_left) noexcept : Parser{to}, left{levels_left} {}
  MatchRule rule;
  int left;
};

MatchRule parse_rule(std::string_view json, std::string& complaint, int left);

template <MatchRule::Kind kind>
void set_text(RuleParser& parser, const JsonValue& value) {
  parser.rule.kind = kind;
  parser.rule.text = kind == MatchRule::Kind::pattern ? std::string{value.text} : lower(value.text);
  if (kind == MatchRule::Kind::pattern && !is_name_pattern(value.text)) parser.complain(value.text);
}

template <MatchRule::Kind kind>
void add_rule(RuleParser& parser, const JsonValue& value) {
  parser.rule.kind = kind;
  if (parser.left == 0) return parser.complain("rules that deep");
  parser.rule.rules.push_back(parse_rule(value.text, parser.complaint, parser.left - 1));
}

constexpr JsonRow rule_rows[] = {
    row<&set_text<MatchRule::Kind::equals>>("equals", take::text),
    row<&set_text<MatchRule::Kind::starts_with>>("starts_with", take::text),
    row<&set_text<MatchRule::Kind::ends_with>>("ends_with", take::text),
    row<&set_text<MatchRule::Kind::contains>>("contains", take::text),
    row<&set_text<MatchRule::Kind::pattern>>("regex", take::text),
    row<&add_rule<MatchRule::Kind::any_of>>("or[]", take::object),
    row<&add_rule<MatchRule::Kind::all_of>>("and[]", take::object),
};

MatchRule parse_rule(std::string_view json, std::string& complaint, int left) {
  static const JsonTable& table = *new JsonTable{{{rule_rows}}};
  RuleParser parser{complaint, left};
  scan(table, parser, json);
  return std::move(parser.rule);
}

// Prices of a model.

class ListParser final : public Parser {
 public:
  using Parser::Parser;
  std::vector<PriceList> lists;
  Price::Tier tier{};
  bool in_array = false;

  PriceList& list() {
    if (lists.empty()) lists.emplace_back();
    return lists.back();
  }
};

std::optional<Money> price_of(Parser& parser, const JsonValue& value, int exponent) {
  const auto price = parse_money(value.text, exponent);
  if (!price || price->femtodollars < 0) parser.complain(value.text);
  return price;
}

template <MaybePrice PriceList::*member, int exponent>
void set_price(ListParser& parser, const JsonValue& value) {
  const auto price = price_of(parser, value, exponent);
  if (!price) return;
  MaybePrice& kept = parser.list().*member;
  if (!kept) kept.emplace();
  kept->each = *price;
}

template <MaybePrice PriceList::*member>
void add_tier(ListParser& parser, const JsonValue&) {
  MaybePrice& kept = parser.list().*member;
  if (!kept) kept.emplace();
  kept->tiers.push_back(parser.tier);
}

void begin_tier(ListParser& parser, const JsonValue&) { parser.tier = {}; }

void set_tier_start(ListParser& parser, const JsonValue& value) {
  const char* const end = value.text.data() + value.text.size();
  if (std::from_chars(value.text.data(), end, parser.tier.above).ptr != end) parser.complain("start");
}

void set_tier_price(ListParser& parser, const JsonValue& value) {
  if (const auto price = price_of(parser, value, per_million)) parser.tier.each = *price;
}

void begin_list(ListParser& parser, const JsonValue& value) {
  if (value.kind == JsonKind::object) parser.lists.emplace_back();
}

bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }

// The numbers between separators: "2026-03-13", "00:30:00Z".
bool read_numbers(std::string_view text, std::int64_t (&numbers)[3]) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size() && count < 3; ++count) {
    numbers[count] = 0;
    if (!is_digit(text[i])) return false;
    for (; i < text.size() && is_digit(text[i]); ++i)
      numbers[count] = numbers[count] % 100'000 * 10 + (text[i] - '0');
    ++i;
  }
  return count == 3;
}

// Days since 1970 in the Gregorian calendar, by shifting the year's begin to March.
std::int64_t days_before(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = year / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

void set_start_date(ListParser& parser, const JsonValue& value) {
  std::int64_t date[3];
  if (!read_numbers(value.text, date)) return parser.complain(value.text);
  parser.list().validity.from = days_before(date[0], date[1], date[2]) * 86'400;
}

template <std::optional<std::int32_t> Validity::*member>
void set_time(ListParser& parser, const JsonValue& value) {
  std::int64_t time[3];
  if (!read_numbers(value.text, time)) return parser.complain(value.text);
  parser.list().validity.*member = static_cast<std::int32_t>(time[0] * 3600 + time[1] * 60 + time[2]);
}

template <MaybePrice PriceList::*member, int exponent = per_million>
struct PriceRows {
  static constexpr JsonRow rows[] = {
      row<&set_price<member, exponent>>("", number), row<&set_price<member, exponent>>("base", number),
      row<&begin_tier>("tiers[]", take::enter),      row<&set_tier_start>("tiers[].start", take::number),
      row<&set_tier_price>("tiers[].price", number), row<&add_tier<member>>("tiers[]", take::leave),
  };
};

constexpr JsonRow list_rows[] = {
    row<&begin_list>("", take::enter),
    row<&begin_list>("[]", take::enter),
    row<&set_start_date>("[].constraint.start_date", take::text),
    row<&set_time<&Validity::begin_second_of_day>>("[].constraint.start_time", take::text),
    row<&set_time<&Validity::end_second_of_day>>("[].constraint.end_time", take::text),
};

const JsonTable& list_table() {
  static const JsonTable& table = *new JsonTable{{
      {list_rows},
#define LLMTRACE_PRICE(name, member) \
  {PriceRows<&PriceList::member>::rows, name}, {PriceRows<&PriceList::member>::rows, "[].prices." name}
      LLMTRACE_PRICE("input_mtok", input),
      LLMTRACE_PRICE("output_mtok", output),
      LLMTRACE_PRICE("cache_read_mtok", cache_read),
      LLMTRACE_PRICE("cache_write_mtok", cache_write),
      LLMTRACE_PRICE("cache_write_1h_mtok", cache_write_1h),
      LLMTRACE_PRICE("input_audio_mtok", input_audio),
      LLMTRACE_PRICE("output_audio_mtok", output_audio),
      LLMTRACE_PRICE("cache_audio_read_mtok", cache_audio_read),
      LLMTRACE_PRICE("input_image_mtok", input_image),
      LLMTRACE_PRICE("output_image_mtok", output_image),
      LLMTRACE_PRICE("output_reasoning_mtok", output_reasoning),
#undef LLMTRACE_PRICE
      {PriceRows<&PriceList::request, per_thousand>::rows, "requests_kcount"},
      {PriceRows<&PriceList::request, per_thousand>::rows, "[].prices.requests_kcount"},
  }};
  return table;
}

// Providers and models.

class TableParser final : public Parser {
 public:
  using Parser::Parser;
  PriceTable table;
  ProviderPrices provider;
  ModelPrices model;
};

void begin_provider(TableParser& parser, const JsonValue&) { parser.provider = {}; }
void end_provider(TableParser& parser, const JsonValue&) {
  if (parser.provider.id.empty()) return parser.complain("a provider without id");
  parser.table.providers.push_back(std::move(parser.provider));
}
void set_provider_id(TableParser& parser, const JsonValue& value) { parser.provider.id.assign(value.text); }
void set_provider_match(TableParser& parser, const JsonValue& value) {
  parser.provider.match = parse_rule(value.text, parser.complaint, deepest_rule);
}
void set_model_match(TableParser& parser, const JsonValue& value) {
  parser.provider.model_match = parse_rule(value.text, parser.complaint, deepest_rule);
}
void add_fallback(TableParser& parser, const JsonValue& value) {
  parser.provider.fallbacks.emplace_back(value.text);
}

std::optional<std::int64_t> thousandths(Parser& parser, const JsonValue& value) {
  const auto factor = parse_money(value.text);
  constexpr std::int64_t unit = Money::per_dollar / 1000;
  constexpr std::int64_t largest = 1'000'000;
  if (factor && factor->femtodollars >= 0 && factor->femtodollars / unit <= largest) {
    return factor->femtodollars / unit;
  }
  parser.complain(value.text);
  return std::nullopt;
}

void add_provider_tier(TableParser& parser, const JsonValue& value) {
  if (const auto factor = thousandths(parser, value)) {
    parser.provider.service_tiers.push_back({std::string{value.key}, *factor});
  }
}
void set_cache_write_factor(TableParser& parser, const JsonValue& value) {
  parser.provider.cache_write_1h_thousandths = thousandths(parser, value);
}
void begin_model(TableParser& parser, const JsonValue&) { parser.model = {}; }
void end_model(TableParser& parser, const JsonValue&) {
  ModelPrices& model = parser.model;
  if (model.id.empty()) return parser.complain("a model without id");
  if (model.match.kind == MatchRule::Kind::never) {
    model.match.kind = MatchRule::Kind::equals;
    model.match.text = lower(model.id);
  }
  parser.provider.models.push_back(std::move(model));
}
void set_model_id(TableParser& parser, const JsonValue& value) { parser.model.id.assign(value.text); }
void set_match(TableParser& parser, const JsonValue& value) {
  parser.model.match = parse_rule(value.text, parser.complaint, deepest_rule);
}
void set_prices(TableParser& parser, const JsonValue& value) {
  ListParser lists{parser.complaint};
  scan(list_table(), lists, value.text);
  parser.model.lists = std::move(lists.lists);
}
void add_model_tier(TableParser& parser, const JsonValue& value) {
  if (const auto factor = thousandths(parser, value)) {
    parser.model.service_tiers.push_back({std::string{value.key}, *factor});
  }
}

constexpr JsonRow table_rows[] = {
    row<&begin_provider>("", take::enter),
    row<&set_provider_id>("id", take::text),
    row<&set_provider_match>("provider_match", take::object),
    row<&set_model_match>("model_match", take::object),
    row<&add_fallback>("fallback_model_providers[]", take::text),
    row<&add_provider_tier>("service_tiers.*", number),
    row<&set_cache_write_factor>("cache_write_1h_of_input", number),
    row<&begin_model>("models[]", take::enter),
    row<&set_model_id>("models[].id", take::text),
    row<&set_match>("models[].match", take::object),
    row<&set_prices>("models[].prices", take::object | take::array),
    row<&add_model_tier>("models[].service_tiers.*", number),
    row<&end_model>("models[]", take::leave),
    row<&end_provider>("", take::leave),
};

}  // namespace

std::optional<PriceTable> parse_prices(std::string_view json, std::string& problem) {
  static const JsonTable& table = *new JsonTable{{{table_rows, "[]"}, {table_rows, "providers[]"}}};
  problem.clear();
  TableParser parser{problem};
  scan(table, parser, json);
  if (problem.empty() && parser.table.providers.empty()) problem = "there is no provider in it";
  if (!problem.empty()) return std::nullopt;
  return std::move(parser.table);
}

}  // namespace llmtrace::llm
