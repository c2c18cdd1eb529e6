#include "privacy/named_value.hpp"

#include "privacy/char_class.hpp"
#include "privacy/sensitive_name.hpp"

#include <algorithm>

namespace llmtrace::privacy {
namespace {

constexpr std::size_t longest_side = 48;  // of a name, to either side of its clue
constexpr std::size_t most_blanks = 8;
constexpr std::size_t longest_token_word = 8;  // a token that stands bare is longer, or holds a digit

bool is_name_part(char c) noexcept { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

class NamedValue {
 public:
  NamedValue(Subject& subject, const Escapes& escapes, std::size_t from) noexcept
      : subject_{subject}, escapes_{escapes}, from_{from} {}

  Match match(std::size_t at) noexcept {
    const Range name = name_around(at);
    // whatever is found, another clue inside of the same name says no more
    subject_.resume = name.end;
    const std::size_t value = behind_separator(name);
    if (value == Match::none || value >= subject_.text.size()) return {};
    const std::string_view text = subject_.text.substr(name.begin, name.end - name.begin);
    subject_.work += 24;
    // of a signed URL; alone the word is too common
    kind_ = text == "sig" ? NameKind::secret : kind_of_name(text);
    if (kind_ == NameKind::harmless || kind_ == NameKind::personal) return {};
    const Match found = value_at(value);
    return found.found() && found.begin >= from_ ? found : Match{};
  }

 private:
  Range name_around(std::size_t at) noexcept {
    // a clue may begin with what comes before the name
    while (at < subject_.text.size() && !is_name_part(subject_.text[at])) ++at;
    Range name{at, at};
    while (name.begin > from_ && at - name.begin < longest_side && is_name_part(subject_.at(name.begin - 1)))
      --name.begin;
    while (name.end - at < longest_side && is_name_part(subject_.at(name.end))) ++name.end;
    subject_.work += name.end - name.begin;
    return name;
  }

  std::size_t skip_blanks(std::size_t at) noexcept {
    for (std::size_t i = 0; i < most_blanks && is_blank(subject_.at(at)); ++i) ++at;
    return at;
  }

  // Where the value begins, if this is a notation that gives one.
  std::size_t behind_separator(const Range& name) noexcept {
    std::size_t at = name.end;
    if (is_quote(subject_.at(at))) ++at;
    if (subject_.at(at) == ']') ++at;  // headers["x-api-key"] = …
    at = skip_blanks(at);
    subject_.work += at - name.end;
    const char separator = subject_.at(at);
    if (separator == ':' || separator == '=') {
      ++at;
      if (subject_.at(at) == '=' || subject_.at(at) == '>') ++at;
      return skip_line_break(skip_blanks(at));
    }
    const bool is_flag = subject_.text.substr(name.begin, 2) == "--";
    if (is_flag && at > name.end) return at;
    const bool is_element = separator == '>' && name.begin > 0 && subject_.at(name.begin - 1) == '<';
    return is_element ? at + 1 : Match::none;
  }

  // JSON that was laid out for people may break the line before a long value.
  std::size_t skip_line_break(std::size_t at) noexcept {
    if (subject_.at(at) != '\n' && subject_.at(at) != '\r') return at;
    std::size_t next = at;
    for (std::size_t i = 0;
         i < 32 && (subject_.at(next) == '\n' || subject_.at(next) == '\r' || is_blank(subject_.at(next)));
         ++i)
      ++next;
    return is_quote(subject_.at(next)) ? next : Match::none;
  }

  Match value_at(std::size_t at) noexcept {
    if (is_quote(subject_.at(at))) return quoted_value(at);
    if (kind_ == NameKind::cookie) return rest_of_line(at);
    return bare_value(at);
  }

  // Ends at the same quote, unless that is escaped deeper than the opening one.
  Match quoted_value(std::size_t quote) noexcept {
    const std::size_t depth = escapes_.depth_at(quote);
    std::size_t end = quote + 1;
    for (; end < subject_.text.size(); ++end) {
      end = std::min(subject_.text.find(subject_.text[quote], end), subject_.text.size());
      if (end == subject_.text.size() || escapes_.depth_at(end) <= depth) break;
    }
    return secret(quote + 1, end);
  }

  Match rest_of_line(std::size_t at) noexcept {
    std::size_t end = at;
    while (end < subject_.text.size() && subject_.text[end] != '\n' && subject_.text[end] != '\r' &&
           subject_.text[end] != '"')
      ++end;
    return secret(at, end);
  }

  Match bare_value(std::size_t at) noexcept {
    std::size_t end = word_end(at);
    if (is_scheme(subject_.text.substr(at, end - at))) {
      const std::size_t next = skip_blanks(end);
      if (next > end) end = word_end(next);
    } else if (!is_secret_word(subject_.text.substr(at, end - at)) && !subject_.ends_in_cut(end)) {
      subject_.work += end - at;
      return {};
    }
    return secret(at, end);
  }

  std::size_t word_end(std::size_t at) const noexcept {
    const auto ends_word = [](char c) {
      return static_cast<unsigned char>(c) <= ' ' || c == ',' || c == ';' || c == '&' || c == '"' ||
             c == '\'' || c == '`' || c == '<' || c == '>' || c == '}' || c == ']' || c == ')';
    };
    while (at < subject_.text.size() && !ends_word(subject_.text[at])) ++at;
    return at;
  }

  static bool is_scheme(std::string_view word) noexcept {
    constexpr std::string_view schemes[] = {"bearer", "basic",     "token", "apikey",
                                            "digest", "negotiate", "key"};
    return std::any_of(std::begin(schemes), std::end(schemes),
                       [word](std::string_view scheme) { return equals_folded(word, scheme); });
  }

  bool is_secret_word(std::string_view word) const noexcept {
    constexpr std::string_view nothings[] = {"null",  "none",      "nil", "true",
                                             "false", "undefined", "str", "string"};
    const auto is_word = [word](std::string_view nothing) { return equals_folded(word, nothing); };
    if (word.empty() || std::any_of(std::begin(nothings), std::end(nothings), is_word)) return false;
    if (word.starts_with("[redacted") || word.starts_with("${") || word.front() == '{' || word.front() == '[')
      return false;
    if (kind_ != NameKind::token) return true;
    return word.size() > 2 * longest_token_word ||
           (word.size() >= longest_token_word && std::any_of(word.begin(), word.end(), is_digit));
  }

  static Match secret(std::size_t begin, std::size_t end) noexcept {
    return end > begin ? Match{begin, end, Finding::secret} : Match{};
  }

  Subject& subject_;
  const Escapes& escapes_;
  const std::size_t from_;
  NameKind kind_ = NameKind::harmless;
};

}  // namespace

Match match_named_value(Subject& subject, const Escapes& escapes, std::size_t from, std::size_t at) noexcept {
  return NamedValue{subject, escapes, from}.match(at);
}

}  // namespace llmtrace::privacy
