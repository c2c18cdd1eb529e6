#include "collector/query/filter_language.hpp"

#include "collector/query/filter_values.hpp"
#include "collector/store/model.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace llmtrace::collector {
namespace {

constexpr std::size_t longest_text = 4096;
constexpr int most_conditions = 64;
constexpr int most_levels = 16;

// Thrown and caught inside this file: it unwinds the descent.
struct Failure {
  FilterError error;
};

bool is_space(char byte) noexcept { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }
bool is_name(char byte) noexcept {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

enum class Operator : std::uint8_t { matches, less, at_most, equal, at_least, greater, differs };

struct Value {
  std::string text;
  bool quoted = false;
  bool prefix = false;
  std::size_t position = 0;
  std::size_t length = 1;
};

// Not by braces: there g++ 12 sees members that are not initialized.
template <class Node>
Filter filter_of(Node node) {
  Filter filter;
  filter.node = std::move(node);
  return filter;
}

class Parser {
 public:
  Parser(std::string_view text, std::int64_t now) : text_{text}, now_{now} {}

  Filter parse() {
    Filter filter = alternatives();
    skip_spaces();
    if (at_ < text_.size()) fail("a ')' without a '('", at_, 1);
    return filter;
  }

 private:
  [[noreturn]] static void fail(std::string message, std::size_t position, std::size_t length) {
    throw Failure{{std::move(message), position, std::max<std::size_t>(length, 1)}};
  }

  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  [[nodiscard]] bool at_end() {
    skip_spaces();
    return at_ == text_.size() || text_[at_] == ')';
  }

  // A word in capitals that stands alone.
  bool take_keyword(std::string_view keyword) {
    skip_spaces();
    if (!rest().starts_with(keyword)) return false;
    const std::string_view behind = rest().substr(keyword.size());
    if (!behind.empty() && !is_space(behind.front()) && behind.front() != '(') return false;
    at_ += keyword.size();
    return true;
  }

  Filter alternatives() {
    if (++level_ > most_levels) fail("too many parentheses inside each other", at_, 1);
    std::vector<Filter> parts;
    do parts.push_back(all());
    while (take_or());
    --level_;
    if (parts.size() == 1) return std::move(parts.front());
    return filter_of(AnyOf{std::move(parts)});
  }

  bool take_or() {
    const std::size_t begin = at_;
    if (!take_keyword("OR")) return false;
    if (at_end()) fail("OR needs a condition behind it", begin + (is_space(text_[begin]) ? 1 : 0), 2);
    return true;
  }

  Filter all() {
    std::vector<Filter> parts;
    while (!at_end()) {
      const std::size_t before = at_;
      if (take_keyword("OR")) {
        if (parts.empty()) fail("OR needs a condition before it", before, 2);
        at_ = before;
        break;
      }
      if (take_keyword("AND")) {
        if (parts.empty() || at_end()) fail("AND needs a condition on each side", before, 3);
        continue;
      }
      parts.push_back(negatable());
    }
    if (parts.size() == 1) return std::move(parts.front());
    return filter_of(AllOf{std::move(parts)});
  }

  Filter negatable() {
    skip_spaces();
    const std::size_t begin = at_;
    bool negated = false;
    for (;;) {
      if (text_.substr(at_, 1) == "-" || text_.substr(at_, 1) == "!")
        ++at_;
      else if (!take_keyword("NOT"))
        break;
      negated = !negated;
    }
    if (at_ != begin && at_end()) fail("nothing to negate", begin, at_ - begin);
    Filter filter = primary();
    if (!negated) return filter;
    Not negation;
    negation.part.push_back(std::move(filter));
    return filter_of(std::move(negation));
  }

  Filter primary() {
    skip_spaces();
    if (text_[at_] != '(') return condition();
    const std::size_t begin = at_++;
    Filter filter = alternatives();
    skip_spaces();
    if (at_ == text_.size()) fail("this '(' is never closed", begin, 1);
    ++at_;
    return filter;
  }

  Filter condition() {
    if (++conditions_ > most_conditions) fail("too many conditions", at_, 1);
    const std::size_t begin = at_;
    std::size_t end = at_;
    while (end < text_.size() && is_name(text_[end])) ++end;
    const std::string_view name = text_.substr(begin, end - begin);
    at_ = end;
    const auto operation = name.empty() ? std::nullopt : take_operator();
    if (!operation) {
      at_ = begin;
      return full_text();
    }
    const FilterField* field = find_filter_field(name);
    if (field == nullptr) fail(unknown_field(name), begin, name.size());
    return field_condition(*field, *operation, end);
  }

  static std::string unknown_field(std::string_view name) {
    std::string message = "there is no field '" + std::string{name} + "'";
    const std::string_view nearest = nearest_filter_field(name);
    if (!nearest.empty()) return message + "; did you mean '" + std::string{nearest} + "'?";
    return message + "; put text to search for into quotes";
  }

  std::optional<Operator> take_operator() {
    struct Spelling {
      std::string_view text;
      Operator operation;
    };
    constexpr std::array<Spelling, 12> spellings{{{":>=", Operator::at_least},
                                                  {":<=", Operator::at_most},
                                                  {":>", Operator::greater},
                                                  {":<", Operator::less},
                                                  {":=", Operator::equal},
                                                  {">=", Operator::at_least},
                                                  {"<=", Operator::at_most},
                                                  {"!=", Operator::differs},
                                                  {">", Operator::greater},
                                                  {"<", Operator::less},
                                                  {"=", Operator::equal},
                                                  {":", Operator::matches}}};
    for (const Spelling& spelling : spellings) {
      if (!rest().starts_with(spelling.text)) continue;
      at_ += spelling.text.size();
      return spelling.operation;
    }
    return std::nullopt;
  }

  Filter field_condition(const FilterField& field, Operator operation, std::size_t operator_at) {
    const bool ordered =
        operation != Operator::matches && operation != Operator::equal && operation != Operator::differs;
    if (ordered && !field.is_number())
      fail("'" + std::string{field.help.name} + "' is not a number; use ':'", operator_at, at_ - operator_at);
    std::vector<Value> values = value_list(field);
    Filter filter =
        field.is_number() ? number_condition(field, operation, values) : text_condition(field, values);
    if (operation != Operator::differs) return filter;
    Not negation;
    negation.part.push_back(std::move(filter));
    return filter_of(std::move(negation));
  }

  std::vector<Value> value_list(const FilterField& field) {
    std::vector<Value> values;
    do {
      if (at_ == text_.size() || is_space(text_[at_]) || text_[at_] == ')' || text_[at_] == ',')
        fail("a value is missing, as in " + std::string{field.help.example}, std::min(at_, text_.size()), 1);
      if (static_cast<int>(values.size()) >= most_conditions) fail("too many values", at_, 1);
      values.push_back(value());
    } while (take_comma());
    return values;
  }

  bool take_comma() {
    if (at_ == text_.size() || text_[at_] != ',') return false;
    ++at_;
    return true;
  }

  Value value() {
    if (text_[at_] == '"') return quoted();
    Value result;
    result.position = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != ')' && text_[at_] != ',' &&
           text_[at_] != '"')
      ++at_;
    result.length = at_ - result.position;
    result.text = text_.substr(result.position, result.length);
    if (result.text.ends_with('*')) {
      result.prefix = true;
      result.text.pop_back();
    }
    return result;
  }

  Value quoted() {
    Value result;
    result.quoted = true;
    result.position = at_++;
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      result.text += text_[at_];
    }
    if (at_ == text_.size()) fail("this quote is never closed", result.position, 1);
    ++at_;
    result.length = at_ - result.position;
    if (at_ < text_.size() && text_[at_] == '*') {
      result.prefix = true;
      ++at_;
    }
    return result;
  }

