#include "cli/options.hpp"

#include <algorithm>
#include <charconv>

namespace llmtrace::cli {
namespace {

const OptionSpec& known_option(std::initializer_list<OptionSpec> known, std::string_view name) {
  const auto* found = std::find_if(known.begin(), known.end(), [&](auto& spec) { return spec.name == name; });
  if (found == known.end()) throw UsageError{"there is no option " + std::string{name}};
  return *found;
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && at == end ? std::optional{value} : std::nullopt;
}

int shift_of(char unit) {
  switch (unit) {
    case 'k':
    case 'K': return 10;
    case 'm':
    case 'M': return 20;
    case 'g':
    case 'G': return 30;
    case 't':
    case 'T': return 40;
    default: return 0;
  }
}

}  // namespace

Options::Options(Arguments arguments, std::initializer_list<OptionSpec> known, std::size_t most_positional) {
  bool options_ended = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (options_ended || argument.size() < 2 || argument.front() != '-') {
      positional_.emplace_back(argument);
      continue;
    }
    if (argument == "--") {
      options_ended = true;
      continue;
    }
    const auto equals = std::min(argument.find('='), argument.size());
    const OptionSpec& spec = known_option(known, argument.substr(0, equals));
    const bool has_value = equals != argument.size();
    std::string value{argument.substr(std::min(equals + 1, argument.size()))};
    if (has_value && !spec.takes_value) throw UsageError{std::string{spec.name} + " takes no value"};
    if (!has_value && spec.takes_value) {
      if (++i == arguments.size()) throw UsageError{std::string{spec.name} + " wants a value"};
      value = arguments[i];
    }
    given_.emplace_back(spec.name, std::move(value));
  }
  if (positional_.size() > most_positional)
    throw UsageError{"too much: \"" + positional_[most_positional] + "\""};
}

bool Options::has(std::string_view name) const noexcept {
  return std::any_of(given_.begin(), given_.end(), [&](const auto& option) { return option.first == name; });
}

std::optional<std::string> Options::value(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto& [given, value] : given_)
    if (given == name) found = value;
  return found;
}

std::vector<std::string> Options::values(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [given, value] : given_)
    if (given == name) found.push_back(value);
  return found;
}

std::int64_t Options::number(std::string_view name, std::int64_t least, std::int64_t most,
                             std::int64_t otherwise) const {
  const auto text = value(name);
  if (!text) return otherwise;
  const auto number = whole(*text);
  if (!number || *number < least || *number > most)
    throw UsageError{std::string{name} + " wants a whole number from " + std::to_string(least) + " to " +
                     std::to_string(most)};
  return *number;
}

std::int64_t Options::bytes(std::string_view name, std::int64_t otherwise) const {
  const auto text = value(name);
  if (!text) return otherwise;
  const int shift = text->empty() ? 0 : shift_of(text->back());
  const auto number = whole(std::string_view{*text}.substr(0, text->size() - (shift != 0 ? 1 : 0)));
  if (!number || *number < 0 || *number > (std::int64_t{1} << 62) >> shift)
    throw UsageError{std::string{name} + " wants a size such as 500M or 20G"};
  return *number << shift;
}

std::optional<std::string> Options::positional(std::size_t index) const {
  return index < positional_.size() ? std::optional{positional_[index]} : std::nullopt;
}

}  // namespace llmtrace::cli
