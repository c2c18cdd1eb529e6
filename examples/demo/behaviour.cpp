#include "behaviour.hpp"

#include <cstdlib>
#include <string_view>

namespace fake_provider {
namespace {

struct Flag {
  std::string_view word;
  bool Behaviour::*flag;
};

constexpr Flag flags[] = {
    {"gzip", &Behaviour::gzip},
    {"always-gzip", &Behaviour::always_gzip},
    {"429", &Behaviour::refuse_every_other},
    {"401", &Behaviour::ask_for_authorization},
    {"500", &Behaviour::fail},
    {"redirect", &Behaviour::redirect},
    {"continue", &Behaviour::send_continue},
    {"early-close", &Behaviour::close_early},
    {"hang", &Behaviour::hang},
};

constexpr std::chrono::milliseconds usual_delay{50};

bool is_number(std::string_view word) {
  return !word.empty() && word.size() < 6 && word.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view first_word(std::string_view path) {
  if (path.empty()) return {};
  path.remove_prefix(1);
  return path.substr(0, path.find('/'));
}

bool take_flag(std::string_view word, Behaviour& into) {
  for (const Flag& known : flags) {
    if (known.word != word) continue;
    into.*known.flag = true;
    return true;
  }
  return false;
}

}  // namespace

Asked behaviour_of(const std::string& path) {
  Asked asked;
  std::string_view left = path;
  for (;;) {
    const auto word = first_word(left);
    if (word == "slow") {
      asked.behaviour.delay = usual_delay;
      left.remove_prefix(1 + word.size());
      if (const auto number = first_word(left); is_number(number)) {
        asked.behaviour.delay =
            std::chrono::milliseconds{std::strtol(std::string{number}.c_str(), nullptr, 10)};
        left.remove_prefix(1 + number.size());
      }
    } else if (take_flag(word, asked.behaviour)) {
      left.remove_prefix(1 + word.size());
    } else {
      break;
    }
  }
  asked.path = std::string{left};
  return asked;
}

}  // namespace fake_provider