  static Comparison comparison_of(Operator operation) {
    switch (operation) {
      case Operator::less: return Comparison::less;
      case Operator::at_most: return Comparison::at_most;
      case Operator::at_least: return Comparison::at_least;
      case Operator::greater: return Comparison::greater;
      default: return Comparison::equal;
    }
  }

  static std::int64_t number_of(const ReadNumber& read, const Value& value) {
    if (const auto* message = std::get_if<std::string>(&read))
      fail("'" + value.text + "' " + *message, value.position, value.length);
    return std::get<std::int64_t>(read);
  }

  Filter number_condition(const FilterField& field, Operator operation, const std::vector<Value>& values) {
    std::vector<Filter> parts;
    for (const Value& value : values) {
      const std::int64_t number = number_of(read_filter_number(field.type, value.text), value);
      parts.push_back(filter_of(NumberCondition{field.number, comparison_of(operation), number}));
    }
    if (parts.size() == 1) return std::move(parts.front());
    return filter_of(AnyOf{std::move(parts)});
  }

  static const Value& only(const std::vector<Value>& values) {
    if (values.size() > 1) fail("only one value can stand here", values[1].position, values[1].length);
    return values.front();
  }

  Filter text_condition(const FilterField& field, const std::vector<Value>& values) {
    if (field.type == FieldType::since || field.type == FieldType::until) {
      const std::int64_t time = number_of(read_filter_time(only(values).text, now_), values.front());
      const auto comparison = field.type == FieldType::since ? Comparison::at_least : Comparison::less;
      return filter_of(NumberCondition{NumberField::start_time, comparison, time});
    }
    if (field.type == FieldType::error && values.size() == 1 && !values.front().quoted) {
      if (values.front().text == "true") return filter_of(ErrorCondition{true});
      if (values.front().text == "false") return filter_of(ErrorCondition{false});
    }
    for (const Value& value : values) check_value(field, value);
    return any_of(field.type == FieldType::error ? TextField::error_type : field.text, values);
  }

