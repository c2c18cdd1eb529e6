// Names for the macros, out of what the compiler and the preprocessor say.
#include <llmtrace/macros.hpp>

#include <algorithm>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr std::size_t none = std::string_view::npos;

bool is_identifier(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Where the bracket that opens at `at` is closed; the end when it is not.
std::size_t closing(std::string_view text, std::size_t at) noexcept {
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '(' || c == '<' || c == '{' || c == '[') ++depth;
    if ((c == ')' || c == '>' || c == '}' || c == ']') && --depth == 0) return at;
  }
  return text.size();
}

// Without the " [with T = int]" of GCC and the " [T = int]" of clang.
std::string_view without_template_note(std::string_view pretty) noexcept {
  if (pretty.empty() || pretty.back() != ']') return pretty;
  int depth = 0;
  for (std::size_t i = pretty.size(); i > 0; --i) {
    if (pretty[i - 1] == ']') ++depth;
    if (pretty[i - 1] == '[' && --depth == 0)
      return i > 1 && pretty[i - 2] == ' ' ? pretty.substr(0, i - 2) : pretty;
  }
  return pretty;
}

// Walks over a qualified name with its return type and parameters, and keeps its last two parts.
class NameReader {
 public:
  explicit NameReader(std::string_view text) noexcept : text_{text} {}

  void read() noexcept {
    while (at_ < text_.size() && !done_) step();
    if (!done_) finish_part(text_.substr(start_, end_of_part() - start_));
  }

  [[nodiscard]] std::string_view scope() const noexcept { return scope_; }
  [[nodiscard]] std::string_view name() const noexcept { return name_; }

 private:
  void step() noexcept {
    const char c = text_[at_];
    if (at_ == start_ && starts_operator()) return read_operator();
    if (text_.compare(at_, 2, "::") == 0) return next_part();
    switch (c) {
      case ' ':
      case '*':
      case '&': return restart(at_ + 1);  // what was read is of the type
      case '<':
      case '{': return read_group();
      case '(': return read_parenthesis();
      default: ++at_;
    }
  }

  // A template's list, or a part that has no name.
  void read_group() noexcept {
    const std::size_t end = closing(text_, at_);
    if (at_ == start_) {
      const std::string_view inside = text_.substr(at_ + 1, end - at_ - (at_ < end ? 1 : 0));
      part_ = inside.substr(0, 6) == "lambda" ? std::string_view{"<lambda>"} : std::string_view{};
      has_part_ = true;
    } else if (end_ == none) {
      end_ = at_;
    }
    at_ = std::min(end + 1, text_.size());
  }

  void read_parenthesis() noexcept {
    if (at_ != start_) return read_parameters(closing(text_, at_));
    if (text_.compare(at_, 7, "(lambda") == 0 || text_.compare(at_, 16, "(anonymous class") == 0)
      return unnamed("<lambda>");
    if (text_.compare(at_, 10, "(anonymous") == 0) return unnamed({});
    restart(at_ + 1);  // a function that returns a pointer to one: its own name is in these parentheses
  }

  void unnamed(std::string_view part) noexcept {
    part_ = part;
    has_part_ = true;
    at_ = std::min(closing(text_, at_) + 1, text_.size());
  }

  // The end of the name, unless it is only the function around what is meant.
  void read_parameters(std::size_t end) noexcept {
    if (end_ == none) end_ = at_;
    const std::size_t next = text_.find("::", std::min(end, text_.size()));
    const std::string_view between = next != none ? text_.substr(end, next - end) : std::string_view{};
    const bool is_around =
        next != none && (between == ")" || between == ") const" || between == ") &&" ||
                         between == ") const &" || between == ") &" || between == ") const &&");
    if (is_around) {
      at_ = next;
      return;
    }
    finish_part(text_.substr(start_, end_ - start_));
    done_ = true;
  }

  [[nodiscard]] bool starts_operator() const noexcept {
    constexpr std::string_view word = "operator";
    return text_.compare(at_, word.size(), word) == 0 &&
           (at_ + word.size() >= text_.size() || !is_identifier(text_[at_ + word.size()]));
  }

