#include "privacy/sensitive_name.hpp"

#include "privacy/char_class.hpp"

#include <algorithm>
#include <array>

namespace llmtrace::privacy {
namespace {

constexpr std::size_t longest_name = 64;

// Letters and digits in lower case; of a long name the end, which says what it is.
struct Folded {
  std::array<char, longest_name> bytes;
  std::size_t size = 0;

  explicit Folded(std::string_view name) noexcept {
    std::size_t letters = 0;
    for (const char c : name)
      if (is_alnum(c)) ++letters;
    std::size_t skip = letters > longest_name ? letters - longest_name : 0;
    for (const char c : name) {
      if (!is_alnum(c)) continue;
      if (skip != 0)
        --skip;
      else
        bytes[size++] = to_lower(c);
    }
  }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), size}; }
};

constexpr std::string_view secret_endings[] = {
    "apikey",     "authorization", "password",   "passwd",     "passphrase",      "passcode",
    "secret",     "secretkey",     "accesskey",  "authkey",    "accountkey",      "privatekey",
    "signingkey", "encryptionkey", "credential", "pwd",        "credentials",     "clientsecret",
    "secrets",    "apikeys",       "passwords",  "sharedkey",  "subscriptionkey", "secretkeyid",
    "apisecret",  "secretvalue",   "masterkey",  "secrettext",
};
constexpr std::string_view secret_names[] = {"pass", "auth", "bearer"};

// What stands before `token` in names that count tokens or belong to a model's alphabet.
constexpr std::string_view harmless_before_token[] = {
    "first",      "last",   "next",    "per",     "max",     "min",   "eos",   "bos",   "pad",
    "unk",        "sep",    "cls",     "mask",    "stop",    "end",   "start", "begin", "prompt",
    "input",      "output", "special", "num",     "image",   "audio", "text",  "video", "reasoning",
    "completion", "cached", "total",   "decoded", "unknown", "n",
};

constexpr std::string_view personal_endings[] = {
    "phone", "phonenumber", "mobile",     "mobilenumber", "email", "emailaddress",
    "ssn",   "cardnumber",  "creditcard", "ccnumber",     "iban",  "ipaddress",
};

bool ends_with_any(std::string_view name, const std::string_view* first,
                   const std::string_view* last) noexcept {
  return std::any_of(first, last, [name](std::string_view ending) {
    return name.back() == ending.back() && name.ends_with(ending);
  });
}

// The last word before a `token` at the end of a name: "max" of "maxToken" and of "max_token", "admin" of
// "admin_token".
std::string_view word_before_token(std::string_view name) noexcept {
  while (!name.empty() && !is_alnum(name.back())) name.remove_suffix(1);
  name.remove_suffix(std::min<std::size_t>(name.size(), 5));
  while (!name.empty() && !is_alnum(name.back())) name.remove_suffix(1);
  std::size_t begin = name.size();
  while (begin > 0 && is_alnum(name[begin - 1])) {
    const bool begins_word = is_upper(name[begin - 1]) && begin < name.size() && is_lower(name[begin]);
    --begin;
    if (begins_word) break;
  }
  return name.substr(begin);
}

bool names_a_token(std::string_view name, std::string_view folded) noexcept {
  if (!folded.ends_with("token")) return false;
  const std::string_view before = word_before_token(name);
  return std::none_of(std::begin(harmless_before_token), std::end(harmless_before_token),
                      [before](std::string_view word) { return equals_folded(before, word); });
}

// The part behind the last dot, which says what a path names.
std::string_view last_part(std::string_view name) noexcept {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

NameKind kind_of_name(std::string_view name) noexcept {
  const Folded whole{name};
  const std::string_view folded = whole.view();
  if (folded.size() < 3) return NameKind::harmless;
  if (folded.ends_with("cookie") || folded.ends_with("cookies")) return NameKind::cookie;
  if (ends_with_any(folded, std::begin(secret_endings), std::end(secret_endings))) return NameKind::secret;
  const Folded part{last_part(name)};
  if (std::find(std::begin(secret_names), std::end(secret_names), part.view()) != std::end(secret_names))
    return NameKind::secret;
  if (names_a_token(name, folded)) return NameKind::token;
  if (ends_with_any(folded, std::begin(personal_endings), std::end(personal_endings)))
    return NameKind::personal;
  return NameKind::harmless;
}

std::optional<Finding> finding_of_kind(NameKind kind, RedactMode mode) noexcept {
  if (mode == RedactMode::off || kind == NameKind::harmless) return std::nullopt;
  if (kind != NameKind::personal) return Finding::secret;
  return mode == RedactMode::pii ? std::optional{Finding::personal} : std::nullopt;
}

}  // namespace llmtrace::privacy