  static void check_value(const FilterField& field, const Value& value) {
    if (field.type == FieldType::status && (value.prefix || !status_from(value.text)))
      fail("'" + value.text + "' is not a status; they are running, ok, error, incomplete", value.position,
           value.length);
    if (field.type == FieldType::span_type && (value.prefix || !span_type_from(value.text)))
      fail("'" + value.text +
               "' is not a type; they are llm, tool, agent, function, retrieval, embedding, chain, other",
           value.position, value.length);
    if (field.type == FieldType::trace_id && (value.prefix || !trace_id_from(value.text)))
      fail("'" + value.text + "' is not the id of a trace, which has 32 hexadecimal digits", value.position,
           value.length);
  }

  // Whole values and beginnings are two conditions.
  static Filter any_of(TextField field, const std::vector<Value>& values) {
    TextCondition whole{field, {}, false};
    TextCondition beginning{field, {}, true};
    for (const Value& value : values) (value.prefix ? beginning : whole).any_of.push_back(value.text);
    if (beginning.any_of.empty()) return filter_of(std::move(whole));
    if (whole.any_of.empty()) return filter_of(std::move(beginning));
    AnyOf both;
    both.parts.push_back(filter_of(std::move(whole)));
    both.parts.push_back(filter_of(std::move(beginning)));
    return filter_of(std::move(both));
  }

  Filter full_text() {
    const std::size_t begin = at_;
    if (text_[at_] == '"') {
      Value phrase = quoted();
      if (std::all_of(phrase.text.begin(), phrase.text.end(), is_space))
        fail("there is nothing between the quotes", begin, at_ - begin);
      if (phrase.prefix) phrase.text += '*';
      return filter_of(FullTextCondition{std::move(phrase.text), true});
    }
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != ')' && text_[at_] != '(' &&
           text_[at_] != '"')
      ++at_;
    if (at_ == begin) ++at_;
    return filter_of(FullTextCondition{std::string{text_.substr(begin, at_ - begin)}, false});
  }

  std::string_view text_;
  std::int64_t now_;
  std::size_t at_ = 0;
  int level_ = 0;
  int conditions_ = 0;
};

}  // namespace

std::variant<Filter, FilterError> parse_filter(std::string_view text, std::int64_t now) {
  if (text.size() > longest_text) return FilterError{"the filter is too long", longest_text, 1};
  if (!core::valid_utf8(text)) return FilterError{"the filter is not valid UTF-8", 0, 1};
  try {
    return Parser{text, now}.parse();
  } catch (Failure& failure) {
    return std::move(failure.error);
  }
}

}  // namespace llmtrace::collector