  void read_operator() noexcept {
    const std::size_t symbol = at_ + 8;
    std::size_t open = none;
    const bool is_conversion = text_.compare(symbol, 1, " ") == 0 && text_.compare(symbol, 4, " new") != 0 &&
                               text_.compare(symbol, 4, " del") != 0;
    if (text_.compare(symbol, 2, "()") == 0)
      open = symbol + 2;
    else if (is_conversion)
      open = text_.rfind("()");
    else
      open = text_.find('(', symbol);
    if (open == none || open < symbol) open = text_.size();
    end_ = open;
    at_ = open;
    // Of a lambda, as clang has it: the class without a name says enough.
    if (scope_of_lambda_ && text_.compare(symbol, 2, "()") == 0) {
      part_ = "<lambda>";
      has_part_ = true;
      name_ = scope_before_lambda_;
    }
    if (open < text_.size()) return read_parameters(closing(text_, open));
    finish_part(text_.substr(start_, end_ - start_));
    done_ = true;
  }

  void next_part() noexcept {
    const std::string_view before = name_;
    scope_of_lambda_ = has_part_ && part_ == "<lambda>";
    scope_before_lambda_ = before;
    finish_part(text_.substr(start_, end_of_part() - start_));
    at_ += 2;
    begin_part(at_);
  }
  void restart(std::size_t at) noexcept {
    scope_ = name_ = {};
    at_ = at;
    begin_part(at);
  }
  void begin_part(std::size_t at) noexcept {
    start_ = at;
    end_ = none;
    has_part_ = false;
  }
  [[nodiscard]] std::size_t end_of_part() const noexcept {
    return end_ != none ? end_ : std::min(at_, text_.size());
  }

  // Parts without a name are passed over.
  void finish_part(std::string_view part) noexcept {
    if (has_part_) part = part_;
    if (part.empty()) return;
    scope_ = name_;
    name_ = part;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  std::size_t end_ = none;  // of the part, where its template list or parameters begin
  std::string_view part_;   // what stands for it, when `has_part_`
  bool has_part_ = false;
  bool scope_of_lambda_ = false;
  std::string_view scope_before_lambda_;
  std::string_view scope_;
  std::string_view name_;
  bool done_ = false;
};

}  // namespace

FunctionName::FunctionName(std::string_view pretty) noexcept {
  NameReader reader{without_template_note(pretty)};
  reader.read();
  if (!reader.scope().empty()) {
    add(reader.scope());
    add("::");
  }
  add(reader.name());
}

void FunctionName::add(std::string_view part) noexcept {
  const std::size_t fits = std::min(part.size(), sizeof(text_) - size_);
  std::copy_n(part.data(), fits, text_ + size_);
  size_ += fits;
}

namespace {

// In 1'000 it is no quote; in u8'x' it is.
bool separates_digits(std::string_view text, std::size_t at) noexcept {
  if (at == 0 || text[at - 1] < '0' || text[at - 1] > '9') return false;
  std::size_t start = at;
  while (start > 0 && (is_identifier(text[start - 1]) || text[start - 1] == '\'')) --start;
  return text[start] >= '0' && text[start] <= '9';
}

// A template's list begins right behind its name; a comparison has a blank there.
bool opens_list(std::string_view text, std::size_t at) noexcept {
  return at > 0 && is_identifier(text[at - 1]);
}

class CommaFinder {
 public:
  explicit CommaFinder(std::string_view text) noexcept : text_{text} {}

  // Of the first comma outside of brackets and quotes, or the end.
  std::size_t find() noexcept {
    for (; at_ < text_.size(); ++at_) {
      if (quote_ != 0)
        inside_quotes();
      else if (text_[at_] == ',' && depth_ == 0 && angles_ == 0)
        return at_;
      else
        outside_quotes();
    }
    return text_.size();
  }

 private:
  void inside_quotes() noexcept {
    if (text_[at_] == '\\')
      ++at_;
    else if (text_[at_] == quote_)
      quote_ = 0;
  }
  void outside_quotes() noexcept {
    const char c = text_[at_];
    if (c == '"' || (c == '\'' && !separates_digits(text_, at_))) quote_ = c;
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
    if (c == '<' && opens_list(text_, at_)) ++angles_;
    if (c == '>' && angles_ > 0 && text_[at_ - 1] != '-') --angles_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int angles_ = 0;
  char quote_ = 0;
};

}  // namespace

std::string_view next_argument_name(std::string_view& names) noexcept {
  const std::size_t comma = CommaFinder{names}.find();
  std::string_view name = names.substr(0, comma);
  names.remove_prefix(std::min(comma + 1, names.size()));
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  return name;
}

}  // namespace detail
LLMTRACE_END_NAMESPACE
